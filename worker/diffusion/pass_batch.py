"""Render one batch of a walk's pass, as planned; for the job, one task at a time, and for tests without a site.

The same positions are always rendered together and from the same states, because a picture's last bits depend on both.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.walk_pipeline import Start, WalkPipeline, do_nothing
from worker.planning import pass_plan
from worker.planning.latent_state import GeneratedFrame, State
from worker.planning.pass_plan import IntermediateSample, Pass

States = Callable[[IntermediateSample, int], State]
"""Loads the state of an intermediate sample or a stop, given the sample and the depth."""


def paint(
    painter: WalkPipeline,
    prepared: PreparedWalk,
    levels: Sequence[Pass],
    number: int,
    batch: int,
    *,
    sampling: Mapping[str, Any],
    frames: int,
    states: States,
    on_step: Callable[[], None] = do_nothing,
) -> list[GeneratedFrame]:
    """Return batch `batch` of `levels[number]`, rendered, in a film of `frames` frames.

    `sampling` is what `app.offer.generation.presets.resolve` returned; empty for an old recipe that has none. `on_step`
    is called after every step of the solver. A batch that the device has no room for is rendered in parts.

    :raises GenerationError: when the model yields no numbers even in float32.
    """
    level = levels[number]
    positions = [level.positions[index] for index in level.batches[batch]]
    keep = pass_plan.kept_depths(level, sampling, frames=frames, closed=prepared.closed) if sampling else ()
    ahead = pass_plan.first_samples(level, sampling, frames=frames, closed=prepared.closed) if sampling else ()
    size = max(level.pad, len(positions))
    limit = min(size, painter.at_once or size)
    painted: list[GeneratedFrame] = []
    for first in range(0, len(positions), limit):
        part = positions[first : first + limit]
        painted += painter.paint(
            prepared,
            part,
            start=_starts(levels, number, part, sampling, states),
            until=level.until,
            keep=keep,
            decode=level.kind != "knots",
            pad=min(level.pad, limit),
            ahead=ahead,
            on_step=on_step,
        )
    return painted


def _starts(
    levels: Sequence[Pass], number: int, positions: Sequence[float], sampling: Mapping[str, Any], states: States
) -> list[Start] | None:
    """Return the two states that each picture starts between, and where; None where all start from noise."""
    starts = [pass_plan.find_start(number, levels, position, sampling) for position in positions]
    return [
        (states(between.left, between.depth), states(between.right, between.depth), between.t)
        for between in starts
        if between is not None
    ] or None
