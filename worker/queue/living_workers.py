"""How many workers there are to share a walk's level: counted by their signs of life, now and then."""

from __future__ import annotations

import logging
from collections.abc import Collection

from sqlalchemy import func, select

from app.storage.database import db
from app.storage.walk_models import WAITING, Walk

log = logging.getLogger(__name__)


class LivingWorkers:
    """How many workers were alive when they were last counted, this one among them.

    ``elsewhere`` are the revisions of our models with which others of them paint, and this one does not. Where Redis is
    away, a worker knows of itself alone.
    """

    def __init__(self) -> None:
        self.count = 1
        self.elsewhere: frozenset[str] = frozenset()

    def set(self, count: int, elsewhere: Collection[str] = ()) -> None:
        """Record how many workers are alive; the thread of the heartbeat calls it, the one that paints reads."""
        count = max(1, count)
        if count != self.count:
            log.info("%s workers live", count)
        self.count, self.elsewhere = count, frozenset(elsewhere)

    def for_walk(self, walk_number: int) -> int:
        """Return among how many workers a level of a walk is shared: those that no other waiting walk will want."""
        if self.count == 1:
            return 1
        others = select(func.count()).where(Walk.state.in_(WAITING), Walk.number != walk_number)
        return max(1, self.count - (db.session.scalar(others) or 0))
