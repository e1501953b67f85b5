"""A photo that was brought: what it may show, and its main thing cut out, for its owner to see before they ask."""

from __future__ import annotations

import hashlib
import io
import logging

from PIL import Image

from app.errors import MediaError, MediaStoreAway
from app.generation import models_on_offer
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.photo_models import Photo
from app.uploads import photo_store
from worker import figures
from worker.photos import describing, pictures, tracing
from worker.photos.pictures import Pixels
from worker.process.worker import this_worker
from worker.queue import outages, photo_tasks
from worker.queue.leases import Claim, write_as_holder

PREVIEW = 256
"""How large the preview of what was cut out is at most, in pixels."""

UNREADABLE = "The picture can no longer be read."

log = logging.getLogger(__name__)


def describe(claim: Claim) -> None:
    """Look at the photo of a task, and write down what was found; one that cannot be looked at stays without words.

    :raises LeaseLost: when it is no longer ours.
    """
    photo = db.session.get(Photo, claim.task)
    if photo is None or photo.described_at is not None:  # its owner took it back, or a worker of 1.0.0 was quicker
        _record(claim, {})
        return
    try:
        found = _found(photo)
    except outages.OUTAGES:
        raise
    except Exception:  # whatever is wrong with it, that is no fault of its owner, and others wait for their walks
        log.exception("photo %s stays without words", photo.id)
        figures.count_failure("other")
        found = {}
    _record(claim, found)
    log.info("photo %s was looked at", claim.task)


def _found(photo: Photo) -> dict[str, str | None]:
    """Return what is to be written on a photo: words for it and a preview of its main thing, or what is wrong."""
    try:
        picture = pictures.read_picture(media_store.store().read_bytes(photo.path))
    except MediaStoreAway:
        raise
    except (MediaError, pictures.PictureError) as error:
        log.warning("photo %s cannot be read: %s", photo.id, error)
        return {"error": UNREADABLE}
    worker, cut = this_worker(), tracing.cut(picture, PREVIEW)
    told = describing.describe(picture, cut=cut, eye=worker.features.open_eye(), blip=worker.captioner, hands=_hands())
    return {"description": told.words or None, "cut_path": None if cut is None else _keep(photo.id, cut)}


def _keep(photo_id: str, cut: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(cut).save(file, "WEBP", lossless=True)
    data = file.getvalue()
    path = f"photos/{photo_id}.cut.{hashlib.sha256(data).hexdigest()[:12]}.webp"
    media_store.store().write(path, data)
    return path


def _record(claim: Claim, found: dict[str, str | None]) -> None:
    is_written = False
    try:
        with writing() as session:
            write_as_holder(session, claim)
            is_written = photo_tasks.describe(session, str(claim.task), **found)
    finally:
        if not is_written and (path := found.get("cut_path")) and path not in photo_store.paths():
            media_store.store().delete(path)


def _hands() -> list[str]:
    offer = models_on_offer.find(None)
    facts = models_on_offer.facts(offer.setting if offer else None)
    return [str(hand["words"]) for hand in facts.get("hands", [])]
