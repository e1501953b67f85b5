"""The added styles that prompts name, by their names or titles."""

from collections.abc import Iterable, Mapping

from app.collection.styles import added
from app.collection.styles.added import AddedStyle
from app.core.text import style_mentions


def names() -> Mapping[tuple[str, ...], str]:
    """Return the names by which prompts name the added styles, each with the style's words."""
    styles = [(style.words, (style.words, style.title)) for style in added.every()]
    return style_mentions.name_table(styles) if styles else {}


def find_all(prompts: Iterable[str]) -> list[AddedStyle | None]:
    """Return the first added style that each prompt names; ``None`` for one that names none."""
    if not (known := names()):
        return [None for _prompt in prompts]
    found = [style_mentions.find(prompt, known) for prompt in prompts]
    return [added.find(mentions[0].words) if mentions else None for mentions in found]
