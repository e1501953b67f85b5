"""A sample picture for each style: rendered once by the built-in model, or one of an added style's pictures."""

from functools import cache
from pathlib import Path

from app.collection.styles import added
from app.collection.styles.shipped import FOLDER
from app.collection.styles.style import Style


def path(style: Style) -> Path | None:
    """Return the path of a style's sample; ``None`` if there is none."""
    return find(style.name)


def find(name: str) -> Path | None:
    """Return the path of the sample of this name; ``None`` if there is none."""
    return _shipped().get(name) or added.sample(name)


@cache
def _shipped() -> dict[str, Path]:
    return {file.stem: file for file in sorted((FOLDER / "samples").glob("*.webp"))}
