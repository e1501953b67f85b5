"""The duration of a walk: its work, from its settings, and the time of a unit of work, from finished walks.

Work is counted in evaluations of the model's network on a picture of the model's own size. Other steps are counted as
so many of them: a picture is decoded, checked, stored and written into the films; a sample that paces the film is
decoded. The ratios are those of the built-in model, and are near those of Stable Diffusion 1.5, whose decoder takes
three times the operations of an evaluation. How long a unit of work takes depends on the machine and on the model, so
it is learnt from the model's finished walks. Each walk and each stop also takes some seconds that hardly depend on the
model: words are encoded and drawn, and files are ended.

Pure arithmetic, which needs neither the database nor the model. `cost` counts the evaluations alone, which the queue
and the limits are fair by.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from app.core.models.facts import ModelFacts
from app.offer.generation import cost

PICTURE, SAMPLE = 5.0, 2.6
"""The work of a picture beyond its evaluations: sketch, decoding, checks and files; and that of a decoded sample."""
GROWTH = 0.85
"""The power of its pixels that a picture's work grows with: of four times the pixels it is 3.2 times as much."""
WALK_SECONDS, STOP_SECONDS = 0.39, 0.16
"""The seconds of each walk and of each stop, whatever its size."""
FIXED_MAX = 0.8
"""The largest part of a finished walk's seconds that these are taken for, where a machine is quicker."""

BUILT_IN_SECONDS = 0.0084
"""Seconds of a unit of work where nothing is measured, for the built-in model: as on two cores that do nothing else."""
OTHER_SECONDS = 0.05
"""The same for other models and 512 x 512 pixels: a guess, as of Stable Diffusion 1.5 on a small GPU."""
OTHER_SIZE = 512
FIRST = 1.8
"""How many times as long as its next ones the first walk of a worker takes, which allocates and compiles."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a walk: its evaluations, that of each, all other work, and the seconds that no pace changes."""

    evaluations: int
    each: float
    other: float
    fixed: float

    @property
    def total(self) -> float:
        """Return the work in all."""
        return self.evaluations * self.each + self.other

    def seconds(self, pace: float) -> float:
        """Return the seconds of the walk, at a pace in seconds per unit of work."""
        return self.total * pace + self.fixed


def work_of_walk(sampling: Mapping[str, Any], *, stops: int, frames: int, closed: bool = False) -> Work:
    """Return the work of a walk; the arguments are those of `cost.of_walk`."""
    evaluations = cost.of_walk(sampling, stops=stops, frames=frames, closed=closed)
    area = _pixels(sampling)
    pixels, latents = area**GROWTH, (area / int(sampling.get("finer", 1)) ** 2) ** GROWTH
    samples = _decoded_samples(sampling, stops=stops, frames=frames, closed=closed) if "ladder" in sampling else 0
    each = latents / cost.area(sampling)  # the cost counts areas in whole multiples of the model's own
    other = PICTURE * pixels * frames + SAMPLE * latents * samples
    return Work(evaluations, each, other, WALK_SECONDS + STOP_SECONDS * stops)


def seconds_of_work(measured: Sequence[tuple[Work, float]]) -> float | None:
    """Return the seconds of a unit of work, by (work, seconds) of finished walks of one model; ``None`` without any.

    It is a median, so that a walk on a busy machine counts for little. A worker's first walk takes longer: of two walks
    it is the lower one, and what a single one took is divided by ``FIRST``.
    """
    paces = [max(seconds - work.fixed, (1 - FIXED_MAX) * seconds) / work.total for work, seconds in measured]
    return paces[0] / FIRST if len(paces) == 1 else statistics.median_low(paces) if paces else None


def default_pace(facts: ModelFacts) -> float:
    """Return the assumed seconds of a unit of work of a model of which no walk was finished."""
    return BUILT_IN_SECONDS if facts.has_sketches else OTHER_SECONDS * ((facts.size or OTHER_SIZE) / OTHER_SIZE) ** 2


def _pixels(sampling: Mapping[str, Any]) -> float:
    """Return the pixels of a picture as a multiple of those of the model's own size."""
    width, height = map(int, sampling.get("frame", (1, 1)))
    return int(sampling.get("enlarged", 1)) ** 2 * width * height / max(width, height) ** 2


def _decoded_samples(sampling: Mapping[str, Any], *, stops: int, frames: int, closed: bool) -> int:
    """Return how many samples are decoded because they place the frames: those of the ladder's later depths.

    Stops are sampled at these depths too. A ladder of one depth decodes that one.
    """
    if frames <= stops:
        return 0
    ladder, legs = sampling["ladder"], stops if closed else stops - 1
    decoded = {depth for depth, _count in ladder[1:] or ladder}
    planned = cost.planned_passes(sampling, legs=legs, between=frames - stops)
    pairs = cost.PAIR * ceil(stops / cost.PAIR)
    return sum(legs * count + pairs for depth, count in planned if depth in decoded)
