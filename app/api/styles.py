"""The styles, and those that suit a prompt, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Blueprint, Flask, Response, jsonify, request, url_for
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.api.openapi import documented
from app.api.response_types import StyleDescription, StyleList
from app.commissions import error_messages
from app.commissions.schema import check_words, limits_in_schema
from app.errors import FieldError, InvalidInput
from app.gallery.catalogue_query import known_models, whole
from app.generation import models_on_offer
from app.generation.limits import Limits
from app.presentation import proposed_styles
from app.reading.reader import SPOKEN
from app.styles import samples, shipped
from app.styles.proposals import SHOWN
from app.styles.style import Style
from app.web.responses import conditional

blueprint = Blueprint("styles_api", __name__, url_prefix="/api/v1")

LIMIT_MAX = 100


class StylesQuery(BaseModel):
    """What may stand in the address of the styles."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    prompt: Annotated[
        str | None,
        AfterValidator(lambda text, info: None if text is None else check_words(text, info)),
        limits_in_schema(
            lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["a city at night"]}
        ),
    ] = None
    """Words that the styles are to suit; without them all styles come, in the model's order."""
    language: Annotated[Literal["en", "de"], Field(examples=["en"])] = "en"
    """The language that the prompt is taken for where its words do not tell."""
    limit: Annotated[
        Annotated[int, Field(ge=1, le=LIMIT_MAX)] | None, BeforeValidator(whole), Field(examples=[SHOWN])
    ] = None
    """How many at most; with a prompt 3, without one 100 if nothing is said."""
    model: Annotated[
        str | None, limits_in_schema(lambda limits: {"enum": [*limits.models, None], "examples": [None]})
    ] = None
    """The model that is to paint; without it the site's first."""


def init_app(app: Flask) -> None:
    """Serve ``/api/v1/styles``."""
    app.register_blueprint(blueprint)


@blueprint.get("/styles")
@documented(
    name="listStyles",
    query=StylesQuery,
    answers={200: StyleList},
    sends={200: ("ETag",)},
    problems=(422,),
)
def index() -> Response:
    """List the styles, or those that suit a prompt, the best first.

    A stop is painted in one by its name as `style`, or by its words as `hand`; two stops may have two.
    """
    asked = _asked()
    model = models_on_offer.find(asked.model)
    if model is None:
        raise InvalidInput.on("model", message=models_on_offer.not_offered(f"{asked.model:.60}"))
    found: list[StyleDescription]
    if asked.prompt is None:
        found = [_describe(style) for style in shipped.of_model(model.setting)[: asked.limit or LIMIT_MAX]]
    else:
        proposed = proposed_styles.for_prompt(
            asked.prompt, model=model.name, language=asked.language, limit=asked.limit or SHOWN
        )
        found = [_describe(each.style, round(each.likeness, 3), each.because) for each in proposed]
    return conditional(jsonify(StyleList(styles=found)))


def _describe(style: Style, likeness: float | None = None, because: str | None = None) -> StyleDescription:
    has_sample = samples.path(style) is not None
    return {
        "name": style.name,
        "title": style.hand.title,
        "hand": style.hand.words,
        "suits": style.suits or None,
        "picture": url_for("styles.sample", name=style.name) if has_sample else None,
        "likeness": likeness,
        "because": because,
    }


def _asked() -> StylesQuery:
    """Read the address.

    :raises InvalidInput: naming each parameter that is unknown or unusable.
    """
    limits = Limits.current()
    try:
        return StylesQuery.model_validate(request.args.to_dict(), context=limits)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise InvalidInput([_explain(item, limits) for item in found]) from error


def _explain(item: Any, limits: Limits) -> FieldError:
    name = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return FieldError((name,), f"{name:.60} is no parameter; use {', '.join(StylesQuery.model_fields)}.")
    if name == "language":
        return FieldError((name,), f"language must be one of {', '.join(SPOKEN)}.")
    if name == "limit":
        return FieldError((name,), f"limit must be a whole number from 1 to {LIMIT_MAX}.")
    if name == "model":
        return FieldError((name,), f"model must be one of {', '.join(known_models())}.")
    return error_messages.field_error(item, limits)
