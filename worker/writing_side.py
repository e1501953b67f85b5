"""Writing beside painting: threads that save what was painted while the next piece is painted.

A GPU would wait for files otherwise: compressing pictures and films is work for the CPU. Not more than one piece beyond
the threads is taken, so that what was painted and is not saved yet never fills the memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from queue import SimpleQueue
from time import monotonic

from worker.pieces.painting import WalkInProgress
from worker.queue.heartbeat import Heartbeat
from worker.queue.leases import Claim

GPU_THREADS, CPU_THREADS = 2, 1
"""How many threads write: beside a GPU one film and one batch, or two batches. Beside a CPU that paints, one, which
takes what its cores leave over (docs/decisions/0069-writing-beside-painting.md has the figures)."""


def threads_for(device: str, cores: int) -> int:
    """Return how many threads write beside a device of this name; none where one core does everything."""
    if not device.startswith("cpu"):
        return GPU_THREADS
    return CPU_THREADS if cores > 1 else 0


@dataclass(slots=True)
class Remainder:
    """What is left of a piece when it no longer needs its painter."""

    painting: WalkInProgress
    do: Callable[[WalkInProgress], None]
    spent: float = 0.0

    @property
    def claim(self) -> Claim:
        """Return the claim of the piece."""
        return self.painting.claim

    def finish(self, *, with_painter: bool) -> None:
        """Do it in a thread that did not begin the piece; what the rows say is read again, in that thread's session.

        :raises PainterNeeded: when it turns out to need the painter, without one.
        """
        self.painting.resume(with_painter=with_painter)
        self.do(self.painting)


class WritingSide:
    """Threads that do the remainders of pieces, in the order in which they come.

    Each remainder is a future, whose result is an outage or None. All methods are called by the thread that paints.
    The threads are daemons: an executor's would be waited for at the end of a process that is told to end at once.
    """

    def __init__(self, threads: int, write: Callable[[Remainder], Exception | None], heartbeat: Heartbeat) -> None:
        """Start threads that call `write` for each remainder that they are given."""
        self._write, self._heartbeat = write, heartbeat
        self._limit = threads + 1
        self._in_flight: dict[Future[Exception | None], Remainder] = {}
        self._waiting: SimpleQueue[tuple[Future[Exception | None], Remainder] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._follow, name=f"write {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def take(self, remainder: Remainder) -> None:
        """Take what is left of a piece, whose lease is renewed from now on as this side's."""
        remainder.spent = remainder.claim.seconds
        self._heartbeat.hand_over(remainder.claim)
        future: Future[Exception | None] = Future()
        self._in_flight[future] = remainder
        self._waiting.put((future, remainder))

    def wait_for_room(self) -> None:
        """Wait until one more piece may be painted."""
        while len(unfinished := [future for future in self._in_flight if not future.done()]) >= self._limit:
            wait(unfinished, return_when=FIRST_COMPLETED)

    def wait_until_idle(self) -> None:
        """Wait until nothing is in flight."""
        wait(self._in_flight)

    def wait_for_ending(self) -> bool:
        """Wait until a piece has ended whose ending was not taken; return False where none is in flight."""
        wait(self._in_flight, return_when=FIRST_COMPLETED)
        return bool(self._in_flight)

    def take_endings(self) -> list[tuple[Remainder, Future[Exception | None]]]:
        """Return the pieces that ended since this was last called, each with its future."""
        done = [future for future in self._in_flight if future.done()]
        return [(self._in_flight.pop(future), future) for future in done]

    def close(self) -> None:
        """Wait until all is written, and end the threads."""
        self._close()
        for thread in self._threads:
            thread.join()

    def abandon(self) -> None:
        """End without waiting, as a process does that is killed: what waits is left until its lease runs out."""
        for future, remainder in self._in_flight.items():
            if future.cancel():
                self._heartbeat.release(remainder.claim)
        self._close()

    def _close(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)

    def _follow(self) -> None:
        while item := self._waiting.get():
            future, remainder = item
            if not future.set_running_or_notify_cancel():
                continue
            painting = remainder.painting
            painting.claim = replace(
                painting.claim, began=monotonic() - remainder.spent
            )  # it waited at nobody's expense
            try:
                future.set_result(self._write(remainder))
            except BaseException as error:  # noqa: BLE001 - it is raised where pieces are claimed
                future.set_exception(error)
