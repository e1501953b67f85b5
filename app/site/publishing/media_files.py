"""Routes for pictures and films at immutable addresses, and for the ZIP archive of a walk's frames.

The file at ``/walks/<id>.gif`` improves while the walk is generated, so a browser must revalidate it each time. The
address ``/media/<id>/gif.<hash>.gif`` contains a hash of the content, so a browser may cache it for a year.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, visitors
from app.core.i18n.gettext import _
from app.core.local_time import local
from app.requests.walk_requests import recipe
from app.site.publishing import schema_org
from app.site.publishing.caching import EACH_TIME, FOR_GOOD, again_if_replaced, set_cache_control
from app.site.web.responses import PRIVATE, send_stored
from app.storage import media_store
from app.storage.database import db
from app.storage.task_kinds import FRAME_FILES
from app.storage.walk_models import FINISHED, Frame, Walk
from app.walks.saved import lookup, media_urls
from app.walks.saved.film_formats import BY_KIND
from app.walks.saved.media_urls import KINDS, file_stem, short_digest, still_name
from app.walks.uploads import photo_stops

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

blueprint = Blueprint("stored", __name__)

RECIPE = "recipe.json"
ZIP_YEARS = 1980, 2107  # the years that an entry of an archive can name; APPNOTE, section 4.4.6
LOCAL_HEADER, DATA_DESCRIPTOR, CENTRAL_HEADER, END_RECORD = 30, 16, 46, 22  # bytes; ZIP's APPNOTE, section 4.3


for function in (
    media_urls.frame_file_address, media_urls.film_address, media_urls.public_address, media_urls.card_address,
    media_urls.photo_address, media_urls.still_address, still_name, photo_stops.has_public_photos,
):  # fmt: skip
    blueprint.add_app_template_global(function)
blueprint.add_app_template_global(schema_org.describe_artwork, "artwork_of")


@blueprint.app_template_global()
def archive_size(walk: Walk) -> int:
    """Return the size in bytes of the archive of a walk's frames and recipe."""
    return _packed_size(walk, _recipe_json(walk))


def _packed_size(walk: Walk, written: bytes) -> int:
    sizes = [(_name(frame), frame.bytes) for frame in walk.painted] + [(RECIPE, len(written))]
    head = LOCAL_HEADER + DATA_DESCRIPTOR + CENTRAL_HEADER
    return END_RECORD + sum(head + 2 * len(name) + size for name, size in sizes)


@blueprint.get(f"/media/<walk_id>/<any({', '.join(KINDS)}):kind>.<digest>.<extension>")
def medium(walk_id: str, kind: str, digest: str, extension: str) -> Response:
    """Send a film or the poster, if it still has the hash in the address."""
    expected, mimetype = KINDS[kind]

    def send() -> Response:
        walk = lookup.walk_at_address(walk_id)
        medium = walk.media.get(kind)
        if medium is None or (short_digest(medium), expected) != (digest, extension):
            raise NotFound(_("No film of this walk has this address. The walk's own page has them."))
        name = f"{file_stem(walk)}{'' if kind in BY_KIND else f'-{kind}'}.{extension}"
        sent = send_stored(medium.path, mimetype, size=medium.bytes, etag=medium.etag, name=name)
        return set_cache_control(sent, walk, FOR_GOOD)

    return again_if_replaced(send)


@blueprint.get(f"/media/<walk_id>/<any({', '.join(FRAME_FILES)}):form><int:index>.<digest>.<extension>")
def frame_file(walk_id: str, form: str, index: int, digest: str, extension: str) -> Response:
    """Send a file that was made of one frame: its stages, as a film or side by side, or the frame at a large size."""

    def send() -> Response:
        walk = lookup.walk_at_address(walk_id)
        medium = walk.media.get(f"{form}{index}")
        if medium is None or (short_digest(medium), media_urls.frame_file_extension(medium)) != (digest, extension):
            raise NotFound(_("No picture of this walk has this address. The walk's own page leads to them."))
        name = f"{file_stem(walk)}-{form}-{index}.{extension}"
        sent = send_stored(medium.path, f"image/{extension}", size=medium.bytes, etag=medium.etag, name=name)
        return set_cache_control(sent, walk, FOR_GOOD)

    return again_if_replaced(send)


@blueprint.get("/media/<walk_id>/photo-<int:index>.<digest>.webp")
def photo(walk_id: str, index: int, digest: str) -> Response:
    """Send a stop's photo to the walk's owner, identified by cookie or bearer token; that of the site's walks to all.

    :raises NotFound: when there is no such photo, or the requester may not see it; the two look the same.
    :raises TokenRefused: when the API token is invalid.
    """
    walk = lookup.walk_at_address(walk_id)
    medium = walk.media.get(photo_stops.kind_of(index))
    api_tokens.current()  # refuses an expired or revoked token
    is_owners = visitors.is_own(walk) or visitors.owns(api_tokens.bearer(), walk)
    if not (is_owners or photo_stops.has_public_photos(walk)) or medium is None or short_digest(medium) != digest:
        raise NotFound(_("No photo of yours has this address. A photo is shown to its owner alone."))
    response = send_stored(
        medium.path, "image/webp", size=medium.bytes, etag=medium.etag, name=f"photo-{index + 1}.webp"
    )
    response.headers.update(PRIVATE | {"Vary": "Cookie, Authorization"})
    return response


@blueprint.get("/media/<walk_id>/still.<name>.<digest>.png")
def still(walk_id: str, name: str, digest: str) -> Response:
    """Send a frame, if it still has the hash in the address; the walk may still be generating."""

    def send() -> Response:
        walk = lookup.walk_at_address(walk_id)
        named = Frame.path.endswith(f"/{name}.png", autoescape=True)
        frames = db.session.scalars(select(Frame).where(Frame.walk_number == walk.number, named))
        frame = next((frame for frame in frames if still_name(walk, frame) == f"{name}.{digest}"), None)
        if frame is None:
            raise NotFound(_("No picture of this walk has this address. The walk's own page has them."))
        etag, filename = f"{walk.id}-{name}-{digest}", f"{walk.id}-{name}.png"
        return set_cache_control(
            send_stored(frame.path, "image/png", size=frame.bytes, etag=etag, name=filename), walk, FOR_GOOD
        )

    return again_if_replaced(send)


@blueprint.get("/walks/<walk_id>.zip")
def archive(walk_id: str) -> Response:
    """Send all frames of a finished walk as a ZIP archive of lossless PNGs, with the recipe, streamed."""
    walk = lookup.walk_at_address(walk_id)
    if walk.state != FINISHED:
        raise NotFound(_("The frames of this walk are packed once all of them are painted."))
    response = set_cache_control(Response(mimetype="application/zip"), walk, EACH_TIME)
    response.headers["Content-Disposition"] = f"attachment; filename={file_stem(walk)}.zip"
    written = _recipe_json(walk)
    response.content_length = _packed_size(walk, written)
    response.set_etag(f"{walk.id}-{walk.attempt}-{zlib.crc32(written):x}-zip")
    response = cast(Response, response.make_conditional(request))
    if response.status_code == 200 and request.method != "HEAD":
        parts = _packed(walk, written)
        first = next(parts)  # read before the response starts, so that an unavailable store gives an error response
        response.response = chain([first], parts)
    return response


def _packed(walk: Walk, written: bytes) -> Iterator[bytes]:
    """Yield the archive of the frames and the recipe as ``written``, one file at a time; none is on disk.

    After the first piece, the request has ended: what needs it comes before.
    """
    store, paths = media_store.store(), {_name(frame): frame.path for frame in walk.painted}
    finished = _zip_time(walk.finished_at or walk.created_at)
    out = Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # PNG is already compressed
        for name, path in [*paths.items(), (RECIPE, "")]:
            entry = zipfile.ZipInfo(name, finished)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, store.read_bytes(path) if path else written)
            yield out.take()
    yield out.take()


def _zip_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """Return the local time of an instant, as a ZIP archive has it: the nearest one in the years that it can name."""
    shown = local(moment)
    if shown.year < ZIP_YEARS[0]:
        return (ZIP_YEARS[0], 1, 1, 0, 0, 0)
    if shown.year > ZIP_YEARS[1]:
        return (ZIP_YEARS[1], 12, 31, 23, 59, 58)
    return (shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second)


class Outlet(io.RawIOBase):
    """A write-only file in memory, whose content is taken out piece by piece."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: Buffer, /) -> int:
        """Append ``data``; return its length in bytes."""
        self.parts.append(bytes(data))
        return len(self.parts[-1])

    def take(self) -> bytes:
        """Return what was written since the last call, and remove it."""
        data = b"".join(self.parts)
        self.parts.clear()
        return data


def _recipe_json(walk: Walk) -> bytes:
    return f"{json.dumps(recipe.recipe_of(walk), indent=2)}\n".encode()


def _name(frame: Frame) -> str:
    return f"{frame.index:04}.png"
