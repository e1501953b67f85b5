"""A web process stays small: what it may import, and what may import it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import ROOT

HEAVY = {"torch", "diffusers", "transformers", "accelerate", "safetensors", "imageio", "imageio_ffmpeg", "scipy"}
PURE = (
    "worker/planning/interpolation.py",
    "worker/film/smoothness_measure.py",
    "worker/film/timing.py",
    "worker/planning/frame_schedule.py",
)
PAINTING = (
    "worker/diffusion/model_folder.py",
    "worker/diffusion/model.py",
    "worker/diffusion/painter.py",
    "worker/diffusion/solvers.py",
)
SITE = {"app", "flask", "sqlalchemy", "rq"}


def imported(path: Path) -> Iterator[str]:
    """List the top-level packages that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return found


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
    assert set(loaded) & (HEAVY | {"eye", "worker", "studio"}) == set()
    assert "flask" in loaded


@pytest.mark.parametrize("path", modules("app"), ids=lambda path: str(path.relative_to(ROOT)))
def test_web_side_imports_nothing_of_the_worker(path: Path) -> None:
    assert set(imported(path)) & (HEAVY | {"eye", "worker", "studio"}) == set()


@pytest.mark.parametrize("path", PURE)
def test_pure_parts_of_the_worker_know_only_arrays_and_pictures(path: str) -> None:
    allowed = set(sys.stdlib_module_names) | {"numpy", "PIL"}
    assert set(imported(ROOT / path)) - allowed == set()


def test_only_the_job_knows_both_the_database_and_the_painter() -> None:
    for path in PAINTING:
        assert not SITE & set(imported(ROOT / path))
    assert not (SITE | {"torch", "diffusers"}) & set(imported(ROOT / "worker/film/encoding.py"))


def test_link_to_the_worker_is_a_dotted_name_that_exists() -> None:
    from app.queue.jobs import JOB

    module, _, function = JOB.rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
