"""Recipes as a worker records them, and films that carry one."""

import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe
from app.storage.database import db, writing
from app.storage.walk_models import Walk
from tests.support.house import NAME
from worker.planning import pass_plan

RENDERING = {
    "sampler_steps": 20, "guidance": 3.5, "scheduler": "DPMSolverMultistepScheduler", "width": 128, "height": 128,
    "precision": "float32", "memory_format": "contiguous", "threads": 2, "batch": 8, "positions": [0.0, 0.5, 1.0],
    "model_name": NAME, "model_revision": "3f9a2c1d0e5b",
}  # fmt: skip


def gif(comment: bytes | None, size: tuple[int, int] = (8, 8)) -> bytes:
    film = io.BytesIO()
    frames = [Image.new("P", size, colour) for colour in (0, 1)]
    options: dict[str, Any] = {} if comment is None else {"comment": comment}
    frames[0].save(film, "GIF", save_all=True, append_images=frames[1:], **options)
    return film.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        recipe.request_of(recipe.parse_recipe(data))
    return str(refused.value)


class Thumbnails(dict[float, dict[int, Any]]):
    """The thumbnails of pictures that differ unevenly: what the pacing has to work on."""

    def __missing__(self, position: float) -> dict[int, Any]:
        picture = np.full((4, 4, 3), math.sin(position**2), dtype=np.float32)
        return dict.fromkeys(range(201), picture)


def painted_in_levels(walk: Walk, *, batch: int = 8, workers: int = 1) -> Walk:
    """Give a walk the levels and settings that a worker would record; nothing is painted."""
    done: list[pass_plan.Pass] = []
    closed = walk.ending == "round"
    while level := pass_plan.following(
        done, Thumbnails(), stops=len(walk.stops), frames=walk.frames, sampling=walk.sampling or {}, batch=batch,
        workers=workers, closed=closed, easing=walk.easing,
    ):  # fmt: skip
        done.append(level)
    rendering = {name: RENDERING[name] for name in ("width", "height", "precision", "memory_format", "threads")}
    settled = rendering | {"batch": batch, "model_name": NAME, "model_revision": "3f9a2c1d0e5b"}
    settled |= {"levels": [level.to_json() for level in done], "positions": pass_plan.settled(done, walk.frames)}
    with writing() as session:
        row = session.get(Walk, walk.number)
        for name, value in settled.items():
            setattr(row, name, value)
    db.session.refresh(walk)
    return walk


VALUE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.floats(), max_size=3)
)
