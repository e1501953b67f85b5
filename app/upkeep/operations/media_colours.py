"""Tag the colours of stored films that were written without: those of releases before 1.2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select, update

from app.core.errors import MediaError, MomaError
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium
from app.upkeep.operations import film_colours

KIND = "mp4"
CHUNK = 200


@dataclass(slots=True)
class MendSummary:
    """How many films were looked at, how many were mended, and why others could not be."""

    films: int = 0
    mended: int = 0
    amiss: list[str] = field(default_factory=list)


def mend(report: Callable[[MendSummary], None]) -> MendSummary:
    """Tag every stored MP4 that is not tagged; call ``report`` after each file.

    A mended film is a new file, which rows name once it is whole; ``media prune`` deletes the old one. Walks that share
    a film go on sharing it. The command can be interrupted and repeated, while the site is running.
    """
    found, after = MendSummary(), ""
    while paths := _paths(after):
        for after in paths:
            try:
                found.mended += _mend(after)
            except MomaError as error:
                if _is_named(after):  # otherwise its walk was deleted, or its film replaced
                    found.amiss.append(f"{after}: {error}")
            found.films += 1
            report(found)
    return found


def _paths(after: str) -> list[str]:
    query = select(Medium.path).distinct().where(Medium.kind == KIND, Medium.path > after)
    paths = list(db.session.scalars(query.order_by(Medium.path).limit(CHUNK)))
    db.session.rollback()  # no transaction stays open while films are converted
    return paths


def _is_named(path: str) -> bool:
    is_named = db.session.scalar(select(Medium.path).where(Medium.path == path).limit(1)) is not None
    db.session.rollback()
    return is_named


def _mend(path: str) -> bool:
    """Tag one film if it is not; return whether it was not.

    :raises MediaError: when it cannot be read or written.
    :raises MomaError: when it cannot be converted.
    """
    store = media_store.store()
    film = store.read_bytes(path)
    if film_colours.is_tagged(film):
        return False
    film = film_colours.tag(film)
    if not film_colours.is_tagged(film):
        raise MediaError("its colours cannot be tagged")
    to, digest = media_store.film_path(path.split("/")[1], KIND, KIND, film)
    store.write(to, film)
    with writing() as session:
        session.execute(update(Medium).where(Medium.path == path).values(path=to, bytes=len(film), etag=digest))
    return True
