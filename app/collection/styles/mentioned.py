"""The added styles that prompts name, by their names or titles."""

from __future__ import annotations

from collections.abc import Mapping

from app.collection.styles import added
from app.collection.styles.added import AddedStyle
from app.core.text import style_mentions


def names() -> Mapping[tuple[str, ...], str]:
    """Return the names by which prompts name the added styles, each with the style's words."""
    return style_mentions.name_table((style.words, (style.words, style.title)) for style in added.every())


def find(prompt: str) -> AddedStyle | None:
    """Return the first added style that a prompt names; ``None`` if it names none."""
    found = style_mentions.find(prompt, names())
    return added.find(found[0].words) if found else None
