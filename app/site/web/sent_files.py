"""Files that are sent with a form: read no further than they may be, and stored for their owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import current_app
from werkzeug.datastructures import FileStorage

from app.access.auth import rate_limits
from app.access.auth.rate_limits import RateLimit
from app.requests.walk_requests import brought_photos, brought_sounds
from app.storage.photo_models import Photo
from app.storage.sound_models import Sound

Stored = TypeVar("Stored")


def store_photo(file: FileStorage, *, owner_hash: str, limit: RateLimit) -> Photo:
    """Store a picture that came with the current request, and count it.

    :raises ValueError: when it is refused, with the rest of a sentence that begins with the picture.
    :raises NoRoom: when the rate limit or the disk is full.
    """
    return _store(brought_photos.upload, file, "PHOTO_MAX", owner_hash, limit)


def store_sound(file: FileStorage, *, owner_hash: str, limit: RateLimit) -> Sound:
    """Store a sound that came with the current request, and count it.

    :raises ValueError: when it is refused, with the rest of a sentence that begins with the sound.
    :raises NoRoom: when the rate limit or the disk is full, or no worker reads sounds.
    """
    return _store(brought_sounds.upload, file, "SOUND_MAX", owner_hash, limit)


def _store(upload: Callable[..., Stored], file: FileStorage, setting: str, owner_hash: str, limit: RateLimit) -> Stored:
    """Upload a file, of which no more is read than one byte above the limit that a setting says."""
    return upload(
        file.read(current_app.config[setting] + 1),
        owner_hash=owner_hash,
        network=rate_limits.network_key(),
        check_room=limit.check,
        admit=limit.admit,
    )
