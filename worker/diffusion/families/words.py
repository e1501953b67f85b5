"""What is said to a network of a batch of pictures, whose texts may have different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion.families.family import States
from worker.planning import frame_schedule, interpolation

Texts = NDArray[np.float32] | tuple[NDArray[np.float32], ...]
"""Text states, those of each stop."""


@dataclass(frozen=True, slots=True)
class Said:
    """The texts of a kind, a row for each position.

    There are two `sides` where some positions lie between texts of different lengths: what the network predicts for
    the second has a share in the prediction (frames x 1 x 1 x 1).
    """

    sides: list[States]
    pooled: torch.Tensor | None
    shares: torch.Tensor


@dataclass(frozen=True, slots=True)
class Words:
    """The prompts at the positions, and what is to be left out there, if anything can be."""

    prompts: Said
    negatives: Said | None


def at(
    prompts: Texts,
    negatives: Texts | None,
    pooled: tuple[NDArray[np.float32], NDArray[np.float32] | None] | None,
    positions: Sequence[float],
    device: torch.device,
    *,
    closed: bool,
) -> Words:
    """Return what is said at the positions, by the texts of the stops and their pooled vectors, on a device."""
    first, second = pooled or (None, None)
    return Words(
        _said(prompts, first, positions, device, closed=closed),
        None if negatives is None else _said(negatives, second, positions, device, closed=closed),
    )


def joined(kinds: Sequence[Said]) -> tuple[States, torch.Tensor | None]:
    """Return the rows of all sides of all kinds, one after the other, and their pooled vectors."""
    sides = [side for each in kinds for side in each.sides]
    vectors = [each.pooled for each in kinds for _ in each.sides if each.pooled is not None]
    return _together(sides), torch.cat(vectors) if vectors else None


def mixed(kinds: Sequence[Said], predicted: torch.Tensor) -> list[torch.Tensor]:
    """Return a prediction for each position and kind, from those for all sides of all kinds."""
    chunks = list(predicted.chunk(sum(len(each.sides) for each in kinds)))
    found = []
    for each in kinds:
        first, *others = (chunks.pop(0) for _ in each.sides)
        found.append(torch.lerp(first, others[0], each.shares) if others else first)
    return found


def text_at(texts: Texts, position: float, *, closed: bool) -> NDArray[np.floating]:
    """Interpolate what is said, on the straight line; the stops beside it must have texts of one length."""
    i, t = frame_schedule.leg(position, len(texts), closed=closed)
    return interpolation.lerp(texts[i], texts[(i + 1) % len(texts)], t)


def texts_at(
    texts: Texts, position: float, *, closed: bool
) -> tuple[NDArray[np.floating], NDArray[np.floating], float]:
    """Return two texts, and the share of the second, whose predictions come to what is to be said at a position.

    That is the interpolated text alone, twice, where both stops' texts have one length (docs/decisions/0064).
    """
    i, t = frame_schedule.leg(position, len(texts), closed=closed)
    first, last = texts[i], texts[(i + 1) % len(texts)]
    if first.shape == last.shape:
        said = interpolation.lerp(first, last, t)
        return said, said, 0.0
    if t in (0, 1):
        end = last if t else first
        return end, end, 0.0
    return first, last, float(t)


def gathered(texts: Sequence[NDArray[np.float32]]) -> Texts:
    """Put the texts of all stops into one array where they have one length."""
    return np.stack(texts) if len({text.shape for text in texts}) == 1 else tuple(texts)


def _said(
    texts: Texts, pooled: NDArray[np.float32] | None, positions: Sequence[float], device: torch.device, *, closed: bool
) -> Said:
    rows = [texts_at(texts, position, closed=closed) for position in positions]
    vectors = None
    if pooled is not None:
        interpolated = [text_at(pooled, position, closed=closed) for position in positions]
        vectors = _tensor(np.stack(interpolated), device)
    shares = [share for *_, share in rows]
    sides = [_states([first for first, *_ in rows], device)]
    if any(shares):
        sides.append(_states([last for _, last, _ in rows], device))
    return Said(sides, vectors, _tensor(np.array(shares), device)[:, None, None, None])


def _states(texts: Sequence[NDArray[np.floating]], device: torch.device) -> States:
    """Return a batch's texts as one tensor, where they have one length."""
    if len({text.shape for text in texts}) == 1:
        return _tensor(np.stack(texts), device)
    return [_tensor(text, device) for text in texts]


def _together(sides: Sequence[States]) -> States:
    if len(sides) == 1:
        return sides[0]
    rows = [row for side in sides for row in side]
    if len({row.shape for row in rows}) > 1:
        return rows
    tensors = [side for side in sides if isinstance(side, torch.Tensor)]
    return torch.cat(tensors) if len(tensors) == len(sides) else torch.stack(rows)


def _tensor(array: NDArray[np.floating], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device)
