"""The two lists of words that code, tests and pages do without; docs/glossary.md names the public words that stay."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.core.config import ROOT
from app.core.i18n import foreign_messages

pytestmark = pytest.mark.slow

PACKAGES = ("app", "worker", "studio", "sketch", "image_encoder", "decoder", "deploy", "benchmarks")
READ = (*PACKAGES, "tests")
OPENINGS = ("Have ", "Tell ", "Say ", "Be ", "Let ", "Leave ", "Lead ", "Take back", "Make do", "See to")
LISTED = "anew|besides|whoever|wherein|reckon(?:s|ed|ing)?|told|nobody|somebody|easels?|hung|hang(?:s|ing)?"
WORDS = re.compile(rf"\b(?:{LISTED})\b", re.IGNORECASE)
PROCESSES = re.compile(
    r"\b(?:process|worker|device|GPU|database|Redis|walk|render|call|task)\w* (?:that )?hangs?\b", re.I
)
PARTS = re.compile(rf"(?:{LISTED})")
VAGUE = {"look", "looks", "read", "of", "told"}
PUBLIC = {
    "hung",  # a figure of `flask gallery import`, in what it prints
}


PAGES = [
    *(ROOT / "templates").rglob("*.*"),
    *(path for path in (ROOT / "static").rglob("*.*") if path.suffix in (".css", ".js") and "vendor" not in path.parts),
]
CATALOGUE = ROOT / "app/core/i18n/translations/de/LC_MESSAGES/messages.po"


@pytest.fixture(params=READ)
def sources(request: pytest.FixtureRequest) -> dict[str, Source]:
    """Return what is written in the modules of a package, by their paths."""
    return package(request.param)


@cache
def package(name: str) -> dict[str, Source]:
    """Read the modules of a package once for all that is asked of them."""
    return {str(path.relative_to(ROOT)): read(path.read_text("utf-8")) for path in sorted((ROOT / name).rglob("*.py"))}


@dataclass(frozen=True)
class Source:
    """What people read in a module: docstrings, other texts, the names given there, and those of its functions."""

    docstrings: tuple[str, ...]
    texts: tuple[str, ...]
    names: tuple[str, ...]
    functions: tuple[str, ...]


def read(source: str) -> Source:
    """Parse a module and keep what is asked of it."""
    tree = ast.parse(source)
    nodes = list(documented(tree))
    return Source(
        docstrings=tuple(ast.get_docstring(node) or "" for node in nodes),
        texts=tuple(texts(source, tree)),
        names=tuple(names(tree)),
        functions=tuple(node.name for node in nodes if not isinstance(node, ast.Module)),
    )


def documented(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """List what may have a docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def texts(source: str, tree: ast.Module) -> Iterator[str]:
    """List docstrings, strings that stand alone beneath what they describe, comments, log lines and help texts.

    Comments are listed only of sources that have one of the words at all.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
        elif isinstance(node, ast.Call):
            function = node.func
            logs = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in ("log", "logger")
            given = node.args if logs else [word.value for word in node.keywords if word.arg in ("help", "epilog")]
            for part in (part for each in given for part in ast.walk(each)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
    if not WORDS.search(source):  # telling comments from strings takes as long as all else
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def names(tree: ast.Module) -> Iterator[str]:
    """List the names of functions, classes, parameters, variables and attributes that are given here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def words_of(name: str) -> list[str]:
    """Split a name into its words, in small letters."""
    return [part.lower() for each in name.split("_") for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", each)]


def test_no_docstring_opens_with_a_word_that_says_little(sources: dict[str, Source]) -> None:
    found = [
        f"{path}: {doc.splitlines()[0]}"
        for path, source in sources.items()
        for doc in source.docstrings
        if doc.startswith(OPENINGS)
    ]
    assert found == []


def test_no_text_has_a_word_that_the_field_does_not_use(sources: dict[str, Source]) -> None:
    found = [
        f"{path}: {match[0]} in: {text.strip()[:80]}"
        for path, source in sources.items()
        for text in source.texts
        for match in WORDS.finditer(PROCESSES.sub("", text))
    ]
    assert found == []


def test_no_name_has_a_word_that_the_field_does_not_use(sources: dict[str, Source]) -> None:
    found = [
        f"{path}: {name}"
        for path, source in sources.items()
        for name in source.names
        if name not in PUBLIC and any(PARTS.fullmatch(word) for word in words_of(name))
    ]
    assert found == []


def test_no_template_style_or_script_has_a_word_that_visitors_do_not_use() -> None:
    assert PAGES
    found = [
        f"{page.relative_to(ROOT)}: {match[0]}" for page in PAGES for match in WORDS.finditer(page.read_text("utf-8"))
    ]
    assert found == []


def test_no_sentence_of_a_page_has_a_word_that_visitors_do_not_use() -> None:
    with CATALOGUE.open("rb") as file:
        sentences = [message.id for message in read_po(file) if message.id]
    written_here = [
        sentence
        for message in sentences
        for sentence in ([message] if isinstance(message, str) else message)
        if sentence not in foreign_messages.SENTENCES  # rows of earlier releases and models' folders have these
    ]
    assert len(written_here) > 1000
    assert [sentence for sentence in written_here if WORDS.search(sentence)] == []


def test_no_two_functions_share_a_vague_name() -> None:
    found: dict[str, list[str]] = {}
    for path, source in ((path, source) for name in PACKAGES for path, source in package(name).items()):
        for name in VAGUE.intersection(source.functions):
            found.setdefault(name, []).extend([path] * source.functions.count(name))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_glossary_names_what_stays() -> None:
    glossary = (Path(ROOT) / "docs" / "glossary.md").read_text("utf-8")
    assert [name for name in sorted(PUBLIC) if f"`{name}`" not in glossary] == []


def test_lists_find_what_they_are_for() -> None:
    source = (
        '"""Have it begin anew."""\ndef told(easel_of):\n    """Say it."""\n    log.info("nobody is here")  # hung\n'
    )
    assert [WORDS.search(text) is not None for text in read(source).texts] == [True, False, True, True]
    assert [name for name in read(source).names if any(PARTS.fullmatch(word) for word in words_of(name))] == [
        "told", "easel_of",
    ]  # fmt: skip
    assert not WORDS.search(PROCESSES.sub("", "after which a task hangs"))
