"""What the form shows of a photo: its size, a worker's guess of what it shows, and when to poll for the guess."""

from dataclasses import dataclass

from app.core.i18n.foreign_messages import translate_foreign
from app.storage.database import now
from app.storage.upload_models import WAITING, Upload

AGAIN_MS, SELDOM_MS = 500, 15_000  # the shortest and longest polling interval; it grows with the waiting time
SHARE = 4  # the polling interval is the waiting time divided by this
PATIENCE_SECONDS = 600.0  # after which the page stops polling
SHOWN = 160  # length of the longer side in CSS pixels


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo on the form: its id, its size in CSS pixels, a worker's guess of what it shows, and its flaw.

    The size is 0 while it is no picture yet. ``has_cut``: its main subject can be shown cut out. ``again``:
    milliseconds until the page polls for the guess; ``None`` once a worker has processed the photo, or when the page
    has given up.
    """

    id: str
    width: int
    height: int
    guess: str = ""
    flaw: str = ""
    is_looked_at: bool = False
    has_cut: bool = False
    again: int | None = None


def view(photo: Upload) -> PhotoView:
    """Return the form's view of a photo."""
    width, height = _shown_size(*photo.size) if photo.is_picture else (0, 0)
    waited = (now() - photo.created_at).total_seconds()
    waits = photo.state == WAITING and waited < PATIENCE_SECONDS
    return PhotoView(
        photo.id,
        width,
        height,
        guess=photo.description or "",
        flaw="" if photo.error is None else translate_foreign(photo.error),
        is_looked_at=photo.state != WAITING,
        has_cut=photo.preview_path is not None and photo.error is None,
        again=max(AGAIN_MS, min(SELDOM_MS, round(1000 * waited / SHARE))) if waits else None,
    )


def _shown_size(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a picture of this size is shown."""
    scale = SHOWN / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))
