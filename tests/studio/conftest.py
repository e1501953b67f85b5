"""Fixtures of the studio's tests: packages of icons, a folder that was collected from them, the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio.__main__ import main
from studio.folder import Folder
from tests.studio.modules import make_modules

Run = Callable[..., dict[str, Any]]


def call(*words: object, ok: bool = True) -> dict[str, Any]:
    """Run a stage with ``--json``; return its summary, or what it says is wrong."""
    answer = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert (answer.exit_code == 0) == ok, answer.output
    return dict(json.loads(answer.stdout))


@pytest.fixture
def run() -> Run:
    return call


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_modules(tmp_path_factory.mktemp("modules"))


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Folder:
    """A work folder with the drawings of two vendors, one of them kept out; not to be written to."""
    path = tmp_path_factory.mktemp("drawn")
    call("collect", "--folder", path, "--icons", "--modules", modules, "--vendor", "noto", "--vendor", "twemoji",
         "--kept-out", "twemoji")  # fmt: skip
    return Folder(path)
