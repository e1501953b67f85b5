"""Tiny models as single files with the original keys, and families whose configurations are theirs."""

import json
import shutil
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from safetensors import safe_open

from app.core.models import families
from tests.support import original_keys

KINDS = {"sd1": "sd1", "sd2": "sd2", "sdxl": "xl"}
"""The families, and the tiny model that stands in for each."""


def lay_out(models: Mapping[str, Path], folder: Path) -> Path:
    """Write families with the configurations of tiny models, by the names of :data:`KINDS`."""
    for family, name in KINDS.items():
        if name not in models:
            continue
        source, target = models[name], folder / family
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.safetensors", "*.bin"))
        about = json.loads((families.FOLDER / family / "family.json").read_text("utf-8"))
        for part, each in about["parts"].items():
            each["parameters"] = _count(source / part)
        (target / "family.json").write_text(json.dumps(about))
        for tokenizer in target.glob("tokenizer*"):
            config = tokenizer / "tokenizer_config.json"
            config.write_text(json.dumps(json.loads(config.read_text()) | {"pad_token": "<|endoftext|>"}))
    return folder


def save(source: Path, family: str, target: Path, **metadata: str) -> Path:
    """Write a tiny model as a single file, with metadata such as ``modelspec_license``."""
    fields = {name.replace("_", ".", 1): text for name, text in metadata.items()}
    return original_keys.save(source, parts(family), target, fields)


def parts(family: str) -> dict[str, Any]:
    """Return the parts of a shipped family."""
    about = json.loads((families.FOLDER / family / "family.json").read_text("utf-8"))
    return dict(about["parts"])


def _count(part: Path) -> int:
    with safe_open(next(part.glob("*.safetensors")), framework="pt") as file:
        return sum(
            prod(file.get_slice(name).get_shape())
            for name in file.keys()  # noqa: SIM118
        )
