"""How many workers there are to share a walk's level: counted by their signs of life, now and then."""

from __future__ import annotations

import logging

from sqlalchemy import func, select

from app.database import db
from app.models import WAITING, Walk

log = logging.getLogger(__name__)

_living = 1


def note(count: int) -> None:
    """Remember how many workers live, this one among them; where Redis cannot tell, it knows of itself."""
    global _living  # one process, one count: the thread that tends writes it, the one that paints reads it
    count = max(1, count)
    if count != _living:
        log.info("%s workers live", count)
    _living = count


def living() -> int:
    """Return how many workers were alive when somebody last looked."""
    return _living


def free_for(walk_number: int) -> int:
    """Return among how many workers a level of this walk is shared: those that no other walk in line will want."""
    if _living == 1:
        return 1
    others = select(func.count()).where(Walk.state.in_(WAITING), Walk.number != walk_number)
    return max(1, _living - (db.session.scalar(others) or 0))
