"""What visitors wrote for walls: how it leaves the line or the wall again, and when it is forgotten whose it was."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.walk_models import Walk
from app.storage.wall_models import TAKEN, WAITING, Wall, WallLeg, WallWords

KEPT_FOR = timedelta(days=1)


def skip_leg(session: Session, wall_number: int, number: int) -> None:
    """Have a wall leave a leg, and with it all that begin where it ends; what others wrote for those waits again."""
    after = WallLeg.wall_number == wall_number, WallLeg.number >= number, WallLeg.skipped.is_(False)
    session.execute(update(WallLeg).where(*after).values(skipped=True).execution_options(synchronize_session=False))
    session.execute(
        update(WallWords)
        .where(WallWords.wall_number == wall_number, WallWords.leg > number, WallWords.state == TAKEN)
        .values(state=WAITING, leg=None)
        .execution_options(synchronize_session=False)
    )


def delete_of(owner_hash: str) -> tuple[int, list[str]]:
    """Delete what somebody wrote; return how much it was, and the ids of walks that show a picture of theirs.

    What waits is not painted, and a wall that leads to it leaves that leg. What was walked hangs among what others
    wrote, and names nobody.
    """
    with writing() as session:
        take_advisory_lock(session)
        theirs = select(WallWords).where(WallWords.owner_hash == owner_hash).with_for_update()
        rows = session.scalars(theirs.execution_options(populate_existing=True)).all()
        shown = [walk for row in rows if row.picture is not None for walk in _walks_of(session, row)]
        for row in rows:
            wall = session.get_one(Wall, row.wall_number)
            if row.state == TAKEN and row.leg is not None and row.leg >= wall.lead:
                skip_leg(session, wall.number, row.leg)
        session.execute(delete(WallWords).where(WallWords.owner_hash == owner_hash))
    db.session.expire_all()
    return len(rows), shown


def _walks_of(session: Session, row: WallWords) -> list[str]:
    """List the walks that show what was painted of a picture: legs to and from it, and what they are kept in."""
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
    """Forget who wrote what a day ago, and delete what was not walked by then; return how many rows that were.

    Who brought a picture is known as long as the wall keeps what is made of it: they may take that down.
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
