"""A style: its name, the model's style, and the phrases by which it is matched."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.i18n.foreign_messages import translate_foreign
from app.offer.generation.model_styles import ModelStyle
from app.storage.walk_models import slug_of


@dataclass(frozen=True, slots=True)
class Style:
    """A named way of rendering. ``phrases`` say what it suits; ``suits`` says it in a few words for a wall label."""

    model_style: ModelStyle
    suits: str
    subject: str  # what its sample shows
    phrases: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return its name in addresses and requests: ``pop-art``."""
        return slug_of(self.model_style.words)

    @property
    def suits_text(self) -> str:
        """Return what it suits, in the page's language."""
        return translate_foreign(self.suits)


def find(text: str, choices: Iterable[Style]) -> Style | None:
    """Return the style with this name, words, title or further name, in any case; ``None`` if there is none."""
    wanted = slug_of(text)
    listed = list(choices)
    by_name = (style for style in listed if wanted in (style.name, slug_of(style.model_style.title)))
    by_another = (style for style in listed if wanted in map(slug_of, style.model_style.also))
    return next(by_name, None) or next(by_another, None)
