"""Unfit pictures are never shown: a frame is painted a little way off, a stop from another seed."""

import io
import json
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from PIL import Image

from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.walk_models import FINISHED, REFUSED, Walk
from tests.conftest import Maker
from tests.support import placing
from tests.support.fake_painter import FakePainter
from tests.support.worker_rows import read
from worker import job
from worker.process.worker import this_worker
from worker.tasks import film_assembly, fit_pictures

pytestmark = pytest.mark.slow

Picture = NDArray[np.uint8]


class OnDemand:
    """A detector that flags what it is asked to, and keeps all that it flagged."""

    def __init__(self) -> None:
        self.is_unfit: Callable[[Picture], bool] = lambda _: False
        self.flagged: list[Picture] = []

    def __call__(self, pictures: Sequence[Picture]) -> list[bool]:
        found = [self.is_unfit(picture) for picture in pictures]
        self.flagged += [picture for picture, is_unfit in zip(pictures, found, strict=True) if is_unfit]
        return found


@pytest.fixture
def detector(painter: FakePainter) -> OnDemand:
    found = OnDemand()
    this_worker().pictures.detector = found
    return found


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Picture]:
    """Note every picture that goes into a film, unfinished ones too."""
    seen: list[Picture] = []
    made = film_assembly.encoding.gif

    def gif(frames: Sequence[Picture], *args: object, **kwargs: object) -> bytes:
        seen.extend(np.asarray(frame) for frame in frames)
        return made(frames, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(film_assembly.encoding, "gif", gif)
    return seen


def stills(walk: Walk) -> dict[float, Picture]:
    """Read the stored frames of a walk, by position."""
    store = media_store.store()
    frames = {frame.position: store.read_bytes(frame.path) for frame in walk.painted}
    return {position: np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for position, data in frames.items()}


def alike(one: Picture) -> Callable[[Picture], bool]:
    return lambda other: bool(np.array_equal(one, other))


def test_unfit_frame_is_generated_nearby(generated: Maker, detector: OnDemand, shown: list[Picture]) -> None:
    first = generated("a bear", "a kite", frames=9, seed=4)
    before = stills(first)
    target = sorted(before)[4]
    detector.is_unfit = alike(before[target])
    shown.clear()
    second = generated("a bear", "a kite", frames=9, seed=4)
    walk = read(second.id)
    after = stills(walk)
    assert walk.state == FINISHED
    assert detector.flagged
    assert not any(alike(before[target])(picture) for picture in [*after.values(), *shown])
    assert len(after) == 9
    (moved,) = set(after) - set(before)
    places = sorted(before)
    assert places[3] < moved < places[5] and abs(moved - target) <= 0.45 * (places[5] - places[3])
    assert walk.positions == sorted(after)
    assert sorted(walk.positions) == walk.positions
    assert min(picture.mean() for picture in after.values()) > 0
    gaps = [later - earlier for earlier, later in pairwise(walk.positions)]
    planned = [later - earlier for earlier, later in pairwise(places)]
    assert max(abs(gap - other) for gap, other in zip(gaps, planned, strict=True)) <= 0.1 * max(planned) + 1e-9
    assert [frame.index for frame in walk.painted] == list(range(9))


@pytest.mark.databases
def test_recipe_says_where_the_frame_was_painted(generated: Maker, detector: OnDemand) -> None:
    first = generated("a bear", "a kite", frames=9, seed=4)
    before = stills(first)
    detector.is_unfit = alike(before[sorted(before)[4]])
    second = generated("a bear", "a kite", frames=9, seed=4)
    document = json.loads(json.dumps(recipe.recipe_of(second)))
    this_worker().pictures.detector = None
    wanted, pinned = recipe.request_of(document)
    third, _ = placing.place(wanted, pinned=pinned, visitor_key="bob")
    job.work()
    again, mended = stills(read(third.id)), stills(second)
    assert set(again) == set(mended)
    assert all(np.array_equal(again[position], mended[position]) for position in mended)


@pytest.mark.databases
def test_unfit_stop_is_painted_from_another_recorded_seed(generated: Maker, detector: OnDemand) -> None:
    first = generated("a bear", "a kite", frames=5, seed=4)
    detector.is_unfit = alike(stills(first)[1.0])
    walk = generated("a bear", "a kite", frames=5, seed=4)
    assert walk.state == FINISHED
    assert walk.stops[0].seed is None
    assert walk.stops[1].seed == (4 + fit_pictures.SEED_STEP) % fit_pictures.SEED_MAX
    assert [stop.note for stop in walk.stops] == ["", "new seed"]
    assert len(stills(walk)) == 5
    assert not any(detector.is_unfit(picture) for picture in stills(walk).values())


def test_walk_whose_stop_stays_unfit_is_refused(app: Flask, generated: Maker, detector: OnDemand) -> None:
    first = generated("a bear", "a kite", frames=5, seed=4)
    bear = stills(first)[0.0]
    detector.is_unfit = lambda picture: not np.array_equal(picture, bear)
    walk = generated("a bear", "a kite", frames=5, seed=4)
    assert walk.state == REFUSED
    assert walk.error.startswith("Stop 2 came out unfit to be shown")
    assert (list(walk.painted), dict(walk.media), walk.painted_count) == ([], {}, 0)
    assert not media_store.store().files(f"walks/{walk.id}")
    page = app.test_client().get(walk.url)
    assert "We cannot show this walk." in page.text
    assert "Stop 2 came out unfit to be shown" in page.text
    job.work()
    assert read(walk.id).state == REFUSED


def test_stretch_that_is_unfit_throughout_refuses_the_walk(generated: Maker, detector: OnDemand) -> None:
    first = generated("a bear", "a kite", frames=5, seed=4)
    pictures = stills(first)
    ends = [pictures[0.0], pictures[1.0]]
    detector.is_unfit = lambda picture: not any(np.array_equal(picture, end) for end in ends)
    walk = generated("a bear", "a kite", frames=5, seed=4)
    assert read(walk.id).state == REFUSED
    assert read(walk.id).error.startswith("What lies between stops 1 and 2 came out unfit")


def test_stages_that_are_unfit_are_veiled(detector: OnDemand) -> None:
    picture = np.arange(16 * 16 * 3, dtype=np.uint16).reshape(16, 16, 3).astype(np.uint8)
    fit = np.full_like(picture, 9)
    detector.is_unfit = alike(picture)
    veiled, kept = fit_pictures.pixelate_unfit([picture, fit])
    assert kept is fit
    assert veiled.shape == picture.shape
    assert len(np.unique(veiled.reshape(-1, 3), axis=0)) <= 16
