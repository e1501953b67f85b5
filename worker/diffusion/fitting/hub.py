"""Fetch a model from the Hugging Face hub: first the small files, by which it may be refused, then the weights."""

from __future__ import annotations

from pathlib import Path

import diffusers
import huggingface_hub

from app.generation import model_layout
from app.generation.model_layout import MissingFile, ModelError

SMALL = ("*.json", "*.txt")
"""The files that say what a model is; its weights are gigabytes."""


def download(name: str) -> Path:
    """Fetch what is not in the cache yet, and return the folder.

    A repository with weights in half precision alone gives those. Raises ModelError where the model is none that this
    program paints with, before its weights are fetched, or cannot be fetched.
    """
    try:
        # the site's operator names the model, and wants it as it is today; weights are of the same commit
        configs = Path(huggingface_hub.snapshot_download(name, allow_patterns=list(SMALL)))  # nosec B615
    except Exception as error:
        raise _unavailable(name, error) from error
    _has_weights(configs)
    snapshot = _fetch(name, revision=configs.name)
    return snapshot if _has_weights(snapshot) else _fetch(name, revision=configs.name, variant="fp16")


def _has_weights(folder: Path) -> bool:
    """Return whether a folder is whole. Raises ModelError where what is there is of another kind."""
    try:
        model_layout.inspect(folder)
    except MissingFile:
        return False
    return True


def _fetch(name: str, **how: str) -> Path:
    try:
        return Path(diffusers.DiffusionPipeline.download(name, safety_checker=None, **how))
    except Exception as error:
        raise _unavailable(name, error) from error


def _unavailable(name: str, error: Exception) -> ModelError:
    return ModelError(f"model {name!r} is neither a folder nor to be had from the hub: {error}")
