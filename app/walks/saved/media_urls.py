"""The URLs of a walk's files. A URL with a digest of the content can be cached forever."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from flask import current_app

from app.core.addresses import on_site
from app.storage.media_store import walk_folder
from app.storage.walk_models import FINISHED, Frame, Medium, Walk, name_of
from app.walks.saved import cards
from app.walks.saved.film_formats import FORMATS
from app.walks.uploads import photo_stops

DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
"""Names under which Windows stores no file, whatever the extension."""
KINDS = {each.kind: (each.extension, each.mimetype) for each in FORMATS} | {
    "small": ("gif", "image/gif"),
    cards.KIND: (cards.EXTENSION, "image/avif"),
}
"""The extension and type of each kind of film; ``small`` is the GIF for chats, which only large films have, and
``card`` the small poster, which walks of releases before 1.2 have once ``flask media mend`` has run."""
DIGEST_LENGTH = 12


def file_stem(walk: Walk) -> str:
    """Return the name of a walk's downloads without the extension: its slug, or else its name in URLs."""
    return walk.slug if walk.slug and not DEVICES.fullmatch(walk.slug) else name_of(walk.id, walk.slug)


def film_address(walk: Walk, kind: str) -> str:
    """Return the path of a film or poster: immutable for a finished walk, else with a version that changes with it.

    :param kind: one of ``KINDS``.
    """
    medium, (extension, _) = walk.media.get(kind), KINDS[kind]
    if medium is None:
        return on_site(f"/walks/{walk.id}.{extension}")
    if walk.state != FINISHED:  # the next film replaces this one, and its immutable URL would answer 404
        return on_site(f"/walks/{walk.id}.{extension}?v={short_digest(medium)}")
    return on_site(f"/media/{walk.id}/{kind}.{short_digest(medium)}.{extension}")


def public_address(walk: Walk, kind: str) -> str:
    """Return the URL of a film or poster for pages: below ``MEDIA_PUBLIC_URL`` for listed walks, if that is set.

    Feeds, link cards and API clients get the site's own URL, which answers 410 for a deleted walk. A cached result
    also has the site's URL, because its files are in the folder of another walk, which may be unlisted.
    """
    base, medium = current_app.config["MEDIA_PUBLIC_URL"], walk.media.get(kind)
    if not base or medium is None or not walk.is_public or not medium.path.startswith(f"{walk_folder(walk.id)}/"):
        return film_address(walk, kind)
    return f"{base}/{medium.path}"


def card_address(walk: Walk) -> str:
    """Return the URL of a walk's card for lists of films; "" if it has none, and its poster is shown."""
    return public_address(walk, cards.KIND) if cards.KIND in walk.media else ""


def still_name(walk: Walk, frame: Frame) -> str:
    """Return the file name of a frame in the URLs of a walk's stills; no other picture has the same name."""
    content = f"{frame.path} {frame.bytes} {walk.model_revision}"
    return f"{PurePosixPath(frame.path).stem}.{hashlib.sha256(content.encode()).hexdigest()[:DIGEST_LENGTH]}"


def still_address(walk: Walk, frame: Frame) -> str:
    """Return the immutable path of a frame, which stays the same while more frames are generated."""
    return on_site(f"/media/{walk.id}/still.{still_name(walk, frame)}.png")


def frame_file_address(walk: Walk, medium: Medium) -> str:
    """Return the immutable path of a file that was generated of one frame: its stages or the large frame."""
    return on_site(f"/media/{walk.id}/{medium.kind}.{short_digest(medium)}.{frame_file_extension(medium)}")


def frame_file_extension(medium: Medium) -> str:
    """Return the extension of a frame's file: ``png`` of a large frame, ``webp`` of its stages."""
    return PurePosixPath(medium.path).suffix[1:]


def photo_address(walk: Walk, index: int) -> str:
    """Return the path of a stop's photo, which only the owner may fetch; ``""`` if the stop has none."""
    medium = walk.media.get(photo_stops.kind_of(index))
    return "" if medium is None else on_site(f"/media/{walk.id}/{medium.kind}.{short_digest(medium)}.webp")


def short_digest(medium: Medium) -> str:
    """Return the part of a file's digest that is in its URL."""
    return medium.etag[:DIGEST_LENGTH]
