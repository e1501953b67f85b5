"""Every command line of the documentation is one that the programs take: commands, arguments, options, targets."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from app.core.config import DEFAULTS, ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OLD = ("research/", "decisions/")  # logs, which name the commands of their day
FENCE = re.compile(r"^```(?:sh)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLASK = re.compile(r"(?:flask --app wsgi|^moma|^sh \S+/moma\.sh) (?P<line>[a-z][^|&\n]*)")
MAKE = re.compile(r"(?:^|\s)make(?: --silent)? ([a-z-]+)")


def current() -> list[Path]:
    return [path for path in PAGES if not str(path).removeprefix(f"{ROOT}/docs/").startswith(OLD)]


def lines(path: Path) -> Iterator[str]:
    """List the lines in the fences of a page, those that go on in the next joined."""
    for text in FENCE.findall(path.read_text("utf-8")):
        for line in text.replace("\\\n", " ").splitlines():
            yield re.sub(r"\s#\s.*$", "", line)


def commands() -> list[tuple[str, str]]:
    """List the command lines of `flask --app wsgi` with the pages that have them."""
    return [
        (str(path.relative_to(ROOT)), match["line"].strip())
        for path in current()
        for line in lines(path)
        if not line.startswith(("$", " "))
        for match in FLASK.finditer(line)
    ]


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda value: value)
def test_command_line_is_taken(app: Flask, page: str, line: str) -> None:
    name, *words = shlex.split(line.replace("…", "0"))
    command: click.Command = app.cli.commands[name]
    while isinstance(command, click.Group):
        name, *words = words
        command = command.commands[name]
    if line.startswith("db "):
        return  # Flask-Migrate's own
    values = [re.sub(r"^(?:FILE|FOLDER)$", str(ROOT / "README.md"), word) for word in words]
    with click.Context(command) as context:
        command.make_parser(context).parse_args(values)  # raises for options that do not exist


def test_pages_have_command_lines() -> None:
    assert len(commands()) > 80


@pytest.mark.parametrize("path", current(), ids=lambda path: str(path.relative_to(ROOT)))
def test_targets_and_settings_that_are_named_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = "\n".join(lines(path))
    assert set(MAKE.findall(text)) <= targets
    of_nginx = {"MOMA_" + name for name in re.findall(r"\$\{MOMA_([A-Z_]+)\}", nginx())}
    known = {f"MOMA_{name}" for name in DEFAULTS} | of_nginx | {"MOMA_INSTANCE", "MOMA_TRUSTED_PROXY"}
    assert set(re.findall(r"\bMOMA_[A-Z_]+\b(?!_)", text)) <= known


def nginx() -> str:
    """Return the templates of nginx, which have settings of their own."""
    return "".join(path.read_text("utf-8") for path in (ROOT / "deploy/nginx").glob("*.template"))
