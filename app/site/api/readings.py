"""The API route that interprets a prompt: its reference drawings, and the alternatives to them."""

from typing import Annotated, Literal

from flask import Blueprint, Response, jsonify
from pydantic import AfterValidator, BeforeValidator, Field

from app.collection.gallery.catalogue_query import whole
from app.core.errors import InvalidInput
from app.core.text import stop_notes, tool_tags
from app.core.text.stored import check_words, clean_words
from app.offer.drawings import pictures
from app.reading.reader import Reader
from app.reading.reading import Reading, WordMark
from app.requests.walk_requests import scenes
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.requests.walk_requests.stop_words import Seed
from app.site.api import query_reader
from app.site.api.openapi import documented
from app.site.api.response_types import DrawingDescription, MarkDescription, ReadingDescription, ThingDescription
from app.site.web.responses import conditional
from sketch.sketchbook import Drawing

blueprint = Blueprint("readings", __name__, url_prefix="/api/v1")

KEPT = "public, max-age=60"
"""Caching of an interpretation: short, so that a drawing that a curator adds appears soon."""


class ReadingQuery(query_reader.Strict):
    """Query parameters of the interpretation of a prompt."""

    prompt: Annotated[
        str,
        AfterValidator(check_words),
        limits_in_schema(
            lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["two bats at night"]}
        ),
    ]
    """The prompt to interpret."""
    leave_out: Annotated[
        str,
        AfterValidator(clean_words),
        limits_in_schema(lambda limits: {"maxLength": limits.prompt_max, "examples": [""]}),
    ] = ""
    """Names of what must not be shown, separated by commas, as in a stop's `negative_prompt`."""
    language: Annotated[Literal["en", "de"], Field(examples=["en"])] = "en"
    """The language to assume where the words of the prompt do not show it."""
    seed: Annotated[Seed, BeforeValidator(whole), Field(examples=[11])] = 0
    """The seed that selects among drawings of the same name, as a stop's seed does; 0 selects the first."""
    model: Annotated[
        str | None, limits_in_schema(lambda limits: {"enum": [*limits.models, None], "examples": [None]})
    ] = None
    """The model to interpret the prompt for; by default the site's first."""


@blueprint.get("/reading", endpoint="read")
@documented(
    name="readPrompt",
    query=ReadingQuery,
    answers={200: ReadingDescription},
    sends={200: ("ETag",)},
    problems=(422, 429),
)
def interpret_prompt() -> Response:
    """Interpret a prompt as reference drawings, as for a walk.

    Only for sketch-conditioned models. To generate something other than the interpretation, give the stop a `scene`.
    """
    query = query_reader.read_query(ReadingQuery)
    reader = _reader(query.model)
    reading = reader.again(query.prompt, leave_out=query.leave_out, language=query.language, seed=query.seed)
    return conditional(jsonify(describe(reading)), cache=KEPT)


def describe(reading: Reading) -> ReadingDescription:
    """Return the JSON description of an interpretation."""
    wish = reading.wish
    return {
        "things": [_thing(reading, index) for index in range(len(reading.items))],
        "setting": {
            "kind": wish.kind or None,
            "time": wish.time or None,
            "weather": wish.weather or None,
            "ground": wish.ground or None,
            "composition": wish.composition or None,
        },
        "marks": [_mark(each) for each in reading.marks],
        "note": stop_notes.joined(reading.notes) or None,
        "ignored": list(tool_tags.tags(reading.ignored)),
        "freely": any(item.is_free for item in reading.items),
        "words": reading.words,
        "hands": list(reading.style_names),
        "unwanted": list(reading.unwanted),
        "language": reading.language,
        "reader": reading.version,
    }


def _thing(reading: Reading, place: int) -> ThingDescription:
    item = reading.items[place]
    return {
        **_drawing(item.drawing),
        "phrase": item.words,
        "others": [_drawing(other) for other in item.others],
        "number": item.count,
        "colour": item.colour or None,
        "place": (reading.wish.relation or None) if place == 0 else None,
        "freely": item.is_free,
    }


def _mark(mark: WordMark) -> MarkDescription:
    return {
        "word": mark.word,
        "mark": mark.mark,
        "thing": mark.thing or None,
        "corrected": mark.corrected or None,
    }


def _drawing(drawing: Drawing) -> DrawingDescription:
    return {"drawing": drawing.digest, "name": drawing.name, "picture": pictures.address(drawing.digest)}


def _reader(name: str | None) -> Reader:
    """Return the prompt parser for a model.

    :raises InvalidInput: when the model is not on offer, or is not sketch-conditioned.
    """
    offer = query_reader.offer_named(name)
    reader = scenes.reader_of(offer)
    if reader is None:
        raise InvalidInput.on("model", message=f"The model {offer.name} is not led by drawings: it reads no prompt.")
    return reader
