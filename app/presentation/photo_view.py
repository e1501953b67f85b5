"""What the form shows of a photo: where it is, what it is taken for, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass

from app.i18n.foreign_messages import translate_foreign
from app.storage.database import now
from app.storage.photo_models import Photo

AGAIN_MS, SELDOM_MS = 500, 15_000  # between two looks; later the longer it takes
SHARE = 4  # of the time that has passed lies between two looks
PATIENCE_SECONDS = 600.0  # after which nobody looks again by themselves
SHOWN = 160  # CSS pixels of its longer side


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo on the form: its address and size there, what a worker takes it for, what is wrong with it, and
    whether its main thing can be shown cut out.

    ``again`` is in how many milliseconds to look for the guess; ``None`` once somebody looked, or never will.
    """

    id: str
    width: int
    height: int
    guess: str = ""
    flaw: str = ""
    is_looked_at: bool = False
    has_cut: bool = False
    again: int | None = None


def view(photo: Photo) -> PhotoView:
    """Say what the form shows of a photo."""
    scale = SHOWN / max(photo.width, photo.height)
    waited = (now() - photo.created_at).total_seconds()
    waits = photo.described_at is None and waited < PATIENCE_SECONDS
    return PhotoView(
        photo.id,
        max(1, round(photo.width * scale)),
        max(1, round(photo.height * scale)),
        guess=photo.description or "",
        flaw="" if photo.error is None else translate_foreign(photo.error),
        is_looked_at=photo.described_at is not None,
        has_cut=photo.cut_path is not None and photo.error is None,
        again=max(AGAIN_MS, min(SELDOM_MS, round(1000 * waited / SHARE))) if waits else None,
    )
