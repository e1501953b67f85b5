"""What a stop of a request shows and in which style: its words, picture, style, layout, scene and seed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

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
from app.offer.generation import offers
from app.offer.generation.limits import SEED_MAX, Limits
from app.offer.generation.model_styles import find as find_style
from app.offer.generation.model_styles import words_of
from app.requests.walk_requests.layouts import AUTO
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.storage.walk_models import ID, STYLE_MAX
from sketch import lettering, scene
from sketch.compositions.composition import LAYOUTS

PICTURE = re.compile(f"{ID.pattern}|[0-9a-f]{{64}}")
"""How a picture is named: by the ID of an upload, or by the digest that recipes hold."""


def _style_words(text: str | None, info: ValidationInfo) -> str | None:
    if text is None or not text.strip():
        return None
    check_readable(text)
    if info.context and info.context.any_style:
        return _unknown_model_style(text)
    known = info.context.styles if info.context else ()
    if style := find_style(text, known):
        return str(style.words)
    if refusal := _refusal(text, info):
        raise ValueError(refusal)
    if not known:
        raise ValueError(_("cannot be “%(hand)s”: the model that paints here knows none.", hand=f"{text:.60}"))
    raise ValueError(_("cannot be “%(hand)s”. The model knows %(hands)s.", hand=f"{text:.60}", hands=words_of(known)))


def _refusal(text: str, info: ValidationInfo) -> str:
    """Return why the model has no style of this name that other models learned; "" for other names."""
    return model_choice.refusal(text, info.context.offer if info.context else offers.first())


def _style(text: str | None, info: ValidationInfo) -> str | None:
    """Return the words of the model's style that renders a named one; ``None`` without one."""
    if text is None or not text.strip():
        return None
    check_readable(text)
    known = shipped.of_model_styles(info.context.styles) if info.context else ()
    style = styles.find(text, known)
    if style is None and (refusal := _refusal(text, info)):
        raise ValueError(refusal)
    style = style or _stand_in(text, known)
    if style is None:
        raise ValueError(_unknown_style(text, [style.name for style in known]))
    if info.data.get("hand") not in (None, style.model_style.words):
        raise ValueError(_("cannot stand beside another hand. Leave one of the two out."))
    return style.model_style.words


def _stand_in(text: str, known: tuple[Style, ...]) -> Style | None:
    """Return the stand-in for an added style that no model has learned yet."""
    style = added.find(text)
    return styles.find(style.stand_in, known) if style is not None and style.stand_in else None


def _unknown_style(text: str, known: list[str]) -> str:
    if not known:
        return _("cannot be “%(style)s”: the model that paints here knows none.", style=f"{text:.60}")
    return _("cannot be “%(style)s”. There are %(styles)s.", style=f"{text:.60}", styles=join_words(known))


def _unknown_model_style(text: str) -> str:
    """Return a style as the recipe of a model that is not on offer names it."""
    if len(text) > STYLE_MAX or not text.isprintable():
        raise ValueError(_("cannot be “%(hand)s”: the model that paints here knows none.", hand=f"{text:.60}"))
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


def readable(stop_scene: Mapping[str, Any] | None) -> str:
    """Return the words in a scene that others may read: its text for the model, and its lettering."""
    if not stop_scene:
        return ""
    letterings = (lettering.text_of(thing["drawing"]) for thing in stop_scene.get("things", ()))
    return " ".join(filter(None, (stop_scene.get("words", ""), *letterings)))


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


class StopWords(BaseModel):
    """The words, picture, style and seed of a stop of a request."""

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
        AfterValidator(_style_words),
        limits_in_schema(
            lambda limits: {"enum": [*(style.words for style in limits.styles), None], "examples": [None]}
        ),
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

    @property
    def requested_style(self) -> str | None:
        """Return the words of the requested style, which requests, recipes and forms call `hand`."""
        return self.hand

    @model_validator(mode="after")
    def _resolve_style(self) -> StopWords:
        """Replace the style's name by its words, so that both ways to request it give the same walk."""
        if self.style is not None:
            self.hand, self.style = self.style, None
        return self
