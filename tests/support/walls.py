"""Walls for tests: opened, written for, and walked by a screen that is as quick as it likes."""

from sqlalchemy import select, update

from app.storage.database import db, writing
from app.storage.walk_models import Walk
from app.storage.wall_models import Wall, WallLeg, WallWords
from app.wall import director, walls, words
from app.wall.walls import WallRequest
from worker import job

LOBBY = "lobby"


def opened(name: str = LOBBY, **fields: object) -> Wall:
    """Open a wall."""
    return walls.open_wall(WallRequest(name, **fields))  # type: ignore[arg-type]


def said(wall: Wall, text: str, who: str = "ann") -> WallWords:
    """Write words for a wall."""
    return words.say(wall, text, owner=who)


def fresh(wall: Wall) -> Wall:
    """Read a wall as it stands."""
    db.session.rollback()
    db.session.expire_all()
    return walls.at(wall.name)


def legs(wall: Wall) -> list[WallLeg]:
    """List the legs of a wall as they stand."""
    db.session.rollback()
    db.session.expire_all()
    query = select(WallLeg).where(WallLeg.wall_number == wall.number).order_by(WallLeg.number)
    return list(db.session.scalars(query))


def walk_of(leg: WallLeg) -> Walk:
    """Return the walk of a leg."""
    return db.session.scalars(select(Walk).where(Walk.id == leg.walk_id)).one()


def generate(wall: Wall) -> None:
    """Count all pictures of the legs' walks as generated, as a worker would."""
    ids = [leg.walk_id for leg in legs(wall)]
    with writing() as session:
        session.execute(update(Walk).where(Walk.id.in_(ids)).values(painted_count=Walk.frames))
    db.session.expire_all()


def walk_on(wall: Wall, count: int) -> Wall:
    """Walk so many legs of a wall, each painted before it is walked."""
    for _ in range(count):
        wall = fresh(wall)
        director.advance(wall, wall.lead)
        job.work()
        director.advance(fresh(wall), wall.lead + 1)
    job.work()
    return fresh(wall)
