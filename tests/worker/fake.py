"""A painter that paints plain colours at once, for tests of everything around the painting."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from worker.painter import Prepared, Rendering, Stop

SIDE = 16


class FakePainter:
    """Paints each position's colour, mixed from its two stops; notes what it was asked for.

    ``on_paint`` is called before each batch with its number (from 0), ``on_step`` of the job once within it.
    """

    name, title, prefix, device, size = "fake", "Fake model", "", "cpu", (SIDE, SIDE)

    def __init__(self, *, revision: str = "fake00000001", batch: int = 4) -> None:
        self.revision = revision
        self.batch = batch
        self.batches: list[list[float]] = []
        self.on_paint: Callable[[int], None] = lambda _: None

    @property
    def painted(self) -> list[float]:
        """List every position that was painted, in order."""
        return [position for batch in self.batches for position in batch]

    def rendering(self, *, steps: int, guidance: float) -> Rendering:
        """Complete a walk's settings."""
        return Rendering(
            "DPMSolverMultistepScheduler", steps, guidance, SIDE, SIDE, "float32", "contiguous", 1, self.batch
        )

    def prepare(self, stops: Sequence[Stop], rendering: Rendering) -> Prepared:
        """Give each stop a colour of its own."""
        colours = np.array([_colour(stop) for stop in stops], dtype=np.float32)
        notes = tuple("unknown words" if "qwzx" in stop.prompt else "" for stop in stops)
        return Prepared(rendering, colours, colours, colours, notes)

    def paint(
        self, prepared: Prepared, positions: Sequence[float], *, on_step: Callable[[], None]
    ) -> list[NDArray[np.uint8]]:
        """Paint one batch."""
        number = len(self.batches)
        self.on_paint(number)
        on_step()
        self.batches.append(list(positions))
        return [_picture(prepared.prompts, position) for position in positions]


def _colour(stop: Stop) -> list[int]:
    digest = zlib.crc32(f"{stop.prompt} {stop.negative_prompt} {stop.seed}".encode())
    return [digest & 255, digest >> 8 & 255, digest >> 16 & 255]


def _picture(colours: NDArray[np.float32], position: float) -> NDArray[np.uint8]:
    left = min(int(position), len(colours) - 2)
    colour = colours[left] + (colours[left + 1] - colours[left]) * (position - left)
    return np.broadcast_to(colour.round(), (SIDE, SIDE, 3)).astype(np.uint8)
