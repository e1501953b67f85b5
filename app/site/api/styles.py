"""API routes for styles: list them, propose some for a prompt, and repaint a walk in one."""

from typing import Annotated, Literal

from flask import Blueprint, Response, jsonify, url_for
from pydantic import AfterValidator, BeforeValidator, Field

from app.access.auth import api_tokens, visitors
from app.collection.gallery.catalogue_query import whole
from app.collection.styles import samples, shipped
from app.collection.styles.proposals import SHOWN
from app.collection.styles.style import Style
from app.core.text.stored import check_words
from app.offer.generation.loras import Lora
from app.requests.walk_requests import repainting
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.requests.walk_requests.walk_request import WalkRequest
from app.site.api import body_reader, query_reader, routes
from app.site.api.openapi import documented
from app.site.api.query_reader import Strict
from app.site.api.response_types import ArtistDescription, LoraDescription, NewWalk, StyleDescription, StyleList
from app.site.presentation import proposed_styles
from app.site.web.responses import conditional
from app.storage.walk_models import STYLE_MAX
from app.walks.saved import lookup

blueprint = Blueprint("styles_api", __name__, url_prefix="/api/v1")

LIMIT_MAX = 100
REPAINT_RULES = {
    "style": f"style must be the name of a style, of 1 to {STYLE_MAX} characters.",
    "unlisted": "unlisted must be true, false or null.",
}


class StylesQuery(Strict):
    """Query parameters of the list of styles."""

    prompt: Annotated[
        str | None,
        AfterValidator(lambda text, info: None if text is None else check_words(text, info)),
        limits_in_schema(
            lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["a city at night"]}
        ),
    ] = None
    """Words that the styles should suit. Without it, all styles are listed in the model's order."""
    language: Annotated[Literal["en", "de"], Field(examples=["en"])] = "en"
    """The language to assume where the words of the prompt do not show it."""
    limit: Annotated[
        Annotated[int, Field(ge=1, le=LIMIT_MAX)] | None, BeforeValidator(whole), Field(examples=[SHOWN])
    ] = None
    """The largest number of styles to return: by default 3 with a prompt, 100 without one."""
    model: Annotated[
        str | None, limits_in_schema(lambda limits: {"enum": [*limits.models, None], "examples": [None]})
    ] = None
    """The model that generates; by default the site's first."""


class RepaintRequest(Strict):
    """The style in which a walk is generated again."""

    style: Annotated[str, Field(min_length=1, max_length=STYLE_MAX, examples=["linocut"])]
    """The style's name as in `/api/v1/styles`, or the name of a style that was trained on this site."""
    unlisted: Annotated[bool | None, Field(examples=[None])] = None
    """Whether to leave the new walk out of the gallery; by default as the original."""


@blueprint.get("/styles")
@documented(
    name="listStyles",
    query=StylesQuery,
    answers={200: StyleList},
    sends={200: ("ETag",)},
    problems=(422,),
)
def index() -> Response:
    """List the styles, or those that suit a prompt, the best match first.

    A stop selects a style by its `name` as `style`, or by its `hand` as `hand`; each stop may have its own. The
    response also lists the LoRA files that fit the model: a stop names one as `lora`, with a `lora_weight`.
    """
    query = query_reader.read_query(
        StylesQuery, rules={"limit": f"limit must be a whole number from 1 to {LIMIT_MAX}."}
    )
    model = query_reader.offer_named(query.model)
    styles: list[StyleDescription]
    artists: list[ArtistDescription] = []
    if query.prompt is None:
        styles = [_describe(style) for style in shipped.of_model(model)[: query.limit or LIMIT_MAX]]
    else:
        proposed = proposed_styles.for_prompt(query.prompt, model, language=query.language, limit=query.limit or SHOWN)
        styles = [_describe(each.style, round(each.likeness, 3), each.because) for each in proposed]
        artists = [
            {
                "name": each.artist.name,
                "title": each.artist.title,
                "hand": each.artist.rendering_style or None,
                "model": each.artist.model,
                "works": each.artist.works,
                "likeness": round(each.likeness, 3),
                "because": each.because,
            }
            for each in proposed_styles.artists_for(query.prompt, model, language=query.language)
        ]
    fitting = [_describe_lora(lora) for lora in model.loras]
    return conditional(jsonify(StyleList(styles=styles, artists=artists, loras=fitting)))


@blueprint.post("/walks/<walk_id>/repaint")
@documented(
    name="repaintWalk",
    body=RepaintRequest,
    headers=routes.REPEATABLE,
    answers={202: NewWalk},
    sends={202: ("Location",)},
    leads_to={202: ("describeWalk", "changeWalk", "takeWalkDown")},
    problems=(400, 401, 403, 404, 409, 410, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
    allows_anonymous=True,
)
def repaint(walk_id: str) -> tuple[Response, int, dict[str, str]]:
    """Generate a finished walk again in another style, with the same sketches, noise and seeds.

    The response describes the new walk, whose `remix_of` names this one. Only sketch-conditioned walks can be
    repainted.
    """
    return routes.accept(lambda secret: _read_repaint(walk_id, secret))


def _read_repaint(walk_id: str, secret: str) -> WalkRequest:
    walk = lookup.walk_at_address(walk_id)
    wanted = body_reader.read_body(
        RepaintRequest, shape='A repaint is asked for by an object such as {"style": "linocut"}.', rules=REPAINT_RULES
    )
    return repainting.restyled_request(walk, wanted.style, owners=visitors.owners_of(secret), unlisted=wanted.unlisted)


def _describe_lora(lora: Lora) -> LoraDescription:
    return {
        "name": lora.name,
        "title": lora.title,
        "licence": lora.licence or None,
        "trigger": lora.trigger or None,
        "family": lora.family or None,
        "digest": lora.digest,
    }


def _describe(style: Style, likeness: float | None = None, because: str | None = None) -> StyleDescription:
    has_sample = samples.path(style) is not None
    return {
        "name": style.name,
        "title": style.model_style.title,
        "hand": style.model_style.words,
        "suits": style.suits or None,
        "layouts": list(style.model_style.layouts),
        "picture": url_for("styles.sample", name=style.name) if has_sample else None,
        "likeness": likeness,
        "because": because,
    }
