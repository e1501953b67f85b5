"""Response types of the API for captions and wall labels."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented


@documented
class WallLabelParts(TypedDict):
    """The parts of a museum wall label."""

    title: Annotated[str, Field(examples=["A lemon into the sun"])]
    """The title, or the stops."""
    year: Annotated[int | None, Field(examples=[2026])]
    """The year it was generated; null for an uploaded picture."""
    medium: Annotated[str, Field(examples=["Film, colour, silent: walk in woodcut"])]
    """The medium."""
    edition: Annotated[str, Field(examples=["Walk 7, open edition"])]
    """The walk's number on this site."""
    sentence: Annotated[str, Field(examples=["A walk through “a lemon” and “the sun”, in 24 frames."])]
    """A sentence that describes it."""


@documented
class CaptionList(TypedDict):
    """Captions for a walk or a picture, and its wall label."""

    captions: Annotated[
        list[str],
        Field(examples=[["One line of light, drawn from “a lemon” to “the sun”. I wanted to show you this one."]]),
    ]
    """The captions, all of them different."""
    label: Annotated[str, Field(examples=["A walk through “a lemon” and “the sun”, in 24 frames."])]
    """The sentence of the wall label."""
    wall_label: WallLabelParts
    by: Annotated[str, Field(examples=["grammar"])]
    """Who wrote the captions: `grammar`, or the language model's name."""
    tone: Annotated[str, Field(examples=["poetic"])]
    """Their tone. For a tone that the grammar does not know, the nearest that it knows."""
    asked_tone: Annotated[str, Field(examples=["dreamy"])]
    """The requested tone."""
    audience: Annotated[str, Field(examples=["personal"])]
    """Their audience."""
    language: Annotated[str, Field(examples=["en"])]
    """Their language."""


@documented
class PictureCaptionList(CaptionList):
    """Captions for an uploaded picture, and the description that they are based on."""

    description: Annotated[str | None, Field(examples=["a fox in the snow"])]
    """The description that the captions use; null if none."""
    is_guess: Annotated[bool, Field(examples=[False])]
    """Whether the description is a worker's guess."""
