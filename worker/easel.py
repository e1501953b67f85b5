"""Paint a whole walk in one process, level by level: what the job does piece by piece, without a site around it.

The benchmarks measure with it, and the tests hold the job to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker import plan
from worker.painter import Painter, Prepared, Start
from worker.plan import Level
from worker.state import Painted


@dataclass(slots=True)
class Easel:
    """A walk being painted: its levels so far, and what each painted, by position."""

    painter: Painter
    prepared: Prepared
    sampling: Mapping[str, Any]
    levels: list[Level] = field(default_factory=list)
    painted: list[dict[float, Painted]] = field(default_factory=list)

    def paint(self, *, frames: int, easing: bool = False, workers: int = 1) -> None:
        """Paint the walk to the end, as a site with so many free workers lays it out."""
        for _ in self.steps(frames=frames, easing=easing, workers=workers):
            pass

    def steps(self, *, frames: int, easing: bool = False, workers: int = 1) -> Iterator[Level]:
        """Paint level by level, and yield each when it is done."""
        while level := self._following(frames=frames, easing=easing, workers=workers):
            self.repaint(level, frames=frames)
            yield level

    def repaint(self, level: Level, *, frames: int) -> None:
        """Paint a level as it is laid out, of a film of so many frames."""
        self.levels.append(level)
        self.painted.append({})
        for batch in level.batches:
            positions = [level.positions[i] for i in batch]
            painted = self.painter.paint(
                self.prepared,
                positions,
                start=self._start(positions),
                until=level.until,
                keep=plan.depths(level, self.sampling, frames=frames, closed=self.prepared.closed),
                decode=level.kind != "knots",
                pad=level.pad,
            )
            self.painted[-1] |= {one.position: one for one in painted}

    @property
    def pictures(self) -> dict[float, NDArray[np.uint8]]:
        """The pictures that are there, by position, in film order."""
        found = {p: one.picture for level in self.painted for p, one in level.items() if one.picture is not None}
        return dict(sorted(found.items()))

    def _following(self, *, frames: int, easing: bool, workers: int) -> Level | None:
        looks: dict[float, dict[int, NDArray[np.float32]]] = {}
        for level in self.painted:
            for position, one in level.items():
                looks.setdefault(position, {}).update(one.looks)
        return plan.following(
            self.levels,
            looks,
            stops=len(self.prepared.prompts),
            frames=frames,
            closed=self.prepared.closed,
            easing=easing,
            sampling=self.sampling,
            batch=self.prepared.rendering.batch,
            workers=workers,
        )

    def _start(self, positions: Sequence[float]) -> list[Start] | None:
        here = len(self.levels) - 1
        found = [plan.neighbours(here, self.levels, position, self.sampling) for position in positions]
        return [
            (
                self.painted[one.left.level][one.left.position].states[one.depth],
                self.painted[one.right.level][one.right.position].states[one.depth],
                one.t,
            )
            for one in found
            if one is not None
        ] or None
