"""A web process stays small: what it may import, and what may import it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.architecture.test_layers import NOT_FOR_APP, listed, parsed, statements

HEAVY = {
    "torch", "diffusers", "transformers", "accelerate", "safetensors", "imageio", "imageio_ffmpeg", "scipy",
    "defusedxml", "resvg_py",
}  # fmt: skip
LIBRARIES = {
    "planning": {"numpy", "app", "worker"},
    "film": {"numpy", "PIL", "imageio_ffmpeg", "worker"},
}
"""What the worker's pure rooms use besides Python itself; which rooms of ours, the test of layers says."""

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
    program = """
import json, sys, wsgi
print(json.dumps([wsgi.app.name, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
    environment = {"MOMA_INSTANCE": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    name, loaded = json.loads(result.stdout)
    assert name == "app"
    assert set(loaded) & (HEAVY | {"decoder", "image_encoder", "worker", "studio"}) == set()
    assert "flask" in loaded


@pytest.mark.slow
def test_sketch_as_the_site_may_import_it_loads_nothing_heavy() -> None:
    program = f"""
import json, sys
from importlib import import_module
for name in {sorted(listed("sketch"))}:
    if "sketch." + name not in {sorted(NOT_FOR_APP)}:
        import_module("sketch." + name)
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(result.stdout))
    assert (
        loaded & (HEAVY | {"app", "decoder", "image_encoder", "worker", "studio"}) == set()
        and {"sketch", "numpy"} <= loaded
    )


@pytest.mark.slow
def test_drawing_that_is_taken_in_and_shown_loads_no_more_than_a_guarded_parser_and_a_renderer() -> None:
    program = """
import json, sys
from app.offer.drawings import pictures
from sketch import sketchbook, svg
drawing = svg.try_rendering('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>')
digest = sketchbook.digest_of(drawing)
pictures.webp(sketchbook.Sketchbook([], {digest: drawing}), digest, 32)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(json.loads(result.stdout)) & (HEAVY | {"decoder", "image_encoder", "worker", "studio"}) == {
        "defusedxml",
        "resvg_py",
    }


def test_web_side_imports_nothing_of_the_worker() -> None:
    refused = HEAVY | {"decoder", "image_encoder", "worker", "studio"}
    found = {str(path.relative_to(ROOT)): sorted(refused & set(imported(path))) for path in modules("app")}
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
