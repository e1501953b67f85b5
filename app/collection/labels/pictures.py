"""The facts of a single picture as words: what it shows, by its owner or by a guess, and its size."""

from dataclasses import dataclass

from app.collection.labels.descriptions import name
from app.collection.moderation import banned_words
from app.storage.upload_models import Upload


@dataclass(frozen=True, slots=True)
class Picture:
    """The facts of a picture: what it shows (``""`` if unknown), its size in pixels, and its ID.

    ``is_guess`` is true if a model described it, false if its owner did.
    """

    shows: str
    is_guess: bool
    width: int
    height: int
    id: str

    @property
    def holds(self) -> frozenset[str]:
        """Return the conditions of lines that hold for it: ``unnamed``, or ``named`` and the source of the words."""
        if not self.shows:
            return frozenset({"unnamed"})
        return frozenset({"named", "guessed" if self.is_guess else "told"})

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that captions may use."""
        return (self.shows,) if self.shows else ()


def of_photo(photo: Upload, description: str = "") -> Picture:
    """Return the facts of a photo, with its owner's words or else the worker's guess if that has no banned words."""
    guess = photo.description or ""
    if banned_words.flaws([(("description",), "", guess)]):
        guess = ""
    return Picture(name(description or guess), not description, *photo.size, photo.id)
