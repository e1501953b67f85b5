"""The programme of a wall's screens: the legs from the one before the current leg on, and the waiting words."""

from itertools import takewhile
from typing import Any

from flask import request, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.errors import InvalidInput
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.offer.drawings import drawing_credits
from app.storage.database import db
from app.storage.walk_models import A_PHOTO, FINISHED, Frame, Stop, Walk
from app.storage.wall_models import LEG_FRAMES, Wall, WallLeg
from app.walks.saved import note_sentences
from app.walks.saved.media_urls import still_address
from app.wall import words

LEGS_MAX = 4
LEG_MAX = 2**31 - 1
LEG_DIGITS = len(str(LEG_MAX))


def describe_wall(wall: Wall) -> dict[str, Any]:
    """Return the programme of a wall's screens as JSON data."""
    waiting = words.waiting_words(wall, most=words.SHOWN_MAX)
    legs = [_leg(leg, walk) for leg, walk in _legs(wall)]
    return {
        "wall": {
            "name": wall.name,
            "title": wall.title,
            "state": wall.state,
            "say": say_address(wall),
            "shown": shown_address(wall),
            "lead": wall.lead,
        },
        "legs": legs,
        "queue": [{"words": text} for text in words.public_texts(waiting)],
        "waiting": words.count(wall),
    }


def read_leg_number() -> int:
    """Return the number of the leg that a screen shows, from the query parameter ``at``; 0 before the first leg.

    :raises InvalidInput: when the parameter is not a whole number in range.
    """
    text = request.args.get("at", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= LEG_DIGITS and int(text) <= LEG_MAX):
        message = _("The number of a leg is a whole number from 0 to %(most)s.", most=LEG_MAX)
        raise InvalidInput.on("at", message=message)
    return int(text)


def say_address(wall: Wall) -> str:
    """Return the absolute URL of a wall's form for phones, with the host of the screen's request."""
    return url_for("phones.short", name=wall.name, _external=True)


def shown_address(wall: Wall) -> str:
    """Return the form's address as people type it, without the scheme."""
    return say_address(wall).partition("://")[2]


def newest_still(wall: Wall) -> dict[str, Any] | None:
    """Return the newest leg with a generated picture, for screens without JavaScript; ``None`` if there is none."""
    legs = [_leg(leg, walk) for leg, walk in _legs(wall)]
    return next((leg | {"still": leg["frames"][-1]} for leg in reversed(legs) if leg["frames"]), None)


def _legs(wall: Wall) -> list[tuple[WallLeg, Walk | None]]:
    rows = db.session.execute(
        select(WallLeg, Walk)
        .outerjoin(Walk, (Walk.id == WallLeg.walk_id) & Walk.deleted_at.is_(None))
        .where(WallLeg.wall_number == wall.number, WallLeg.number >= max(wall.lead - 1, wall.first_leg))
        .order_by(WallLeg.number)
        .limit(LEGS_MAX)
        .options(selectinload(Walk.stops), selectinload(Walk.painted))
    )
    return [(leg, walk) for leg, walk in rows]


def _leg(leg: WallLeg, walk: Walk | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "number": leg.number,
        "by": "gallery" if leg.words_number is None else "visitor",
        "skipped": leg.skipped,
        "count": LEG_FRAMES,
        "finished": walk is not None and walk.state == FINISHED,
    }
    if walk is None or not walk.stops:
        return fields | {"from": "", "to": "", "note": "", "credits": "", "frames": []}
    first, last = walk.stops[0], walk.stops[-1]
    return fields | {
        "from": name_of(first),
        "to": name_of(last),
        "note": note_sentences.describe(last.note, last.prompt),
        "credits": credits_of(walk),
        "frames": [still_address(walk, frame) for frame in playable_frames(walk)],
    }


def playable_frames(walk: Walk) -> list[Frame]:
    """Return the frames of a leg from its first one up to the first gap, which screens can play."""
    if walk.positions is None:
        return [frame for frame in walk.painted if frame.position == 0]
    painted = {frame.index: frame for frame in walk.painted}
    return [painted[index] for index in takewhile(painted.__contains__, range(walk.frames))]


def name_of(stop: Stop) -> str:
    """Return the words of a stop as screens show them."""
    return stop.prompt or A_PHOTO


def credits_of(walk: Walk) -> str:
    """Return the credits of the reference drawings of a leg, "" if there are none, as every public page shows them."""
    artists = dict.fromkeys(each.artist for each in drawing_credits.of_walk(walk.drawings) if each.artist)
    return _("After drawings by %(artists)s", artists=join_words([*artists])) if artists else ""
