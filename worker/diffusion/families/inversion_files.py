"""Textual inversion files: one or several vectors for each text encoder, read from ``.safetensors`` alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from app.core.models import tensor_file
from app.core.models.errors import BrokenFile, ModelError
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
    key = OF_ENCODERS[encoder] if any(name in tensors for name in OF_ENCODERS) else next(iter(tensors))
    if key not in tensors:
        raise InversionError(f"the embedding {file.name} lacks the tensor {key} for this model's encoder")
    tensor = tensors[key].reshape(-1, tensors[key].shape[-1])
    if width is not None and tensor.shape[1] != width:
        problem = (
            f"has {tensor.shape[1]} numbers a vector in the tensor {key:.100}, and this model's text encoder {width}"
        )
        raise InversionError(f"the embedding {file.name} {problem}")
    if not torch.isfinite(tensor).all():
        raise InversionError(f"the embedding {file.name} holds values that are no numbers, in the tensor {key:.100}")
    return tensor


@lru_cache(maxsize=32)
def _load(file: EmbeddingFile) -> Mapping[str, torch.Tensor]:
    try:
        tensor_file.read_header(file.path)
        stored = load_file(file.path)
    except (OSError, SafetensorError, ValueError, ModelError) as error:
        reason = error.reason if isinstance(error, BrokenFile) else error
        raise InversionError(f"the embedding {file.name} cannot be read: {reason}") from error
    if wrong := next((name for name, each in stored.items() if not each.is_floating_point()), None):
        raise InversionError(f"the embedding {file.name} holds {stored[wrong].dtype} in the tensor {wrong:.100}")
    if len(stored) > 1 and (wrong := next((name for name in sorted(stored) if name not in OF_ENCODERS), None)):
        raise InversionError(f"the embedding {file.name} holds the tensor {wrong:.100}, which is of no text encoder")
    tensors = {name: each.float() for name, each in stored.items()}
    if not tensors:
        raise InversionError(f"the embedding {file.name} holds no vectors")
    if wrong := next((name for name, each in tensors.items() if each.ndim not in (1, 2)), None):
        raise InversionError(f"the embedding {file.name} holds no vectors in the tensor {wrong:.100}")
    return tensors
