"""Pool of processes that draw the sketches of a walk in parallel.

Drawing holds Python's global interpreter lock, so threads do not help. Between two evaluations of the network, drawing
takes most of the time.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from sketch.walks.legs import Conditioning, Legs, Order

MOST = 3
"""The largest number of processes in the pool, which does not count the calling one."""

FEW = 3
"""The largest number of sketches that are drawn in the calling process alone."""

AHEAD = 8
"""The largest number of sketches that each process draws ahead; they are not given back until they are drawn."""

KEPT = AHEAD * MOST
"""How many sketches that were drawn ahead are kept until they are asked for; the oldest are forgotten."""

ROOT = str(Path(__file__).parents[2])
"""The folder of this package, which must be on a new process's ``sys.path``."""

Place = tuple[int, float]
"""The number of a leg, and the position on it, 0…1."""

log = logging.getLogger(__name__)


class DrawingPool:
    """Draws sketches in a number of processes and in the calling one; processes start in the background when needed."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._executor: ProcessPoolExecutor | None = None
        self._ready: Future[None] | None = None
        self._ahead: dict[tuple[str, Place], Future[Conditioning]] = {}  # by the order's key, the oldest first

    def draw_ahead(self, order: Order, places: Sequence[Place]) -> None:
        """Begin to draw sketches in the processes, for :meth:`draw` to return; until they have started do nothing."""
        if (executor := self._ready_processes()) is None:
            return
        try:
            for place in places[: AHEAD * self._processes]:
                if (order.key, place) not in self._ahead:
                    self._ahead[order.key, place] = executor.submit(_draw, order, *place)
        except BrokenProcessPool:
            self._restart()
        for oldest in [*self._ahead][:-KEPT]:
            del self._ahead[oldest]

    def draw(self, order: Order, legs: Legs, places: Sequence[Place]) -> list[Conditioning]:
        """Return the sketches at some places of an order's walk, in the same order; ``legs`` draws in this process.

        Until the processes have started, this process draws all of them.

        :raises SketchbookError: when a drawing cannot be rendered.
        """
        ahead = {place: found for place in places if (found := self._ahead.pop((order.key, place), None)) is not None}
        others = [place for place in places if place not in ahead]
        results: dict[Place, Conditioning] = {}
        try:
            if len(others) > FEW and (executor := self._ready_processes()) is not None:
                self._share(executor, order, legs, others, results)
            else:
                results |= {place: legs.draw(*place) for place in others}
            results |= {place: found.result() for place, found in ahead.items()}
        except BrokenProcessPool:
            self._restart()
        return [results[place] if place in results else legs.draw(*place) for place in places]

    def close(self) -> None:
        """Stop the processes; they start again on the next use."""
        executor, self._executor, self._ready = self._executor, None, None
        self._ahead.clear()
        if executor is not None:
            executor.shutdown()

    def _share(
        self,
        executor: ProcessPoolExecutor,
        order: Order,
        legs: Legs,
        places: Sequence[Place],
        results: dict[Place, Conditioning],
    ) -> None:
        """Fill ``results``: draw from the end, while the processes draw from the beginning, until both meet.

        No task is submitted that might be cancelled: in Python 3.11, a process that dies while its tasks are cancelled
        makes others wait forever.
        """
        front, back = 0, len(places)
        drawn: dict[Future[Conditioning], Place] = {}
        while front < back or drawn:
            while front < back and len(drawn) <= self._processes:
                drawn[executor.submit(_draw, order, *places[front])] = places[front]
                front += 1
            if front < back:
                back -= 1
                results[places[back]] = legs.draw(*places[back])
            else:
                wait(drawn, return_when=FIRST_COMPLETED)
            for each in [each for each in drawn if each.done()]:
                results[drawn.pop(each)] = each.result()

    def _ready_processes(self) -> ProcessPoolExecutor | None:
        """Start the processes if necessary; return them if they can draw already."""
        if self._processes >= 1 and self._executor is None:
            self._start()
        if self._ready is None or not self._ready.done():
            return None
        if (error := self._ready.exception()) is not None:
            self._disable(error)
        return self._executor

    def _start(self) -> None:
        """Start the processes in the background, if the system allows it."""
        if ROOT not in sys.path:  # it may be there only as the folder in which this process was started
            sys.path.append(ROOT)
        spawned = multiprocessing.get_context("spawn")  # a fork would copy the locks of this process's threads
        try:
            self._executor = ProcessPoolExecutor(self._processes, mp_context=spawned, initializer=_begin)
            self._ready = self._executor.submit(_nothing)
        except OSError as error:
            self._disable(error)

    def _disable(self, error: BaseException) -> None:
        """Disable the pool for good, with a warning."""
        log.warning(
            "Cannot start processes that draw sketches; drawing in this process instead: %s.", str(error).rstrip(".")
        )
        self._processes = 0
        self.close()

    def _restart(self) -> None:
        """Stop the processes, of which one died, and log a warning; they start again on the next use."""
        if self._executor is not None:
            log.warning("A process that draws sketches ended early; drawing in this process until others have started.")
        self.close()


def extra_processes(cores: int) -> int:
    """Return the size of a pool for a number of processor cores: one fewer, and at most :data:`MOST`."""
    return min(MOST, cores - 1)


def _begin() -> None:
    """Set up a process of the pool: ignore signals, which reach a whole service, and end with the calling process."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()


def _end_with_parent() -> None:
    """Wait until the calling process ends, and end this one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)


def _nothing() -> None:
    """Do nothing; that the call returns shows that the process has started."""


_latest: dict[str, Legs] = {}
"""In a process of the pool: the legs of the latest walk, by their order's key."""


def _draw(order: Order, leg: int, t: float) -> Conditioning:
    """Return a sketch, drawn in a process of the pool; keep the latest order's legs, to split drawings only once."""
    if order.key not in _latest:
        _latest.clear()
        _latest[order.key] = Legs(order)
    return _latest[order.key].draw(leg, t)
