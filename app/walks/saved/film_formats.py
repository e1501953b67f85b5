"""The formats of films: one table of how the files of a walk are named, recognised, described and read again.

Addresses, the API, pages, commands, archives and the restoring of recipes follow from a row. How a film of it is
written is in ``worker/film/writers.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import Literal

from app.walks.saved import film_recipes
from app.walks.uploads import ebml_elements, png_chunks

Data = bytes | mmap
Role = Literal["picture", "video", "still"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmFormat:
    """A format in which each walk has its film, or its still picture."""

    kind: str
    """The kind of its files in the database, in addresses of the content, in archives and in the API's ``media``."""
    extension: str
    mimetype: str
    name: str
    """Its name on pages and in messages."""
    role: Role
    """An animated picture, a video, or a still picture. Of each role the first in the table is shown and linked
    everywhere; the others are further sources of pages and further downloads, in their order, the best first."""
    has_signature: Callable[[Data], bool]
    """Whether the first bytes of a file, 16 or more, are those of this format."""
    find_recipe: Callable[[Data], bytes]
    """Return the recipe in a file of this format, ``b""`` if there is none; in bounded time, without decoding it."""
    about: str
    """What the API's reference says of it."""
    has_example: bool = False
    """Whether the example in the API's reference has an address of it."""
    needs_sound: bool = False
    """Whether only walks with a sound have it."""
    decoder: str = ""
    """Pillow's name of the format, by which damaged files are found; empty if Pillow does not read it."""


FORMATS = (
    FilmFormat(
        kind="gif",
        extension="gif",
        mimetype="image/gif",
        name="GIF",
        role="picture",
        has_signature=lambda data: data[:6] in (b"GIF87a", b"GIF89a"),
        find_recipe=film_recipes.in_gif,
        about="The film as GIF.",
        has_example=True,
        decoder="GIF",
    ),
    FilmFormat(
        kind="mp4",
        extension="mp4",
        mimetype="video/mp4",
        name="MP4",
        role="video",
        has_signature=lambda data: data[4:8] == b"ftyp",
        find_recipe=film_recipes.in_mp4,
        about="The film as MP4.",
        has_example=True,
    ),
    FilmFormat(
        kind="webm",
        extension="webm",
        mimetype="video/webm",
        name="WebM",
        role="video",
        has_signature=lambda data: data[:4] == ebml_elements.SIGNATURE,
        find_recipe=film_recipes.in_webm,
        about="The film as WebM; only of a walk with a sound.",
        needs_sound=True,
    ),
    FilmFormat(
        kind="webp",
        extension="webp",
        mimetype="image/webp",
        name="WebP",
        role="picture",
        has_signature=lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
        find_recipe=film_recipes.in_webp,
        about="The film as WebP.",
        decoder="WEBP",
    ),
    FilmFormat(
        kind="poster",
        extension="png",
        mimetype="image/png",
        name="PNG",
        role="still",
        has_signature=lambda data: data[:8] == png_chunks.SIGNATURE,
        find_recipe=film_recipes.in_png,
        about="A still picture of it as PNG: a frame at one of its stops; of walks of 1.0.0, the middle frame.",
        has_example=True,
        decoder="PNG",
    ),
)
FILMS = tuple(each for each in FORMATS if each.role != "still")
BY_KIND = {each.kind: each for each in FORMATS}
BY_EXTENSION = {each.extension: each for each in FORMATS}
BY_ROLE = sorted(FORMATS, key=lambda each: ("picture", "video", "still").index(each.role))
NAMES = [each.name for each in BY_ROLE]
"""The names in the order in which sentences list them: animated pictures, videos, still pictures."""
LISTED = f"{', '.join(NAMES[:-1])} or {NAMES[-1]}"
"""The names as English texts list them; sentences of pages join ``NAMES``."""
ACCEPTED = ",".join(
    [*(f".{each.extension}" for each in BY_ROLE), ".json", *(each.mimetype for each in BY_ROLE), "application/json"]
)
"""The files that the form lets visitors choose to load settings from."""


def others(role: Role) -> list[FilmFormat]:
    """Return the formats of a role but its first one, which pages always show."""
    return [each for each in FORMATS if each.role == role][1:]


def recognise(data: Data) -> FilmFormat | None:
    """Return the format of a film or picture by its first bytes; ``None`` if it is of another one."""
    return next((each for each in FORMATS if each.has_signature(data)), None)


def find_recipe(data: Data) -> bytes:
    """Return the bytes where our films and pictures hold their recipe, ``b""`` if there are none.

    Of a file of another kind, return the first bytes, at least one more than a recipe may have.
    """
    film = recognise(data)
    return data[: film_recipes.RECIPE_MAX + 1] if film is None else film.find_recipe(data)
