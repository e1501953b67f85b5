"""What operators do to walks: hide, feature and delete them."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import update

from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.walk_models import Walk
from app.walks import lifecycle, reuse

log = logging.getLogger(__name__)


def hide(walk: Walk) -> None:
    """Take a walk from gallery, search, feed and API; its address says from then on that it was taken down.

    So are its repeats, which show the same pictures, and the walk that it repeats.
    """
    with writing() as session:
        take_advisory_lock(session)  # else another repeat of it could be made meanwhile
        session.execute(update(Walk).where(reuse.same_files(walk), Walk.hidden_at.is_(None)).values(hidden_at=now()))
    db.session.refresh(walk)


def unhide(walk: Walk) -> None:
    """Show a hidden walk again where it was, and those that were hidden with it."""
    with writing() as session:
        family = reuse.same_files(walk), Walk.deleted_at.is_(None)  # what an operator deleted goes on saying so
        session.execute(update(Walk).where(*family).values(hidden_at=None))
    db.session.refresh(walk)


def take_down(walk: Walk) -> None:
    """Delete a walk as an operator, and hide its repeats, which show the same pictures."""
    hide(walk)
    lifecycle.delete_walk(walk, by_house=True)


def feature(walk: Walk) -> None:
    """Prefer a walk where few are shown."""
    _set(walk, featured_at=walk.featured_at or now())


def unfeature(walk: Walk) -> None:
    """Prefer a walk no longer."""
    _set(walk, featured_at=None)


def _set(walk: Walk, **values: datetime | None) -> None:
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(**values))
    db.session.refresh(walk)
