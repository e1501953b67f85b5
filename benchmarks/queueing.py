"""Simulate a day of the queue: arrivals that vary by the hour, and workers that an autoscaler adds and removes.

Walks are served in order of arrival, each by one worker. The site's own order shares more evenly, and lets idle workers
share a walk: both shorten waits at the same load, so this simulation overestimates them. Small numbers of walks are
simulated individually; large ones as a flow, second by second, by the law of large numbers.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY = 86_400.0
FOLLOWED_MAX = 400_000
"""The largest number of walks a day that are simulated individually."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaler:
    """The settings of KEDA and the autoscaler behind it in deploy/k8s, and a new worker's start time."""

    each: float = 8.0  # unfinished walks per worker
    busy: float = 0.7  # or as many as were busy lately, divided by this share; 0 disables it
    lately: float = 300.0
    least: int = 1
    most: int = 10**9
    period: float = 15.0
    start_seconds: float = 60.0
    stable_seconds: float = 300.0
    step: int = 4  # at most this many more in one period, or twice the current number

    def wanted(self, unfinished: float, worked: float) -> int:
        """Return the wanted number of workers, for ``worked`` seconds of recent work."""
        room = worked / self.lately / self.busy if self.busy else 0.0
        return max(self.least, min(self.most, math.ceil(max(unfinished / self.each, room))))

    def next(self, ordered: int, unfinished: float, worked: float, past: deque[int]) -> int:
        """Return the new number of workers; ``past`` holds the wanted numbers of the stabilisation window."""
        wanted = self.wanted(unfinished, worked)
        past.append(wanted)
        if wanted > ordered:
            return min(wanted, max(2 * ordered, ordered + self.step))
        return max(min(ordered, max(past)), ordered // 2, self.least)

    def memory(self) -> deque[int]:
        """Return an empty history of wanted numbers."""
        return deque(maxlen=max(1, round(self.stable_seconds / self.period)))


@dataclass(frozen=True, slots=True)
class Day:
    """Results of a day: walks, seconds until each was started (with weights), workers, and their utilisation."""

    walks: int
    waits: Array
    weights: Array
    workers_mean: float
    workers_most: int
    busy: float

    def wait(self, quantile: float) -> float:
        """Return the wait that this share of the walks did not exceed."""
        order = np.argsort(self.waits)
        reached = np.cumsum(self.weights[order])
        return float(self.waits[order][np.searchsorted(reached, quantile * reached[-1])])


def rates(an_hour: float, *, peak: float, seconds: float = 1.0) -> Array:
    """Return the expected arrivals in each interval of a day; ``peak`` is the ratio of largest to smallest rate.

    A sine with its peak at 20:00; the sum over the day is ``24 * an_hour``.
    """
    at = (np.arange(0.0, DAY, seconds) + seconds / 2) / DAY
    swing = (peak - 1) / (peak + 1)
    return an_hour * seconds / 3600 * (1 + swing * np.cos(2 * np.pi * (at - 20 / 24)))


def arrivals(an_hour: float, *, peak: float, rng: np.random.Generator) -> Array:
    """Return random arrival times: a Poisson process whose rate changes from minute to minute."""
    counts = rng.poisson(rates(an_hour, peak=peak, seconds=60.0))
    return np.sort(np.repeat(np.arange(len(counts)) * 60.0, counts) + rng.random(counts.sum()) * 60.0)


def simulate_walks(at: Array, service: Array, scaler: Scaler, *, workers: int = 0) -> Day:
    """Return the results of a day in which walks are simulated individually; ``workers`` is the initial number."""
    crowd = _Crowd(scaler, max(workers, scaler.least))
    waits = np.empty(len(at))
    for number, (moment, seconds) in enumerate(zip(at, service, strict=True)):
        crowd.until(moment)
        waits[number] = crowd.serve(moment, seconds) - moment
    crowd.until(DAY)
    return crowd.day(waits, float(service.sum()))


class _Crowd:
    """The workers: when each is free next, those that are starting, and the autoscaler's decisions.

    Walks are served in order, so the start of each is known on its arrival: no later one overtakes it, and a worker
    that is starting by then takes the first walk that would otherwise wait longer than its start takes.
    """

    def __init__(self, scaler: Scaler, workers: int) -> None:
        self.scaler, self.past = scaler, scaler.memory()
        self.past.append(workers)
        self.free = [0.0] * workers
        self.coming: deque[float] = deque()
        self.ends: list[tuple[float, float]] = []  # end and duration of all walks in progress or waiting
        self.done: deque[tuple[float, float]] = deque()  # recently finished ones
        self.look = scaler.period
        self.worker_seconds, self.most = 0.0, workers

    def until(self, moment: float) -> None:
        """Run the autoscaler at its interval until a moment."""
        while self.look <= moment:
            self._arrive(self.look)
            while self.ends and self.ends[0][0] <= self.look:
                self.done.append(heapq.heappop(self.ends))
            while self.done and self.done[0][0] <= self.look - self.scaler.lately:
                self.done.popleft()
            worked = sum(seconds for _, seconds in self.done)
            ordered = len(self.free) + len(self.coming)
            self._set(self.scaler.next(ordered, len(self.ends), worked, self.past))
            self.worker_seconds += len(self.free) * self.scaler.period
            self.most = max(self.most, len(self.free))
            self.look += self.scaler.period
        self._arrive(moment)

    def serve(self, moment: float, seconds: float) -> float:
        """Assign a walk to the worker that is free first; return the time of its start."""
        begun = max(moment, self.free[0])
        if self.coming and self.coming[0] < begun:
            heapq.heappush(self.free, max(self.coming.popleft(), moment))
            begun = max(moment, self.free[0])
        heapq.heapreplace(self.free, begun + seconds)
        heapq.heappush(self.ends, (begun + seconds, seconds))
        return begun

    def _arrive(self, moment: float) -> None:
        while self.coming and self.coming[0] <= moment:
            heapq.heappush(self.free, self.coming.popleft())

    def _set(self, wanted: int) -> None:
        for _ in range(wanted - len(self.free) - len(self.coming)):
            self.coming.append(self.look + self.scaler.start_seconds)
        while len(self.free) + len(self.coming) > wanted and self.coming:
            self.coming.pop()
        idle = sorted(self.free)  # the longest idle ones are removed; busy ones finish their walk
        self.free = idle[max(0, min(len(idle) - wanted, sum(end <= self.look for end in idle))) :]
        heapq.heapify(self.free)

    def day(self, waits: Array, worked: float) -> Day:
        """Return the results of the day."""
        return Day(
            len(waits), waits, np.ones(len(waits)), self.worker_seconds / DAY, self.most, worked / self.worker_seconds
        )


def simulate_flow(an_hour: float, mean: float, scaler: Scaler, *, peak: float, rng: np.random.Generator) -> Day:
    """Return the results of a day as a flow: arrivals join a queue of work that all workers together serve."""
    came = rng.poisson(rates(an_hour, peak=peak)).astype(np.float64)
    past, coming = scaler.memory(), deque[tuple[float, int]]()
    left = math.ceil(came[0] * mean / (scaler.busy or 1.0))  # for the day before
    workers = max(scaler.least, min(scaler.most, left))
    line, seconds, most, worker_seconds = 0.0, np.zeros(len(came)), workers, 0.0
    waits = np.empty(len(came))
    for second, count in enumerate(came):
        while coming and coming[0][0] <= second:
            workers += coming.popleft()[1]
        can = workers / mean
        served = min(line + count, can)
        waits[second] = max(0.0, line + count / 2 - can / 2) / can if line + count > can else 0.0
        line += count - served
        seconds[second] = served * mean
        worker_seconds += workers
        if second % scaler.period == 0:
            ordered = workers + sum(more for _, more in coming)
            worked = float(seconds[max(0, second - round(scaler.lately)) : second + 1].sum())
            worked *= scaler.lately / min(second + 1.0, scaler.lately)
            target = scaler.next(ordered, line + min(workers, served * mean), worked, past)
            if target > ordered:
                coming.append((second + scaler.start_seconds, target - ordered))
            elif target < ordered:
                coming.clear()
                workers = min(workers, target)
        most = max(most, workers)
    return Day(int(came.sum()), waits, came, worker_seconds / len(came), most, float(seconds.sum()) / worker_seconds)


def simulate_day(an_hour: float, seconds: Sequence[float], scaler: Scaler, *, peak: float, seed: int) -> Day:
    """Return the results of a day with this many walks an hour; durations are drawn from measured ``seconds``."""
    rng = np.random.default_rng(seed)
    if an_hour * 24 <= FOLLOWED_MAX:
        at = arrivals(an_hour, peak=peak, rng=rng)
        left = math.ceil(rates(an_hour, peak=peak)[0] * float(np.mean(seconds)) / (scaler.busy or 1.0))
        return simulate_walks(at, rng.choice(np.asarray(seconds), len(at)), scaler, workers=min(left, scaler.most))
    return simulate_flow(an_hour, float(np.mean(seconds)), scaler, peak=peak, rng=rng)


def erlang_c(load: float, workers: int) -> float:
    """Return the probability that a walk waits, for Poisson arrivals and exponential service (Erlang, 1917)."""
    blocked = 1.0
    for number in range(1, workers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / workers * (1 - blocked))


def as_record(found: Day) -> dict[str, Any]:
    """Return a day's results as tables show them."""
    return {
        "workers": found.workers_mean, "most": found.workers_most, "busy": found.busy,
        "median": found.wait(0.5), "p95": found.wait(0.95), "p99": found.wait(0.99),
    }  # fmt: skip
