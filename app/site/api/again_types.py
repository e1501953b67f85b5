"""The response type of the API for a recipe that was read from a film."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented
from app.requests.walk_requests.recipe_schema import STOPS, RecipeStop


@documented
class WalkAgain(TypedDict):
    """A body for `POST /api/v1/walks` that requests a walk again, read from the recipe in its film."""

    stops: Annotated[list[RecipeStop], Field(examples=[STOPS])]
    """Its stops, from first to last."""
    seed: Annotated[int, Field(examples=[11])]
    """The seed of its noise."""
    frames: Annotated[int, Field(examples=[24])]
    """The number of frames in the film."""
    steps: Annotated[int, Field(examples=[20])]
    """The number of sampler steps for each frame."""
    guidance: Annotated[float, Field(examples=[3.5])]
    """The guidance scale."""
    fps: Annotated[float | None, Field(examples=[25.0])]
    """Frames per second; null for the site's default."""
    size: Annotated[int | None, Field(examples=[None])]
    """The longer side in pixels; null for the model's default."""
    aspect: Annotated[str | None, Field(examples=["16:9"])]
    """Width to height; null for a square."""
    preset: Annotated[str, Field(examples=["balanced"])]
    """The quality preset."""
    ending: Annotated[str, Field(examples=["stop"])]
    """How the film ends."""
    easing: Annotated[bool, Field(examples=[False])]
    """Whether the film slows down at the stops."""
    model: Annotated[str | None, Field(examples=[None])]
    """The model; null for the site's first."""
