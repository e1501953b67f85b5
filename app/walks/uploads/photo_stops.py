"""Attach photos to a walk's stops: the walk holds its own copy, which is deleted with the walk."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Mapping

from app.core.errors import MediaError, MediaLost
from app.storage import media_store
from app.storage.media_store import etag_of, walk_folder
from app.storage.walk_models import Medium, Walk

OWNERS = re.compile("(photo|whole|cut|encoded)-([0-9]{1,2})", re.ASCII)
"""The media kinds that only the walk's owner may see: a stop's photo, and what the worker derived from it."""

log = logging.getLogger(__name__)


def kind_of(index: int) -> str:
    """Return the media kind of a stop's photo."""
    return f"photo-{index}"


def has_public_photos(walk: Walk) -> bool:
    """Return whether visitors may see a walk's photos: only those of the site's own walks, which have no owner."""
    return not walk.owner_hash and walk.photos_may_be_shown


def attach(walk: Walk, photos: Mapping[int, tuple[bytes, str]]) -> list[str]:
    """Attach photos to stops of a walk, and return the paths of the written files.

    ``photos`` are the stored bytes and the digest of each photo, by the stop's index. The files are written before the
    walk is saved. If saving fails, :func:`delete_files` deletes them; if the process is killed in between, no row names
    them, and pruning removes them.

    :raises MediaError: when the store cannot write them.
    """
    paths = []
    for index, (data, digest) in photos.items():
        # The public recipe has the photo's digest, so that no digest may be a part of its address.
        path = f"{walk_folder(walk.id)}/{kind_of(index)}.{secrets.token_hex(6)}.webp"
        media_store.store().write(path, data)
        paths.append(path)
        walk.stops[index].photo = digest
        walk.media[kind_of(index)] = Medium(kind=kind_of(index), path=path, bytes=len(data), etag=etag_of(data))
    return paths


def delete_files(paths: Iterable[str]) -> None:
    """Delete the photos of a walk that was not saved; pruning removes those that cannot be deleted now."""
    for path in paths:
        try:
            media_store.store().delete(path)
        except MediaError as error:
            log.warning("%s could not be deleted: %s", path, error)


def read_photo(walk: Walk, index: int) -> bytes:
    """Return the photo of a walk's stop.

    :raises MediaError: when it is missing.
    """
    medium = walk.media.get(kind_of(index))
    if medium is None:
        raise MediaLost(f"The photo of stop {index + 1} of walk {walk.id} is not here.")
    return media_store.store().read_bytes(medium.path)
