"""What a visitor wants to see of the gallery: words, filters and an order, all of which stand in the address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from app import field_errors
from app.gallery import cursors
from app.generation import hands, models_on_offer
from app.generation.limits import SEED_MAX, STOPS_MIN, Limits
from app.i18n.gettext import _
from app.search import terms
from app.search.terms import QUERY_MAX, too_long
from app.search.text_index import IndexQuery, facet
from app.storage.walk_models import ENDINGS
from app.walks.colours import COLOURS

NEWEST, OLDEST, BEST, WALKED, SMOOTHEST, SURPRISE = SORTS = (
    "newest", "oldest", "best", "walked", "smoothest", "surprise",
)  # fmt: skip
FIRST_YEAR = 1970  # as the pattern says
DAY = re.compile(r"^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
Kind = TypeVar("Kind", bound=BaseModel)
LISTS = ("hand", "stops", "model", "ending", "colour")
VALUES_MAX = 100
Item = TypeVar("Item")
Several = Annotated[list[Item], Field(max_length=VALUES_MAX)]


def whole(text: object) -> object:
    """Read digits only: ``int`` would take ``+5``, `` 5``, ``1_0`` and ``٣`` as well."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 11 else text


def _one_of(known: Callable[[], list[str]]) -> Any:
    """Take only what is known, and say in the JSON schema what that is."""

    def check(value: str) -> str:
        if value not in known():
            raise ValueError(value)
        return value

    return (
        AfterValidator(check),
        Field(json_schema_extra=lambda schema: schema.update({"enum": [*known()], "examples": [*known()[:1]]})),
    )


def known_hands() -> list[str]:
    """List the words of the hands that the models on offer have."""
    return list(dict.fromkeys(hand.words for model in models_on_offer.offered() for hand in hands.known(model.setting)))


def known_models() -> list[str]:
    """List the names of the models on offer."""
    return [model.name for model in models_on_offer.offered()]


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
    """What is to be seen of the gallery. Of several values of one filter, any will do."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True, frozen=True)

    q: Annotated[str, Field(max_length=QUERY_MAX, examples=["lemon"])] = ""
    """Words that the walks hold, in any form of theirs; `"a phrase"`, `begin*`, `-without`; or a seed."""
    hand: Several[Annotated[str, *_one_of(known_hands)]] = []
    """By which hand: one of those that the models have, several times for several."""
    stops: Several[
        Annotated[
            int,
            BeforeValidator(whole),
            AfterValidator(_stops),
            Field(json_schema_extra=lambda s: s.update(minimum=STOPS_MIN, maximum=Limits.current().stops_max)),
        ]
    ] = []
    """How many stops."""
    model: Several[Annotated[str, *_one_of(known_models)]] = []
    """Painted by which model."""
    ending: Several[Literal["stop", "back", "round"]] = []
    """How the film ends."""
    colour: Several[Annotated[str, *_one_of(lambda: list(COLOURS))]] = []
    """The main colour of its middle frame."""
    since: Day | None = None
    """Finished on this day (UTC) or later."""
    until: Day | None = None
    """Finished on this day (UTC) or earlier: with the newest first, this is where the list begins."""
    sort: Annotated[
        Literal["newest", "oldest", "best", "walked", "smoothest", "surprise"] | None, Field(examples=["newest"])
    ] = None
    """The order. Without it `best` for a search, else `newest`. `walked`: those first that most walks go on from."""
    draw: Annotated[int, Field(ge=0, le=SEED_MAX, examples=[7]), BeforeValidator(whole)] | None = None
    """With `surprise`: the same number, the same order."""

    @property
    def order(self) -> str:
        """Return the order: what was said, or what a visitor expects."""
        return self.sort or (BEST if self.q.strip() else NEWEST)

    @property
    def is_narrowed(self) -> bool:
        """Tell whether something narrows what is seen, besides the words."""
        return any(getattr(self, name) for name in (*LISTS, "since", "until"))

    def sought(self) -> IndexQuery:
        """Return what is looked for in the index; ``None`` for its terms where nothing was typed."""
        kinds = {"hand": "h", "stops": "s", "model": "m", "ending": "e", "colour": "c"}
        chosen = ((kind, getattr(self, name)) for name, kind in kinds.items())
        facets = tuple(
            tuple(facet(kind, value) for value in dict.fromkeys(values)) for kind, values in chosen if values
        )
        asked = terms.parse(self.q) if self.q.strip() else None
        return IndexQuery(asked, facets, self.since, self.until)

    def address(self, **changed: Any) -> dict[str, Any]:
        """Return what stands in an address for this, with some of it changed; what is not chosen is left out."""
        told = {name: getattr(self, name) for name in CatalogueQuery.model_fields} | changed
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in told.items()
            if value not in (None, "", [])
        }


def from_page(arguments: MultiDict[str, str]) -> CatalogueQuery:
    """Read an address that a browser made: empty fields say nothing, and neither does what we do not know.

    :raises InvalidInput: naming each field that is unusable.
    """
    names = [name for name in CatalogueQuery.model_fields if any(arguments.getlist(name))]
    return parse(
        CatalogueQuery,
        MultiDict([(name, value.strip()) for name in names for value in arguments.getlist(name) if value]),
    )


def parse(kind: type[Kind], arguments: MultiDict[str, str]) -> Kind:
    """Read an address as ``kind`` says.

    :raises InvalidInput: naming each field that is unknown or unusable.
    """
    told = {
        name: arguments.getlist(name)[: VALUES_MAX + 1] if name in LISTS else arguments[name] for name in arguments
    }  # one more than there may be is refused as well as a hundred thousand, each of which would be looked at
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        known = list(kind.model_fields)
        raise field_errors.refusal(error, lambda path, _: _rule(str(path[0]), arguments, known), depth=1) from error


def _rule(name: str, arguments: MultiDict[str, str], known: list[str]) -> str:
    if name in LISTS and (count := len(arguments.getlist(name))) > VALUES_MAX:
        told = {"field": name, "most": VALUES_MAX, "count": count}
        return _("%(field)s has at most %(most)s values; this address has %(count)s.", **told)
    rules: dict[str, Callable[[], str]] = {
        "q": lambda: too_long(len(arguments["q"])),
        "hand": lambda: (
            _one(name, known_hands()) if known_hands() else _("hand must be one of none: the model has no hands.")
        ),
        "stops": lambda: _whole(name, STOPS_MIN, Limits.current().stops_max),
        "model": lambda: _one(name, known_models()),
        "ending": lambda: _one(name, ENDINGS),
        "colour": lambda: _one(name, COLOURS),
        "since": lambda: _a_day(name),
        "until": lambda: _a_day(name),
        "sort": lambda: _one(name, SORTS),
        "draw": lambda: _whole(name, 0, SEED_MAX),
        "cursor": lambda: str(cursors.foreign()),
        "frame": lambda: "frame must be the index of a frame, a whole number from 0 to 999.",
        "limit": lambda: _whole(name, 1, 100),
    }
    return rules[name]() if name in rules else f"{name:.60} is no parameter; use {', '.join(known)}."


def _one(name: str, known: Iterable[str]) -> str:
    return _("%(field)s must be one of %(known)s.", field=name, known=", ".join(known))


def _whole(name: str, least: int, most: int) -> str:
    return _("%(field)s must be a whole number from %(least)s to %(most)s.", field=name, least=least, most=most)


def _a_day(name: str) -> str:
    return _("%(field)s must be a day as in 2026-11-20, from %(year)s on.", field=name, year=FIRST_YEAR)
