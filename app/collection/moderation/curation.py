"""Operators' actions on walks: hide, feature and delete them."""

import logging
from datetime import datetime

from sqlalchemy import update

from app.storage.database import db, execute, now, take_advisory_lock, writing
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle, reuse

log = logging.getLogger(__name__)


def hide(walk: Walk) -> None:
    """Hide a walk from gallery, search, feed and API; its page then answers 410.

    Hides also all walks that share its files, because they show the same pictures.
    """
    with writing() as session:
        take_advisory_lock(session)  # else another walk that shares the files could be created meanwhile
        session.execute(update(Walk).where(reuse.same_files(walk), Walk.hidden_at.is_(None)).values(hidden_at=now()))
    db.session.refresh(walk)


def unhide(walk: Walk) -> None:
    """Show a hidden walk again, and all walks that share its files."""
    family = reuse.same_files(walk), Walk.deleted_at.is_(None)  # a walk that an operator deleted stays hidden
    execute(update(Walk).where(*family).values(hidden_at=None))
    db.session.refresh(walk)


def take_down(walk: Walk) -> None:
    """Delete a walk as an operator, and hide the walks that share its files."""
    hide(walk)
    lifecycle.delete_walk(walk, by_operator=True)


def feature(walk: Walk) -> None:
    """Feature a walk: it comes first on pages that show few walks. Featuring it again keeps its time."""
    _set(walk, featured_at=walk.featured_at or now())


def unfeature(walk: Walk) -> None:
    """Stop featuring a walk."""
    _set(walk, featured_at=None)


def _set(walk: Walk, **values: datetime | None) -> None:
    execute(update(Walk).where(Walk.number == walk.number).values(**values))
    db.session.refresh(walk)
