"""The task that describes an uploaded photo: its caption and a cut-out of its main subject, shown to its owner."""

from __future__ import annotations

import hashlib
import io
import logging
from typing import Any

from PIL import Image

from app.core.errors import MediaLost
from app.offer.generation import offers
from app.storage import media_store
from app.storage.database import db
from app.storage.upload_models import FAILED, READY, WAITING, Upload
from app.walks.uploads import upload_store
from worker import metrics
from worker.photos import describing, pictures, tracing
from worker.photos.pictures import Pixels
from worker.process.worker import this_worker
from worker.queue import outages
from worker.queue.leases import Claim
from worker.tasks import upload_results

PREVIEW = 256
"""The largest side of the cut-out preview, in pixels."""

UNREADABLE = "The picture can no longer be read."

log = logging.getLogger(__name__)


def describe(claim: Claim) -> None:
    """Describe the photo of a task and store the result; a photo that cannot be processed gets no caption.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    photo = db.session.get(Upload, claim.task)
    if photo is None or photo.state != WAITING:  # deleted meanwhile
        upload_results.record(claim, {})
        return
    try:
        columns = _describe(photo)
    except outages.OUTAGES:
        raise
    except Exception:  # a photo that fails must neither fail its owner's walk nor block the queue
        log.exception("photo %s gets no caption", photo.id)
        metrics.FAILURES.labels("other").inc()
        columns = {"state": READY}
    upload_results.record(claim, columns, made=[columns.get("preview_path")])
    log.info("photo %s was described", claim.task)


def _describe(photo: Upload) -> dict[str, Any]:
    """Return the columns to store on a photo: those of its picture, or an error."""
    try:
        picture = pictures.read_picture(upload_store.read_file(photo))
    except (MediaLost, pictures.PictureError) as error:
        log.warning("photo %s cannot be read: %s", photo.id, error)
        return {"state": FAILED, "error": UNREADABLE}
    return look_at(photo.id, picture)


def look_at(upload_id: str, picture: Pixels) -> dict[str, Any]:
    """Return the columns to store on the upload of a picture: its caption, and the path of its cut-out."""
    worker, cut = this_worker(), tracing.cut(picture, PREVIEW)
    caption = describing.describe(
        picture, cut=cut, eye=worker.features.load_encoder(), blip=worker.captioner, styles=_style_words()
    )
    return {
        "state": READY,
        "analysis": {"description": caption.words} if caption.words else None,
        "preview_path": None if cut is None else _keep(upload_id, cut),
    }


def _keep(photo_id: str, cut: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(cut).save(file, "WEBP", lossless=True)
    data = file.getvalue()
    path = f"photos/{photo_id}.cut.{hashlib.sha256(data).hexdigest()[:12]}.webp"
    media_store.store().write(path, data)
    return path


def _style_words() -> list[str]:
    return [str(style["words"]) for style in offers.first().facts.hands]
