"""A walk of each rectified-flow family through a site: requested, painted, and repainted by its recipe."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.storage import media_store
from tests.conftest import inside, make_app
from tests.support import placing
from tests.support.generated_walks import pictures_of
from tests.support.worker_rows import read
from tests.worker import lone_painter

pytestmark = pytest.mark.slow

NAMES = ("schnell", "sd3-no-t5", "z-image", "klein")
STEPS = 4


@pytest.fixture(params=NAMES)
def site(request: pytest.FixtureRequest, instance: Path, flow_models: dict[str, Path]) -> Iterator[Flask]:
    """Open a site whose model is a tiny one of a family, and which has a worker."""
    folder = flow_models[request.param]
    with inside(make_app(instance, MODEL=str(folder), STEPS=STEPS, CACHE=False)) as app:
        lone_painter.at_work(app, lone_painter.load(folder))
        yield app


def test_walk_is_painted_and_its_recipe_paints_the_same_pixels(site: Flask) -> None:
    request: dict[str, Any] = {
        "stops": [{"prompt": "a bear"}, {"prompt": "the sun over a lemon", "seed": 8}], "seed": 5, "frames": 6,
    }  # fmt: skip
    walk = placing.place(validate(request), visitor_key="ann", owner="ann")[0]
    first = pictures_of(walk)
    assert first.shape == (6, 64, 64, 3)
    assert all((a != b).any() for a, b in itertools.pairwise(first))

    wanted, pinned = recipe.request_of(
        recipe.parse_recipe(media_store.store().read_bytes(read(walk.id).media["gif"].path))
    )
    assert (pinned.scheduler, pinned.sampler_steps) == ("FlowMatchEulerDiscreteScheduler", STEPS)
    assert (pinned.precision, pinned.memory_format, pinned.width) == ("float32", "contiguous", 64)
    assert pinned.levels and pinned.sampling and pinned.sampling.branches
    again = placing.place(wanted, visitor_key="bob", owner="bob", skip_cache=True, pinned=pinned)[0]
    assert again.id != walk.id
    assert (pictures_of(again) == first).all()
