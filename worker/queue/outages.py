"""What goes wrong around a walk and is not its fault: a disk that is full, a store or a database that is away.

The piece goes back in the line uncounted, and this worker claims nothing until that is over; so a full disk costs a
pause and no walk, however many wait.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy.exc import OperationalError

from app.errors import MediaStoreAway
from app.storage import media_store
from app.storage.database import db, writing
from worker.film import scratch
from worker.queue.heartbeat import Heartbeat
from worker.queue.leases import Claim, LeaseLost, give_back, write_as_holder

OUTAGES = MediaStoreAway, scratch.ScratchFull, OperationalError
PAUSES = 0.5, 1.0, 2.0, 5.0
"""Seconds between two looks whether it is over; the last again and again."""

ROOM = 1_000_000
"""Bytes that the store must take again before more is painted: some frames and a film."""

PATIENCE = 10
"""How often in a row database or device may fail a walk before the walk is taken for the cause of it."""

log = logging.getLogger(__name__)


class Outages:
    """How often in a row each walk met an outage here, and how this worker waits for the end of one."""

    def __init__(self, heartbeat: Heartbeat, stopping: threading.Event) -> None:
        self._heartbeat, self._stopping = heartbeat, stopping
        self._met: Counter[str] = Counter()
        self._lock = threading.Lock()

    def is_to_blame(self, claim: Claim, error: Exception) -> bool:
        """Return whether database or device failed a walk more often in a row than chance would have it."""
        if isinstance(error, MediaStoreAway) or (isinstance(error, scratch.ScratchFull) and scratch.find_problem()):
            return False
        with self._lock:
            self._met[claim.walk_id] += 1
            return self._met[claim.walk_id] > PATIENCE

    def forget(self, claim: Claim) -> None:
        """Note that a task of a walk was done, or that the walk failed."""
        self._met.pop(claim.walk_id, None)

    def return_piece(self, claim: Claim) -> None:
        """Give a task back as soon as the database takes it; until then its lease is kept, so that it is not lost."""
        for pause in _pauses():
            try:
                give_back(claim)
                return
            except OperationalError as error:
                log.warning("the database does not answer; %s is kept: %s", claim, error.orig)
            finally:
                db.session.remove()
            self._heartbeat.note_progress()
            if self._stopping.wait(pause):
                return

    def wait_out(self, error: Exception) -> None:
        """Wait until there is room again, if that was it."""
        if isinstance(error, OperationalError):
            return
        for pause in _pauses():
            flaw = scratch.find_problem() if isinstance(error, scratch.ScratchFull) else media_store.store().check(ROOM)
            if not flaw:
                return
            log.warning("nothing is painted: %s", flaw)
            if self._stopping.wait(pause):
                return


def count_as_lost(claim: Claim) -> None:
    """End a task's lease, so that the sweep counts the task as lost.

    One that hangs each time fails its walk in the end.
    """
    with suppress(LeaseLost), writing() as session:
        write_as_holder(session, claim, piece={"lease_until": None})


def _pauses() -> Iterator[float]:
    return itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))
