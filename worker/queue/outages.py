"""Outages that are not the fault of a walk: a full disk, an unavailable media store or database.

The task returns to the queue without counting as lost, and the worker claims nothing until the outage is over. So a
full disk pauses all walks but fails none.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy.exc import OperationalError

from app.core.errors import MediaStoreAway
from app.storage import media_store
from app.storage.database import db, writing
from worker.film import scratch
from worker.queue.heartbeat import Heartbeat
from worker.queue.leases import Claim, LeaseLost, release_task, write_as_holder

OUTAGES = MediaStoreAway, scratch.ScratchFull, OperationalError
PAUSES = 0.5, 1.0, 2.0, 5.0
"""Seconds between checks whether an outage is over; the last value is repeated."""

ROOM = 1_000_000
"""Bytes that the media store must accept before work continues: some frames and a film."""

PATIENCE = 10
"""The number of successive database or device failures of a walk after which the walk is considered the cause."""

log = logging.getLogger(__name__)


class Outages:
    """Counters of each walk's successive outages in this worker, and the waiting for their end."""

    def __init__(self, heartbeat: Heartbeat, stopping: threading.Event) -> None:
        self._heartbeat, self._stopping = heartbeat, stopping
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def is_to_blame(self, claim: Claim, error: Exception) -> bool:
        """Count an outage of a walk; return whether it had more than `PATIENCE` in a row and so is the likely cause."""
        if isinstance(error, MediaStoreAway) or (isinstance(error, scratch.ScratchFull) and scratch.find_problem()):
            return False
        with self._lock:
            self._counts[claim.walk_id] += 1
            return self._counts[claim.walk_id] > PATIENCE

    def forget(self, claim: Claim) -> None:
        """Reset the counter of a walk, after a task of it was done or the walk failed."""
        self._counts.pop(claim.walk_id, None)

    def release(self, claim: Claim) -> None:
        """Release a task as soon as the database accepts it; its lease is renewed until then."""
        for pause in _pauses():
            try:
                release_task(claim)
                return
            except OperationalError as error:
                log.warning("the database does not answer; the lease of %s is kept: %s", claim, error.orig)
            finally:
                db.session.remove()
            self._heartbeat.note_progress()
            if self._stopping.wait(pause):
                return

    def wait_out(self, error: Exception) -> None:
        """Wait until the disk or media store has space again; return at once for a database error."""
        if isinstance(error, OperationalError):
            return
        for pause in _pauses():
            flaw = scratch.find_problem() if isinstance(error, scratch.ScratchFull) else media_store.store().check(ROOM)
            if not flaw:
                return
            log.warning("the worker is paused: %s", flaw)
            if self._stopping.wait(pause):
                return


def count_as_lost(claim: Claim) -> None:
    """End a task's lease so that the sweep counts the task as lost.

    A task that blocks every time thus fails its walk in the end.
    """
    with suppress(LeaseLost), writing() as session:
        write_as_holder(session, claim, piece={"lease_until": None})


def _pauses() -> Iterator[float]:
    return itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))
