"""The wall label of a film or a picture as museums write them: title and year, medium, edition, and a sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.labels import captions
from app.labels.captions import Subject
from app.labels.descriptions import Description
from app.labels.pictures import Picture

UNTITLED_MAX = 3
"""How many stops a title names; of more, the first and the last."""


@dataclass(frozen=True, slots=True)
class WallLabel:
    """What stands on the wall: each part a line of its own, without a full stop but the sentence.

    ``year`` is ``None`` of a picture: when it was made, nobody knows.
    """

    title: str
    year: int | None
    medium: str
    edition: str
    sentence: str

    def lines(self) -> list[str]:
        """Write it as it hangs: title and year on one line, as labels have it."""
        head = self.title if self.year is None else f"{self.title}, {self.year}"
        return [head, self.medium, self.edition, self.sentence]

    def as_dict(self) -> dict[str, Any]:
        """Write it for programs."""
        return asdict(self)


def compose(about: Subject, language: str = "en") -> WallLabel:
    """Write the label of a film or a picture."""
    grammar = captions.grammar_of(about, language)
    return _of_picture(about, grammar) if isinstance(about, Picture) else _of_film(about, grammar, language)


def _of_film(about: Description, grammar: Any, language: str) -> WallLabel:
    """Write a film's: the title that its owner gave, else its stops; the hands as its medium."""
    medium = grammar.medium_in.format(hands=captions.joined(about.hands, grammar)) if about.hands else grammar.medium
    return WallLabel(
        title=about.title or _title(about, grammar),
        year=about.year,
        medium=medium,
        edition=grammar.edition.format(number=about.number),
        sentence=captions.sentence(about, language),
    )


def _of_picture(about: Picture, grammar: Any) -> WallLabel:
    """Write a picture's: what its owner says that it shows is its title; a guess stands in brackets, as museums do."""
    whose = next(each for each in grammar.label if each in about.holds)
    told = f"{about.shows[:1].upper()}{about.shows[1:]}"
    titles = {"told": told, "guessed": grammar.guessed.format(shows=about.shows), "unnamed": grammar.untitled}
    return WallLabel(
        title=titles[whose],
        year=None,
        medium=grammar.medium.format(width=about.width, height=about.height),
        edition=grammar.edition,
        sentence=grammar.label[whose],
    )


def _title(about: Description, grammar: Any) -> str:
    """Name the stops as a title does: ``A lemon into the sun``."""
    stops = [stop or grammar.photo for stop in about.stops]
    shown = stops if len(stops) <= UNTITLED_MAX else [stops[0], stops[-1]]
    title = grammar.into.join(shown)
    return f"{title[:1].upper()}{title[1:]}"
