"""How many workers there are to share a walk's level: counted by their signs of life, now and then."""

from __future__ import annotations

import logging
from collections.abc import Collection

from sqlalchemy import func, select

from app.storage.database import db
from app.storage.walk_models import WAITING, Walk

log = logging.getLogger(__name__)

_living = 1
_elsewhere: frozenset[str] = frozenset()


def set_living(count: int, elsewhere: Collection[str] = ()) -> None:
    """Remember how many workers live, this one among them; where Redis cannot tell, it knows of itself.

    ``elsewhere`` are the revisions with which others of them paint and this one does not.
    """
    global _living, _elsewhere  # one process: the thread that tends writes them, the one that paints reads them
    count = max(1, count)
    if count != _living:
        log.info("%s workers live", count)
    _living, _elsewhere = count, frozenset(elsewhere)


def living() -> int:
    """Return how many workers were alive when somebody last looked."""
    return _living


def other_revisions() -> frozenset[str]:
    """Return the revisions of our models with which others painted, and we do not, when somebody last looked."""
    return _elsewhere


def workers_for(walk_number: int) -> int:
    """Return among how many workers a level of this walk is shared: those that no other waiting walk will want."""
    if _living == 1:
        return 1
    others = select(func.count()).where(Walk.state.in_(WAITING), Walk.number != walk_number)
    return max(1, _living - (db.session.scalar(others) or 0))
