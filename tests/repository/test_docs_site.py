"""The documentation site: every page is in its navigation, generated references are whole, and nothing is foreign."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from app.core.config import ROOT
from app.site.api import openapi
from deploy.docs_site import command_reference, http_reference, pages


class Loader(yaml.SafeLoader):
    """A loader that reads ``mkdocs.yml`` without calling the Python functions that it names."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda _loader, suffix, _node: suffix)


def configuration() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)  # noqa: S506 - a safe loader
    return found


def listed(entry: Any) -> Iterator[str]:
    """List the pages of the navigation."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from listed(part)


def test_every_page_is_in_the_navigation_once() -> None:
    nav = list(listed(configuration()["nav"]))
    inside = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    copied = [place.removeprefix("docs/") for place in pages.ELSEWHERE.values()]
    behind_an_index = {name for name in inside if name.startswith("decisions/0")} | {"about/lexicon.md"}
    assert sorted(nav) == sorted({*inside, *copied} - behind_an_index)


def test_every_page_begins_with_a_title() -> None:
    untitled = [path for path in (ROOT / "docs").rglob("*.md") if not path.read_text("utf-8").startswith("# ")]
    assert untitled == []


def test_every_mark_of_a_generated_part_has_a_generator() -> None:
    marks = [name for path in (ROOT / "docs").rglob("*.md") for name in pages.MARK.findall(path.read_text("utf-8"))]
    assert sorted(marks) == ["commands", "http-api"]


def test_command_reference_lists_every_command(app: Flask) -> None:
    text = command_reference.reference(app.cli)
    own = [name for name in app.cli.commands if name not in command_reference.OF_LIBRARIES]
    usages = re.findall(r"^flask --app wsgi (.+?) \[OPTIONS\]", text, re.MULTILINE)
    assert len(usages) >= 66
    assert {usage.partition(" ")[0] for usage in usages} == set(own)
    assert "| `--seed INTEGER` | The seed; random if not given. |" in text


def test_http_reference_lists_every_operation_and_object(app: Flask) -> None:
    with app.app_context():
        document = openapi.document()
    text = http_reference.reference(document)
    for address, methods in document["paths"].items():
        for method in methods:
            assert f"### {method.upper()} {address}\n" in text
    anchors = {name.lower() for name in re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("[a](b.md#c)", "docs/a.md", "[a](b.md#c)"),
        ("[log](../CHANGELOG.md)", "docs/a.md", "[log](about/changelog.md)"),
        ("[up](docs/glossary.md)", "CHANGELOG.md", "[up](../glossary.md)"),
        ("[policy](../deploy/a.json)", "docs/a.md", "policy (`deploy/a.json`)"),
        ("[`a.json`](../deploy/a.json)", "docs/a.md", "`deploy/a.json`"),
        ("[x](https://x.org/a)", "docs/a.md", "[x](https://x.org/a)"),
        ("`[a](../deploy/a.json)`", "docs/a.md", "`[a](../deploy/a.json)`"),
        ("| `a\\|b` |", "docs/a.md", "| `a|b` |"),
        ("Two:\n- a\n- b", "docs/a.md", "Two:\n\n- a\n- b"),
        ("```\na\n```\n- a", "docs/a.md", "```\na\n```\n\n- a"),
        ("```\na\n- b\n```", "docs/a.md", "```\na\n- b\n```"),
        ("Of two:\n| a |\n|---|", "docs/a.md", "Of two:\n\n| a |\n|---|"),
        ("<!-- generated: one -->", "docs/a.md", "1"),
        ("*In the repository it is missing.*\n\n<!-- generated: one -->", "docs/a.md", "1"),
    ],
)
def test_page_is_rendered_for_the_generator(text: str, path: str, expected: str) -> None:
    place = pages.ELSEWHERE.get(path, path)
    assert pages.rendered(text, path, place, {"one": "1"}) == expected


@pytest.mark.slow
def test_collect_deletes_pages_that_are_gone_and_leaves_others_untouched(tmp_path: Path) -> None:
    generated = {"commands": "", "http-api": ""}
    pages.collect(tmp_path, generated)
    (tmp_path / "gone.md").write_text("# Gone")
    page = tmp_path / "index.md"
    before = page.stat().st_mtime_ns
    pages.collect(tmp_path, generated)
    assert not (tmp_path / "gone.md").exists()
    assert page.stat().st_mtime_ns == before
    assert (tmp_path / "pictures/path.svg").exists()


def test_pages_load_nothing_from_other_hosts() -> None:
    found = configuration()
    assert found["theme"]["font"] is False
    assert "offline" not in found["plugins"]
    assert not {"extra_javascript", "extra_css"} & set(found)
    texts = [path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md")]
    assert not [
        text
        for text in texts
        if re.search(r"!\[[^\]]*\]\(https?:|<(?:img|script|iframe)[^>]+https?:(?!//moma\.example)", text)
    ]
    assert not [text for text in texts if re.search(r"^```mermaid", text, re.MULTILINE)]
