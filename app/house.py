"""What the site knows of its model without loading it: the facts in ``house.json``, and whether the folder is whole."""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app

CONFIGS = {"scheduler": "scheduler_config.json", "tokenizer": "tokenizer_config.json"}
VOCABULARIES = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",), ("spiece.model",))
OPTIONAL = ("safety_checker", "feature_extractor", "image_encoder")


def facts() -> dict[str, Any]:
    """Return the model's ``house.json``: title, licence, sources, hands, starters; empty for a model without one."""
    return _read(Path(current_app.config["MODEL"]))


def flaw(model: str) -> str:
    """Look for what is missing or broken in a model folder: ``""`` if nothing is, else a sentence naming the file.

    A name that is no folder is taken for one on a hub, of which nothing can be said without loading it.
    """
    folder = Path(model)
    if not folder.exists():
        looks_local = model.startswith((".", "/", "~")) or model.count("/") != 1
        return f"The model folder {folder} is missing." if looks_local else ""
    try:
        index = _json(folder / "model_index.json")
        parts = [name for name, value in index.items() if isinstance(value, list) and any(value)]
        for name in parts:
            if name not in OPTIONAL:
                _check_part(folder / name)
    except _Flaw as flaw_found:
        return str(flaw_found)
    return ""


class _Flaw(Exception):
    """A file is missing or broken."""


def _check_part(part: Path) -> None:
    _json(part / CONFIGS.get(part.name, "config.json"))
    if part.name == "tokenizer" and not any(all((part / name).exists() for name in names) for names in VOCABULARIES):
        raise _Flaw(f"The model file {part}/tokenizer.json is missing, and so are vocab.json and merges.txt.")
    if part.name in CONFIGS:
        return
    weights = sorted(part.glob("*.safetensors"))
    if not weights and not any(part.glob("*.bin")):
        raise _Flaw(f"The model file {part}/*.safetensors is missing.")
    for path in weights:
        _check_weights(path)


def _check_weights(path: Path) -> None:
    """Hold a safetensors file's size against its header, which catches a cut-off download or a Git LFS pointer."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            if length > size:
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
        end = max(int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__")
    except (struct.error, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Flaw(f"The model file {path} is broken: {error}.") from error
    if size != 8 + length + end:
        raise _Flaw(f"The model file {path} is broken: it has {size} bytes and should have {8 + length + end}.")


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise _Flaw(f"The model file {path} is missing.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _Flaw(f"The model file {path} is broken: {error}.") from error
    if not isinstance(value, dict):
        raise _Flaw(f"The model file {path} is broken: it holds no object.")
    return value


@lru_cache(maxsize=4)
def _read(folder: Path) -> dict[str, Any]:
    try:
        return _json(folder / "house.json")
    except _Flaw:
        return {}
