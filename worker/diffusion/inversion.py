"""Photo inversion for models that are conditioned by text alone: at its stop the photo itself comes out.

It works with every solver, few steps and any guidance; inversions that search for a noise need many steps and no
guidance (compare the edit-friendly noise space: Huberman-Spiegelglas et al., arXiv 2304.06140). The stop is sampled
once. Beside it runs an ideal trajectory: the same solver, from the same noise, with a network that always predicts the
photo's latents. The difference between both after each step is stored as a correction. Corrections are added whenever
the stop is sampled again; on the way to another stop their weight falls (`planning.photo_path`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion import solver_state, solvers
from worker.planning import photo_path


@dataclass(frozen=True, slots=True)
class InvertedPhoto:
    """The corrections that lead to a photo's latents at a stop, one for each call of the solver.

    `corrections` are added to the latents after a call, `expected` to the clean latents that the network predicts.
    """

    corrections: NDArray[np.float32]  # (calls, channels, height, width)
    expected: NDArray[np.float32]  # (calls, channels, height, width)


@dataclass(frozen=True, slots=True)
class SolverCall:
    """A call of the solver: latents `before` and after it, all (batch x channels x height x width).

    `prediction` is the network's, `noise` what the solver added, if it adds any.
    """

    solver: Any
    prediction: torch.Tensor
    step: int
    before: torch.Tensor
    latents: torch.Tensor
    noise: torch.Tensor | None


class Recording:
    """Changes a batch's latents after each call of the solver, as `PhotoSteering` does.

    It follows the ideal trajectory to a photo and records the corrections; for a batch of one.
    """

    def __init__(self, solver: Any, photo: torch.Tensor) -> None:
        """Store a new solver for the ideal trajectory, and the photo's latents (1 x channels x height x width)."""
        self._ideal, self._photo = solver, photo
        solver_state.resume(solver, 0, ())
        self._latents: torch.Tensor | None = None
        self._corrections: list[torch.Tensor] = []
        self._expected: list[torch.Tensor] = []

    def correct(self, call: SolverCall) -> torch.Tensor:
        """Return the latents of the ideal trajectory after this call, and record the difference."""
        times, own = call.solver.timesteps, call.before if self._latents is None else self._latents
        clean = solver_state.clean(call.solver, call.prediction, times[call.step], call.before)
        ideal = solver_state.prediction_towards(self._ideal, call.step, own, self._photo)
        self._latents = solvers.step(self._ideal, ideal, times[call.step], own, call.noise)
        if call.step + 1 == len(times):
            self._latents = self._photo
        self._corrections.append(self._latents - call.latents)
        self._expected.append(self._photo - clean)
        return self._latents

    def expected_latents(self, step: int, clean: torch.Tensor) -> torch.Tensor:  # noqa: ARG002 - the same at each step
        """Return the photo's latents."""
        return self._photo

    def result(self) -> InvertedPhoto:
        """Return the recorded corrections of all calls."""
        corrections, expected = (torch.cat(each).float().cpu().numpy() for each in (self._corrections, self._expected))
        return InvertedPhoto(corrections, expected)


class PhotoSteering:
    """A steering that adds the corrections of the photos at a walk's stops to a batch between them."""

    def __init__(
        self, photos: Sequence[InvertedPhoto | None], positions: Sequence[float], device: torch.device, *, closed: bool
    ) -> None:
        self._positions, self._closed = positions, closed
        self._are_photos = [photo is not None for photo in photos]
        self._calls = next(len(photo.corrections) for photo in photos if photo is not None)
        self._tensors: dict[str, list[torch.Tensor | None]] = {
            name: [None if photo is None else torch.from_numpy(getattr(photo, name)).to(device) for photo in photos]
            for name in ("corrections", "expected")
        }

    def correct(self, call: SolverCall) -> torch.Tensor:
        """Return latents with the corrections of the neighbouring photos added, by their share at each position."""
        return call.latents + self._sum("corrections", call.step, call.latents)

    def expected_latents(self, step: int, clean: torch.Tensor) -> torch.Tensor:
        """Return clean latents with the corrections of the neighbouring photos added."""
        return clean + self._sum("expected", step, clean)

    def _sum(self, name: str, step: int, like: torch.Tensor) -> torch.Tensor:
        total = torch.zeros_like(like, dtype=torch.float32)
        for row, position in enumerate(self._positions):
            shares = photo_path.photo_weights(position, self._are_photos, step, self._calls, closed=self._closed)
            for stop, share in shares.items():
                if (tensors := self._tensors[name][stop]) is not None:
                    total[row] += float(np.float32(share)) * tensors[step]
        return total


def pack(photo: InvertedPhoto) -> bytes:
    """Return the corrections as one uncompressed NumPy archive."""
    file = io.BytesIO()
    np.savez(file, corrections=photo.corrections, expected=photo.expected)
    return file.getvalue()


def unpack(data: bytes) -> InvertedPhoto:
    """Return the corrections that `pack` wrote.

    :raises ValueError: when the bytes are anything else.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return InvertedPhoto(archive["corrections"], archive["expected"])
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"this is no inverted photo: {error}") from error
