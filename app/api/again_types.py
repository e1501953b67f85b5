"""What asks for a walk again, as a type."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.commissions.recipe_schema import STOPS, RecipeStop


class WalkAgain(TypedDict):
    """What asks for a walk again: a body for `POST /api/v1/walks`, read from the recipe in its film."""

    stops: Annotated[list[RecipeStop], Field(description="Its stops, from first to last.", examples=[STOPS])]
    seed: Annotated[int, Field(description="Where its noise comes from.", examples=[11])]
    frames: Annotated[int, Field(description="How many pictures the film has.", examples=[24])]
    steps: Annotated[int, Field(description="How many steps the sampler takes for each.", examples=[20])]
    guidance: Annotated[float, Field(description="How closely they keep to the words.", examples=[3.5])]
    fps: Annotated[
        float | None, Field(description="How many are shown in a second; null for as many as usual.", examples=[25.0])
    ]
    size: Annotated[
        int | None, Field(description="The longer side in pixels; null for the model's own.", examples=[None])
    ]
    aspect: Annotated[str | None, Field(description="Width to height; null for a square.", examples=["16:9"])]
    preset: Annotated[str, Field(description="How much is spent on a picture.", examples=["balanced"])]
    ending: Annotated[str, Field(description="How the film ends.", examples=["stop"])]
    easing: Annotated[bool, Field(description="Whether it slows down at the stops.", examples=[False])]
    model: Annotated[str | None, Field(description="The model; null for the site's first.", examples=[None])]
