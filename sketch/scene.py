"""Scenes: which drawings stand where, how large, in which colour, in which setting; and the limits of all that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sketch.compositions import composition as compositions
from sketch.compositions import field_readers
from sketch.compositions.composition import Composition
from sketch.compositions.field_readers import COUNT_MOST, SceneError

__all__ = [
    "COLOURS", "COUNT_MOST", "KINDS", "MOST_THINGS", "PLACES", "SIZES", "TIMES", "TONES", "TURN", "UNREADABLE",
    "VERSION", "WEATHERS", "WORDS_MOST", "Scene", "SceneError", "Setting", "Thing", "read", "schema",
]  # fmt: skip

VERSION = 1
MOST_THINGS = 24
"""How many drawings a scene may hold: a grid of five by four, and some beside."""

UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

WORDS_MOST = 400
"""How many characters the painter is told of a scene at most."""

SIZES = (0.04, 2.0)
"""The least and the largest side of a drawing, as a share of the picture's."""

PLACES = (-0.5, 1.5)
"""Where the middle of a drawing may lie, as a share of the picture's side: a close-up is cropped by the frame."""

TURN = 3.1416
"""Half a turn, rounded up as numbers are in JSON."""

COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "turquoise",
)  # fmt: skip
KINDS = (
    "plain", "split", "pattern", "table", "room", "window", "hills", "forest", "desert", "sea", "underwater", "sky",
    "street", "space",
)  # fmt: skip
TIMES = ("day", "dusk", "night")
WEATHERS = ("", "rain", "snow")
TONES = 5
"""How many colours a setting has: above, above the horizon, far, ground, and what is set off from it."""

_DIGEST = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(frozen=True, slots=True)
class Thing:
    """A drawing's place in a scene.

    ``drawing`` is its digest; ``x``, ``y`` its middle and ``size`` its side as shares of the picture's; ``turn`` in
    radians, clockwise; ``colour`` one of :data:`COLOURS`, or "" for its own.
    """

    drawing: str
    x: float = 0.5
    y: float = 0.5
    size: float = 0.7
    turn: float = 0.0
    mirrored: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the things of a scene stand.

    ``horizon`` is the share of the picture above it; ``tones`` are sRGB ``rrggbb``; ``light`` runs from -1, from the
    left, to 1, from the right; ``seed`` is what the shapes of hills and clouds follow from; ``modelling``, 0…1, is how
    far the light makes things round and gathers around them.
    """

    kind: str = "plain"
    horizon: float = 0.6
    tones: tuple[str, ...] = ("d8d2c4", "cfc7b6", "b9b09c", "a89f8c", "8c8474")
    light: float = -0.6
    seed: int = 0
    time: str = "day"
    weather: str = ""
    modelling: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture shows: things, from far to near, in a setting.

    ``words`` are what the painter is told of it, in the language that it was taught, where that is not the prompt;
    ``reader`` is the version of what read the prompt, 0 where nothing did; ``composition`` is how the picture is built
    and in which marks, None for scenes of 1.0, which are drawn as they were.
    """

    things: tuple[Thing, ...] = ()
    setting: Setting = field(default_factory=Setting)
    words: str = ""
    reader: int = 0
    composition: Composition | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what :func:`read` reads; numbers are rounded to what can be seen."""
        things = [{name: _rounded(value) for name, value in asdict(thing).items()} for thing in self.things]
        setting = {name: _rounded(value) for name, value in asdict(self.setting).items()}
        whole = {"version": VERSION, "things": things, "setting": setting, "words": self.words, "reader": self.reader}
        return whole if self.composition is None else whole | {"composition": self.composition.as_json()}


def schema() -> dict[str, Any]:
    """Describe the JSON of a scene as JSON Schema, with the limits that :func:`read` keeps."""

    def number(low: float, high: float) -> dict[str, Any]:
        return {"type": "number", "minimum": low, "maximum": high}

    def whole(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "properties": fields}

    count = {"type": "integer", "minimum": 0, "maximum": COUNT_MOST}
    # What ends in a line break would end before it for "$".
    digest, tone = "^[0-9A-Za-z]{1,64}(?![\\s\\S])", "^[0-9a-f]{6}(?![\\s\\S])"
    thing = whole(
        drawing={"type": "string", "pattern": digest}, x=number(*PLACES), y=number(*PLACES), size=number(*SIZES),
        turn=number(-TURN, TURN), mirrored={"type": "boolean"}, colour={"enum": ["", *COLOURS]},
    )  # fmt: skip
    tones = {"type": "array", "minItems": TONES, "maxItems": TONES, "items": {"type": "string", "pattern": tone}}
    setting = whole(
        kind={"enum": list(KINDS)}, horizon=number(0, 1), tones=tones, light=number(-1, 1), seed=count,
        time={"enum": list(TIMES)}, weather={"enum": list(WEATHERS)},
        modelling=number(0, 1),
    )  # fmt: skip
    things = {"type": "array", "maxItems": MOST_THINGS, "items": thing | {"required": ["drawing"]}}
    words = {"type": "string", "maxLength": WORDS_MOST}
    told = whole(version={"const": VERSION}, things=things, setting=setting, words=words, reader=count,
                 composition=compositions.schema())  # fmt: skip
    return told | {"required": ["version", "things", "setting"]}


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    return list(value) if isinstance(value, tuple) else value


def read(told: object) -> Scene:
    """Read a scene from JSON that anybody may have written.

    :raises SceneError: where something is missing, unknown or beyond a limit.
    """
    whole = field_readers.mapping(told, "scene", {"version", *Scene.__dataclass_fields__})
    version = whole.get("version")
    if isinstance(version, bool) or version != VERSION:
        raise SceneError(f"scene.version: {repr(version)[:40]} cannot be read here, only {VERSION}.")
    things = whole.get("things")
    if not isinstance(things, Sequence) or isinstance(things, str):
        raise SceneError("scene.things: a list is wanted.")
    if len(things) > MOST_THINGS:
        raise SceneError(f"scene.things: {len(things)} things, at most {MOST_THINGS}.")
    words = whole.get("words", "")
    if not isinstance(words, str) or len(words) > WORDS_MOST:
        raise SceneError(f"scene.words: a text of at most {WORDS_MOST} characters is wanted.")
    if UNREADABLE.search(words):
        raise SceneError("scene.words: it contains control characters.")
    return Scene(
        tuple(_thing(each, f"scene.things[{number}]") for number, each in enumerate(things)),
        _setting(whole.get("setting"), "scene.setting"),
        words,
        field_readers.count(whole.get("reader", 0), "scene.reader"),
        compositions.read(whole["composition"], "scene.composition") if "composition" in whole else None,
    )


def _thing(told: object, where: str) -> Thing:
    fields = field_readers.mapping(told, where, set(Thing.__dataclass_fields__))
    drawing = fields.get("drawing")
    if (
        not isinstance(drawing, str)
        or not drawing
        or len(drawing) > 64
        or not (drawing.isascii() and drawing.isalnum())
    ):
        raise SceneError(f"{where}.drawing: the digest of a drawing is wanted.")
    mirrored = fields.get("mirrored", False)
    if not isinstance(mirrored, bool):
        raise SceneError(f"{where}.mirrored: true or false is wanted.")
    return Thing(
        drawing=drawing,
        x=field_readers.number(fields, where, "x", *PLACES, default=0.5),
        y=field_readers.number(fields, where, "y", *PLACES, default=0.5),
        size=field_readers.number(fields, where, "size", *SIZES, default=0.7),
        turn=field_readers.number(fields, where, "turn", -TURN, TURN, default=0.0),
        mirrored=mirrored,
        colour=field_readers.one_of(fields, where, "colour", ("", *COLOURS), default=""),
    )


def _setting(told: object, where: str) -> Setting:
    fields = field_readers.mapping(told, where, set(Setting.__dataclass_fields__))
    tones = fields.get("tones", list(Setting().tones))
    if not isinstance(tones, Sequence) or len(tones) != TONES or not all(map(field_readers.is_tone, tones)):
        raise SceneError(f"{where}.tones: {TONES} colours as six hexadecimal digits are wanted.")
    return Setting(
        kind=field_readers.one_of(fields, where, "kind", KINDS, default="plain"),
        horizon=field_readers.number(fields, where, "horizon", 0.0, 1.0, default=0.6),
        tones=tuple(tones),
        light=field_readers.number(fields, where, "light", -1.0, 1.0, default=-0.6),
        seed=field_readers.count(fields.get("seed", 0), f"{where}.seed"),
        time=field_readers.one_of(fields, where, "time", TIMES, default="day"),
        weather=field_readers.one_of(fields, where, "weather", WEATHERS, default=""),
        modelling=field_readers.number(fields, where, "modelling", 0.0, 1.0, default=0.0),
    )
