"""Textual inversion files: one or several vectors for each text encoder, read from ``.safetensors`` alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from app.core.text.embedding_names import OF_ENCODERS
from worker.diffusion.families.text_options import EmbeddingFile


class InversionError(Exception):
    """A textual inversion cannot be used with this model."""


def vectors(file: EmbeddingFile, encoder: int, width: int | None) -> torch.Tensor:
    """Return the vectors (count x width) of a file for the encoder with this number.

    `width` is the width of the encoder's vectors, which is checked; None for any.

    :raises InversionError: when the file is missing, broken, or made for another encoder.
    """
    tensors = _load(file)
    tensor = (
        tensors.get(OF_ENCODERS[encoder])
        if any(name in tensors for name in OF_ENCODERS)
        else next(iter(tensors.values()))
    )
    if tensor is None:
        raise InversionError(f"the embedding {file.name} holds no {OF_ENCODERS[encoder]} for this model's encoder")
    tensor = tensor.reshape(-1, tensor.shape[-1])
    if width is not None and tensor.shape[1] != width:
        problem = f"has {tensor.shape[1]} numbers a vector, and this model's text encoder {width}"
        raise InversionError(f"the embedding {file.name} {problem}")
    if not torch.isfinite(tensor).all():
        raise InversionError(f"the embedding {file.name} holds values that are no numbers")
    return tensor


@lru_cache(maxsize=32)
def _load(file: EmbeddingFile) -> Mapping[str, torch.Tensor]:
    try:
        tensors = {name: each.float() for name, each in load_file(file.path).items()}
    except (OSError, SafetensorError, ValueError) as error:
        raise InversionError(f"the embedding {file.name} cannot be read: {error}") from error
    if not tensors or any(each.ndim not in (1, 2) for each in tensors.values()):
        raise InversionError(f"the embedding {file.name} holds no vectors")
    return tensors
