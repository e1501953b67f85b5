"""The examples in docstrings are run."""

import doctest
import importlib
from pathlib import Path

import pytest

from app.core.config import ROOT

PACKAGES = ("app", "worker", "studio", "sketch", "image_encoder", "decoder")
PROMPT = ">>> "


def modules_with_examples() -> list[str]:
    """List the modules whose source has an example."""
    sources = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return [_dotted(path) for path in sources if PROMPT in path.read_text("utf-8")]


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_give_what_they_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    module = importlib.import_module(name)
    public = {each: importlib.import_module(f"{name}.{each}") for each in _submodules(module)}
    failed, tried = doctest.testmod(module, extraglobs=public)
    assert tried > 0
    assert failed == 0


def _submodules(module: object) -> list[str]:
    """List the public modules of a package that are not imported by it."""
    names: list[str] = getattr(module, "__all__", []) if hasattr(module, "__path__") else []
    return [name for name in names if not hasattr(module, name)]
