"""Scenes as data, with their limits: which drawings stand where, their size and colour, and the setting."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter

from sketch.compositions import composition as compositions
from sketch.compositions import field_readers
from sketch.compositions.composition import Composition
from sketch.compositions.field_readers import COUNT_MOST, Count, OneOf, SceneError, Tone, within

__all__ = [
    "COLOURS", "COUNT_MOST", "KINDS", "MOST_THINGS", "NO_FLOOR", "PLACES", "SIZES", "TIMES", "TONES", "TURN",
    "UNREADABLE", "VERSION", "WALLS", "WEATHERS", "WORDS_MOST", "Scene", "SceneError", "Setting", "Thing",
    "read_scene", "schema",
]  # fmt: skip

VERSION = 1
MOST_THINGS = 24
"""The largest number of things in a scene: a grid of five by four, and a few more."""

UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

WORDS_MOST = 400
"""The largest number of characters in the text for the model."""

SIZES = (0.04, 2.0)
"""The range of a drawing's side, as a share of the picture's side."""

PLACES = (-0.5, 1.5)
"""The range of a drawing's centre, as a share of the picture's side; outside 0…1 the frame crops a close-up."""

TURN = 3.1416
"""Half a turn, rounded up because numbers in JSON are rounded."""

COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "turquoise",
)  # fmt: skip
KINDS = (
    "plain", "split", "pattern", "table", "room", "window", "hills", "forest", "desert", "sea", "underwater", "sky",
    "street", "space",
)  # fmt: skip
WALLS = ("plain", "split", "pattern")
NO_FLOOR = 0.95
"""Kinds of setting that show no place, and the ``horizon`` above which they are walls without a floor."""

TIMES = ("day", "dusk", "night")
WEATHERS = ("", "rain", "snow")
TONES = 5
"""The number of colours of a setting: sky, sky at the horizon, distance, ground, accent."""


def _readable(words: str) -> str:
    """Return the text; raise ValueError if it contains control characters."""
    if UNREADABLE.search(words):
        raise ValueError("it contains control characters.")
    return words


@dataclass(frozen=True, slots=True)
class Thing:
    """A drawing's position in a scene.

    ``drawing`` is its digest; ``x`` and ``y`` are its centre and ``size`` its side, as shares of the picture's side;
    ``turn`` is its clockwise rotation in radians; ``colour`` is one of :data:`COLOURS`, or "" for its own colours.
    """

    __pydantic_config__ = field_readers.KNOWN_FIELDS

    drawing: Annotated[str, Field(strict=True, pattern="^[0-9A-Za-z]{1,64}(?![\\s\\S])")]
    x: Annotated[float, within(PLACES)] = 0.5
    y: Annotated[float, within(PLACES)] = 0.5
    size: Annotated[float, within(SIZES)] = 0.7
    turn: Annotated[float, within((-TURN, TURN))] = 0.0
    mirrored: Annotated[bool, Field(strict=True)] = False
    colour: Annotated[str, OneOf(("", *COLOURS))] = ""

    def clipped(self) -> Thing:
        """Return the thing with its place and its size moved into their limits."""
        x, y = (min(PLACES[1], max(PLACES[0], each)) for each in (self.x, self.y))
        return replace(self, x=x, y=y, size=min(SIZES[1], max(SIZES[0], self.size)))


@dataclass(frozen=True, slots=True)
class Setting:
    """The place in which the things of a scene stand.

    ``horizon`` is the share of the picture above the horizon; ``tones`` are sRGB ``rrggbb``; ``light`` is the direction
    of the light, -1 (left) to 1 (right); ``seed`` determines the shapes of hills and clouds; ``modelling``, 0…1, is how
    far the light makes things look round and darkens the corners.
    """

    __pydantic_config__ = field_readers.KNOWN_FIELDS

    kind: Annotated[str, OneOf(KINDS)] = "plain"
    horizon: Annotated[float, within((0, 1))] = 0.6
    tones: Annotated[tuple[Tone, ...], Field(min_length=TONES, max_length=TONES)] = (
        "d8d2c4",
        "cfc7b6",
        "b9b09c",
        "a89f8c",
        "8c8474",
    )
    light: Annotated[float, within((-1, 1))] = -0.6
    seed: Count = 0
    time: Annotated[str, OneOf(TIMES)] = "day"
    weather: Annotated[str, OneOf(WEATHERS)] = ""
    modelling: Annotated[float, within((0, 1))] = 0.0

    @property
    def is_wall(self) -> bool:
        """Return whether it is a wall without a floor."""
        return self.kind in WALLS and self.horizon > NO_FLOOR


@dataclass(frozen=True, slots=True)
class Scene:
    """The content of a picture: things, from far to near, in a setting.

    ``words`` is the text for the model in the language of its training, if it differs from the prompt; ``reader`` the
    version of the prompt parser, 0 if none was used; ``composition`` the layout and marks, None for scenes of 1.0,
    which are drawn as before.
    """

    __pydantic_config__ = field_readers.KNOWN_FIELDS

    things: Annotated[tuple[Thing, ...], Field(max_length=MOST_THINGS)] = ()
    setting: Setting = field(default_factory=Setting)
    words: Annotated[str, Field(strict=True, max_length=WORDS_MOST), AfterValidator(_readable)] = ""
    reader: Count = 0
    composition: Composition | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object that :func:`read_scene` accepts; numbers are rounded to visible precision."""
        things = [{name: _round(value) for name, value in asdict(thing).items()} for thing in self.things]
        setting = {name: _round(value) for name, value in asdict(self.setting).items()}
        whole = {"version": VERSION, "things": things, "setting": setting, "words": self.words, "reader": self.reader}
        return whole if self.composition is None else whole | {"composition": self.composition.as_json()}


READER = TypeAdapter(Scene)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a scene, with the limits that :func:`read_scene` enforces."""
    whole = field_readers.schema(READER)
    fields = {"version": {"const": VERSION}, **whole["properties"], "composition": compositions.schema()}
    return whole | {"properties": fields, "required": ["version", "things", "setting"]}


def _round(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    return list(value) if isinstance(value, tuple) else value


def read_scene(data: object) -> Scene:
    """Return the scene in untrusted JSON.

    :raises SceneError: when something is missing, unknown or beyond a limit, or the version differs.
    """
    fields = field_readers.fields_of(data, "scene", VERSION)
    if "composition" in fields:
        fields["composition"] = compositions.read_composition(fields["composition"], "scene.composition")
    return field_readers.validate(READER, {"things": None, "setting": None, **fields}, "scene")
