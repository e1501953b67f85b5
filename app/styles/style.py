"""A style: its name, the hand that paints it, and the words that it is found by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.generation.hands import Hand
from app.i18n.foreign_messages import translate_foreign
from app.storage.walk_models import slug_of


@dataclass(frozen=True, slots=True)
class Style:
    """A named way of painting. ``phrases`` say what it suits, ``suits`` the same in a few words for a wall label."""

    hand: Hand
    suits: str
    subject: str  # what its sample shows
    phrases: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name it in addresses and requests: ``pop-art``."""
        return slug_of(self.hand.words)

    @property
    def suits_text(self) -> str:
        """Say in the page's language what it suits."""
        return translate_foreign(self.suits)


def find(text: str, among: Iterable[Style]) -> Style | None:
    """Find a style by its name, its words or its title, in any case, or else by a further name of its hand."""
    wanted = slug_of(text)
    listed = list(among)
    by_name = (style for style in listed if wanted in (style.name, slug_of(style.hand.title)))
    by_another = (style for style in listed if wanted in map(slug_of, style.hand.also))
    return next(by_name, None) or next(by_another, None)
