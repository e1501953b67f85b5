"""The sound of a walk: find what a request names, record its part on the walk, and copy that part of its file."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.core.errors import FieldError, InvalidInput, MediaError
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.formatting import decimal
from app.core.i18n.gettext import N_, _
from app.offer.generation import frame_rates
from app.requests.walk_requests import sound_request
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.sound_request import SoundRequest
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage import media_store
from app.storage.database import db
from app.storage.media_store import etag_of, walk_folder
from app.storage.upload_models import FAILED, READY, Upload
from app.storage.walk_models import ROUND, Medium, Walk
from app.walks.saved import lookup
from app.walks.uploads import kinds, sound_parts, upload_store
from app.walks.uploads.sound_analysis import SoundAnalysis
from app.walks.uploads.sound_check import SECONDS_MIN

KIND = sound_parts.MEDIUM
"""The media kind of a walk's sound, which has no address: it is heard in the films."""
WALKS = 20
"""In how many of a visitor's walks to a sound a part of it is looked for, newest first."""
PRIVATE = N_(
    "The owner of this walk did not say that its music may be published, so no one else can paint a film to it. Add"
    " music of your own instead."
)
NEAR = 0.01
"""The seconds by which a part may miss the one that a walk kept, because the form writes numbers in short."""


@dataclass(frozen=True, slots=True)
class FoundSound:
    """A sound that was read: the path and size of its FLAC, the digest of its upload, and what is heard in it.

    `kept` is where the file begins and ends, in seconds of the sound, if it is only the part that a walk kept.
    """

    path: str
    bytes: int
    digest: str
    music: dict[str, Any]
    kept: tuple[float, float] | None = None

    @property
    def heard(self) -> SoundAnalysis:
        """Return what is heard in it."""
        return SoundAnalysis.from_json(self.music)

    def has(self, start: float, length: float | None) -> bool:
        """Return whether the file has a part; without a length, one of any length."""
        begins, ends = self.kept or (0.0, self.heard.seconds)
        return begins - NEAR <= start and start + (SECONDS_MIN if length is None else length) <= ends + NEAR


def find(request: WalkRequest, owners: Collection[str]) -> FoundSound | None:
    """Return the sound that a request names; ``None`` for none.

    It is an upload of the visitor's, or the part that a walk kept: one of theirs, or the walk that the request is a
    remix or a repaint of, if its owner may publish the sound.

    :raises InvalidInput: when it has expired, belongs to another visitor, is not read yet, or cannot be.
    """
    if request.sound is None:
        return None
    name = request.sound.id
    for sound in filter(None, (upload_store.find(kinds.OF_WALKS, name, owner) for owner in owners)):
        return _uploaded(sound)
    original = lookup.visible_walk(request.remix_of)
    kept = kept_parts(name, owners, original)
    if kept:
        part = request.sound.start, request.sound.length
        return next((each for each in kept if each.has(*part)), kept[0])
    if original is not None and original.sound_digest == name and (flaw := private_flaw(original, owners)):
        raise _flaw(flaw)
    raise _flaw(_("The sound is not here: it was kept for a day, for the visitor who uploaded it. Upload it again."))


def private_flaw(walk: Walk, owners: Collection[str]) -> str:
    """Return why a visitor may not use the sound of a walk; ``""`` if they may, or it has none."""
    may = walk.sound_digest is None or walk.publish_sound or walk.owner_hash in owners
    return "" if may else _(PRIVATE)


def kept_parts(name: str, owners: Collection[str], original: Walk | None) -> list[FoundSound]:
    """Return the parts of the sound with a digest that walks kept, as far as a visitor may use them.

    First that of the walk which they remake, if its owner may publish the sound, then those of their own walks.
    """
    has_it = Walk.sound_digest == name, Walk.music.is_not(None), Walk.media.any(Medium.kind == KIND)
    own = select(Walk).where(Walk.owner_hash.in_(owners), Walk.deleted_at.is_(None), *has_it)
    walks = [*db.session.scalars(own.order_by(Walk.number.desc()).limit(WALKS))]
    if original is not None and original.publish_sound:
        walks[:0] = db.session.scalars(select(Walk).where(Walk.number == original.number, *has_it))
    return [_kept(walk) for walk in walks]


def _kept(walk: Walk) -> FoundSound:
    start, length = float(walk.sound_start or 0), float(walk.sound_length or 0)
    medium = walk.media[KIND]
    return FoundSound(medium.path, medium.bytes, str(walk.sound_digest), walk.music or {}, (start, start + length))


def _uploaded(sound: Upload) -> FoundSound:
    if sound.state == FAILED:
        raise _flaw(translate_foreign(sound.error or ""))
    if sound.state != READY or sound.analysis is None or sound.path is None:
        raise _flaw(_("The sound is still being read. Ask again in a few seconds."))
    return FoundSound(sound.path, sound.bytes, sound.digest, sound.analysis)


def _flaw(message: str) -> InvalidInput:
    return InvalidInput.on("sound", "id", message=message)


def requested(walk: Walk) -> SoundRequest | None:
    """Return the part of its sound that a walk is set to, as a request names it; ``None`` without a sound."""
    if walk.sound_digest is None:
        return None
    start, way = walk.sound_start or 0.0, walk.sound_way or sound_request.WAYS[0]
    return SoundRequest.model_construct(id=walk.sound_digest, start=start, length=walk.sound_length, way=way)


def record(walk: Walk, request: WalkRequest, found: FoundSound | None, pinned: PinnedSettings | None) -> None:
    """Record on a walk, whose frame rate is known, the sound that it is set to, and how many pictures it may have.

    :raises InvalidInput: when the part is not in the sound, or a stop has no time of its own there.
    """
    if found is None or request.sound is None:
        return
    heard = found.heard
    walk.sound_digest, walk.sound_way = found.digest, request.sound.way
    walk.sound_start, walk.sound_length = _part(request.sound, found)
    walk.music = heard.only(walk.sound_start, walk.sound_length).to_json()
    shown = frame_rates.frame_at(walk.sound_length, walk.fps)
    walk.sound_pictures = min(request.frames or current_app.config["SOUND_PICTURES"], shown)
    if pinned is not None and pinned.sound is not None:
        walk.sound_pictures = pinned.sound.pictures
        return
    part = (walk.sound_start, walk.sound_start + walk.sound_length)
    flaws = sound_request.time_errors(
        [stop.at for stop in request.stops],
        length=walk.sound_length,
        fps=walk.fps,
        beats=max(sum(part[0] <= time < part[1] for time in times) for times in (heard.beats, heard.onsets)),
        closed=request.ending == ROUND,
    )
    if found_flaws := list(flaws):
        raise InvalidInput(found_flaws)
    if walk.sound_pictures <= len(request.stops):
        message = _(
            "At %(rate)s frames a second, this part of the sound is too short for %(count)s stops.",
            rate=decimal(walk.fps), count=len(request.stops),
        )  # fmt: skip
        raise InvalidInput([FieldError(("sound", "length"), message)])
    walk.frames = walk.sound_pictures


def recorded_columns(sound: SoundRequest | None) -> dict[str, Any]:
    """Return the columns of a walk that has been rendered, by the sound of its recipe, which names it by its digest."""
    if sound is None:
        return {}
    part = {f"sound_{name}": getattr(sound, name) for name in ("start", "length", "way")}
    return {"sound_digest": sound.id, **part}


def _part(request: SoundRequest, found: FoundSound) -> tuple[float, float]:
    """Return where a part begins and how long it is.

    :raises InvalidInput: when it is not in the sound.
    """
    begins, ends = found.kept or (0.0, found.heard.seconds)
    if found.kept and not found.has(request.start, request.length):
        message = _(
            "Of the sound, only its seconds %(start)s to %(end)s are here, which a walk kept. Choose a part of these,"
            " or upload the sound again.",
            start=decimal(round(begins, 2)), end=decimal(round(ends, 2)),
        )  # fmt: skip
        raise InvalidInput.on("sound", "length" if request.start >= begins - NEAR else "start", message=message)
    start = max(request.start, begins)
    left = ends - start
    if left < SECONDS_MIN - NEAR:
        values = {"start": decimal(start), "seconds": decimal(round(ends, 2)), "least": SECONDS_MIN}
        message = _(
            "The start of the sound, %(start)s seconds, leaves less than %(least)s of its %(seconds)s seconds.",
            **values,
        )
        raise InvalidInput.on("sound", "start", message=message)
    most = current_app.config["SOUND_PART_MAX"]
    length = min(sound_request.USUAL_SECONDS, left, most) if request.length is None else request.length
    if length > left + NEAR:
        values = {"length": decimal(length), "left": decimal(round(left, 2))}
        message = _(
            "The length of the sound, %(length)s seconds, is more than the %(left)s it has left there.", **values
        )
        raise InvalidInput.on("sound", "length", message=message)
    return start, length


def attach(walk: Walk, found: FoundSound) -> list[str]:
    """Copy the part of a sound that a walk, which is not saved yet, is set to; return the path of the written file.

    :raises MediaError: when the store cannot read or write it.
    """
    try:
        read = partial(media_store.store().read_part, found.path)
        data = sound_parts.cut(read, found.bytes, float(walk.sound_start or 0), float(walk.sound_length or 0))
    except ValueError as error:
        raise MediaError(f"The sound {found.path} cannot be cut: {error}") from error
    # The public recipe has the sound's digest, so that no digest may be a part of its address.
    path = f"{walk_folder(walk.id)}/{KIND}.{secrets.token_hex(6)}.flac"
    media_store.store().write(path, data)
    walk.media[KIND] = Medium(kind=KIND, path=path, bytes=len(data), etag=etag_of(data))
    return [path]
