"""The director of a wall: it requests the next legs when its screen reports; a wall without a screen does nothing.

A leg leads from the last stop to the next words in the wall's queue, or without words to a stop of the gallery. It is a
walk of two stops that continues the leg before and is generated in film order (:mod:`worker.tasks`). One leg is
requested ahead of the current one, so that words are shown as soon as possible.
"""

import logging
import random
import secrets
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import MediaError, MomaError
from app.offer.generation import offers
from app.offer.generation.limits import SEED_MAX, Limits
from app.requests.walk_requests import drafts, error_messages, intake, walk_rows
from app.requests.walk_requests.brought_photos import UploadedPhoto
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.database import db, execute, now, writing
from app.storage.upload_models import Upload
from app.storage.walk_models import CANCELLED, FAILED, REFUSED, WALL, GalleryEntry, Stop, Walk
from app.storage.wall_models import LEG_FRAMES, OPEN, Wall, WallLeg, WallWords
from app.walks.uploads import photo_stops, upload_store
from app.wall import words

AHEAD = 1
FPS_MAX = 12.5
"""The highest frame rate of a screen; a wall's lead never moves faster, whatever a screen reports."""
PATIENCE = timedelta(seconds=10)
"""The time after which another process requests a leg again, because the first one may have been killed."""
LOST = (REFUSED, FAILED, CANCELLED)
GALLERY_TRIES = 5

log = logging.getLogger(__name__)


def advance(wall: Wall, walked: int) -> None:
    """Record the leg ``walked`` that the wall's screen shows, and request the leg after it if it is missing.

    A wall begins at most `HOURLY_LEGS` legs within an hour; then it stays where it is.
    """
    if wall.state != OPEN:
        return
    _advance_lead(wall, walked)
    _skip_lost(wall)
    latest = _latest(wall)
    ahead = 0 if latest is None or latest.number < wall.first_leg else latest.number - wall.lead
    if ahead < AHEAD or latest is None or latest.skipped:
        number = (latest.number if latest else wall.lead) + 1
        if not _has_used_allowance(wall, number):
            _begin_leg(wall, number)
    elif latest.walk_id is None and latest.created_at < now() - PATIENCE:
        _request_walk(wall, latest)


def _has_used_allowance(wall: Wall, number: int) -> bool:
    """Return whether leg ``number`` would be one too many within an hour; legs are numbered without gaps."""
    earlier = db.session.get(WallLeg, (wall.number, number - current_app.config["HOURLY_LEGS"]))
    return earlier is not None and earlier.created_at > now() - timedelta(hours=1)


def _advance_lead(wall: Wall, walked: int) -> None:
    """Move the wall's lead one leg towards the one that a screen shows, as far and as fast as a screen can play legs.

    A screen leaves a leg once it is generated whole, and begins one of which there are pictures.
    """
    if walked <= wall.lead or _is_incomplete(wall):
        return
    leg = db.session.scalar(
        select(WallLeg)
        .join(Walk, Walk.id == WallLeg.walk_id)
        .where(*words.legs_kept(wall), WallLeg.number.between(wall.lead + 1, walked), Walk.painted_count > 0)
        .order_by(WallLeg.number)
        .limit(1)
    )
    least = timedelta(seconds=(LEG_FRAMES - 1) / FPS_MAX)
    if leg is None or (wall.lead >= wall.first_leg and now() - wall.lead_at < least):
        return
    with writing() as session:
        is_here = Wall.number == wall.number, Wall.lead == wall.lead
        session.execute(update(Wall).where(*is_here).values(lead=leg.number, lead_at=now()))
        is_new = *_is_leg(wall, leg), WallLeg.shown_at.is_(None)
        session.execute(update(WallLeg).where(*is_new).values(shown_at=now()))
    db.session.refresh(wall)


def _is_incomplete(wall: Wall) -> bool:
    """Return whether the leg that the wall shows is still being generated."""
    if wall.lead < wall.first_leg:
        return False
    shown = db.session.scalar(
        select(Walk)
        .join(WallLeg, WallLeg.walk_id == Walk.id)
        .where(*words.legs_kept(wall), WallLeg.number == wall.lead)
    )
    return shown is not None and shown.state not in LOST and shown.painted_count < shown.frames


def _skip_lost(wall: Wall) -> None:
    """Skip legs that were refused, failed or deleted before they were shown; another leg replaces them."""
    is_lost = (Walk.id == WallLeg.walk_id) & (Walk.state.in_(LOST) | Walk.deleted_at.is_not(None))
    lost = db.session.scalars(
        select(WallLeg.number).join(Walk, is_lost).where(*words.legs_kept(wall), WallLeg.number >= wall.lead)
    ).all()
    if not lost:
        return
    execute(update(WallLeg).where(WallLeg.wall_number == wall.number, WallLeg.number.in_(lost)).values(skipped=True))
    db.session.expire_all()


def _latest(wall: Wall) -> WallLeg | None:
    query = select(WallLeg).where(WallLeg.wall_number == wall.number).order_by(WallLeg.number.desc())
    found: WallLeg | None = db.session.scalar(query.limit(1))
    return found


def before(wall: Wall, number: int) -> WallLeg | None:
    """Return the leg that leg ``number`` continues: the last one of this evening before it that was not skipped."""
    is_earlier = WallLeg.number < number, WallLeg.number >= wall.first_leg, WallLeg.walk_id.is_not(None)
    query = select(WallLeg).where(*words.legs_kept(wall), *is_earlier).order_by(WallLeg.number.desc())
    found: WallLeg | None = db.session.scalar(query.limit(1))
    return found


def _begin_leg(wall: Wall, number: int) -> None:
    """Insert a leg with the words that it leads to, and request its walk unless another process inserted it."""
    leg = WallLeg(wall_number=wall.number, number=number)
    try:
        with writing() as session:
            leg.words_number = _take_words(session, wall, number)
            session.add(leg)
    except IntegrityError:
        return
    _request_walk(wall, leg)


def _take_words(session: Session, wall: Wall, number: int) -> int | None:
    return next((row.number for row in words.waiting_words(wall, most=5) if words.assign(session, row, number)), None)


def _request_walk(wall: Wall, leg: WallLeg) -> None:
    """Request the walk of a leg; its idempotency key makes a repeated request harmless."""
    last = before(wall, leg.number)
    parent = None if last is None else db.session.scalar(select(Walk).where(Walk.id == last.walk_id))
    written = None if leg.words_number is None else db.session.get(WallWords, leg.words_number)
    photos: dict[int, UploadedPhoto] = {}
    if parent is None:
        first = _gallery_stop(wall, exclude="")
    else:
        photos |= _photo_of(parent)
        first = walk_rows.joining_stop(parent.stops[-1]) | {"seed": parent.seed_of(parent.stops[-1])}
    following = _gallery_stop(wall, exclude=str(first["prompt"])) if written is None else _words_stop(wall, written)
    if written is not None and (brought := _brought(written)) is not None:
        photos[1] = brought
    elif not following["prompt"]:  # the words were only a picture, which is gone
        following = _gallery_stop(wall, exclude=str(first["prompt"]))
    for index, photo in photos.items():
        (first, following)[index]["picture"] = photo.digest
    wanted = error_messages.read_model(
        WalkRequest,
        {
            "stops": [first, following],
            "frames": LEG_FRAMES,
            "continues": None if parent is None else parent.id,
            "unlisted": True,
            "photos_may_be_shown": all(photo.may_be_shown for photo in photos.values()),
        },
        Limits.current(None if parent is None else parent.model_name),
        shape="",
    )
    try:
        walk, _is_new = intake.submit(
            drafts.draft(wanted, visitor_key=f"wall {wall.name}", origin=WALL, photos=photos),
            idempotency_key=f"leg {leg.number} {leg.created_at.timestamp()}",
            skip_cache=True,
        )
    except MomaError as error:  # another leg replaces this one
        log.warning("leg %s of wall %s cannot be painted: %s", leg.number, wall.name, error)
        with writing() as session:
            session.merge(leg).skipped = True
        return
    execute(update(WallLeg).where(*_is_leg(wall, leg)).values(walk_id=walk.id))
    db.session.expire_all()


def _is_leg(wall: Wall, leg: WallLeg) -> tuple[ColumnElement[bool], ...]:
    return WallLeg.wall_number == wall.number, WallLeg.number == leg.number


def _words_stop(wall: Wall, written: WallWords) -> dict[str, Any]:
    return {"prompt": written.text, "hand": wall.style or None, "seed": secrets.randbelow(SEED_MAX + 1)}


def _gallery_stop(wall: Wall, *, exclude: str) -> dict[str, Any]:
    """Return a random stop of a public walk whose prompt is not ``exclude``, or an example if none was found."""
    styles = {style.words for style in offers.first().styles}
    seed = secrets.randbelow(SEED_MAX + 1)
    for _try in range(GALLERY_TRIES):
        stop = _any_stop()
        if stop is not None and stop.prompt not in ("", exclude):
            style = wall.style or (stop.requested_style if stop.requested_style in styles else "")
            return {"prompt": stop.prompt, "negative_prompt": stop.negative_prompt, "hand": style or None, "seed": seed}
    starters = offers.first().facts.starters or (("a lemon", "the sun"),)
    known = [prompt for pair in starters for prompt in pair if prompt != exclude]
    example = random.choice(known)  # noqa: S311 - no secret
    return {"prompt": example, "hand": wall.style or None, "seed": seed}


def _any_stop() -> Stop | None:
    """Return a random stop without a photo of a random public walk; ``None`` if there is none."""
    most = db.session.scalar(select(func.max(GalleryEntry.random_key)))
    if most is None:
        return None
    least = db.session.scalar(select(func.min(GalleryEntry.random_key))) or 0
    at = random.randint(least, most)  # noqa: S311 - no secret
    entry = select(GalleryEntry.number).where(GalleryEntry.random_key >= at).order_by(GalleryEntry.random_key).limit(1)
    stops = db.session.scalars(
        select(Stop).where(Stop.walk_number == entry.scalar_subquery(), Stop.photo.is_(None))
    ).all()
    return random.choice(stops) if stops else None  # noqa: S311 - no secret


def _photo_of(parent: Walk) -> dict[int, UploadedPhoto]:
    """Return the photo of the last stop of the leg before, as {0: photo}; empty if it has none or the file is lost."""
    last = parent.stops[-1]
    if last.photo is None:
        return {}
    try:
        data = photo_stops.read_photo(parent, last.position)
    except MediaError as error:
        log.warning("a wall goes on without a picture: %s", error)
        return {}
    return {0: UploadedPhoto(data, last.photo, bool(last.cut_out), parent.photos_may_be_shown)}


def _brought(written: WallWords) -> UploadedPhoto | None:
    """Return the picture that was uploaded with words; ``None`` if there is none or its owner deleted it."""
    photo = None if written.picture is None else db.session.get(Upload, written.picture)
    if photo is None or photo.owner_hash != written.owner_hash or photo.error is not None:
        return None
    try:
        return UploadedPhoto(upload_store.read_file(photo), photo.digest, written.cut_out, written.may_be_shown)
    except MediaError as error:
        log.warning("a wall goes on without a picture: %s", error)
        return None
