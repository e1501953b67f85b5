"""Make a walk's stop of a photo: the walk holds a copy, which goes with it and not before."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping

from app.errors import MediaError
from app.storage import media_store
from app.storage.media_store import film_path
from app.storage.walk_models import Medium, Walk

OWNERS = re.compile("(photo|whole|cut|encoded)-([0-9]{1,2})", re.ASCII)
"""Media kinds that are for nobody but the walk's owner: a stop's photo, and what the painter made of it."""

log = logging.getLogger(__name__)


def kind_of(index: int) -> str:
    """Name the medium of a stop's photo."""
    return f"photo-{index}"


def attach(walk: Walk, photos: Mapping[int, tuple[bytes, str]]) -> list[str]:
    """Give stops of a walk their photos, each as it is kept and its digest; return the paths of the files written.

    They are written before the walk is saved. If it is not, :func:`take_back` deletes them; those of a process that
    is killed in between no row names, and they are pruned.

    :raises MediaError: when the store cannot take them.
    """
    put = []
    for index, (data, digest) in photos.items():
        path, etag = film_path(walk.id, kind_of(index), "webp", data)
        media_store.store().write(path, data)
        put.append(path)
        walk.stops[index].photo = digest
        walk.media[kind_of(index)] = Medium(kind=kind_of(index), path=path, bytes=len(data), etag=etag)
    return put


def delete_files(paths: Iterable[str]) -> None:
    """Delete the photos of a walk that was not saved with them; what cannot be deleted now is pruned."""
    for path in paths:
        try:
            media_store.store().delete(path)
        except MediaError as error:
            log.warning("%s could not be deleted: %s", path, error)


def read_photo(walk: Walk, index: int) -> bytes:
    """Read the photo that a stop of a walk was made of.

    :raises MediaError: when it is lost.
    """
    medium = walk.media.get(kind_of(index))
    if medium is None:
        raise MediaError(f"The photo of stop {index + 1} of walk {walk.id} is not here.")
    return media_store.store().read_bytes(medium.path)
