"""A clone under Windows has the same bytes as any other."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.config import ROOT

FILES = (
    "deploy/one_gpu.sh",
    ".ci/run",
    "models/house/house.json",
    "models/families/clip/merges.txt",
    "docs/pictures/walk.webp",
)


@pytest.mark.slow
def test_clone_under_windows_keeps_line_ends(tmp_path: Path) -> None:
    first, clone = tmp_path / "first", tmp_path / "clone"
    names = [name for name in FILES if (ROOT / name).exists()]
    for name in (".gitattributes", *names):
        (first / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, first / name)
    author = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for command in (["init", "--quiet"], ["add", "--force", "."], [*author, "commit", "--quiet", "--message", "all"]):
        subprocess.run(["git", *command], cwd=first, check=True)
    subprocess.run(["git", "-c", "core.autocrlf=true", "clone", "--quiet", first, clone], check=True)
    assert len(names) >= 4
    assert all((clone / name).read_bytes() == (ROOT / name).read_bytes() for name in names)
