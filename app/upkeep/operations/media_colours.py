"""Tag the colours of stored films that were written without: those of releases before 1.2."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select, update

from app.core.errors import MediaError, MomaError
from app.core.progress import Report, ignore
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium
from app.upkeep.operations import film_colours, stored_paths

KIND = "mp4"


@dataclass(slots=True)
class MendSummary:
    """How many films were looked at, how many were mended, and why others could not be."""

    films: int = 0
    mended: int = 0
    amiss: list[str] = field(default_factory=list)


def mend(report: Report = ignore) -> MendSummary:
    """Tag every stored MP4 that is not tagged; call ``report`` after each file.

    A mended film is a new file, which rows name once it is whole; ``media prune`` deletes the old one. Walks that share
    a film go on sharing it. The command can be interrupted and repeated, while the site is running.
    """
    found, films = MendSummary(), select(Medium.path).where(Medium.kind == KIND)
    total, written = stored_paths.count(films), set[str]()
    for path in stored_paths.each(films):
        if path in written:  # a film's new file comes again if its name sorts after the old one's
            continue
        try:
            if to := _mend(path):
                written.add(to)
                found.mended += 1
        except MomaError as error:
            if _is_named(path):  # otherwise its walk was deleted, or its film replaced
                found.amiss.append(f"{path}: {error}")
        found.films += 1
        report("films looked at", found.films, total)
    return found


def _is_named(path: str) -> bool:
    is_named = db.session.scalar(select(Medium.path).where(Medium.path == path).limit(1)) is not None
    db.session.rollback()
    return is_named


def _mend(path: str) -> str | None:
    """Tag one film if it is not; return the path of its new file, or ``None`` if it was tagged.

    :raises MediaError: when it cannot be read or written.
    :raises MomaError: when it cannot be converted.
    """
    store = media_store.store()
    film = store.read_bytes(path)
    if film_colours.is_tagged(film):
        return None
    film = film_colours.tag(film)
    if not film_colours.is_tagged(film):
        raise MediaError("its colours cannot be tagged")
    to, digest = media_store.film_path(path.split("/")[1], KIND, KIND, film)
    store.write(to, film)
    with writing() as session:
        session.execute(update(Medium).where(Medium.path == path).values(path=to, bytes=len(film), etag=digest))
    return to
