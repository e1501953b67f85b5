"""The queue in simulated time: requests of a day, and one worker that does their tasks.

Requests, queue order and claims are the site's own. The worker takes a constant time per UNet evaluation, and loads a
model when a task needs another one.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select, update

from app.offer.generation import cost, offers, sampler_settings
from app.storage.database import writing
from app.storage.task_kinds import FILM
from app.storage.walk_models import FINISHED, PIECE_DONE, Stop, Task, Walk, new_id
from app.walks.queue import fair_queue
from worker.planning import pass_plan
from worker.planning.pass_plan import Pass
from worker.queue.leases import Claim, claim_next
from worker.tasks.next_pass import enqueue_tasks

DAY = 86_400.0
BATCH = 8
FILM_SECONDS, LOAD_SECONDS = 0.3, 5.0
MODELS = ("house", "other")
KINDS = (("fast", 12, 0.2), ("balanced", 24, 0.5), ("balanced", 48, 0.2), ("exact", 24, 0.1))
"""Presets and frames of visitors' requests, with their shares."""


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """A request of the simulated day."""

    at: float
    visitor: str
    network: str
    preset: str
    frames: int
    stops: int
    model: str
    flood: str = ""


@dataclass(slots=True)
class Story:
    """A walk: whether it is its visitor's first, when it was finished, and the tasks of others done before it began."""

    request: Request
    is_first: bool
    levels: list[Pass]
    done: float = 0.0
    before: Counter[str] = field(default_factory=Counter)


def draw_requests(count: int, rng: random.Random) -> list[Request]:
    """Return random requests of visitors: one to three walks each, at any time, most of them in the evening."""
    requests = []
    for number in range(count):
        came = min(DAY, max(0.0, rng.gauss(0.8, 0.12) if rng.random() < 0.5 else rng.random()) * DAY)
        model = rng.choices(MODELS, (0.8, 0.2))[0]
        for _ in range(rng.choices((1, 2, 3), (0.6, 0.25, 0.15))[0]):
            preset, frames, _ = rng.choices(KINDS, [share for *_, share in KINDS])[0]
            stops = rng.choices((2, 3, 8), (0.7, 0.2, 0.1))[0]
            requests.append(Request(came, f"visitor {number}", f"network {number}", preset, frames, stops, model))
            came += rng.uniform(5, 120)
    return requests


def flood_requests(visitors: int) -> list[Request]:
    """Return the requests of the three floods; their size grows with the number of visitors."""
    share = max(1, visitors // 10)
    school = [Request(0.3 * DAY, f"pupil {number % share}", "school", "balanced", 24, 2, "house", "school")
              for number in range(3 * share)]  # fmt: skip
    one = [Request(0.55 * DAY, "one", "one", "exact", 240, 8, "house", "one") for _ in range(max(1, share * 6 // 10))]
    programs = [Request(0.75 * DAY, f"address {number % share}", f"address {number % share}", "balanced", 24, 2,
                      MODELS[number % 2], "programs") for number in range(10 * share)]  # fmt: skip
    return school + one + programs


class Line:
    """The queue and its worker, in simulated time."""

    def __init__(self, pace: float) -> None:
        self.pace, self.time, self.loaded = pace, 0.0, ""
        self.stories: dict[int, Story] = {}
        self._waiting: set[int] = set()
        self._seen: set[str] = set()

    def ask(self, request: Request) -> None:
        """Add a walk to the queue as a request does."""
        sampling = sampler_settings.resolve_settings(offers.first(), request.preset)
        walk = Walk(
            id=new_id(), visitor=request.visitor, network=request.network, owner_hash="", request_hash="", seed=0,
            frames=request.frames, fps=12.5, sampler_steps=sampling["steps"], guidance=sampling["guidance"],
            sampling=sampling, model=request.model, batch=BATCH,
            stops=[Stop(position=place, prompt="a fox") for place in range(request.stops)],
        )  # fmt: skip
        with writing() as session:
            for name, value in fair_queue.enqueue(session, walk).items():
                setattr(walk, name, value)
            session.add(walk)
        levels = levels_of(sampling, request.stops, request.frames)
        self.stories[walk.number] = Story(request, request.visitor not in self._seen, levels)
        self._seen.add(request.visitor)
        self._waiting.add(walk.number)

    def work(self) -> bool:
        """Do the next task; return whether there was one."""
        claim = claim_next(set(MODELS), loaded=(self.loaded,) if self.loaded else ())
        if claim is None:
            return False
        story = self.stories[claim.walk_number]
        self._waiting.discard(claim.walk_number)
        for number in self._waiting:
            self.stories[number].before[story.request.visitor] += 1
        if claim.model and claim.model != self.loaded:
            self.time += LOAD_SECONDS
            self.loaded = claim.model
        self.time += FILM_SECONDS if claim.kind == FILM else self._seconds(story, claim.level, claim.batch)
        self._done(claim, story)
        return True

    def _seconds(self, story: Story, level: int, batch: int) -> float:
        sampling = sampler_settings.resolve_settings(offers.first(), story.request.preset)
        pictures = max(story.levels[level].pad, len(story.levels[level].batches[batch]))
        return self.pace * pictures * pass_plan.count_evaluations(story.levels[: level + 1], sampling)

    def _done(self, claim: Claim, story: Story) -> None:
        number = claim.walk_number
        with writing() as session:
            if claim.kind == FILM:
                session.execute(update(Walk).where(Walk.number == number).values(state=FINISHED))
                session.execute(delete(Task).where(Task.walk_number == number))
                story.done = self.time
                return
            session.execute(update(Task).where(Task.number == claim.number).values(state=PIECE_DONE))
            passes = round(self._seconds(story, claim.level, claim.batch) / self.pace)
            session.execute(
                update(Walk)
                .where(Walk.number == number)
                .values(evaluations=func.coalesce(Walk.evaluations, 0) + passes)
            )
            walk = session.get(Walk, number)
            if (claim.level, claim.batch) == (0, 0):
                enqueue_tasks(session, walk, story.levels, 0, a_turn=fair_queue.turn_passes(), first=1)
            undone = select(Task.number).where(Task.walk_number == number, Task.state != PIECE_DONE)
            if session.scalar(undone.limit(1)) is None:
                enqueue_tasks(session, walk, story.levels, claim.level + 1, a_turn=fair_queue.turn_passes())


def levels_of(sampling: dict[str, Any], stops: int, frames: int) -> list[Pass]:
    """Return a walk's passes, without the pictures by which their positions are paced."""
    pairs = tuple(tuple(range(first, min(first + 2, stops))) for first in range(0, stops, 2))
    levels = [Pass("stops", tuple(map(float, range(stops))), sampling["steps"], pairs, pad=2)]
    for depth, knots in cost.planned_passes(sampling, legs=stops - 1, between=frames - stops):
        levels.append(_level("knots", knots * (stops - 1), depth))
    return [*levels, _level("frames", frames - stops, sampling["steps"])]


def _level(kind: Any, count: int, until: int) -> Pass:
    batches = tuple(tuple(range(first, min(first + BATCH, count))) for first in range(0, count, BATCH))
    return Pass(kind, tuple(map(float, range(count))), until, batches)


def simulate(day: Sequence[Request], pace: float) -> list[Story]:
    """Simulate a day; return the times of its walks."""
    line, coming = Line(pace), sorted(day)
    while coming or line.work():
        while coming and coming[0].at <= line.time:
            line.ask(coming.pop(0))
        if coming and not line.work():
            line.time = coming[0].at
    return list(line.stories.values())


def pace_for(day: Sequence[Request], busy: float) -> float:
    """Return the seconds per UNet evaluation at which visitors alone keep the worker busy for a share of the day."""
    passes = 0
    for request in day:
        settings = sampler_settings.resolve_settings(offers.first(), request.preset)
        passes += cost.of_walk(settings, stops=request.stops, frames=request.frames)
    return busy * DAY / passes
