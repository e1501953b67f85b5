"""A work folder under data versioning: real DVC reproduces it, and brings it back from a remote."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support import forked_python
from tests.support.needs import require

ROOT = Path(__file__).parents[3]
VERSIONED = ROOT / "studio/versioned"

pytestmark = pytest.mark.server


def run(folder: Path, *words: str) -> str:
    """Run DVC in a folder, with nothing of this machine's own settings."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(folder.parent / "config"), "DVC_SITE_CACHE_DIR": str(folder.parent / "cache"),
    }  # fmt: skip
    command = [require("dvc"), *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def python(tmp_path: Path) -> Iterator[str]:
    """Return a ``python`` that begins with the libraries."""
    with forked_python.on_path(tmp_path / "bin"):
        yield str(tmp_path / "bin/python")


def test_real_dvc_reproduces_a_folder_and_brings_it_back(base: Path, tmp_path: Path, python: str) -> None:
    art, folder = tmp_path / "art", tmp_path / "work"
    art.mkdir()
    for number in range(3):
        Image.new("RGB", (300, 280), (80 * number, 90, 200)).save(art / f"bear_{number}.png")
    folder.mkdir()
    shutil.copy(VERSIONED / "dvc.yaml", folder)
    wanted = {"python": python, "source": str(art), "base": str(base), "size": "16", "steps": "1", "batch": "2",
              "device": "cpu"}  # fmt: skip
    params = (VERSIONED / "params.yaml").read_text("utf-8")
    for name, value in wanted.items():
        params = re.sub(rf"^{name}: .*$", f"{name}: {value}", params, flags=re.M)
    (folder / "params.yaml").write_text(params, "utf-8")
    run(folder, "init", "--no-scm")
    run(folder, "repro")
    assert (folder / "published/model_index.json").exists() and (folder / "dvc.lock").exists()
    weights = (folder / "published/unet/diffusion_pytorch_model.safetensors").read_bytes()

    run(folder, "remote", "add", "--default", "shelf", str(tmp_path / "shelf"))
    run(folder, "push")
    for name in (".dvc/cache", "pictures", "latents", "model", "published", "runs"):
        shutil.rmtree(folder / name)
    run(folder, "pull")
    assert (folder / "published/unet/diffusion_pytorch_model.safetensors").read_bytes() == weights
    assert "Running stage" not in run(folder, "repro")
