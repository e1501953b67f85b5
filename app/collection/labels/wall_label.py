"""The wall label of a film or a picture as in museums: title and year, medium, edition, and a sentence."""

from dataclasses import asdict, dataclass
from typing import Any

from app.collection.labels import captions
from app.collection.labels.captions import Subject
from app.collection.labels.descriptions import Description
from app.collection.labels.pictures import Picture

UNTITLED_MAX = 3
"""The most stops in a title; of more, only the first and the last are named."""


@dataclass(frozen=True, slots=True)
class WallLabel:
    """A wall label: each part is one line, and only the sentence has a full stop.

    ``year`` is ``None`` for a picture, because it is unknown.
    """

    title: str
    year: int | None
    medium: str
    edition: str
    sentence: str

    def lines(self) -> list[str]:
        """Return its lines: title and year share the first."""
        head = self.title if self.year is None else f"{self.title}, {self.year}"
        return [head, self.medium, self.edition, self.sentence]

    def as_dict(self) -> dict[str, Any]:
        """Return it as a dictionary for programs."""
        return asdict(self)


def compose(about: Subject, language: str = "en") -> WallLabel:
    """Return the label of a film or a picture."""
    grammar = captions.grammar_of(about, language)
    return _of_picture(about, grammar) if isinstance(about, Picture) else _of_film(about, grammar, language)


def _of_film(about: Description, grammar: Any, language: str) -> WallLabel:
    """Return a film's label: the title is the owner's or made from the stops, the medium names the styles."""
    medium = grammar.medium_in.format(styles=captions.joined(about.styles, grammar)) if about.styles else grammar.medium
    return WallLabel(
        title=about.title or _title(about, grammar),
        year=about.year,
        medium=medium,
        edition=grammar.edition.format(number=about.number),
        sentence=captions.sentence(about, language),
    )


def _of_picture(about: Picture, grammar: Any) -> WallLabel:
    """Return a picture's label: the title is the owner's description, or a guess in brackets, as in museums."""
    whose = next(each for each in grammar.label if each in about.holds)
    description = f"{about.shows[:1].upper()}{about.shows[1:]}"
    titles = {"told": description, "guessed": grammar.guessed.format(shows=about.shows), "unnamed": grammar.untitled}
    return WallLabel(
        title=titles[whose],
        year=None,
        medium=grammar.medium.format(width=about.width, height=about.height),
        edition=grammar.edition,
        sentence=grammar.label[whose],
    )


def _title(about: Description, grammar: Any) -> str:
    """Return the stops as a title: ``A lemon into the sun``."""
    stops = [stop or grammar.photo for stop in about.stops]
    shown = stops if len(stops) <= UNTITLED_MAX else [stops[0], stops[-1]]
    title = grammar.into.join(shown)
    return f"{title[:1].upper()}{title[1:]}"
