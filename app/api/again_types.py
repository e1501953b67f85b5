"""The response type of the API for a recipe that was read from a film."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.commissions.recipe_schema import STOPS, RecipeStop


class WalkAgain(TypedDict):
    """A body for `POST /api/v1/walks` that requests a walk again, read from the recipe in its film."""

    stops: Annotated[list[RecipeStop], Field(description="Its stops, from first to last.", examples=[STOPS])]
    seed: Annotated[int, Field(description="The seed of its noise.", examples=[11])]
    frames: Annotated[int, Field(description="The number of frames in the film.", examples=[24])]
    steps: Annotated[int, Field(description="The number of sampler steps for each frame.", examples=[20])]
    guidance: Annotated[float, Field(description="The guidance scale.", examples=[3.5])]
    fps: Annotated[float | None, Field(description="Frames per second; null for the site's default.", examples=[25.0])]
    size: Annotated[
        int | None, Field(description="The longer side in pixels; null for the model's default.", examples=[None])
    ]
    aspect: Annotated[str | None, Field(description="Width to height; null for a square.", examples=["16:9"])]
    preset: Annotated[str, Field(description="The quality preset.", examples=["balanced"])]
    ending: Annotated[str, Field(description="How the film ends.", examples=["stop"])]
    easing: Annotated[bool, Field(description="Whether the film slows down at the stops.", examples=[False])]
    model: Annotated[str | None, Field(description="The model; null for the site's first.", examples=[None])]
