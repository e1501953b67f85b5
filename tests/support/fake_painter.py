"""A painter that paints plain colours at once, for tests of everything around the painting."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import DEFAULT, Rendering, StopInput
from worker.diffusion.walk_pipeline import Start
from worker.planning import frame_schedule, interpolation
from worker.planning.latent_state import GeneratedFrame, State

SIDE = 16


class FakePainter:
    """Paints each position's colour, mixed from its two stops; notes what it was asked for.

    ``on_paint`` is called before each batch with its number (from 0), ``on_step`` of the job once within it. A
    picture that starts from states is mixed from them, so that one that starts from the wrong ones looks wrong.
    """

    name, title, prefix, device, size = "fake", "Fake model", "", "cpu", (SIDE, SIDE)
    names: Collection[str] = ("fake",)
    loaded: Collection[str | None] = ("fake", None)

    def __init__(self, *, revision: str = "fake00000001", batch: int = 4) -> None:
        self.revision = revision
        self.batch = batch
        self.batches: list[list[float]] = []
        self.knots: list[list[float]] = []
        self.ahead: list[list[float]] = []
        self.evaluations = 0
        self.is_sketch_conditioned = True
        self.at_once: int | None = None
        self.decoder: str | None = None
        self.gpu = DEFAULT
        self.drawings: dict[str, str] = {}
        self.on_paint: Callable[[int], None] = lambda _: None

    def get(self, model: str | None) -> FakePainter:
        """Paint with this one, whatever the model."""
        assert model in (None, *self.names)
        return self

    @property
    def painted(self) -> list[float]:
        """List every position that was painted to the end, in order."""
        return [position for batch in self.batches for position in batch]

    def rendering(self, sampling: Mapping[str, Any]) -> Rendering:
        """Complete a walk's settings."""
        device = {"precision": "float32", "memory_format": "contiguous", "threads": 1, "batch": self.batch}
        return Rendering.from_sampling(sampling, width=SIDE, height=SIDE, decoder=self.decoder, gpu=self.gpu, **device)

    def shrink(self, _model: str | None = None) -> bool:
        """Paint half as many at once, down to one."""
        before = self.at_once or self.batch
        self.at_once = max(1, before // 2)
        return before > 1

    def grow(self, _model: str | None = None) -> None:
        """Stay as small: when there is room again is the pool's to find out."""

    def prepare(
        self,
        stops: Sequence[StopInput],
        rendering: Rendering,
        *,
        closed: bool = False,
        drawings: Mapping[str, str] = MappingProxyType({}),
        cut_outs: Mapping[str, Any] = MappingProxyType({}),
    ) -> PreparedWalk:
        """Give each stop a colour of its own, and note the drawings and cut-outs that came with the walk."""
        self.drawings, self.cut_outs = dict(drawings), dict(cut_outs)
        colours = [_colour(stop) for stop in stops]
        array = np.array(colours, dtype=np.float32)
        notes = tuple("unknown words" if "qwzx" in stop.prompt else "" for stop in stops)
        return PreparedWalk(rendering, array, array, array, notes, closed=closed)

    def paint(
        self,
        prepared: PreparedWalk,
        positions: Sequence[float],
        *,
        start: Sequence[Start] | None = None,
        until: int | None = None,
        keep: Collection[int] = (),
        decode: bool = True,
        pad: int = 1,
        ahead: Sequence[float] = (),
        on_step: Callable[[], None],
    ) -> list[GeneratedFrame]:
        """Paint one batch."""
        self.on_paint(len(self.batches) + len(self.knots))
        on_step()
        (self.batches if decode else self.knots).append(list(positions))
        self.ahead.append(list(ahead))
        steps = (until or prepared.rendering.steps) - (start[0][0].depth if start else 0)
        self.evaluations += steps * max(pad, len(positions))
        colours = [_between(prepared, position) for position in positions]
        if start is not None:
            colours = [_blend(*states) for states in start]
        return [
            GeneratedFrame(
                position,
                _picture(colour, prepared.rendering) if decode else None,
                {depth: np.broadcast_to(colour, (2, 2, 3)).astype(np.float32) for depth in keep},
                {depth: State(depth, colour.reshape(3, 1, 1), ()) for depth in keep},
            )
            for position, colour in zip(positions, colours, strict=True)
        ]


def _colour(stop: StopInput) -> list[int]:
    digest = zlib.crc32(f"{stop.prompt} {stop.negative_prompt} {stop.seed}".encode())
    return [digest & 255, digest >> 8 & 255, digest >> 16 & 255]


def _between(prepared: PreparedWalk, position: float) -> NDArray[np.float32]:
    colours = prepared.prompts
    left, t = frame_schedule.leg(position, len(colours), closed=prepared.closed)
    return interpolation.lerp(colours[left], colours[(left + 1) % len(colours)], t)


def _blend(left: State, right: State, t: float) -> NDArray[np.float32]:
    return (left.latents + (right.latents - left.latents) * np.float32(t)).reshape(3)


def _picture(colour: NDArray[np.float32], rendering: Rendering) -> NDArray[np.uint8]:
    return np.broadcast_to(colour.round(), (rendering.height, rendering.width, 3)).astype(np.uint8)
