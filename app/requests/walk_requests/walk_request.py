"""The fields of a request for a walk, and the rules that each follows by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from app.core.i18n.gettext import _
from app.offer.generation import frame_rates, offers
from app.offer.generation.limits import STOPS_MIN, Limits
from app.offer.generation.offers import Offer
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.requests.walk_requests.sound_request import SoundRequest
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.stop_words import Seed
from app.storage.walk_models import ID


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
