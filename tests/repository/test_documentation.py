"""The documentation leads where it says: its links, its decisions, the programs that it names."""

import re

import pytest
import yaml

from app.core.config import ROOT
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


def test_decisions_are_in_the_index_and_none_has_anothers_number() -> None:
    index = (DECISIONS[0].parent / "README.md").read_text("utf-8")
    binding, _, settled = index.partition("## Settled")
    for page in DECISIONS:
        number = int(page.name[:4])
        title = page.read_text("utf-8").partition("\n")[0].removeprefix(f"# {number}. ")
        assert f"- {number}. [{title}]({page.name})\n" in binding
    numbers = [int(number) for number in re.findall(r"^- ([0-9]+)\. ", binding + settled, re.MULTILINE)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert binding.count("](0") == len(DECISIONS)


def drawn_in_tree(package: str) -> dict[str, list[str]]:
    """Return the lines of a package in the tree of the architecture page, and those within each room."""
    page = (ROOT / "docs/contributing/architecture.md").read_text("utf-8")
    tree = re.search(rf"^{package}/ .*\n((?:(?:[ a-f] |    )\w+/ .*\n)+)", page, re.MULTILINE)
    assert tree is not None
    found: dict[str, list[str]] = {package: []}
    for line in tree[1].splitlines():
        if line.startswith("    "):
            found.setdefault(f"{package}.{found[package][-1][2:].partition('/')[0]}", []).append(line[2:])
        else:
            found[package].append(line)
    return found


@pytest.mark.parametrize("package", ["app", "worker", "studio"])
def test_architecture_page_lists_every_package(package: str) -> None:
    found = drawn_in_tree(package)
    assert set(found) == {room for room in LAYERS if room.split(".")[0] == package}
    for room, lines in found.items():
        drawn = [line[2:].partition("/")[0] for line in lines]
        inner = ROOT.joinpath(*room.split(".")).glob("*/__init__.py")
        assert sorted(drawn) == sorted(path.parent.name for path in inner)
        height = floors(LAYERS[room])
        assert [height[each] for each in drawn] == sorted(height[each] for each in drawn), "from the ground up"


@pytest.mark.parametrize("package", ["app", "worker", "studio"])
def test_architecture_page_marks_neighbours_with_a_letter(package: str) -> None:
    lines, height = drawn_in_tree(package)[package], floors(LAYERS[package])
    signs = {line[2:].partition("/")[0]: line[0] for line in lines}
    neighbours = {room for room in signs if [height[each] for each in signs].count(height[room]) > 1}
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
