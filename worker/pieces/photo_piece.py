"""A photo that was brought: what it may show, and its main thing cut out, for its owner to see before they ask."""

from __future__ import annotations

import hashlib
import io
import logging

from PIL import Image

from app.errors import MediaError, MediaStoreAway
from app.generation import models_on_offer
from app.storage import media_store
from worker.photos import describing, pictures, tracing
from worker.photos.pictures import Pixels
from worker.process.worker import this_worker
from worker.queue import photo_leases
from worker.queue.photo_leases import PhotoClaim

PREVIEW = 256
"""How large the preview of what was cut out is at most, in pixels."""

UNREADABLE = "The picture can no longer be read."

log = logging.getLogger(__name__)


def look(claim: PhotoClaim) -> None:
    """Look at a claimed photo, and write down what was found.

    :raises LeaseLost: when it is no longer ours, or its owner took it back.
    """
    try:
        picture = pictures.read(media_store.store().read(claim.path))
    except MediaStoreAway:
        raise
    except (MediaError, pictures.PictureError) as error:
        log.warning("%s cannot be read: %s", claim, error)
        photo_leases.finish(claim, error=UNREADABLE)
        return
    cut = tracing.cut(picture, PREVIEW)
    worker = this_worker()
    told = describing.describe(picture, cut=cut, eye=worker.features.open_eye(), blip=worker.captioner, hands=_hands())
    path = None if cut is None else _keep(claim, cut)
    try:
        photo_leases.finish(claim, description=told.words or None, cut_path=path)
    except BaseException:
        if path is not None:
            media_store.store().delete(path)
        raise
    log.info("%s was looked at", claim)


def _keep(claim: PhotoClaim, cut: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(cut).save(file, "WEBP", lossless=True)
    data = file.getvalue()
    path = f"photos/{claim.id}.cut.{hashlib.sha256(data).hexdigest()[:12]}.webp"
    media_store.store().write(path, data)
    return path


def _hands() -> list[str]:
    offer = models_on_offer.find(None)
    facts = models_on_offer.facts(offer.setting if offer else None)
    return [str(hand["words"]) for hand in facts.get("hands", [])]
