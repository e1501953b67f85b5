"""Uploads of the command line: pictures for stops, and the sound of a film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.access.auth import visitors
from app.cli import candidates
from app.core.errors import InvalidInput
from app.requests.walk_requests import brought_uploads
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.database import db
from app.storage.upload_models import WAITING, Upload
from app.walks.uploads import kinds
from app.walks.uploads.kinds import UploadKind


def put_photos(request: dict[str, Any], photos: tuple[str, ...], *, cut_out: bool, owner: str) -> None:
    """Upload pictures and insert them into the request's stops: at their number, or at the end without one."""
    if cut_out and not photos:
        raise InvalidInput.on("cut-out", message="There is no picture to cut anything out of: give one with --photo.")
    for each in photos:
        number, file = _place_and_file(each, len(request["stops"]))
        if not 1 <= number <= len(request["stops"]) + 1:
            message = f"{each:.80}: the stop must be a number from 1 to {len(request['stops']) + 1}."
            raise InvalidInput.on("photo", message=message)
        photo = upload(kinds.OF_STOPS, file, owner)
        like = request["stops"][0] if request["stops"] else {}
        shared = {name: like[name] for name in ("negative_prompt", "hand", "layout", "clip_skip") if name in like}
        request["stops"].insert(number - 1, {**shared, "picture": photo.id, "cut_out": cut_out})


def upload_for_recipe(wanted: WalkRequest, photos: tuple[str, ...], owner: str) -> None:
    """Upload the pictures that a recipe refers to by their digests."""
    named = {stop.picture for stop in wanted.stops}
    for each in photos:
        if upload(kinds.OF_STOPS, Path(each), owner).digest not in named:
            raise InvalidInput.on("photo", message=f"The recipe names another picture than {each}, or none.")


def _place_and_file(text: str, count: int) -> tuple[int, Path]:
    number, sign, file = text.partition("=")
    if sign and number.isascii() and number.isdigit() and len(number) < 4:
        return int(number), Path(file)
    return count + 1, Path(text)


def upload(among: Sequence[UploadKind], file: Path, owner: str) -> Upload:
    """Upload a file of one of some kinds; the first one's noun is the option's name. A worker processes it later.

    :raises InvalidInput: when it cannot be read, or is refused.
    """
    try:
        with file.open("rb") as opened:
            kind, data = kinds.read_of_kind(among, opened)
        return brought_uploads.upload(kind, data, owner_hash=visitors.digest(owner), **brought_uploads.NO_LIMITS)
    except OSError as error:
        raise InvalidInput.on(among[0].noun, message=f"{file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise InvalidInput.on(among[0].noun, message=f"The {kind.called} {file} {error}") from error


def unread(owner: str, *files: object) -> list[Upload]:
    """Return the uploads of an owner that walks can use only once a worker has read them; none without files."""
    if not any(files):
        return []
    waiting = select(Upload).where(Upload.owner_hash == visitors.digest(owner), Upload.state == WAITING)
    return [each for each in db.session.scalars(waiting) if not each.is_picture]


def put_times(stops: list[dict[str, Any]], times: tuple[str, ...]) -> None:
    """Set the times of stops from the values of --at, in their order."""
    if len(times) > len(stops):
        raise InvalidInput.on("at", message=f"Give --at at most once for each of the {len(stops)} stops.")
    for stop, text in zip(stops, times, strict=False):
        try:
            stop["at"] = None if text == candidates.NONE else float(text)
        except ValueError as error:
            raise InvalidInput.on("at", message=f"{text:.80}: the time must be a number of seconds, or -.") from error
