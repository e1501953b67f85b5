"""The films of a slideshow, in parts: an endless sequence from an exhibition, a search or the whole gallery.

An exhibition keeps its order. Search results and the gallery have a random order in which no film is repeated before
all others were shown; then a new order is drawn. A part costs as much as a page of the gallery.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.collection.gallery import catalogue, cursors, exhibitions
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.search.terms import QUERY_MAX, too_long
from app.core.errors import FieldError, InvalidInput
from app.core.i18n.gettext import N_, _
from app.storage.walk_models import Walk

SECONDS_MIN, SECONDS_MAX = SECONDS_LIMITS = 5, 3600
SECONDS = 20
PART = 12
EMPTY_MAX = 3
"""The number of successive empty parts, whose films were just deleted, after which a request gives up."""

HALL = "hall"
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
QUIET = re.compile(rf"({TIME})-({TIME})")


class UnusableSlideshow(InvalidInput):
    """The address of a slideshow has an invalid field."""

    title = N_("Not a slideshow we can show")


@dataclass(frozen=True, slots=True)
class SlideshowRequest:
    """The source of a slideshow, the least seconds per film, and the hours with a dark screen (``HH:MM-HH:MM``)."""

    exhibition: str = ""
    q: str = ""
    seconds: int = SECONDS
    quiet: str = ""

    def address(self, **more: Any) -> dict[str, Any]:
        """Return the non-empty query parameters of this request's address, with ``more`` parameters added."""
        parameters = {"exhibition": self.exhibition, "q": self.q, "quiet": self.quiet, **more}
        if self.seconds != SECONDS:
            parameters["seconds"] = self.seconds
        return {name: value for name, value in parameters.items() if value}


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive films and the cursor of the next part; ``None`` when the sequence starts again."""

    walks: list[Walk]
    after: str | None


def parse(arguments: Mapping[str, str]) -> SlideshowRequest:
    """Return the request in an address's query parameters; empty parameters have their defaults.

    :raises UnusableSlideshow: naming each invalid field and its limits.
    """
    fields = {name: arguments.get(name, "").strip() for name in ("exhibition", "q", "seconds", "quiet")}
    errors = []
    if fields["exhibition"] and fields["q"]:
        errors.append(FieldError(("q",), _("Choose one: exhibition or q, not both.")))
    if len(fields["q"]) > QUERY_MAX:
        errors.append(FieldError(("q",), too_long(len(fields["q"]))))
    if fields["seconds"] and not _is_within(fields["seconds"]):
        limits = {"least": SECONDS_MIN, "most": SECONDS_MAX}
        message = _("seconds must be a whole number from %(least)s to %(most)s.", **limits)
        errors.append(FieldError(("seconds",), message))
    if fields["quiet"] and not _are_hours(fields["quiet"]):
        message = _("quiet must be two different times of day from 00:00 to 23:59, as in 22:00-08:00.")
        errors.append(FieldError(("quiet",), message))
    if errors:
        raise UnusableSlideshow(errors)
    return SlideshowRequest(fields["exhibition"], fields["q"], int(fields["seconds"] or SECONDS), fields["quiet"])


def load_part(wanted: SlideshowRequest, *, cursor: str | None = None, limit: int = PART) -> Part:
    """Return the films from a cursor on, or the first ones without a cursor.

    :raises InvalidInput: for an invalid search or a forged cursor.
    """
    for _again in range(EMPTY_MAX):
        found = _hall_part(wanted, cursor, limit) if wanted.exhibition else _random_part(wanted, cursor, limit)
        if found.walks or found.after is None:
            break
        cursor = found.after
    return Part([walk for walk in found.walks if "poster" in walk.media], found.after)


def _is_within(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and SECONDS_MIN <= int(text) <= SECONDS_MAX


def _are_hours(text: str) -> bool:
    found = QUIET.fullmatch(text)
    return found is not None and found[1] != found[2]


def _hall_part(wanted: SlideshowRequest, cursor: str | None, limit: int) -> Part:
    (start,) = cursors.decode(cursor, HALL, int) if cursor else (0,)
    walks, begin = exhibitions.walks_of(exhibitions.at(wanted.exhibition)), max(0, int(start))
    end = begin + limit
    return Part(walks[begin:end], cursors.encode(HALL, end) if end < len(walks) else None)


def _random_part(wanted: SlideshowRequest, cursor: str | None, limit: int) -> Part:
    page = catalogue.page(CatalogueQuery(q=wanted.q, sort=_order(wanted)), cursor=cursor, limit=limit)
    return Part(page.walks, page.older)


def _order(wanted: SlideshowRequest) -> Literal["surprise", "best"]:
    """Return the sort order: random among full-text matches; without any, the best matches of semantic search."""
    if not wanted.q:
        return "surprise"
    found = catalogue.page(CatalogueQuery(q=wanted.q, sort="surprise"), limit=1).hit_count
    return "surprise" if found else "best"
