"""Estimates before a walk is requested: when a new one would be done, and when the queue has room again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.offer.generation import duration, offers, sampler_settings
from app.offer.generation.offers import Offer
from app.storage.walk_models import ROUND, STOP
from app.walks.queue import fair_queue
from app.walks.queue.fair_queue import WorkerPool


@dataclass(frozen=True, slots=True)
class NewWalkEstimate:
    """When a walk would be done if it were requested now: after ``ahead`` seconds in the queue and ``own`` of work.

    ``ahead`` is None while no worker is known. ``waiting`` is the number of waiting walks. ``is_measured`` unless the
    pace of the model is an assumption, because none of its walks was finished lately.
    """

    waiting: int
    ahead: float | None
    own: float
    is_measured: bool

    @property
    def seconds(self) -> float | None:
        """Return the seconds until the walk would be done; None while no worker is known."""
        return None if self.ahead is None else self.ahead + self.own


def estimate_new_walk(
    offer: Offer, settings: Mapping[str, Any], *, stops: int = 2, frames: int, ending: str = STOP
) -> NewWalkEstimate:
    """Return the estimate for a new visitor's walk with these resolved settings of a model on offer."""
    line, frames = fair_queue.load_snapshot(), max(frames, stops)
    work = duration.work_of_walk(settings, stops=stops, frames=frames, closed=ending == ROUND)
    pace = line.pool.paces.get(offer.name)
    own = work.seconds(duration.default_pace(offer.facts) if pace is None else pace)
    seconds = line.seconds(line.pool, line.served * line.a_turn, work.evaluations, own)
    return NewWalkEstimate(line.queued, None if seconds is None else seconds - own, own, pace is not None)


def seconds_of_evaluations(pool: WorkerPool, evaluations: float) -> float | None:
    """Return the seconds that all workers together take for so many evaluations of usual walks; None without any."""
    if not pool.workers:
        return None
    seconds = _usual_work().seconds(pool.pace_of(offers.first().name))
    return seconds * evaluations / fair_queue.turn_passes() / pool.workers


def _usual_work() -> duration.Work:
    """Return the work of a usual walk, whose evaluations are those of a turn."""
    settings = sampler_settings.resolve_settings(offers.first())
    return duration.work_of_walk(settings, stops=2, frames=current_app.config["FRAMES_DEFAULT"])
