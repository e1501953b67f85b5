"""Holding a painter that is led by words to a photo: at its stop the photo itself comes out, whatever the solver.

Inversions that look for a noise from which the model paints a photo need many steps and no guidance. This one needs
neither (compare the edit-friendly noise space: Huberman-Spiegelglas et al., arXiv 2304.06140). The stop is painted
once. Beside it goes the way that the same solver would go from the same noise if the network expected the photo's
latents all the time. What leads from one to the other after each step is kept, and added whenever something is painted
there; on the way to another stop less and less of it (`planning.photo_path`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion import solver_state, solvers
from worker.planning import photo_path


@dataclass(frozen=True, slots=True)
class InvertedPhoto:
    """What leads to a photo's latents at a stop: after each call of the solver, to the way that leads there.

    `corrections` belong to the latents, `expected` to what the network expects of the picture; both are (calls x
    channels x height x width), float32.
    """

    corrections: NDArray[np.float32]
    expected: NDArray[np.float32]


class Steering(Protocol):
    """What changes a batch's latents after each call of the solver."""

    def correct(
        self,
        solver: Any,
        prediction: torch.Tensor,
        step: int,
        before: torch.Tensor,
        latents: torch.Tensor,
        noise: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return the latents to go on with, after this call has led from those `before` it."""

    def expected_latents(self, step: int, clean: torch.Tensor) -> torch.Tensor:
        """Return the clean latents to be expected, where the network expects these."""


class Recording:
    """The painting of one stop, led along the way to a photo; what that took is noted."""

    def __init__(self, solver: Any, photo: torch.Tensor) -> None:
        """Lead to the latents of a photo (1 x channels x height x width), by a fresh solver like the painter's own."""
        self._ideal, self._photo = solver, photo
        solver_state.begin(solver, 0, ())
        self._latents: torch.Tensor | None = None
        self._corrections: list[torch.Tensor] = []
        self._expected: list[torch.Tensor] = []

    def correct(
        self,
        solver: Any,
        prediction: torch.Tensor,
        step: int,
        before: torch.Tensor,
        latents: torch.Tensor,
        noise: torch.Tensor | None,
    ) -> torch.Tensor:
        """Lead to where the way to the photo is after this call, and note from where."""
        t, ours = solver.timesteps[step], before if self._latents is None else self._latents
        clean = solver_state.clean(solver, prediction, t, before)
        ideal = solver_state.prediction_of(self._ideal, step, ours, self._photo)
        self._latents = solvers.step(self._ideal, ideal, t, ours, noise)
        if step + 1 == len(solver.timesteps):
            self._latents = self._photo
        self._corrections.append(self._latents - latents)
        self._expected.append(self._photo - clean)
        return self._latents

    def expected_latents(self, step: int, clean: torch.Tensor) -> torch.Tensor:  # noqa: ARG002 - it is the photo at any step
        """Return the photo's latents."""
        return self._photo

    def result(self) -> InvertedPhoto:
        """Return what was noted."""
        corrections, expected = (torch.cat(each).float().cpu().numpy() for each in (self._corrections, self._expected))
        return InvertedPhoto(corrections, expected)


class PhotoSteering:
    """A batch on its way between stops, some of which are photos."""

    def __init__(
        self, photos: Sequence[InvertedPhoto | None], positions: Sequence[float], device: torch.device, *, closed: bool
    ) -> None:
        self._positions, self._closed = positions, closed
        self._are_photos = [photo is not None for photo in photos]
        self._calls = next(len(photo.corrections) for photo in photos if photo is not None)
        self._there: dict[str, list[torch.Tensor | None]] = {
            name: [None if photo is None else torch.from_numpy(getattr(photo, name)).to(device) for photo in photos]
            for name in ("corrections", "expected")
        }

    def correct(
        self,
        solver: Any,  # noqa: ARG002 - as the other needs them
        prediction: torch.Tensor,  # noqa: ARG002
        step: int,
        before: torch.Tensor,  # noqa: ARG002
        latents: torch.Tensor,
        noise: torch.Tensor | None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Lead each picture to the photos beside it, as far as it is held to them."""
        return latents + self._sum("corrections", step, latents)

    def expected_latents(self, step: int, clean: torch.Tensor) -> torch.Tensor:
        """Return what is to be expected of pictures that are held."""
        return clean + self._sum("expected", step, clean)

    def _sum(self, name: str, step: int, like: torch.Tensor) -> torch.Tensor:
        total = torch.zeros_like(like, dtype=torch.float32)
        for row, position in enumerate(self._positions):
            shares = photo_path.shares(position, self._are_photos, step, self._calls, closed=self._closed)
            for stop, share in shares.items():
                if (there := self._there[name][stop]) is not None:
                    total[row] += float(np.float32(share)) * there[step]
        return total


def photo_steering(
    photos: Sequence[InvertedPhoto | None], positions: Sequence[float], device: torch.device, *, closed: bool
) -> Steering | None:
    """Return what holds a batch of a walk to the photos of its stops; None where it has none."""
    return (
        PhotoSteering(photos, positions, device, closed=closed) if any(photo is not None for photo in photos) else None
    )


def pack(photo: InvertedPhoto) -> bytes:
    """Write it as one uncompressed NumPy archive."""
    file = io.BytesIO()
    np.savez(file, corrections=photo.corrections, expected=photo.expected)
    return file.getvalue()


def unpack(data: bytes) -> InvertedPhoto:
    """Read what `pack` wrote. Raises ValueError for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return InvertedPhoto(archive["corrections"], archive["expected"])
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"this is no inverted photo: {error}") from error
