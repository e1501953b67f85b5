"""Where a walk's files are: addresses that name their content, and may be kept for good."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from flask import current_app

from app.storage.media_store import walk_folder
from app.storage.walk_models import FINISHED, Frame, Medium, Walk
from app.uploads import photo_stops

FILMS = {
    "gif": ("gif", "image/gif"),
    "mp4": ("mp4", "video/mp4"),
    "webp": ("webp", "image/webp"),
    "png": ("poster", "image/png"),
}


KINDS = {kind: (extension, mimetype) for extension, (kind, mimetype) in FILMS.items()}
DIGEST_LENGTH = 12


def film_address(walk: Walk, kind: str) -> str:
    """Name where a film or poster is: for good once it is finished, until then with a hint when it has changed."""
    medium, (extension, _) = walk.media.get(kind), KINDS[kind]
    if medium is None:
        return f"/walks/{walk.id}.{extension}"
    if walk.state != FINISHED:  # the next film takes this one's place, and its address would answer 404
        return f"/walks/{walk.id}.{extension}?v={short_digest(medium)}"
    return f"/media/{walk.id}/{kind}.{short_digest(medium)}.{extension}"


def public_address(walk: Walk, kind: str) -> str:
    """Name where pages have a film or poster from: of listed walks at the public base address, where one is set.

    Feeds, cards and programs name the site's own, which tells them when a walk was taken down.
    Never under another walk's folder: a repeat's files lie in that of the walk it repeats, which may be unlisted.
    """
    base, medium = current_app.config["MEDIA_PUBLIC_URL"], walk.media.get(kind)
    if not base or medium is None or not walk.is_public or not medium.path.startswith(f"{walk_folder(walk.id)}/"):
        return film_address(walk, kind)
    return f"{base}/{medium.path}"


def still_name(walk: Walk, frame: Frame) -> str:
    """Name a picture within the address of a walk's stills; another picture never has the same name."""
    told = f"{frame.path} {frame.bytes} {walk.model_revision}"
    return f"{PurePosixPath(frame.path).stem}.{hashlib.sha256(told.encode()).hexdigest()[:DIGEST_LENGTH]}"


def still_address(walk: Walk, frame: Frame) -> str:
    """Name where a picture of a walk is: the same while the film grows around it, and ever after."""
    return f"/media/{walk.id}/still.{still_name(walk, frame)}.png"


def stages_address(walk: Walk, medium: Medium) -> str:
    """Name where the film or the sheet of a frame's stages is."""
    return f"/media/{walk.id}/{medium.kind}.{short_digest(medium)}.webp"


def photo_address(walk: Walk, index: int) -> str:
    """Name where the photo of a stop is, which its walk's owner alone is given; ``""`` where there is none."""
    medium = walk.media.get(photo_stops.kind_of(index))
    return "" if medium is None else f"/media/{walk.id}/{medium.kind}.{short_digest(medium)}.webp"


def short_digest(medium: Medium) -> str:
    """Return what of a file's digest stands in its address."""
    return medium.etag[:DIGEST_LENGTH]
