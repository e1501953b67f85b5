"""Writing beside painting: threads that save what was painted while the next piece is painted.

A GPU would wait for files otherwise: compressing pictures and films is work for the CPU. Not more than one piece beyond
the threads is taken, so that what was painted and is not saved yet never fills the memory.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from worker.pieces.painting import WalkInProgress
from worker.queue import keeping
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


@dataclass(frozen=True, slots=True)
class Ending:
    """How the writing of a piece ended: well, in an outage, or in an error to be raised where pieces are claimed.

    A remainder ``needs_painter`` where it is to be finished by the thread that paints.
    """

    remainder: Remainder
    outage: Exception | None = None
    error: BaseException | None = None
    needs_painter: bool = False


class WritingSide:
    """Threads that do the remainders of pieces, in the order in which they come."""

    def __init__(self, threads: int, write: Callable[[Remainder], Ending]) -> None:
        """Start threads that call `write` for each remainder that they are given."""
        self._write = write
        self._limit = threads + 1
        self._changed = threading.Condition()
        self._waiting: deque[Remainder] = deque()
        self._in_flight = 0
        self._endings: list[Ending] = []
        self._is_closed = False
        self.ended = 0
        self._threads = [
            threading.Thread(target=self._follow, name=f"write {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def take(self, remainder: Remainder) -> None:
        """Take what is left of a piece, whose lease is renewed from now on as this side's."""
        remainder.spent = remainder.claim.seconds
        keeping.hand_over(remainder.claim)
        with self._changed:
            self._waiting.append(remainder)
            self._in_flight += 1
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait until one more piece may be painted."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight < self._limit)

    def wait_until_idle(self) -> None:
        """Wait until nothing is in flight."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight)

    def wait_for_ending(self, seen: int) -> bool:
        """Wait until more pieces than those ``seen`` have ended; return False where none is left that could."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended > seen or not self._in_flight)
            return self.ended > seen

    def take_endings(self) -> list[Ending]:
        """Return how pieces ended since this was last asked; those that ended well and tell nothing are left out."""
        with self._changed:
            endings, self._endings = self._endings, []
        return endings

    def close(self) -> None:
        """Wait until all is written, and end the threads."""
        self._close()
        for thread in self._threads:
            thread.join()

    def abandon(self) -> None:
        """End without waiting, as a process does that is killed: what waits is left to whoever finds its lease over."""
        with self._changed:
            for remainder in self._waiting:
                keeping.release(remainder.claim)
            self._in_flight -= len(self._waiting)
            self._waiting.clear()
        self._close()

    def _close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _follow(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                if not self._waiting:
                    return
                remainder = self._waiting.popleft()
            ending = self._written(remainder)
            with self._changed:
                if ending.outage or ending.error or ending.needs_painter:
                    self._endings.append(ending)
                self._in_flight -= 1
                self.ended += 1
                self._changed.notify_all()

    def _written(self, remainder: Remainder) -> Ending:
        painting = remainder.painting
        painting.claim = replace(painting.claim, began=monotonic() - remainder.spent)  # it waited at nobody's expense
        try:
            return self._write(remainder)
        except BaseException as error:  # noqa: BLE001 - it is raised where pieces are claimed
            return Ending(remainder, error=error)
