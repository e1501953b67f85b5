"""Walks with photos, painted by the worker: what leads there is made once, and found by the worker that goes on."""

import io
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flask import Flask
from numpy.typing import NDArray
from PIL import Image

from app.core.config import ROOT
from app.requests.walk_requests import candidates
from app.storage import media_store
from app.storage.candidate_models import CandidateSet
from app.storage.database import db, writing
from app.storage.walk_models import FAILED, Medium, Walk
from app.walks.queue import candidate_requests
from app.walks.uploads import kinds, photo_check, photo_stops, upload_store
from tests.conftest import inside, make_app
from tests.support import photos
from tests.support.generated_walks import pictures_of, requested
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job
from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.rendering import GenerationError
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.photos import tracing
from worker.tasks import walk_photos

pytestmark = pytest.mark.slow

DISC = photos.disc_outdoors((96, 96))


@pytest.fixture(scope="module")
def folders(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    led = tmp_path_factory.mktemp("model") / "led"
    shutil.copytree(tiny_models["led"], led)
    shutil.copy(ROOT / "models/house/lexicon.npz", led)
    return {"led": led, "words": tiny_models["sd1"]}


@pytest.fixture(scope="module")
def loaded(folders: dict[str, Path]) -> dict[str, WalkPipeline]:
    return {
        name: WalkPipeline(Model.load(str(folder), device="cpu"), tuning.fallback()) for name, folder in folders.items()
    }


@pytest.fixture(params=["led", "words"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def app(instance: Path, folders: dict[str, Path], kind: str) -> Iterator[Flask]:
    with inside(make_app(instance, MODEL=str(folders[kind]), STEPS=3, CACHE=False)) as app:
        yield app


@pytest.fixture(autouse=True)
def pipeline(app: Flask, kind: str, loaded: dict[str, WalkPipeline]) -> WalkPipeline:
    return lone_painter.at_work(app, loaded[kind])


def request_walk(picture: NDArray[np.uint8] = DISC, *, cut_out: bool = False, stop: int = 0) -> Walk:
    walk = requested({"prompt": "the sun"}, {"prompt": "a lemon"}, {"prompt": "a house"})
    with writing() as session:
        row = session.get(Walk, walk.number)
        photo_stops.attach(row, {stop: (photos.written(picture), "d" * 64)})
        row.stops[stop].cut_out = cut_out
    return read(walk.id)


def kept(walk: Walk) -> dict[str, Medium]:
    return {kind: each for kind, each in read(walk.id).media.items() if kind.partition("-")[0] in
            (walk_photos.WHOLE, walk_photos.CUT, walk_photos.ENCODED)}  # fmt: skip


@pytest.mark.parametrize("cut_out", [False, True])
def test_what_leads_there_is_kept_with_the_walk_and_the_frames_are_the_same_each_time(kind: str, cut_out: bool) -> None:
    first = request_walk(cut_out=cut_out)
    frames = pictures_of(first)
    expected = "encoded-0" if kind == "words" else ("cut-0" if cut_out else "whole-0")
    assert list(kept(first)) == [expected]
    assert media_store.store().exists(kept(first)[expected].path)
    assert photo_stops.read_photo(read(first.id), 0) == photos.written(DISC)
    assert np.array_equal(frames, pictures_of(request_walk(cut_out=cut_out)))
    assert len({frame.tobytes() for frame in frames}) == 5


@pytest.mark.parametrize("kind", ["words"], indirect=True)
@pytest.mark.parametrize("stop", [0, 1, 2])
def test_the_photo_itself_stands_at_its_stop_where_words_lead(pipeline: WalkPipeline, stop: int) -> None:
    walk = request_walk(stop=stop)
    frames = pictures_of(walk)
    position = [frame.position for frame in read(walk.id).painted].index(float(stop))
    width, height = pipeline.size
    latents = pipeline.model.encode_picture(tracing.compose(DISC, width, height, cut_out=False))
    vae = pipeline.model.networks("float32", "contiguous")[1]
    with torch.inference_mode():
        own = pipeline.model.decode(vae, torch.from_numpy(latents)[None])[0]
    assert np.abs(frames[position] - own * 255).mean() < 1.5


def test_a_worker_that_goes_on_takes_what_the_first_one_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = request_walk()
    frames = pictures_of(walk)
    again = request_walk()
    calls = []

    def made_again(*args: object, **kwargs: object) -> None:
        calls.append(args)
        raise AssertionError("made again")

    at = read(again.id)
    with writing() as session:
        for name, each in kept(walk).items():
            row = {"kind": name, "path": each.path, "bytes": each.bytes, "etag": each.etag}
            session.add(Medium(walk_number=at.number, **row))
    monkeypatch.setattr(tracing, "trace", made_again)
    monkeypatch.setattr(WalkPipeline, "invert", made_again)
    assert np.array_equal(frames, pictures_of(again))
    assert calls == []


def test_what_was_kept_and_is_lost_is_made_again() -> None:
    walk = request_walk()
    frames = pictures_of(walk)
    again = request_walk()
    at = read(again.id)
    with writing() as session:
        for name, each in kept(walk).items():
            path = media_store.film_path(again.id, name, "npz", b"lost")[0]
            session.add(Medium(walk_number=at.number, kind=name, path=path, bytes=each.bytes, etag=each.etag))
    assert np.array_equal(frames, pictures_of(again))
    assert all(media_store.store().exists(each.path) for each in kept(again).values())


def test_a_walk_whose_photo_is_lost_fails_and_says_which() -> None:
    walk = request_walk(stop=1)
    media_store.store().delete(walk.media["photo-1"].path)
    with pytest.raises(Exception, match="photo of stop 2"):
        job.work()
    row = read(walk.id)
    assert (row.state, row.error) == (FAILED, "The photo of stop 2 is lost.")


@pytest.mark.parametrize("cut_out", [False, True])
def test_candidates_of_a_photo_are_painted_of_it_as_a_walk_would_be(kind: str, cut_out: bool) -> None:
    checked = photo_check.check(photos.written(DISC))
    photo, _ = upload_store.save(kinds.PHOTO, checked, owner_hash="ann", network="here")
    stop = {"prompt": "the sun", "picture": photo.id, "cut_out": cut_out}
    shown = candidate_of(stop)
    without = candidate_of({"prompt": "the sun"})
    walk = request_walk(cut_out=cut_out)
    scene = db.session.query(CandidateSet).filter_by(id=shown[0]).one().pool[0]["scene"]
    with writing() as session:
        session.get(Walk, walk.number).stops[0].scene = scene
    frame = opened(encoding.webp([pictures_of(walk)[0]], 1000, metadata={}))  # as lossy as a candidate
    assert np.abs(shown[1].astype(int) - frame).mean() < 1
    assert np.abs(without[1].astype(int) - frame).mean() > 4


def test_candidates_with_another_owners_photo_fail_and_say_so() -> None:
    photo, _ = upload_store.save(
        kinds.PHOTO, photo_check.check(photos.written(DISC)), owner_hash="bob", network="there"
    )
    wanted = candidates.validate({"stop": {"prompt": "the sun", "picture": photo.id}, "seed": 5})
    found = candidates.submit(wanted, owner_hash="ann", network="here")
    with suppress(GenerationError):
        job.work()
    db.session.rollback()
    again = candidate_requests.find(found.id)
    assert (again.state, again.error, list(again.candidates)) == (FAILED, "The photo of stop 1 is lost.", [])


def candidate_of(stop: dict[str, Any]) -> tuple[str, NDArray[np.uint8]]:
    """Paint one picture of a stop."""
    wanted = candidates.validate({"stop": stop, "seed": 5, "count": 1})
    found = candidates.submit(wanted, owner_hash="ann", network="here")
    job.work()
    db.session.rollback()
    again = candidate_requests.find(found.id)
    assert again.error is None
    return found.id, opened(again.candidates[0].picture)


def opened(file: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
