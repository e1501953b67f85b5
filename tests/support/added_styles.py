"""Styles as ``flask styles add`` leaves them, without any training."""

from typing import Any

from app.collection.styles import added
from app.collection.styles.added import AddedStyle
from app.core.files import atomic_write
from tests.support import led

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "woodcut", "title": "Woodcut"}]


def add(name: str, title: str, *, is_learned: bool = True, **fields: Any) -> AddedStyle:
    """Add a style that a model of its own has learned, or one with ``stand_in`` alone; return it."""
    style = AddedStyle(name, title, "CC0-1.0", pictures=6, stand_in="woodcut", **fields)
    atomic_write(style.folder / added.ABOUT, added.to_json(style))
    if is_learned:
        hands = [*HANDS, {"words": style.words, "title": title}]
        folder = led.lay_out(style.folder / added.MODEL, name=f"style-{name}", title=title, hands=hands, unnamed=[])
        (folder / "model_index.json").write_text("{}")
    return style
