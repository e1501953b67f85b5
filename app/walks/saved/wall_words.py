"""Visitors' words for walls: removing them from the queue and the wall, and forgetting who wrote them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.walk_models import Walk
from app.storage.wall_models import TAKEN, WAITING, Wall, WallLeg, WallWords

KEPT_FOR = timedelta(days=1)


def skip_leg(session: Session, wall_number: int, number: int) -> None:
    """Skip a leg of a wall and all later ones; queue the words again that others wrote for those."""
    after = WallLeg.wall_number == wall_number, WallLeg.number >= number, WallLeg.skipped.is_(False)
    session.execute(update(WallLeg).where(*after).values(skipped=True).execution_options(synchronize_session=False))
    session.execute(
        update(WallWords)
        .where(WallWords.wall_number == wall_number, WallWords.leg > number, WallWords.state == TAKEN)
        .values(state=WAITING, leg=None)
        .execution_options(synchronize_session=False)
    )


def delete_of(owner_hash: str) -> tuple[int, list[str]]:
    """Delete an owner's words; return how many, and the IDs of the walks that show a picture of theirs.

    Queued words are not rendered, and walls skip the legs that would show them. Legs that were shown stay, without a
    name.
    """
    with writing() as session:
        take_advisory_lock(session)
        theirs = select(WallWords).where(WallWords.owner_hash == owner_hash).with_for_update()
        rows = session.scalars(theirs.execution_options(populate_existing=True)).all()
        walk_ids = [walk for row in rows if row.picture is not None for walk in _walks_of(session, row)]
        for row in rows:
            wall = session.get_one(Wall, row.wall_number)
            if row.state == TAKEN and row.leg is not None and row.leg >= wall.lead:
                skip_leg(session, wall.number, row.leg)
        session.execute(delete(WallWords).where(WallWords.owner_hash == owner_hash))
    db.session.expire_all()
    return len(rows), walk_ids


def _walks_of(session: Session, row: WallWords) -> list[str]:
    """Return the IDs of the walks that show a visitor's picture: the legs to and from it, and recordings of them."""
    if row.leg is None:
        return []
    of_wall = WallLeg.wall_number == row.wall_number
    after = select(func.min(WallLeg.number)).where(of_wall, WallLeg.number > row.leg, WallLeg.skipped.is_(False))
    legs = session.execute(
        select(WallLeg.walk_id, WallLeg.stretch).where(
            of_wall, or_(WallLeg.number == row.leg, WallLeg.number == after.scalar_subquery())
        )
    )
    ids = {walk_id for leg in legs for walk_id in leg if walk_id}
    return list(session.scalars(select(Walk.id).where(Walk.id.in_(ids), Walk.deleted_at.is_(None))))


def forget_old() -> int:
    """Remove the owners of words older than a day and delete those not used by then; return the number of rows.

    Words with a picture keep their owner, who may delete the walks that show it.
    """
    old = WallWords.created_at < now() - KEPT_FOR
    with writing() as session:
        deleted = session.execute(delete(WallWords).where(old, WallWords.state != TAKEN))
        forgotten = session.execute(
            update(WallWords)
            .where(old, WallWords.owner_hash != "", WallWords.picture.is_(None))
            .values(owner_hash="")
            .execution_options(synchronize_session=False)
        )
    return int(deleted.rowcount + forgotten.rowcount)  # type: ignore[attr-defined]
