"""The styles that were added here: a folder for each in the instance's ``styles/``.

``style.json`` describes the style, ``sample.webp`` shows one of its pictures. ``model/`` is the model that learned it,
if one has; ``adapters/`` holds the adapters for models on offer, by their fingerprints. A worker reads the same folder,
so styles are added on the machine that renders.
"""

import json
import re
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

from flask import current_app

from app.collection.styles.style import Style
from app.core.text.folding import spaced
from app.offer.generation import adapters, model_folders, offers
from app.offer.generation.model_styles import ModelStyle
from app.storage.walk_models import slug_of

ABOUT, SAMPLE, MODEL = "style.json", "sample.webp", "model"
NAME_MAX = 60
NAME = re.compile(rf"(?=.{{1,{NAME_MAX}}}$)[a-z0-9]+(-[a-z0-9]+)*")
LISTED = ("shows", "vector", "phrases")


@dataclass(frozen=True, slots=True)
class AddedStyle:
    """A style made from pictures, or an artist from a catalogue, whose titles and subjects are the ``phrases``.

    ``stand_in`` is the model's style that is used until a model has learned this one; then, scenes of a
    sketch-conditioned model are composed as in that style.
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
    works: int = 0  # the number of an artist's works in the catalogue
    phrases: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Return the folder of its files."""
        return folder(self.name)

    @property
    def words(self) -> str:
        """Return the words that stand for it in prompts for its model."""
        return self.name.replace("-", " ")

    @property
    def model(self) -> str | None:
        """Return the name of the model on offer that learned it; ``None`` until one has."""
        return next(iter(self._as_whole or self.models), None)

    @property
    def models(self) -> list[str]:
        """Return the names of all models on offer that learned it."""
        if not adapters.was_learned(self.name):
            return self._as_whole
        return self._as_whole + offers.current().with_adapter(self.name)

    @property
    def _as_whole(self) -> list[str]:
        """Return the name of the model that was trained for it alone, if there is one."""
        return [f"style-{self.name}"] if (self.folder / MODEL / "model_index.json").exists() else []

    @property
    def rendering_style(self) -> str:
        """Return the words of the style that renders it: its own, or its stand-in's."""
        return self.words if self.model else self.stand_in

    @property
    def style(self) -> Style:
        """Return it as a style to compare with prompts, by its phrases and what its pictures show."""
        return Style(ModelStyle(self.rendering_style, self.title), "", "", (*self.shows, *self.phrases))


def folder(name: str) -> Path:
    """Return the folder of the style with this name."""
    return Path(current_app.instance_path, model_folders.STYLES, name)


def every() -> list[AddedStyle]:
    """Return the added styles by name, without unreadable ones."""
    paths = sorted(Path(current_app.instance_path, model_folders.STYLES).glob(f"*/{ABOUT}"))
    return [style for path in paths if (style := _read(path)) is not None]


def find(name: str) -> AddedStyle | None:
    """Return the style of this name or title, as people write it: ``van-gogh`` or ``Van Gogh``; ``None`` for none."""
    slug = slug_of(name)[:NAME_MAX].strip("-")
    if NAME.fullmatch(slug) and (style := _read(folder(slug) / ABOUT)) is not None:
        return style
    wanted = spaced(name)
    return next((style for style in every() if wanted and wanted == spaced(style.title)), None)


def sample(name: str) -> Path | None:
    """Return the path of a style's sample picture; ``None`` if there is none."""
    return path if NAME.fullmatch(name) and (path := folder(name) / SAMPLE).exists() else None


def to_json(style: AddedStyle) -> bytes:
    """Return the content of a style's ``style.json``."""
    return (json.dumps(asdict(style), indent=1, ensure_ascii=False) + "\n").encode()


def _read(path: Path) -> AddedStyle | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return _read_once(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _read_once(path: Path, _changed: int, _bytes: int) -> AddedStyle | None:
    """Return the style that a file describes, ``None`` if it is broken; the result is cached until the file changes."""
    try:
        content = json.loads(path.read_bytes())
        known = {field.name: content[field.name] for field in fields(AddedStyle) if field.name in content}
        return AddedStyle(**known | {name: tuple(known.get(name, ())) for name in LISTED})
    except (OSError, ValueError, TypeError):
        return None
