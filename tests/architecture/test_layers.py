"""Imports run one way: from a room of the code to those below it, never up, never in a circle, only by its doors."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from app.config import ROOT

APP = """i18n version | errors | instance | config | text | storage | generation uploads | queue | walks | labels
 reading | search | moderation observability | auth | commissions | gallery | operations presentation | web
 | admin api pages publishing wall | cli | __init__ | run"""
WORKER = "film planning | diffusion queue | pieces | job | __main__"
LAYERS = {"app": APP, "worker": WORKER}
"""The rooms from the ground up; those between the same bars know nothing of each other."""

ROOMS_TO_COME = {}
"""The rooms of modules that still lie beside each other; what has moved into its room leaves this table."""
FLAT = {
    f"{where.split()[0]}.{name}": where.split()[1] for where, names in ROOMS_TO_COME.items() for name in names.split()
}


@dataclass(frozen=True)
class Module:
    """A file of a package: its room, and the modules of ours that it imports anywhere, late ones included."""

    name: str
    room: str
    imports: frozenset[str]


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(name: str, package: str) -> str:
    """Name the room of a module: a folder of the package, or the module itself where it lies beside the rooms."""
    inner = name.split(".")[1:]
    return FLAT.get(name) or (inner[0] if inner else "__init__") if package == name.split(".")[0] else ""


def imported(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """List the modules of ours that a module names in its imports, as far down as they are modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, "imports are absolute here"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


def modules(package: str, root: Path = ROOT) -> dict[str, Module]:
    """Read all modules of a package."""
    paths = {module_name(path, root): path for path in sorted((root / package).rglob("*.py"))}
    assert paths
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in paths.items()}
    return {
        name: Module(name, room_of(name, package), frozenset(imported(tree, set(paths))))
        for name, tree in trees.items()
    }


def floors(package: str) -> dict[str, int]:
    """Map each room to how high it lies."""
    return {room: floor for floor, rooms in enumerate(LAYERS[package].split("|")) for room in rooms.split()}


def arrows_up(found: Mapping[str, Module], height: Mapping[str, int]) -> set[tuple[str, str]]:
    """List the imports that lead from a room to one that is not below it."""
    return {
        (module.name, other)
        for module in found.values()
        for other in module.imports
        if module.room != "__init__" and found[other].room != module.room
        and height[found[other].room] >= height[module.room]
    }  # fmt: skip


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return a circle of a graph, if it has one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


@pytest.mark.parametrize("package", LAYERS)
def test_imports_lead_down(package: str) -> None:
    assert arrows_up(modules(package), floors(package)) == set()


@pytest.mark.parametrize("package", LAYERS)
def test_imports_form_no_circle(package: str) -> None:
    found = modules(package).values()
    graph = {module.name: set(module.imports) for module in found if module.room != "__init__"}  # which joins them all
    assert circle(graph) == []
