"""The documentation leads where it says: its links, its decisions, the programs that it names."""

from __future__ import annotations

import re

import pytest
import yaml

from app.config import ROOT
from tests.support.layers import LAYERS, floors

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "exhibition/README.md", *ROOT.glob("models/*/*.md")]
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")
PROGRAM = re.compile(r"python -m ((?:app|benchmarks|studio|tests|worker)[\w./]*)")


def test_links_lead_to_files() -> None:
    links = [(page, link) for page in PAGES for link in LINK.findall(page.read_text("utf-8"))]
    assert len(links) > len(PAGES)
    assert [f"{page.relative_to(ROOT)}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_programs_that_are_named_exist() -> None:
    named = {
        (page, name.rstrip(".").replace(".", "/"))
        for page in PAGES
        for name in PROGRAM.findall(page.read_text("utf-8"))
    }
    assert named
    assert [
        f"{page.relative_to(ROOT)}: {name}"
        for page, name in sorted(named)
        if not any((ROOT / path).exists() for path in (f"{name}.py", f"{name}/__main__.py"))
    ] == []


def test_decisions_are_numbered_without_a_gap_and_all_in_the_index() -> None:
    index = (DECISIONS[0].parent / "README.md").read_text("utf-8")
    for number, page in enumerate(DECISIONS, 1):
        title = page.read_text("utf-8").partition("\n")[0].removeprefix(f"# {number}. ")
        assert page.name.startswith(f"{number:04d}-")
        assert f"{number}. [{title}]({page.name})\n" in index


@pytest.mark.parametrize("package", ["app", "worker", "studio"])
def test_architecture_page_lists_every_package(package: str) -> None:
    page = (ROOT / "docs/contributing/architecture.md").read_text("utf-8")
    tree = re.search(rf"^{package}/ .*\n((?:[ a-f] \w+/ .*\n)+)", page, re.MULTILINE)
    assert tree is not None
    drawn = [line[2:].partition("/")[0] for line in tree[1].splitlines()]
    assert sorted(drawn) == sorted(path.parent.name for path in (ROOT / package).glob("*/__init__.py"))
    height = floors(LAYERS[package])
    assert [height[room] for room in drawn] == sorted(height[room] for room in drawn), "from the ground up"
    signs = {room: line[0] for room, line in zip(drawn, tree[1].splitlines(), strict=True)}
    neighbours = {room for room in drawn if [height[each] for each in drawn].count(height[room]) > 1}
    assert {room for room, sign in signs.items() if sign != " "} == neighbours
    assert all(height[one] == height[other] for one in neighbours for other in neighbours if signs[one] == signs[other])


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 700


def test_project_files_are_there_and_name_the_holder_of_the_copyright() -> None:
    assert "Copyright 2026 The MoMA Lisa authors" in (ROOT / "NOTICE").read_text("utf-8")
    assert "advisories" in (ROOT / "SECURITY.md").read_text("utf-8")
    assert (ROOT / "CODE_OF_CONDUCT.md").exists() and (ROOT / ".github/PULL_REQUEST_TEMPLATE.md").exists()
    for form in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        assert isinstance(yaml.safe_load(form.read_text("utf-8")), dict), form.name


def test_stations_of_the_drawing_are_files() -> None:
    stations = re.findall(r">((?:app|worker)/[\w/]+\.py)<", (ROOT / "docs/pictures/path.svg").read_text("utf-8"))
    assert len(stations) > 6
    assert [station for station in stations if not (ROOT / station).exists()] == []
