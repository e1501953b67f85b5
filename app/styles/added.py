"""The styles that were added here: a folder each in the instance's ``styles/``, with what is known of it.

``style.json`` says what it is, ``sample.webp`` shows one of its pictures. ``model/`` is the model that learned it, once
one has, or ``adapters/`` holds what models on offer learned of it, each under its fingerprint. A worker reads the same
folder, so a style is added on the machine that paints.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

from flask import current_app

from app.generation import adapters, models_on_offer
from app.generation.hands import Hand
from app.styles.style import Style

ABOUT, SAMPLE, MODEL = "style.json", "sample.webp", "model"
NAME_MAX = 60
NAME = re.compile(rf"(?=.{{1,{NAME_MAX}}}$)[a-z0-9]+(-[a-z0-9]+)*")
LISTED = ("shows", "vector", "phrases")


@dataclass(frozen=True, slots=True)
class AddedStyle:
    """A style of somebody's pictures, or an artist by a catalogue's words: ``phrases`` are titles and subjects.

    ``stand_in`` is the hand that paints until a model has learned it.
    """

    name: str
    title: str
    licence: str
    attribution: str = ""
    source: str = ""
    pictures: int = 0
    stand_in: str = ""
    shows: tuple[str, ...] = ()
    vector: tuple[float, ...] = ()
    works: int = 0  # in the catalogue that the phrases are of, where it is an artist
    phrases: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Say where its files lie."""
        return folder(self.name)

    @property
    def words(self) -> str:
        """Say the words behind a prompt by which its model knows it."""
        return self.name.replace("-", " ")

    @property
    def model(self) -> str | None:
        """Name the model on offer that learned it; None until one has."""
        if (self.folder / MODEL / "model_index.json").exists():
            return f"style-{self.name}"
        return adapters.model_of(self.name)

    @property
    def hand(self) -> str:
        """Say the words of the hand that paints it: its own, or the one that stands in."""
        return self.words if self.model else self.stand_in

    @property
    def style(self) -> Style:
        """Return it as it is compared with prompts: by what its pictures show, as far as the eye knows."""
        return Style(Hand(self.hand, self.title), "", "", (*self.shows, *self.phrases))


def folder(name: str) -> Path:
    """Say where the files of a style of this name lie."""
    return Path(current_app.instance_path, models_on_offer.STYLES, name)


def every() -> list[AddedStyle]:
    """List the styles that were added, by name; what cannot be read as one is none."""
    found = sorted(Path(current_app.instance_path, models_on_offer.STYLES).glob(f"*/{ABOUT}"))
    return [style for path in found if (style := _read(path)) is not None]


def find(name: str) -> AddedStyle | None:
    """Return the style of this name; None where there is none."""
    return _read(folder(name) / ABOUT) if NAME.fullmatch(name) else None


def sample(name: str) -> Path | None:
    """Return the file of the picture that stands for a style; None where there is none."""
    return path if NAME.fullmatch(name) and (path := folder(name) / SAMPLE).exists() else None


def to_json(style: AddedStyle) -> bytes:
    """Write what is known of a style as its file has it."""
    return (json.dumps(asdict(style), indent=1, ensure_ascii=False) + "\n").encode()


def _read(path: Path) -> AddedStyle | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return _read_once(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=1024)
def _read_once(path: Path, _changed: int, _bytes: int) -> AddedStyle | None:
    """Read a file as long as it is the same: a page asks several times, and there may be a hundred."""
    try:
        told = json.loads(path.read_bytes())
        known = {field.name: told[field.name] for field in fields(AddedStyle) if field.name in told}
        return AddedStyle(**known | {name: tuple(known.get(name, ())) for name in LISTED})
    except (OSError, ValueError, TypeError):
        return None
