"""What the API answers about captions and wall labels, as types."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only


class WallLabelParts(TypedDict):
    """A wall label, part by part, as museums write them."""

    title: Annotated[str, Field(description="Its title, else its stops.", examples=["A lemon into the sun"])]
    year: Annotated[int | None, Field(description="When it was painted; null of a picture.", examples=[2026])]
    medium: Annotated[
        str, Field(description="Of what it is.", examples=["Film, colour, silent: latent walk in woodcut"])
    ]
    edition: Annotated[str, Field(description="Which of the house's walks it is.", examples=["Walk 7, open edition"])]
    sentence: Annotated[
        str,
        Field(description="What it is.", examples=["A latent walk through “a lemon” and “the sun”, in 24 frames."]),
    ]


class CaptionList(TypedDict):
    """Captions for a walk or a picture, and its wall label."""

    captions: Annotated[
        list[str],
        Field(
            description="The captions, all of them different.",
            examples=[["One line of light, drawn from “a lemon” to “the sun”. I wanted to show you this one."]],
        ),
    ]
    label: Annotated[
        str,
        Field(
            description="The sentence of the wall label.",
            examples=["A latent walk through “a lemon” and “the sun”, in 24 frames."],
        ),
    ]
    wall_label: WallLabelParts
    by: Annotated[
        str,
        Field(description="Who wrote the captions: `grammar`, or the language model's name.", examples=["grammar"]),
    ]
    tone: Annotated[
        str,
        Field(description="How they sound; of a tone unknown to the grammar, the nearest.", examples=["poetic"]),
    ]
    asked_tone: Annotated[str, Field(description="The tone that was asked for.", examples=["dreamy"])]
    audience: Annotated[str, Field(description="Whom they are for.", examples=["personal"])]
    language: Annotated[str, Field(description="The language that they are in.", examples=["en"])]


class PictureCaptionList(CaptionList):
    """Captions for a picture, and what they take it for."""

    description: Annotated[
        str | None, Field(description="What it is taken for; null where nobody says.", examples=["a fox in the snow"])
    ]
    is_guess: Annotated[bool, Field(description="Whether a worker guessed that.", examples=[False])]
