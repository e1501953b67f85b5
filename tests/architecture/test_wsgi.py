"""A web process stays small: what it may import, and what may import it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.architecture.test_layers import NOT_FOR_APP, listed, parsed, statements
from tests.support.loaded_modules import modules_after

HEAVY = {
    "torch", "diffusers", "transformers", "accelerate", "safetensors", "imageio", "imageio_ffmpeg", "scipy",
    "defusedxml", "resvg_py",
}  # fmt: skip
NOT_OF_THE_SITE = HEAVY | {"decoder", "image_encoder", "worker", "studio"}
LIBRARIES = {
    "planning": {"numpy", "app", "worker"},
    "film": {"numpy", "PIL", "imageio_ffmpeg", "worker"},
}
"""What the worker's pure packages use beyond Python itself; which rooms of ours, the test of layers says."""

SITE = {"flask", "sqlalchemy", "rq", "redis", "fsspec"}


def imported(path: Path) -> Iterator[str]:
    """List the top-level packages that a module imports, anywhere in it."""
    for node in statements(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return found


@pytest.mark.slow
def test_web_process_loads_no_model_code(tmp_path: Path) -> None:
    found = modules_after('import wsgi; assert wsgi.app.name == "app"', MOMA_INSTANCE=tmp_path)
    assert found & NOT_OF_THE_SITE == set() and "flask" in found


@pytest.mark.slow
def test_sketch_as_the_site_may_import_it_loads_nothing_heavy() -> None:
    names = sorted({f"sketch.{name}" for name in listed("sketch")} - NOT_FOR_APP)
    found = modules_after("\n".join(f"import {name}" for name in names))
    assert found & (NOT_OF_THE_SITE | {"app"}) == set() and {"sketch", "numpy"} <= found


@pytest.mark.slow
def test_drawing_that_is_taken_in_and_shown_loads_no_more_than_a_guarded_parser_and_a_renderer() -> None:
    program = """
from app.offer.drawings import pictures
from sketch import sketchbook, svg
drawing = svg.try_rendering('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>')
digest = sketchbook.digest_of(drawing)
pictures.webp(sketchbook.Sketchbook([], {digest: drawing}), digest, 32)
"""
    assert modules_after(program) & NOT_OF_THE_SITE == {"defusedxml", "resvg_py"}


def test_web_side_imports_nothing_of_the_worker() -> None:
    found = {str(path.relative_to(ROOT)): sorted(NOT_OF_THE_SITE & set(imported(path))) for path in modules("app")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("room", LIBRARIES)
def test_pure_rooms_of_the_worker_know_only_numbers_and_pictures(room: str) -> None:
    for path in modules(f"worker/{room}"):
        assert set(imported(path)) - set(sys.stdlib_module_names) <= LIBRARIES[room], path


def test_who_paints_knows_nothing_of_the_site() -> None:
    for path in modules("worker/diffusion"):
        assert not SITE & set(imported(path)), path


def test_link_to_the_worker_is_a_dotted_name_that_exists() -> None:
    from app.walks.queue.jobs import JOB

    module, _, function = JOB.rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
