"""Photos that visitors bring for stops: let in, found again by whoever brought them, and put into a walk."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.commissions import error_messages
from app.commissions.schema import Commission
from app.errors import FieldError, InvalidInput
from app.field_errors import ERRORS_MAX
from app.i18n.foreign_messages import translate_foreign
from app.i18n.gettext import _
from app.queue import admission, jobs
from app.storage import media_store
from app.storage.database import db
from app.storage.photo_models import Photo
from app.storage.walk_models import Frame, Stop, Walk
from app.uploads import photo_check, photo_stops, photo_store
from app.uploads.photo_check import CheckedPhoto

Photos = dict[int, tuple[bytes, str]]
"""The photo of each stop that has one, by the stop's index: as it is kept, and its digest."""


@dataclass(frozen=True, slots=True)
class BroughtPhoto:
    """A photo that the house puts into a walk for whoever brought it, as it is kept."""

    data: bytes
    digest: str
    cut_out: bool
    may_be_shown: bool


def bring(data: bytes, *, owner_hash: str, network: str, look: Callable[[], None], admit: Callable[[], None]) -> Photo:
    """Check a picture, keep it for a day, and have a worker say what it shows.

    ``look`` tells by raising whether there is room for another, ``admit`` counts it.

    :raises ValueError: when it cannot be taken, as :func:`app.uploads.photo_check.check` does.
    :raises NoRoom: when there is no room for it.
    """
    look()
    admission.check_storage(network)
    checked = photo_check.check(data)
    admit()
    photo, _is_new = photo_store.save(checked, owner_hash=owner_hash, network=network)
    if photo.described_at is None:
        jobs.notify_workers()
    return photo


def find(named: str, owner_hash: str) -> Photo | None:
    """Return the photo of this id or digest to whoever brought it; one of a walk of theirs is kept anew for a day."""
    if photo := photo_store.find(named, owner_hash):
        return photo
    own = (Walk.owner_hash == owner_hash, Walk.deleted_at.is_(None), Stop.photo == named)
    held = db.session.execute(select(Walk.id, Stop.position).join(Stop).where(*own).limit(1)).first()
    if held is None:
        return None
    walk = db.session.scalars(select(Walk).where(Walk.id == held.id)).one()
    checked = photo_check.check(photo_stops.photo_of(walk, held.position))
    photo, _is_new = photo_store.save(checked, owner_hash=owner_hash, network=walk.network)
    return photo


def of_stops(wanted: Commission, owner_hash: str | None, *, besides: Collection[int] = ()) -> dict[int, Photo]:
    """Find the photos that a commission's stops are to be made of, ``besides`` those that are there already.

    :raises InvalidInput: naming each stop whose photo is not here, is somebody else's, or cannot be shown.
    """
    found, errors = {}, []
    for index, stop in enumerate(wanted.stops):
        if stop.picture is None or index in besides:
            continue
        path = ("stops", index, "picture")
        photo = None if owner_hash is None else find(stop.picture, owner_hash)
        if photo is None:
            flaw = _("is not here: it was kept for a day, or somebody else brought it. Bring it once more.")
            errors.append(FieldError(path, f"{error_messages.subject(path)} {flaw}"))
        elif photo.error is not None:
            errors.append(FieldError(path, translate_foreign(photo.error)))
        else:
            found[index] = photo
    if errors:
        raise InvalidInput(errors[:ERRORS_MAX])
    return found


def described(wanted: Commission, photos: dict[int, Photo]) -> list[dict[str, Any]]:
    """Write the stops of a commission as rows hold them; one without words has those that its photo was taken for."""
    stops = []
    for index, stop in enumerate(wanted.stops):
        told = stop.row()
        if photo := photos.get(index):
            told |= {"photo": photo.digest, "cut_out": stop.cut_out, "prompt": stop.prompt or photo.description or ""}
        stops.append(told)
    return stops


def last_still(parent: Walk | None) -> CheckedPhoto | None:
    """Return the picture that was painted of a walk's last stop where that is made of a photo; else ``None``.

    Who goes on from such a walk begins at what was painted there: the photo is for its owner alone.

    :raises MediaError: when it cannot be had.
    """
    if parent is None or parent.stops[-1].photo is None:
        return None
    at_end = select(Frame.path).where(Frame.walk_number == parent.number, Frame.position == len(parent.stops) - 1)
    path = db.session.scalar(at_end.limit(1))
    return None if path is None else photo_check.check(media_store.store().read_bytes(path))


def read(photos: dict[int, Photo]) -> Photos:
    """Read the files of some photos.

    :raises MediaError: when one cannot be had.
    """
    return {index: (media_store.store().read_bytes(photo.path), photo.digest) for index, photo in photos.items()}


def hold_back(walk: Walk, *, agreed: bool) -> None:
    """Leave a walk with photos out of the gallery, unless its owner agreed that they are shown."""
    walk.photos_may_be_shown = has_photos(walk) and agreed and not is_held_back(walk)
    if not may_be_listed(walk):
        walk.unlisted = True


def has_photos(walk: Walk) -> bool:
    """Tell whether a stop of a walk is made of a photo."""
    return any(stop.photo for stop in walk.stops)


def may_be_listed(walk: Walk) -> bool:
    """Tell whether a walk may hang in the gallery: one without photos, or whose owner agreed to that."""
    return walk.photos_may_be_shown or not has_photos(walk)


def is_held_back(walk: Walk) -> bool:
    """Tell whether a walk goes on from a photo whose owner did not agree that it is shown: nobody else can."""
    if walk.continues is None or walk.stops[0].photo is None:
        return False
    parent = db.session.scalar(select(Walk).where(Walk.id == walk.continues))
    return parent is None or parent.deleted_at is not None or not may_be_listed(parent)
