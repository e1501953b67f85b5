"""The request for a walk: each of its settings is declared here, and its column in ``Walk`` of storage.

Requests, their errors, rows, recipes, JSON, the form and its addresses, commands and pages are derived from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal, NotRequired

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented
from app.core.i18n.gettext import N_, _
from app.core.models.aspects import ASPECTS
from app.offer.generation import frame_rates, offers, presets
from app.offer.generation.limits import SEED_MAX, STOPS_MIN, Limits
from app.offer.generation.offers import Offer
from app.requests.walk_requests import setting_rules
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.requests.walk_requests.sound_request import SoundRequest
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.stop_words import Seed
from app.storage.walk_models import ENDINGS, ID, Walk


def _walk_id(text: str | None) -> str | None:
    if text is not None and not ID.fullmatch(text):
        raise ValueError(_("is not a walk's id. Take it from the walk's address."))
    return text


def _in_range(low: int, high: Callable[[Limits], float]) -> AfterValidator:
    """Return the rule that a number, if it is given, is at least ``low`` and at most what the limits say."""

    def check(number: float | None, info: ValidationInfo) -> float | None:
        if number is not None and info.context is not None and not low <= number <= high(info.context):
            raise PydanticCustomError("out_of_range", "out of range")  # the message is that of the field
        return number

    return AfterValidator(check)


Steps = Annotated[
    int | None,
    _in_range(1, lambda limits: limits.steps_max),
    limits_in_schema(lambda limits: {"minimum": 1, "maximum": limits.steps_max, "examples": [None]}),
]
Guidance = Annotated[
    Annotated[float, Field(allow_inf_nan=False)] | None,
    _in_range(0, lambda limits: limits.guidance_max),
    limits_in_schema(lambda limits: {"minimum": 0, "maximum": limits.guidance_max, "examples": [None]}),
]
Preset = Annotated[Literal["fast", "balanced", "exact"] | None, Field(examples=[None])]
Size = Annotated[int | None, limits_in_schema(lambda limits: {"enum": [*limits.sizes, None], "examples": [None]})]
Aspect = Annotated[
    Literal["1:1", "3:2", "2:3", "16:9", "9:16"] | None,
    limits_in_schema(lambda limits: {"enum": [*limits.aspects, None], "examples": [None]}),
]
FrameRate = Annotated[float, Field(ge=frame_rates.FPS_MIN, le=frame_rates.FPS_MAX, allow_inf_nan=False)]
Fps = Annotated[FrameRate | None, Field(examples=[None])]
ModelName = Annotated[str | None, limits_in_schema(lambda limits: {"enum": [*limits.models, None], "examples": [None]})]


class RequestForModel(BaseModel):
    """A request that carries the model that it was validated for, so that no one after it looks the model up."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    def model_post_init(self, context: Limits | None) -> None:
        """Take the model from the limits that the request is validated against."""
        if context is not None:
            self.__dict__["offer"] = context.offer

    @cached_property
    def offer(self) -> Offer:
        """Return the model that the request is for; it is no field, so equal requests stay equal."""
        return offers.first()


class WalkRequest(RequestForModel):
    """A request for a walk: forms, the JSON API and the command line all use this model."""

    stops: Annotated[
        list[StopRequest],
        limits_in_schema(
            lambda limits: {
                "minItems": STOPS_MIN,
                "maxItems": limits.stops_max,
                "examples": [[{"prompt": "a lemon"}, {"prompt": "the sun"}]],
            }
        ),
    ]
    """The stops, from first to last. Two neighbours must differ."""
    seed: Annotated[Seed | None, Field(examples=[11])] = None
    """The seed of the noise; without it a random one is chosen and recorded."""
    frames: Annotated[
        int | None,
        limits_in_schema(
            lambda limits: {
                "minimum": STOPS_MIN,
                "maximum": limits.frames_max,
                "default": limits.frames_default,
                "examples": [limits.frames_default],
            }
        ),
    ] = None
    """How many frames the film has: at least one for each stop."""
    fps: Fps = None
    """Frames per second, each of whole hundredths of a second; by default the continued walk's or the site's."""
    steps: Steps = None
    """How many steps the sampler takes for each frame; by default those of the preset."""
    guidance: Guidance = None
    """How closely the pictures follow the prompts; 1 or less is no guidance. By default that of the preset."""
    preset: Preset = None
    """The quality. With `exact`, each frame is rendered in full. By default that of the continued walk."""
    size: Size = None
    """The longer side of the pictures in pixels; by default that of the continued walk, or the model's own."""
    aspect: Aspect = None
    """The aspect ratio of the pictures; by default that of the continued walk, or square."""
    ending: Annotated[Literal["stop", "back", "round"], Field(examples=["stop"])] = "stop"
    """How the film ends: `stop` at the last stop, `back` the way it came, or `round` to the first stop again."""
    easing: Annotated[bool, Field(examples=[False])] = False
    """Whether the film slows down at the stops."""
    model: ModelName = None
    """The model, one of those on offer; by default the continued walk's, or the first that has the stops' styles."""
    continues: Annotated[
        str | None,
        AfterValidator(_walk_id),
        limits_in_schema(lambda _: {"pattern": f"^{ID.pattern}$", "examples": [None]}),
    ] = None
    """The ID of a finished walk to continue: its last stop must be the first stop here, and sets its seed."""
    remix_of: Annotated[
        str | None,
        AfterValidator(_walk_id),
        limits_in_schema(lambda _: {"pattern": f"^{ID.pattern}$", "examples": [None]}),
    ] = None
    """The ID of the walk that this is a remix of, if its page may be named. It changes no picture."""
    unlisted: Annotated[bool, Field(examples=[False])] = False
    """Whether the walk is left out of the gallery; it is then only visible to people who know its address."""
    photos_may_be_shown: Annotated[bool, Field(examples=[False])] = False
    """Whether you may publish the pictures you uploaded and people in them agree. If not, the walk is unlisted."""
    sound: Annotated[SoundRequest | None, Field(examples=[None])] = None
    """The part of a sound that the film is set to; then `frames` is the number of distinct pictures at most."""
    publish_sound: Annotated[bool, Field(examples=[False])] = False
    """Whether you may publish the sound, within the film. If not, a walk with a sound is unlisted."""

    def fingerprint(self, pinned: BaseModel | None = None) -> str:
        """Return a hash of the request and of what a recipe pins: equal for a repeat of the same request.

        What is only recorded where it is set does not count where it is not, as releases before did not know it.
        """
        unset = {
            name
            for name, each in SETTINGS.items()
            if each.record == IF_SET and getattr(self, name) in (None, USUAL[name])
        }
        text = self.model_dump_json(exclude=unset) + (pinned.model_dump_json() if pinned else "")
        return hashlib.sha256(text.encode()).hexdigest()


@documented
class RecordedSettings(TypedDict):
    """The settings that recipes hold by their names; the others are within its sampler, size and model."""

    preset: NotRequired[Annotated[str, Field(examples=["balanced"])]]
    """The preset."""
    ending: NotRequired[Annotated[str, Field(examples=["stop"])]]
    """How the film ends."""
    easing: NotRequired[Annotated[bool, Field(examples=[False])]]
    """Whether it slows down at the stops."""


@documented
class DescribedSettings(TypedDict):
    """The settings of a walk as its JSON holds them, with the size that follows from them."""

    seed: Annotated[int, Field(examples=[11])]
    """The seed of its noise; random if none was requested."""
    frames: Annotated[int, Field(examples=[2])]
    """The number of frames in the film; with a sound, of its distinct pictures."""
    steps: Annotated[int, Field(examples=[20])]
    """The number of sampler steps for each frame."""
    guidance: Annotated[float, Field(examples=[3.5])]
    """The guidance scale."""
    aspect: Annotated[str, Field(json_schema_extra={"enum": list(ASPECTS)}, examples=["1:1"])]
    """The requested aspect ratio."""
    width: Annotated[int | None, Field(examples=[256])]
    """The frames' width in pixels: the nearest to the aspect ratio that the model can generate. Null until it is
    known."""
    height: Annotated[int | None, Field(examples=[256])]
    """The frames' height in pixels."""
    preset: Annotated[str, Field(examples=["balanced"])]
    """The quality preset: fast, balanced or exact."""
    ending: Annotated[str, Field(json_schema_extra={"enum": list(ENDINGS)}, examples=["stop"])]
    """How the film ends: stop, back (the same way in reverse), round (on to the first stop)."""
    easing: Annotated[bool, Field(examples=[False])]
    """Whether the film slows down at the stops."""
    model: Annotated[str | None, Field(examples=[None])]
    """The requested model; null for the site's first."""


@dataclass(slots=True, kw_only=True)
class TypedSettings:
    """The form's fields for the whole walk, as typed: texts, and boxes that are ticked or not.

    The first, ``hand`` and ``clip_skip`` are those of each stop, where stops do not differ in them.
    """

    negative_prompt: str = ""
    seed: str = ""
    frames: str = ""
    fps: str = ""
    hand: str = ""
    steps: str = ""
    guidance: str = ""
    clip_skip: str = ""
    ending: str = ""
    preset: str = ""
    size: str = ""
    aspect: str = ""
    easing: bool = False
    model: str = ""
    unlisted: bool = False
    photos_may_be_shown: bool = False


ALWAYS, IF_SET = "always", "if set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is said of a setting in addition to its field of `WalkRequest`, by which its value is checked.

    ``kind`` is the type of its values, and ``rule`` the sentence for a value that it cannot have. ``flaw`` is the
    sentence for a value that the model cannot have; "" if it can.
    ``column`` is the column of `Walk` that holds it, by default that of its name; `None` if the row holds what follows
    from it. ``record`` says whether recipes hold it by its name: `ALWAYS`, `IF_SET`, or "".
    ``title`` is its name on the form; with a ``note`` beneath it, the form has a plain field for it. ``option`` is the
    help of the command's option. ``words`` say on the walk's page what was requested; "" for what goes without saying.
    """

    kind: type[int | float | str]
    rule: Callable[[Limits], str]
    flaw: Callable[[Any, Limits], str] = lambda _value, _limits: ""
    column: str | None = ""
    record: str = ""
    title: str = ""
    note: str = ""
    option: str = ""
    values: tuple[str, ...] = ()
    words: Callable[[Any], str] = lambda _value: ""


SETTINGS: Mapping[str, Setting] = MappingProxyType({
    "frames": Setting(
        kind=int,
        rule=setting_rules.frames_rule,
        title=N_("Length"),
        option="Number of frames, by default FRAMES_DEFAULT; with a sound the most pictures.",
    ),
    "fps": Setting(
        kind=float,
        rule=setting_rules.fps_rule,
        title=N_("Frames a second"),
        option="Frames per second, 1 to 50; rounded so that each takes whole hundredths.",
    ),
    "steps": Setting(
        kind=int,
        rule=setting_rules.steps_rule,
        column="sampler_steps",
        title=N_("Steps"),
        option="Number of sampler steps for each frame.",
    ),
    "guidance": Setting(
        kind=float,
        rule=setting_rules.guidance_rule,
        flaw=setting_rules.guidance_flaw,
        title=N_("Guidance"),
        option="Guidance scale; 1 or less is no guidance.",
    ),
    "preset": Setting(
        kind=str,
        rule=lambda _limits: setting_rules.one_of("preset", presets.NAMES),
        record=ALWAYS,
        title=N_("Quality"),
        option="The quality preset.",
        values=presets.NAMES,
    ),
    "size": Setting(
        kind=int,
        rule=setting_rules.size_rule,
        flaw=setting_rules.size_flaw,
        column=None,
        title=N_("Size"),
        option="The longer side of the frames in pixels, one of the model's sizes.",
    ),
    "aspect": Setting(
        kind=str,
        rule=lambda _limits: setting_rules.one_of("aspect", ASPECTS),
        flaw=setting_rules.aspect_flaw,
        column=None,
        title=N_("Aspect ratio"),
        option="Aspect ratio, width to height; square if not given.",
        values=tuple(ASPECTS),
    ),
    "ending": Setting(
        kind=str,
        rule=lambda _limits: setting_rules.one_of("ending", ENDINGS),
        record=ALWAYS,
        title=N_("Ending"),
        option="Stop at the last stop, go back, or round to the first.",
        values=ENDINGS,
    ),
    "easing": Setting(
        kind=bool,
        rule=setting_rules.true_or_false("easing"),
        record=ALWAYS,
        title=N_("Pace"),
        option="Slow down at the stops.",
    ),
    "model": Setting(
        kind=str,
        rule=lambda _limits: _("model must be the name of one on offer."),
        flaw=setting_rules.model_flaw,
        title=N_("Model"),
        option="The model, one of those on offer; by default the one that has the styles of the stops.",
    ),
    "seed": Setting(
        kind=int,
        rule=lambda _limits: _("The seed must be a whole number from 0 to %(most)s.", most=SEED_MAX),
        title=N_("Seed"),
        option="The seed; random if not given.",
    ),
    "unlisted": Setting(kind=bool, rule=setting_rules.true_or_false("unlisted"), option="Keep it out of the gallery."),
    "photos_may_be_shown": Setting(
        kind=bool,
        rule=setting_rules.true_or_false("photos_may_be_shown"),
        option="You may publish the pictures, and those in them agree; else the walk is unlisted.",
    ),
    "publish_sound": Setting(
        kind=bool,
        rule=setting_rules.true_or_false("publish_sound"),
        option="You may publish the sound; else the walk is unlisted.",
    ),
    "continues": Setting(kind=str, rule=setting_rules.walk_rule("continues")),
    "remix_of": Setting(kind=str, rule=setting_rules.walk_rule("remix_of")),
})  # fmt: skip
"""The settings of a walk by name: all fields of `WalkRequest` but the stops and the sound, which have types of their
own. Forms write them into addresses in this order."""


def _usual(name: str, setting: Setting) -> Any:
    default = WalkRequest.model_fields[name].default
    column = Walk.__table__.columns.get(setting.column or name)
    return column.default.arg if default is None and column is not None and column.default else default


USUAL: Mapping[str, Any] = MappingProxyType({name: _usual(name, setting) for name, setting in SETTINGS.items()})
"""The value of each setting that is not requested: the default of its field, or else of its column; `None` if it
follows from other things."""
