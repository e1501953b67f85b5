"""Photos that visitors upload for stops: find them again, and attach them to walks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.core.errors import FieldError, InvalidInput
from app.core.field_errors import ERRORS_MAX
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.gettext import _
from app.requests.walk_requests import error_messages
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage import media_store
from app.storage.database import db
from app.storage.upload_models import Upload
from app.storage.walk_models import Frame, Stop, Walk
from app.walks.uploads import kinds, photo_check, photo_stops, upload_store
from app.walks.uploads.checked_upload import CheckedUpload

Photos = dict[int, tuple[bytes, str]]
"""The photo of each stop that has one, by the stop's index: its stored bytes and its digest."""


@dataclass(frozen=True, slots=True)
class UploadedPhoto:
    """A stored photo that the site itself attaches to a walk on behalf of the visitor who uploaded it."""

    data: bytes
    digest: str
    cut_out: bool
    may_be_shown: bool


def find(name: str, *owners: str) -> Upload | None:
    """Return a visitor's photo by its ID or digest, or ``None``.

    A photo that is only held by one of the visitor's own walks is stored for another day.
    """
    if photo := upload_store.find(kinds.OF_STOPS, name, *owners):
        return photo
    own = (Walk.owner_hash.in_(owners), Walk.deleted_at.is_(None), Stop.photo == name)
    stop = db.session.execute(select(Walk.id, Stop.position).join(Stop).where(*own).limit(1)).first()
    if stop is None:
        return None
    walk = db.session.scalars(select(Walk).where(Walk.id == stop.id)).one()
    checked = photo_check.check(photo_stops.read_photo(walk, stop.position))
    photo, _is_new = upload_store.save(kinds.PHOTO, checked, owner_hash=owners[0], network=walk.network)
    return photo


def find_for_stops(
    request: WalkRequest, owners: Collection[str], *, excluding: Collection[int] = ()
) -> dict[int, Upload]:
    """Return the photo of each stop that names one, by the stop's index, except for the stops in ``excluding``.

    :raises InvalidInput: naming each stop whose photo has expired, belongs to another visitor, is no picture
        yet, or cannot be shown.
    """
    photos, errors = {}, []
    for index, stop in enumerate(request.stops):
        if stop.picture is None or index in excluding:
            continue
        path = ("stops", index, "picture")
        photo = find(stop.picture, *owners)
        if photo is None:
            flaw = _("is not here: it was kept for a day, for the visitor who uploaded it. Upload it again.")
            errors.append(FieldError(path, f"{error_messages.subject(path)} {flaw}"))
        elif photo.error is not None:
            errors.append(FieldError(path, translate_foreign(photo.error)))
        elif not photo.is_picture:
            flaw = _("is still being read. Try again in a moment.")
            errors.append(FieldError(path, f"{error_messages.subject(path)} {flaw}"))
        else:
            photos[index] = photo
    if errors:
        raise InvalidInput(errors[:ERRORS_MAX])
    return photos


def last_still(parent: Walk | None) -> CheckedUpload | None:
    """Return the rendered picture of a walk's last stop if that stop has a photo, else ``None``.

    A walk that continues such a walk starts from this picture, because the photo itself is for its owner only.

    :raises MediaError: when the picture cannot be read.
    """
    if parent is None or parent.stops[-1].photo is None:
        return None
    query = select(Frame.path).where(Frame.walk_number == parent.number, Frame.position == len(parent.stops) - 1)
    path = db.session.scalar(query.limit(1))
    return None if path is None else photo_check.check(media_store.store().read_bytes(path))


def read_files(photos: Mapping[int, Upload]) -> Photos:
    """Return the files of some photos, by the stops' indexes.

    :raises MediaError: when a file cannot be read.
    """
    return {index: (upload_store.read_file(photo), photo.digest) for index, photo in photos.items()}


def apply_consent(walk: Walk, *, agreed: bool) -> None:
    """Make a walk with photos or a sound unlisted, unless its owner agreed that they are published.

    ``agreed`` is for photos; for a sound it is on the walk's row.
    """
    walk.photos_may_be_shown = has_photos(walk) and agreed and not is_from_private_photo(walk)
    if not may_be_listed(walk):
        walk.unlisted = True


def has_photos(walk: Walk) -> bool:
    """Return whether a stop of a walk is made from a photo."""
    return any(stop.photo for stop in walk.stops)


def may_be_listed(walk: Walk) -> bool:
    """Return whether a walk may be listed in the gallery: its owner may publish its photos and its sound, if any."""
    return _may_photos_be_shown(walk) and (walk.publish_sound or walk.sound_digest is None)


def _may_photos_be_shown(walk: Walk) -> bool:
    return walk.photos_may_be_shown or not has_photos(walk)


def is_from_private_photo(walk: Walk) -> bool:
    """Return whether a walk continues from a photo that its owner did not agree to show, so it must stay unlisted."""
    if walk.continues is None or walk.stops[0].photo is None:
        return False
    parent = db.session.scalar(select(Walk).where(Walk.id == walk.continues))
    return parent is None or parent.deleted_at is not None or not _may_photos_be_shown(parent)
