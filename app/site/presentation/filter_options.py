"""The gallery's filters and orders as its page shows them: rows of options, with the chosen ones marked."""

from dataclasses import dataclass
from typing import Any

from app.collection.gallery.catalogue_query import LISTS, SORTS, CatalogueQuery
from app.core.i18n import formatting
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.gettext import N_, _
from app.offer.generation import offers
from app.offer.generation.limits import STOPS_MIN, Limits
from app.site.presentation import wording
from app.walks.saved.colours import COLOURS

ORDERS = {
    "newest": N_("newest first"),
    "oldest": N_("oldest first"),
    "best": N_("best first"),
    "walked": N_("most walked on"),
    "smoothest": N_("smoothest"),
    "surprise": N_("surprise me"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its value in the address, its text on the page, and whether it is chosen."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row of options under a heading; ``name`` is the field's name in the address."""

    name: str
    heading: str
    options: list[Option]


def rows(choice: CatalogueQuery) -> list[Row]:
    """Return the filters; one with fewer than two options is left out."""
    known = {style.words: style.name for offer in offers.current() for style in offer.styles}
    counts = range(STOPS_MIN, Limits.current().stops_max + 1)
    filters: list[tuple[str, str, dict[Any, str]]] = [
        ("hand", _("Style"), known),
        ("stops", _("Stops"), {count: formatting.count_words(count) for count in counts}),
        ("ending", _("Ending"), {name: wording.ending_name(name) for name in wording.ENDING_NAMES}),
        ("colour", _("Colour"), {colour: _(colour) for colour in COLOURS}),
        ("model", _("Model"), {each.name: translate_foreign(each.title) for each in offers.current()}),
    ]
    return [
        Row(name, heading, [Option(str(value), text, value in getattr(choice, name)) for value, text in values.items()])
        for name, heading, values in filters
        if len(values) > 1
    ]


def orders(choice: CatalogueQuery) -> list[Option]:
    """Return the orders; "best first" only for a search."""
    return [Option(name, _(ORDERS[name]), name == choice.order) for name in SORTS if name != "best" or choice.q]


def chosen(choice: CatalogueQuery) -> list[str]:
    """Return the active filters in words."""
    filters = rows(choice) if any(getattr(choice, name) for name in LISTS) else []
    words = [_in_words(row, option) for row in filters for option in row.options if option.is_chosen]
    words += [_("since %(day)s", day=formatting.day(choice.since))] if choice.since else []
    return [*words, _("until %(day)s", day=formatting.day(choice.until))] if choice.until else words


def _in_words(row: Row, option: Option) -> str:
    """Return an option's text for use without its heading; a number of stops gets the noun."""
    return _("in %(count)s stops", count=option.words) if row.name == "stops" else option.words
