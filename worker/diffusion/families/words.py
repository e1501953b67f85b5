"""The text conditioning of a batch of pictures, whose texts may have different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion.families.family import Between, States, Text
from worker.planning import frame_schedule, interpolation

Texts = NDArray[np.float32] | tuple[NDArray[np.float32], ...]
"""Text states of all stops: one array, or one for each stop."""


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Encoded prompts, or negative prompts: one row for each position, and their pooled vectors."""

    states: States  # (rows, tokens, width), or a list of (tokens, width)
    pooled: torch.Tensor | None  # (rows, width)


@dataclass(frozen=True, slots=True)
class TextBatch:
    """The prompts at the positions of a batch, and the negative prompts, if the model has them."""

    prompts: EncodedRows
    negatives: EncodedRows | None


def stack_pooled(
    prompts: Sequence[Text], negatives: Sequence[Text]
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None] | None:
    """Return the pooled vectors of prompts and of negatives, one row for each stop; None where a model has none."""
    rows = [[text.pooled for text in texts if text.pooled is not None] for texts in (prompts, negatives)]
    return (np.stack(rows[0]), np.stack(rows[1]) if rows[1] else None) if rows[0] else None


def at(
    prompts: Texts,
    negatives: Texts | None,
    pooled: tuple[NDArray[np.float32], NDArray[np.float32] | None] | None,
    positions: Sequence[float],
    device: torch.device,
    *,
    closed: bool,
) -> TextBatch:
    """Return the texts at the positions of a walk, interpolated between its stops, on a device."""
    first, second = pooled or (None, None)
    return TextBatch(
        _encoded_rows(prompts, first, positions, device, closed=closed),
        None if negatives is None else _encoded_rows(negatives, second, positions, device, closed=closed),
    )


def concatenate(kinds: Sequence[EncodedRows]) -> tuple[States, torch.Tensor | None]:
    """Return the rows of all kinds, one kind after the other, and their pooled vectors."""
    vectors = [each.pooled for each in kinds if each.pooled is not None]
    return _together([each.states for each in kinds]), torch.cat(vectors) if vectors else None


def text_at(texts: Texts, position: float, *, closed: bool) -> NDArray[np.floating]:
    """Return the linearly interpolated text at a position; the stops beside it must have texts of one length."""
    i, t = frame_schedule.leg(position, len(texts), closed=closed)
    return interpolation.lerp(texts[i], texts[(i + 1) % len(texts)], t)


def between(texts: Texts, position: float, device: torch.device, *, closed: bool) -> torch.Tensor | Between:
    """Return the text at a position: interpolated, or both texts where their lengths differ."""
    i, t = frame_schedule.leg(position, len(texts), closed=closed)
    first, last = texts[i], texts[(i + 1) % len(texts)]
    if first.shape == last.shape:
        return _tensor(interpolation.lerp(first, last, t), device)
    if t in (0, 1):
        return _tensor(last if t else first, device)
    return Between(_tensor(first, device), _tensor(last, device), float(t))


def stack_texts(texts: Sequence[NDArray[np.float32]]) -> Texts:
    """Return the texts of all stops as one array where they have one length, else as a tuple."""
    return np.stack(texts) if len({text.shape for text in texts}) == 1 else tuple(texts)


def _encoded_rows(
    texts: Texts, pooled: NDArray[np.float32] | None, positions: Sequence[float], device: torch.device, *, closed: bool
) -> EncodedRows:
    vectors = None
    if pooled is not None:
        vectors = torch.stack([_tensor(text_at(pooled, position, closed=closed), device) for position in positions])
    return EncodedRows(_batch([between(texts, position, device, closed=closed) for position in positions]), vectors)


def _together(batches: Sequence[States]) -> States:
    """Return batches of texts one after the other."""
    if len(batches) == 1:
        return batches[0]
    tensors = [each for each in batches if isinstance(each, torch.Tensor)]
    if len(tensors) == len(batches) and len({each.shape[1:] for each in tensors}) == 1:
        return torch.cat(tensors)
    return [row for each in batches for row in each]


def _batch(rows: Sequence[torch.Tensor | Between]) -> States:
    """Return texts as one tensor where they have one length, else as a list."""
    tensors = [row for row in rows if isinstance(row, torch.Tensor)]
    if len(tensors) == len(rows) and len({row.shape for row in tensors}) == 1:
        return torch.stack(tensors)
    return list(rows)


def _tensor(array: NDArray[np.floating], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device)
