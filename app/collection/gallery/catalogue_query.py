"""A query of the gallery: search words, filters and an order, all of which are parameters of the URL."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from app.collection.gallery import cursors
from app.collection.search import terms
from app.collection.search.terms import QUERY_MAX, too_long
from app.collection.search.text_index import IndexQuery, facet
from app.core import field_errors
from app.core.errors import InvalidInput
from app.core.i18n import formatting
from app.core.i18n.gettext import _
from app.offer.generation import offers
from app.offer.generation.limits import SEED_MAX, STOPS_MIN, Limits
from app.storage.walk_models import ENDINGS
from app.walks.saved.colours import COLOURS

NEWEST, OLDEST, BEST, WALKED, SMOOTHEST, SURPRISE = SORTS = (
    "newest", "oldest", "best", "walked", "smoothest", "surprise",
)  # fmt: skip
FIRST_YEAR = 1970  # the same year as in DAY
DAY = re.compile(r"^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
Kind = TypeVar("Kind", bound=BaseModel)
LISTS = ("hand", "stops", "model", "ending", "colour")
VALUES_MAX = 100
Item = TypeVar("Item")
Several = Annotated[list[Item], Field(max_length=VALUES_MAX)]


def whole(text: object) -> object:
    """Convert text of up to ten ASCII digits to a number; return anything else unchanged, for pydantic to refuse.

    ``int`` would also accept ``+5``, `` 5``, ``1_0`` and ``٣``.
    """
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 11 else text


def _one_of(allowed_values: Callable[[], list[str]]) -> Any:
    """Return pydantic annotations that accept only ``allowed_values()``, and list these in the JSON schema."""

    def check(value: str) -> str:
        if value not in allowed_values():
            raise ValueError(value)
        return value

    return (
        AfterValidator(check),
        Field(
            json_schema_extra=lambda schema: schema.update(
                {"enum": [*allowed_values()], "examples": [*allowed_values()[:1]]}
            )
        ),
    )


def known_styles() -> list[str]:
    """Return the names of the styles that the offered models have."""
    return list(dict.fromkeys(style.words for offer in offers.current() for style in offer.styles))


def known_models() -> list[str]:
    """Return the names of the offered models."""
    return [offer.name for offer in offers.current()]


def _stops(count: int) -> int:
    if not STOPS_MIN <= count <= Limits.current().stops_max:
        raise ValueError(count)
    return count


def _day(text: object) -> object:
    if isinstance(text, str) and DAY.fullmatch(text):
        return date.fromisoformat(text)
    raise ValueError(text)


Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(examples=["2026-11-20"], json_schema_extra={"pattern": DAY.pattern}),
]


class CatalogueQuery(BaseModel):
    """A query of the gallery. Several values of one filter match a walk that has any of them."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True, frozen=True)

    q: Annotated[str, Field(max_length=QUERY_MAX, examples=["lemon"])] = ""
    """Words of the walk, in any inflected form; `"a phrase"`, `begin*`, `-without`; or a seed."""
    hand: Several[Annotated[str, *_one_of(known_styles)]] = []
    """The style: one that an offered model has. Repeat the parameter for several."""
    stops: Several[
        Annotated[
            int,
            BeforeValidator(whole),
            AfterValidator(_stops),
            Field(json_schema_extra=lambda s: s.update(minimum=STOPS_MIN, maximum=Limits.current().stops_max)),
        ]
    ] = []
    """The number of stops."""
    model: Several[Annotated[str, *_one_of(known_models)]] = []
    """The model that generated the walk."""
    ending: Several[Literal["stop", "back", "round"]] = []
    """How the film ends."""
    colour: Several[Annotated[str, *_one_of(lambda: list(COLOURS))]] = []
    """The main colour of the poster."""
    since: Day | None = None
    """Finished on this day, in the site's time zone, or later."""
    until: Day | None = None
    """Finished on this day, in the site's time zone, or earlier. With the newest first, the list begins on this day."""
    sort: Annotated[
        Literal["newest", "oldest", "best", "walked", "smoothest", "surprise"] | None, Field(examples=["newest"])
    ] = None
    """The order. Default: `best` for a search, else `newest`. `walked` sorts by the number of continuations."""
    draw: Annotated[int, Field(ge=0, le=SEED_MAX, examples=[7]), BeforeValidator(whole)] | None = None
    """The seed of the order `surprise`: the same number gives the same order."""

    @property
    def order(self) -> str:
        """Return the order: ``sort``, or by default ``best`` for a search and ``newest`` otherwise."""
        return self.sort or (BEST if self.q.strip() else NEWEST)

    def index_query(self) -> IndexQuery:
        """Return the query of the search index; its ``text_query`` is ``None`` if there are no search words.

        :raises InvalidInput: when the search is too long or too complex.
        """
        kinds = {"hand": "h", "stops": "s", "model": "m", "ending": "e", "colour": "c"}
        filters = ((kind, getattr(self, name)) for name, kind in kinds.items())
        facets = tuple(
            tuple(facet(kind, value) for value in dict.fromkeys(values)) for kind, values in filters if values
        )
        text_query = terms.parse(self.q) if self.q.strip() else None
        return IndexQuery(text_query, facets, self.since, self.until)

    def address(self, **changed: Any) -> dict[str, Any]:
        """Return the URL parameters of this query with some of them changed, without empty ones."""
        values = {name: getattr(self, name) for name in CatalogueQuery.model_fields} | changed
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in values.items()
            if value not in (None, "", [])
        }


def from_page(arguments: MultiDict[str, str]) -> CatalogueQuery:
    """Return the query in the URL of a page; empty and unknown parameters are ignored.

    :raises InvalidInput: naming each invalid parameter; also when the last day is before the first.
    """
    names = [name for name in CatalogueQuery.model_fields if any(arguments.getlist(name))]
    query = parse(
        CatalogueQuery,
        MultiDict([(name, value.strip()) for name in names for value in arguments.getlist(name) if value]),
    )
    if query.since and query.until and query.since > query.until:
        days = {"since": formatting.day(query.since), "until": formatting.day(query.until)}
        message = _("The first day, %(since)s, is after the last, %(until)s. Swap them.", **days)
        raise InvalidInput.on("until", message=message)
    return query


def parse(kind: type[Kind], arguments: MultiDict[str, str]) -> Kind:
    """Validate URL parameters as a model of type ``kind``, and return it.

    :raises InvalidInput: naming each unknown or invalid parameter.
    """
    values = {
        name: arguments.getlist(name)[: VALUES_MAX + 1] if name in LISTS else arguments[name] for name in arguments
    }  # cut to one value too many, which is refused: a hostile URL could hold a hundred thousand to validate
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        names = list(kind.model_fields)
        raise field_errors.refusal(error, lambda path, _: _rule(str(path[0]), arguments, names), depth=1) from error


def _rule(name: str, arguments: MultiDict[str, str], names: list[str]) -> str:
    if name in LISTS and (count := len(arguments.getlist(name))) > VALUES_MAX:
        values = {"field": name, "most": VALUES_MAX, "count": count}
        return _("%(field)s has at most %(most)s values; this address has %(count)s.", **values)
    rules: dict[str, Callable[[], str]] = {
        "q": lambda: too_long(len(arguments["q"])),
        "hand": lambda: (
            _one(name, known_styles()) if known_styles() else _("hand must be one of none: the model has no hands.")
        ),
        "stops": lambda: _whole(name, STOPS_MIN, Limits.current().stops_max),
        "model": lambda: _one(name, known_models()),
        "ending": lambda: _one(name, ENDINGS),
        "colour": lambda: _one(name, COLOURS),
        "since": lambda: _a_day(name),
        "until": lambda: _a_day(name),
        "sort": lambda: _one(name, SORTS),
        "draw": lambda: _whole(name, 0, SEED_MAX),
        "cursor": lambda: str(cursors.invalid_cursor()),
        "frame": lambda: "frame must be the index of a frame, a whole number from 0 to 999.",
        "limit": lambda: _whole(name, 1, 100),
    }
    return rules[name]() if name in rules else f"{name:.60} is no parameter; use {', '.join(names)}."


def _one(name: str, values: Iterable[str]) -> str:
    return _("%(field)s must be one of %(known)s.", field=name, known=", ".join(values))


def _whole(name: str, least: int, most: int) -> str:
    return _("%(field)s must be a whole number from %(least)s to %(most)s.", field=name, least=least, most=most)


def _a_day(name: str) -> str:
    return _("%(field)s must be a day as in 2026-11-20, from %(year)s on.", field=name, year=FIRST_YEAR)
