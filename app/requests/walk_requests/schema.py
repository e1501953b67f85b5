"""The fields of a request for a walk, and the rules that each follows by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from app.collection.styles import added, model_choice, shipped
from app.collection.styles import style as styles
from app.collection.styles.style import Style
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.text.stored import check_readable, check_words, clean_words
from app.offer.generation import frame_rates, loras, offers
from app.offer.generation.limits import CLIP_SKIP_MAX, SEED_MAX, STOPS_MIN, Limits
from app.offer.generation.model_styles import find as find_hand
from app.offer.generation.model_styles import words_of
from app.offer.generation.offers import Offer
from app.requests.walk_requests.layouts import AUTO
from app.storage.walk_models import HAND_MAX, ID
from sketch import scene
from sketch.compositions.composition import LAYOUTS

PICTURE = re.compile(f"{ID.pattern}|[0-9a-f]{{64}}")
"""How a picture is named: by the ID of an upload, or by the digest that recipes hold."""


def _hand(text: str | None, info: ValidationInfo) -> str | None:
    if text is None or not text.strip():
        return None
    check_readable(text)
    if info.context and info.context.any_hand:
        return _unknown_model_hand(text)
    known = info.context.hands if info.context else ()
    if hand := find_hand(text, known):
        return str(hand.words)
    if refusal := _refusal(text, info):
        raise ValueError(refusal)
    if not known:
        raise ValueError(_("cannot be “%(hand)s”: the model that paints here knows none.", hand=f"{text:.60}"))
    raise ValueError(_("cannot be “%(hand)s”. The model knows %(hands)s.", hand=f"{text:.60}", hands=words_of(known)))


def _refusal(text: str, info: ValidationInfo) -> str:
    """Return why the model has no style of this name that other models learned; "" for other names."""
    return model_choice.refusal(text, info.context.offer if info.context else offers.first())


def _style(text: str | None, info: ValidationInfo) -> str | None:
    """Return the words of the hand that renders a style; ``None`` without one."""
    if text is None or not text.strip():
        return None
    check_readable(text)
    known = shipped.of_hands(info.context.hands) if info.context else ()
    style = styles.find(text, known)
    if style is None and (refusal := _refusal(text, info)):
        raise ValueError(refusal)
    style = style or _stand_in(text, known)
    if style is None:
        raise ValueError(_unknown_style(text, [style.name for style in known]))
    if info.data.get("hand") not in (None, style.hand.words):
        raise ValueError(_("cannot stand beside another hand. Leave one of the two out."))
    return style.hand.words


def _stand_in(text: str, known: tuple[Style, ...]) -> Style | None:
    """Return the stand-in for an added style that no model has learned yet."""
    style = added.find(text)
    return styles.find(style.stand_in, known) if style is not None and style.stand_in else None


def _unknown_style(text: str, known: list[str]) -> str:
    if not known:
        return _("cannot be “%(style)s”: the model that paints here knows none.", style=f"{text:.60}")
    return _("cannot be “%(style)s”. There are %(styles)s.", style=f"{text:.60}", styles=join_words(known))


def _unknown_model_hand(text: str) -> str:
    """Return a hand as the recipe of a model that is not on offer names it."""
    if len(text) > HAND_MAX or not text.isprintable():
        raise ValueError(_("cannot be “%(hand)s”: the model that paints here knows none.", hand=f"{text:.60}"))
    return text


def _lora(text: str | None, info: ValidationInfo) -> str | None:
    """Return the name of a LoRA that fits the model; ``None`` if none is named."""
    if text is None or not text.strip():
        return None
    check_readable(text)
    if info.context and text not in info.context.loras:
        offer: Offer = info.context.offer
        raise ValueError(loras.refusal(text, offer.facts, offer.loras))
    if not loras.NAME.fullmatch(text):  # names in recipes are not checked against the folder
        raise ValueError(_("cannot be “%(lora)s”: that is no name of a LoRA.", lora=f"{text:.60}"))
    return text


def _lora_weight(weight: float | None, info: ValidationInfo) -> float | None:
    """Return the weight of a stop's LoRA: its default if none is given, ``None`` without a LoRA."""
    if info.data.get("lora"):
        return loras.WEIGHT_DEFAULT if weight is None else weight
    if weight is not None and "lora" in info.data:  # an invalid name has its own error
        raise ValueError(_("needs a LoRA: name one as “lora”, or leave the weight out."))
    return None


def _clip_skip(count: int | None, info: ValidationInfo) -> int | None:
    most = info.context.clip_skip_max if info.context else CLIP_SKIP_MAX
    if count is not None and not 1 <= count <= most:
        raise ValueError(_("must be a whole number from 1 to %(most)s, or be left out.", most=most))
    return count


def _walk_id(text: str | None) -> str | None:
    if text is not None and not ID.fullmatch(text):
        raise ValueError(_("is not a walk's id. Take it from the walk's address."))
    return text


def _scene(value: object) -> dict[str, Any] | None:
    """Return an untrusted scene with its defaults filled in; ``None`` for ``None``.

    :raises ValueError: naming the field and the limit.
    """
    if value is None:
        return None
    try:
        return scene.read_scene(value).as_json()
    except scene.SceneError as error:
        raise ValueError(_("cannot be used: %(flaw)s", flaw=error)) from error


def _layout(text: object) -> object:
    """Return a layout, or ``None`` if it is left to the style."""
    if text in (None, "", AUTO):
        return None
    if not isinstance(text, str) or text not in LAYOUTS:
        names = join_words((AUTO, *LAYOUTS))
        raise ValueError(_("cannot be “%(layout)s”. There are %(layouts)s.", layout=f"{text!s:.60}", layouts=names))
    return text


SCENE_SCHEMA = WithJsonSchema({"anyOf": [scene.schema(), {"type": "null"}], "examples": [None]})
Seed = Annotated[int, Field(ge=0, le=SEED_MAX)]


def limits_in_schema(rules: Callable[[Limits], dict[str, Any]]) -> Any:
    """Return a field whose JSON schema holds limits from the settings, read when the schema is written."""
    return Field(json_schema_extra=lambda schema: schema.update(rules(Limits.current())))


Steps = Annotated[
    int | None, limits_in_schema(lambda limits: {"minimum": 1, "maximum": limits.steps_max, "examples": [None]})
]
Guidance = Annotated[
    Annotated[float, Field(allow_inf_nan=False)] | None,
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


def _prompt(text: str, info: ValidationInfo) -> str:
    """Return a prompt, which may be empty only if the stop has a picture."""
    return clean_words(text, info) if info.data.get("picture") else check_words(text, info)


def _prompt_schema(schema: dict[str, Any]) -> None:
    """Write the limits of a prompt into its JSON schema, without a default."""
    schema.pop("default", None)
    schema.update(minLength=1, maxLength=Limits.current().prompt_max, examples=["a lemon"])


def _picture(text: str | None) -> str | None:
    if text is not None and not PICTURE.fullmatch(text):
        raise ValueError(_("is not the id of a picture. Upload the picture first; the response contains its id."))
    return text


class StopRequest(BaseModel):
    """One stop of a request."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        json_schema_extra={"anyOf": [{"required": ["prompt"]}, {"required": ["picture"]}]},
    )

    picture: Annotated[
        str | None,
        AfterValidator(_picture),
        limits_in_schema(lambda _: {"pattern": f"^(?:{PICTURE.pattern})$", "examples": [None]}),
    ] = None
    """A picture for the stop: the ID of an upload, or the digest of one of your pictures that a recipe names."""
    cut_out: Annotated[bool, Field(examples=[False])] = False
    """Whether only the picture's main object is used, cut out along its outline."""
    prompt: Annotated[
        str,
        AfterValidator(_prompt),
        Field(validate_default=True, json_schema_extra=_prompt_schema),
    ] = ""
    """What is shown here, in any script: at least one visible character. Several spaces count as one."""
    negative_prompt: Annotated[
        str,
        AfterValidator(clean_words),
        limits_in_schema(lambda limits: {"maxLength": limits.prompt_max, "examples": [""]}),
    ] = ""
    """What the pictures should not show."""
    seed: Annotated[Seed | None, Field(examples=[None])] = None
    """The stop's own seed; without it, the walk's."""
    hand: Annotated[
        str | None,
        AfterValidator(_hand),
        limits_in_schema(lambda limits: {"enum": [*(hand.words for hand in limits.hands), None], "examples": [None]}),
    ] = None
    """The style, by its words, one of those that the model has; without one the model chooses."""
    style: Annotated[
        str | None,
        AfterValidator(_style),
        Field(exclude=True, json_schema_extra={"examples": [None]}),
    ] = None
    """The style, by its name at `/api/v1/styles`; it is recorded as the `hand`."""
    layout: Annotated[
        str | None,
        BeforeValidator(_layout),
        Field(json_schema_extra={"enum": [AUTO, *LAYOUTS, None], "examples": [None]}),
    ] = None
    """The layout, for styles that compose: `auto` for the style's choice, or one that `/api/v1/styles` lists."""
    scene: Annotated[
        dict[str, Any] | None,
        BeforeValidator(_scene),
        SCENE_SCHEMA,
    ] = None
    """The interpreted prompt, as recipes record it, for sketch-conditioned models; by default the prompt is parsed."""

    lora: Annotated[
        str | None,
        AfterValidator(_lora),
        limits_in_schema(lambda limits: {"enum": [*limits.loras, None], "examples": [None]}),
    ] = None
    """The LoRA, one of those at `/api/v1/styles` that fit the model."""
    lora_weight: Annotated[
        Annotated[float, Field(ge=-loras.WEIGHT_MAX, le=loras.WEIGHT_MAX, allow_inf_nan=False)] | None,
        AfterValidator(_lora_weight),
        Field(validate_default=True, examples=[None]),
    ] = None
    """The weight of the LoRA; 1 by default, below 0 for the opposite effect."""

    clip_skip: Annotated[
        int | None,
        AfterValidator(_clip_skip),
        limits_in_schema(lambda limits: {"minimum": 1, "maximum": limits.clip_skip_max, "examples": [None]}),
    ] = None
    """How many of the text encoder's last layers are skipped; ignored by models that cannot, as the note says."""

    def row(self) -> dict[str, Any]:
        """Return the stop as its row holds it, except for its picture."""
        return self.model_dump(exclude={"picture", "cut_out", "layout"}) | {"hand": self.hand or ""}

    @model_validator(mode="after")
    def _resolve_style(self) -> StopRequest:
        """Replace the style by its hand, so that both ways to request it give the same walk."""
        if self.style is not None:
            self.hand, self.style = self.style, None
        return self


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


class Commission(RequestForModel):
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
