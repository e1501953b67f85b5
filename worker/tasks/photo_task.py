"""The task that describes an uploaded photo: its caption and a cut-out of its main subject, shown to its owner."""

from __future__ import annotations

import hashlib
import io
import logging

from PIL import Image

from app.core.errors import MediaError, MediaStoreAway
from app.offer.generation import offers
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.photo_models import Photo
from app.walks.uploads import photo_store
from worker import metrics
from worker.photos import describing, pictures, tracing
from worker.photos.pictures import Pixels
from worker.process.worker import this_worker
from worker.queue import outages, photo_tasks
from worker.queue.leases import Claim, write_as_holder

PREVIEW = 256
"""The largest side of the cut-out preview, in pixels."""

UNREADABLE = "The picture can no longer be read."

log = logging.getLogger(__name__)


def describe(claim: Claim) -> None:
    """Describe the photo of a task and store the result; a photo that cannot be processed gets no caption.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    photo = db.session.get(Photo, claim.task)
    if photo is None or photo.described_at is not None:  # deleted, or described by release 1.0.0
        _record(claim, {})
        return
    try:
        columns = _describe(photo)
    except outages.OUTAGES:
        raise
    except Exception:  # a photo that fails must neither fail its owner's walk nor block the queue
        log.exception("photo %s gets no caption", photo.id)
        metrics.count_failure("other")
        columns = {}
    _record(claim, columns)
    log.info("photo %s was described", claim.task)


def _describe(photo: Photo) -> dict[str, str | None]:
    """Return the columns to store on a photo: its caption and the path of its cut-out, or an error."""
    try:
        picture = pictures.read_picture(media_store.store().read_bytes(photo.path))
    except MediaStoreAway:
        raise
    except (MediaError, pictures.PictureError) as error:
        log.warning("photo %s cannot be read: %s", photo.id, error)
        return {"error": UNREADABLE}
    worker, cut = this_worker(), tracing.cut(picture, PREVIEW)
    caption = describing.describe(
        picture, cut=cut, eye=worker.features.load_encoder(), blip=worker.captioner, styles=_hands()
    )
    return {"description": caption.words or None, "cut_path": None if cut is None else _keep(photo.id, cut)}


def _keep(photo_id: str, cut: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(cut).save(file, "WEBP", lossless=True)
    data = file.getvalue()
    path = f"photos/{photo_id}.cut.{hashlib.sha256(data).hexdigest()[:12]}.webp"
    media_store.store().write(path, data)
    return path


def _record(claim: Claim, columns: dict[str, str | None]) -> None:
    is_written = False
    try:
        with writing() as session:
            write_as_holder(session, claim)
            is_written = photo_tasks.store_description(session, str(claim.task), **columns)
    finally:
        if not is_written and (path := columns.get("cut_path")) and path not in photo_store.paths():
            media_store.store().delete(path)


def _hands() -> list[str]:
    return [str(hand["words"]) for hand in offers.first().facts.hands]
