"""What a label may say of a single picture, as words: what it shows, by a guess or its owner's words, and its size."""

from __future__ import annotations

from dataclasses import dataclass

from app.labels.descriptions import name
from app.moderation import banned_words
from app.storage.photo_models import Photo


@dataclass(frozen=True, slots=True)
class Picture:
    """The facts of a picture: what it shows, ``""`` where nobody says, its size in pixels, and its id.

    ``is_guess`` tells whether a machine said what it shows; else whoever brought it did.
    """

    shows: str
    is_guess: bool
    width: int
    height: int
    id: str

    @property
    def holds(self) -> frozenset[str]:
        """Name what is true of it, of what lines may need: ``unnamed``, or ``named`` and whose words they are."""
        if not self.shows:
            return frozenset({"unnamed"})
        return frozenset({"named", "guessed" if self.is_guess else "told"})

    @property
    def names(self) -> tuple[str, ...]:
        """List the names by which captions may call it."""
        return (self.shows,) if self.shows else ()


def of_photo(photo: Photo, told: str = "") -> Picture:
    """Describe a photo, by its owner's words if there are any, else by the worker's guess if that may hang here."""
    guess = photo.description or ""
    if banned_words.flaws([(("description",), "", guess)]):
        guess = ""
    return Picture(name(told or guess), not told, photo.width, photo.height, photo.id)
