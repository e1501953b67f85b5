"""Imports run one way: from a room of the code to those below it, never up, never in a circle, only by its doors.

A room is a folder of a package; its doors are the modules in its ``__all__``. What lies beside the rooms is a room of
its own. Late imports and those for types count as any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.support.layers import LAYERS, floors

FROM_APP = {
    "film": (),
    "photos": (),
    "safety": (),
    "sound": (),
    "planning": ("offer.generation.cost",),
    "diffusion": ("core.files", "core.version", "core.models", "core.text"),
    "": (
        "__init__", "core.errors", "core.malloc", "core.version", "core.models", "core.text", "storage",
        "offer.generation",
        "walks.queue", "walks.saved", "walks.uploads.kinds", "walks.uploads.photo_stops",
        "walks.uploads.sound_headers", "walks.uploads.sound_parts", "walks.uploads.upload_store",
        "collection.search.visual_search", "requests.walk_requests.recipe", "access.observability.log_lines",
        "access.observability.sentry", "upkeep.maintenance.upkeep",
    ),
}  # fmt: skip
"""What of the site the worker's rooms may import: rooms, or single modules of them; without a name, all other rooms."""

NOT_FOR_APP = {
    "sketch.layers.distance", "sketch.mixing", "sketch.parts", "sketch.shapes", "sketch.walks.drawing_pool",
    "sketch.walks.legs",
}  # fmt: skip
"""What of the sketches needs scipy, which the web process does not load."""

BLUEPRINT = "app/site/pages/__init__.py"
"""The only ``__init__.py`` of a room that holds anything but its public modules: the blueprint that its pages share."""


@dataclass(frozen=True)
class Module:
    """A file of a package: its room, and the modules of ours that it imports anywhere."""

    name: str
    room: str
    imports: frozenset[str]


def room_of(name: str, depth: int = 1) -> str:
    """Name the room of a module: a folder of its package, or what lies beside the folders.

    `depth` is how many parts the package's name has.
    """
    return [*name.split("."), "__init__"][depth]


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """List all statements of a module, however deep; expressions hold no imports and are passed over."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        for name in ("body", "orelse", "handlers", "finalbody", "cases"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                todo.extend(inner)


def imported(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """List what a module imports of the modules that are known, each by its whole name."""
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file once for all the packages that are looked at together."""
    return ast.parse(path.read_text("utf-8"))


@cache
def modules(*packages: str, root: Path = ROOT) -> dict[str, Module]:
    """Read all modules of some packages, whose names have the same number of parts."""
    trees, depth = {}, len(packages[0].split("."))
    for path in sorted(path for package in packages for path in folder(package, root).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        trees[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = parsed(path)
    assert trees
    return {
        name: Module(name, room_of(name, depth), frozenset(imported(tree, set(trees)))) for name, tree in trees.items()
    }


def folder(package: str, root: Path = ROOT) -> Path:
    """Return the folder of a package, whose name may have dots."""
    return root.joinpath(*package.split("."))


def listed(*path: str, root: Path = ROOT) -> list[str]:
    """Read the ``__all__`` of a package or room; empty where it has none."""
    for node in ast.parse(root.joinpath(*path, "__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def doors(package: str, room: str, root: Path = ROOT) -> set[str]:
    """Return the modules of a room that others may import: those it lists, and the doors of the rooms within it.

    Of what lies beside the rooms, or lists none and has none within, it is the module itself.
    """
    place = folder(package, root) / room
    if not (place / "__init__.py").exists():
        return {package if room == "__init__" else f"{package}.{room}"}
    found = {f"{package}.{room}.{name}" for name in listed(*package.split("."), room, root=root)}
    if f"{package}.{room}" in LAYERS:
        found |= set().union(
            *(doors(f"{package}.{room}", each.parent.name, root) for each in place.glob("*/__init__.py"))
        )
    return found or {f"{package}.{room}"}


def between_rooms(found: Mapping[str, Module]) -> Iterator[tuple[Module, Module]]:
    """List who imports whom in another room; the application itself, which joins them all, is imported by none."""
    for module in found.values():
        for other in module.imports:
            if found[other].room != module.room and module.room != "__init__":
                yield module, found[other]


def arrows_up(found: Mapping[str, Module], height: Mapping[str, int]) -> list[str]:
    """List the imports that lead from a room to one that is not below it."""
    return [
        f"{module.name} imports {other.name}"
        for module, other in between_rooms(found)
        if height[other.room] >= height[module.room]
    ]


def circle(found: Mapping[str, Module]) -> list[str]:
    """Return a circle of modules, if there is one."""
    graph = {module.name: module.imports for module in found.values() if module.room != "__init__"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def past_doors(found: Mapping[str, Module], package: str, root: Path = ROOT) -> list[str]:
    """List the imports of what a room keeps to itself."""
    open_to_all = set().union(*(doors(package, module.room, root) for module in found.values()))
    return [
        f"{module.name} imports {other.name}"
        for module, other in between_rooms(found)
        if other.name not in open_to_all
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("package", LAYERS)
def test_every_room_has_its_floor(package: str) -> None:
    assert {module.room for module in modules(package).values()} <= set(floors(LAYERS[package]))


@pytest.mark.parametrize("package", LAYERS)
def test_imports_lead_down(package: str) -> None:
    assert arrows_up(modules(package), floors(LAYERS[package])) == []


@pytest.mark.parametrize("package", LAYERS)
def test_imports_form_no_circle(package: str) -> None:
    assert circle(modules(package)) == []


@pytest.mark.parametrize("package", LAYERS)
def test_rooms_are_entered_by_their_doors(package: str) -> None:
    assert past_doors(modules(package), package) == []


def test_worker_takes_of_the_site_what_it_may() -> None:
    found = modules("app", "worker")
    open_to_all = set().union(*(doors("app", module.room) for module in modules("app").values()))
    asked = [
        (module, other)
        for module in found.values()
        for other in module.imports
        if module.name.startswith("worker") and other.split(".")[0] == "app"
    ]
    assert asked
    for module, other in asked:
        allowed = FROM_APP.get(module.room, FROM_APP[""])
        name = other.removeprefix("app.") if "." in other else "__init__"
        assert any(name == each or name.startswith(f"{each}.") for each in allowed), f"{module.name} imports {other}"
        assert other in open_to_all, f"{module.name} imports {other}"


@pytest.mark.parametrize("package", ["app", "worker", "studio"])
def test_sketch_is_entered_by_its_doors(package: str) -> None:
    found = modules(package, "sketch")
    asked = {
        (module.name, other)
        for module in found.values()
        for other in module.imports
        if module.name.split(".")[0] == package and other.split(".")[0] == "sketch"
    }
    open_to_all = {door for name in listed("sketch") for door in doors("sketch", name)}
    may = open_to_all - (NOT_FOR_APP if package == "app" else set())
    assert [f"{name} imports {other}" for name, other in sorted(asked) if other not in may] == []
    assert asked or package != "studio"


def test_sketch_knows_nothing_of_ours_and_lists_modules_that_are_there() -> None:
    found = modules("app", "decoder", "image_encoder", "sketch", "studio", "worker")
    asked = {other for name, module in found.items() if name.startswith("sketch") for other in module.imports}
    assert {name.split(".")[0] for name in asked} == {"sketch"}
    assert {f"sketch.{name}" for name in listed("sketch")} <= set(found)
    assert set(found) >= NOT_FOR_APP


@pytest.mark.parametrize("package", [package for package in LAYERS if any(folder(package).glob("*/__init__.py"))])
def test_room_holds_its_doors_and_nothing_else(package: str) -> None:
    found = sorted(folder(package).glob("*/__init__.py"))
    assert found
    for file in found:
        room = file.parent.name
        doc, *statements = ast.parse(file.read_text("utf-8")).body
        assert isinstance(doc, ast.Expr), f"{file} does not say what the room is for"
        if str(file.relative_to(ROOT)) != BLUEPRINT:
            assert [ast.unparse(each.targets[0]) for each in statements if isinstance(each, ast.Assign)] in (
                ["__all__"], [],
            ), file  # fmt: skip
            assert len(statements) <= 1, file
        assert doors(package, room) <= set(modules(package)), file


MADE = {
    "low/__init__.py": '__all__ = ["plain"]',
    "low/plain.py": "",
    "low/inner.py": "",
    "high/__init__.py": '__all__ = ["top"]',
    "high/top.py": "from made.low import plain",
}


@pytest.mark.parametrize(
    ("path", "line", "wrong"),
    [
        ("low/plain.py", "from made.high import top", ["up", "circle"]),
        ("low/plain.py", "def late():\n    from made.high.top import thing", ["up", "circle"]),
        ("low/plain.py", "if TYPE_CHECKING:\n    import made.high.top", ["up", "circle"]),
        ("low/inner.py", "from made.low import plain", []),
        ("high/top.py", "from made.low.inner import thing", ["doors"]),
        ("high/top.py", "from made.low import plain", []),
        ("high/top.py", "from made.beside import thing", ["up"]),
    ],
)
def test_what_breaks_a_rule_is_found(tmp_path: Path, path: str, line: str, wrong: list[str]) -> None:
    for name, text in (MADE | {"__init__.py": "", "beside.py": "", path: line}).items():
        (tmp_path / "made" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / name).write_text(text)
    found = modules("made", root=tmp_path)
    broken = {
        "up": arrows_up(found, floors("low | high beside | __init__")),
        "circle": circle(found),
        "doors": past_doors(found, "made", tmp_path),
    }
    assert [rule for rule, places in broken.items() if places] == wrong
