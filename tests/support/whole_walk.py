"""Paint a whole walk in one process, level by level: what the job does piece by piece, without a site around it.

The benchmarks measure with it, and the tests hold the job to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.diffusion import pass_batch
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning import pass_plan
from worker.planning.latent_state import GeneratedFrame, State
from worker.planning.pass_plan import IntermediateSample, Pass


@dataclass(slots=True)
class WholeWalk:
    """A walk being painted: its levels so far, and what each painted, by position."""

    painter: WalkPipeline
    prepared: PreparedWalk
    sampling: Mapping[str, Any]
    levels: list[Pass] = field(default_factory=list)
    painted: list[dict[float, GeneratedFrame]] = field(default_factory=list)

    def paint(self, *, frames: int, easing: bool = False, workers: int = 1) -> None:
        """Paint the walk to the end, as a site with so many free workers lays it out."""
        for _ in self.steps(frames=frames, easing=easing, workers=workers):
            pass

    def steps(self, *, frames: int, easing: bool = False, workers: int = 1) -> Iterator[Pass]:
        """Paint level by level, and yield each when it is done."""
        while level := self._following(frames=frames, easing=easing, workers=workers):
            self.repaint(level, frames=frames)
            yield level

    def repaint(self, level: Pass, *, frames: int) -> None:
        """Paint a level as it is laid out, of a film of so many frames."""
        self.levels.append(level)
        self.painted.append({})
        for number in range(len(level.batches)):
            painted = pass_batch.paint(
                self.painter,
                self.prepared,
                self.levels,
                len(self.levels) - 1,
                number,
                sampling=self.sampling,
                frames=frames,
                states=self._state,
            )
            self.painted[-1] |= {one.position: one for one in painted}

    @property
    def pictures(self) -> dict[float, NDArray[np.uint8]]:
        """The pictures that are there, by position, in film order."""
        found = {p: one.picture for level in self.painted for p, one in level.items() if one.picture is not None}
        return dict(sorted(found.items()))

    def _following(self, *, frames: int, easing: bool, workers: int) -> Pass | None:
        thumbnails: dict[float, dict[int, NDArray[np.float32]]] = {}
        for level in self.painted:
            for position, one in level.items():
                thumbnails.setdefault(position, {}).update(one.thumbnails)
        return pass_plan.following(
            self.levels,
            thumbnails,
            stops=len(self.prepared.prompts),
            frames=frames,
            closed=self.prepared.closed,
            easing=easing,
            sampling=self.sampling,
            batch=self.prepared.rendering.batch,
            workers=workers,
        )

    def _state(self, knot: IntermediateSample, depth: int) -> State:
        return self.painted[knot.level][knot.position].states[depth]
