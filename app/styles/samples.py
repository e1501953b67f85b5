"""A picture in each style: as the house model painted it once, or one of those that were added."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from app.styles import added
from app.styles.shipped import FOLDER
from app.styles.style import Style


def path(style: Style) -> Path | None:
    """Return the file of a style's sample; None where there is none."""
    return find(style.name)


def find(name: str) -> Path | None:
    """Return the file of the sample of this name; None where there is none."""
    return _there().get(name) or added.sample(name)


@cache
def _there() -> dict[str, Path]:
    return {file.stem: file for file in sorted((FOLDER / "samples").glob("*.webp"))}
