"""Writer threads: they save the results of a task while the next task is generated.

Compressing pictures and films is CPU work, and a GPU would wait for it otherwise. At most one task more than there are
threads is accepted, so that unsaved results never fill the memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from queue import SimpleQueue
from time import monotonic

from worker.queue.heartbeat import Heartbeat
from worker.queue.leases import Claim
from worker.tasks.painting import WalkInProgress

GPU_THREADS, CPU_THREADS = 2, 1
"""The number of writer threads: for a GPU two, which write a film and a batch or two batches at a time; for a CPU one,
which uses idle cores (decision 69 in docs/decisions/README.md)."""


def threads_for(device: str, cores: int) -> int:
    """Return the number of writer threads for a device of this name; 0 for a CPU with one core."""
    if not device.startswith("cpu"):
        return GPU_THREADS
    return CPU_THREADS if cores > 1 else 0


@dataclass(slots=True)
class Remainder:
    """The rest of a task, which no longer needs the model: `do` finishes it."""

    painting: WalkInProgress
    do: Callable[[WalkInProgress], None]

    @property
    def claim(self) -> Claim:
        """The claim of the task."""
        return self.painting.claim

    def finish(self, *, with_painter: bool) -> None:
        """Finish the task in a thread that did not begin it; its rows are loaded again in that thread's session.

        :raises PipelineNeeded: when it needs the model, but ``with_painter`` is False.
        """
        self.painting.resume(with_painter=with_painter)
        self.do(self.painting)


class WritingSide:
    """A pool of writer threads that finish tasks in the order of submission.

    Each remainder becomes a future whose result is an outage or None. Only the generating thread calls the methods. The
    threads are daemons, because a process that must exit at once would wait for the threads of an executor.
    """

    def __init__(self, threads: int, write: Callable[[Remainder], Exception | None], heartbeat: Heartbeat) -> None:
        """Start the threads; they call `write` for each remainder."""
        self._write, self._heartbeat = write, heartbeat
        self._limit = threads + 1
        self._in_flight: dict[Future[Exception | None], Remainder] = {}
        self._waiting: SimpleQueue[tuple[Future[Exception | None], Remainder] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"write {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, remainder: Remainder) -> None:
        """Submit the rest of a task; its lease is renewed for the writer threads from now on."""
        remainder.painting.spent = remainder.claim.seconds
        self._heartbeat.hand_over(remainder.claim)
        future: Future[Exception | None] = Future()
        self._in_flight[future] = remainder
        self._waiting.put((future, remainder))

    def wait_for_room(self) -> None:
        """Wait until one more task may be submitted."""
        while len(unfinished := [future for future in self._in_flight if not future.done()]) >= self._limit:
            wait(unfinished, return_when=FIRST_COMPLETED)

    def wait_until_idle(self) -> None:
        """Wait until all submitted tasks have ended."""
        wait(self._in_flight)

    def wait_for_end(self) -> bool:
        """Wait until a submitted task has ended; return whether there is one that `collect_ended` has not returned."""
        wait(self._in_flight, return_when=FIRST_COMPLETED)
        return bool(self._in_flight)

    def collect_ended(self) -> list[tuple[Remainder, Future[Exception | None]]]:
        """Return the tasks that have ended since the last call, each with its future."""
        done = [future for future in self._in_flight if future.done()]
        return [(self._in_flight.pop(future), future) for future in done]

    def close(self) -> None:
        """Wait until all submitted tasks have ended, and stop the threads."""
        self._close()
        for thread in self._threads:
            thread.join()

    def abandon(self) -> None:
        """Stop without waiting, as when the process is killed; the leases of waiting tasks run out."""
        for future, remainder in self._in_flight.items():
            if future.cancel():
                self._heartbeat.release(remainder.claim)
        self._close()

    def _close(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)

    def _run(self) -> None:
        while item := self._waiting.get():
            future, remainder = item
            if not future.set_running_or_notify_cancel():
                continue
            painting = remainder.painting
            # Exclude the time that the task waited for this thread.
            painting.claim = replace(painting.claim, began=monotonic() - painting.seconds)
            try:
                future.set_result(self._write(remainder))
            except BaseException as error:  # noqa: BLE001 - the generating thread raises it
                future.set_exception(error)
