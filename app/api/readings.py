"""What a prompt is read as, for programs: the drawings that lead the painter, and what else may be meant."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, Response, jsonify
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.api import query_reader
from app.api.openapi import documented
from app.api.response_types import DrawingDescription, ReadingDescription, ThingDescription
from app.commissions import scenes
from app.commissions.schema import Seed, check_words, clean_words, limits_in_schema
from app.drawings import pictures
from app.errors import InvalidInput
from app.gallery.catalogue_query import whole
from app.generation import models_on_offer
from app.reading.reader import Reader
from app.reading.reading import FREELY, Reading
from app.web.responses import conditional
from sketch.sketchbook import Drawing

blueprint = Blueprint("readings", __name__, url_prefix="/api/v1")

KEPT = "public, max-age=60"
"""How long a reading may be kept: a curator who adds a drawing wants to see it."""


class ReadingQuery(BaseModel):
    """What may stand in the address of a reading."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    prompt: Annotated[
        str,
        AfterValidator(check_words),
        limits_in_schema(
            lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["two bats at night"]}
        ),
    ]
    """The words to read."""
    leave_out: Annotated[
        str,
        AfterValidator(clean_words),
        limits_in_schema(lambda limits: {"maxLength": limits.prompt_max, "examples": [""]}),
    ] = ""
    """What must not be shown: names, with commas between, as a stop's `negative_prompt`."""
    language: Annotated[Literal["en", "de"], Field(examples=["en"])] = "en"
    """The language that it is taken for where its words do not tell."""
    seed: Annotated[Seed, BeforeValidator(whole), Field(examples=[11])] = 0
    """Which of the drawings of one name is taken follows from it, as from the seed of a stop; 0 takes the first."""
    model: Annotated[
        str | None, limits_in_schema(lambda limits: {"enum": [*limits.models, None], "examples": [None]})
    ] = None
    """The model that is to be led; without it the site's first."""


@blueprint.get("/reading")
@documented(
    name="readPrompt",
    query=ReadingQuery,
    answers={200: ReadingDescription},
    sends={200: ("ETag",)},
    problems=(422, 429),
)
def read() -> Response:
    """Read a prompt as drawings, as a walk would be.

    Only for models that drawings lead. To paint something else than what is read, give the stop a `scene`.
    """
    asked = query_reader.read(ReadingQuery)
    reader = _reader(asked.model)
    reading = reader.again(asked.prompt, leave_out=asked.leave_out, language=asked.language, seed=asked.seed)
    response = conditional(jsonify(describe(reading)))
    response.headers["Cache-Control"] = KEPT
    return response


def describe(reading: Reading) -> ReadingDescription:
    """Describe a reading as JSON: the fields that programs rely on."""
    wish = reading.wish
    return {
        "things": [_thing(reading, place) for place in range(len(reading.items))],
        "setting": {
            "kind": wish.kind or None,
            "time": wish.time or None,
            "weather": wish.weather or None,
            "ground": wish.ground or None,
            "composition": wish.composition or None,
        },
        "freely": any(item.how == FREELY for item in reading.items),
        "words": reading.words,
        "hands": list(reading.hands),
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
        "freely": item.how == FREELY,
    }


def _drawing(drawing: Drawing) -> DrawingDescription:
    return {"drawing": drawing.digest, "name": drawing.name, "picture": pictures.address(drawing.digest)}


def _reader(name: str | None) -> Reader:
    """Return what reads prompts for a model.

    :raises InvalidInput: when it is not on offer, or no drawings lead it.
    """
    offer = models_on_offer.find(name)
    if offer is None:
        raise InvalidInput.on("model", message=models_on_offer.not_offered(f"{name:.60}"))
    reader = scenes.reader_of(offer.setting)
    if reader is None:
        raise InvalidInput.on("model", message=f"The model {offer.name} is not led by drawings: it reads no prompt.")
    return reader
