"""The number of live workers, which share the passes of walks; taken from their heartbeats."""

from __future__ import annotations

import logging
from collections.abc import Collection

from sqlalchemy import func, select

from app.storage.database import db
from app.storage.walk_models import WAITING, Walk

log = logging.getLogger(__name__)


class LivingWorkers:
    """The number of live workers at the last count, including this one.

    ``elsewhere`` are revisions that other workers have loaded of models which this worker has in another revision.
    While Redis is unavailable, only this worker counts.
    """

    def __init__(self) -> None:
        self.count = 1
        self.elsewhere: frozenset[str] = frozenset()

    def set(self, count: int, elsewhere: Collection[str] = ()) -> None:
        """Set the number of live workers; called by the heartbeat thread and read by the generating thread."""
        count = max(1, count)
        if count != self.count:
            log.info("%s workers are alive", count)
        self.count, self.elsewhere = count, frozenset(elsewhere)

    def for_walk(self, walk_number: int) -> int:
        """Return the number of workers for a pass of a walk: those that no other waiting walk needs, at least 1."""
        if self.count == 1:
            return 1
        others = select(func.count()).where(Walk.state.in_(WAITING), Walk.number != walk_number)
        return max(1, self.count - (db.session.scalar(others) or 0))
