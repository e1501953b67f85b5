"""The worker looks at films: once they are public, at old ones when nothing waits, and never at a film's cost."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from flask import Flask
from sqlalchemy import select

from app.collection.search import vector_index, visual_search
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Stop, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker, inside, make_app
from tests.support.eyes import WIDTH, make_eye
from tests.support.fake_painter import FakePainter
from tests.support.walk_files import read_frames
from tests.support.worker_rows import read
from worker import job
from worker.film import encoding
from worker.process.visual_features import VisualFeatureExtractor, choose_frames
from worker.process.worker import this_worker


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    with inside(make_app(instance, EYE=str(make_eye(tmp_path / "eye")))) as app:
        yield app


@pytest.fixture
def reader(painter: FakePainter, monkeypatch: pytest.MonkeyPatch) -> VisualFeatureExtractor:
    """Return what reads the visual features in the worker of the fake painter."""
    monkeypatch.setattr(vector_index, "REFRESH_SECONDS", 0.0)
    return this_worker().features


def paint(walk: Walk, colour: int) -> None:
    """Put pictures of one colour in the place of a public walk's frames."""
    for row in walk.painted:
        picture = np.full((24, 24, 3), colour, np.uint8)
        picture[::2, 5:] = 255 - colour
        media_store.store().write(row.path, encoding.still(picture))


@pytest.mark.databases
@pytest.mark.slow
def test_film_is_looked_at_once_it_is_public(generated: Maker) -> None:
    walk = generated("a fox", "a kite", frames=9)
    look = visual_search.features_of(walk)
    assert look.frames == [0, 2, 4, 6, 8]
    assert visual_search.unpack(look).shape == (5, WIDTH)
    assert np.linalg.norm(visual_search.unpack(look), axis=1) == pytest.approx(1)


def test_perceptual_step_is_the_mean_between_frames(generated: Maker, reader: VisualFeatureExtractor) -> None:
    walk = generated("a fox", "a kite", frames=9)
    eye = reader.load_encoder()
    assert eye is not None
    pictures = read_frames(walk)
    seen, _ = eye.encode(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255)
    steps = [1 - float(seen[i] @ seen[i + 1]) for i in (0, 2, 4, 6)]
    assert walk.perceptual_step == pytest.approx(np.mean(steps), abs=1e-4)


@pytest.mark.databases
def test_old_films_are_looked_at_when_nothing_waits(
    painter: FakePainter, reader: VisualFeatureExtractor, publish: Maker, request_walk: Maker
) -> None:
    old, broken, like = publish("a fox", "a kite"), publish("a boat", "a whale"), publish("a fox", "a rocket")
    paint(old, 200)
    paint(like, 205)
    new = request_walk("a lemon", "the sun", frames=3)
    assert job.work() > 0
    assert [visual_search.features_of(read(walk.id)) is not None for walk in (old, broken, like, new)] == [
        True,
        False,
        True,
        True,
    ]
    found = visual_search.similar_walks(read(old.id), 0, limit=9)
    assert found[0].id == like.id
    assert not reader.extract_older()
    paint(broken, 7)
    assert job.look() == 0
    assert visual_search.features_of(read(broken.id)) is not None


def test_without_an_eye_walks_are_painted_all_the_same(
    app: Flask, painter: FakePainter, request_walk: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["EYE"] = "no/eye"
    made = [request_walk("a fox", "a kite", frames=2), request_walk("a boat", "a kite", frames=2)]
    job.work()
    assert [read(walk.id).state for walk in made] == ["finished", "finished"]
    assert visual_search.features_of(read(made[0].id)) is None
    assert caplog.text.count("no/eye is no eye: eye.json is missing") == 1


@pytest.mark.databases
def test_another_eye_looks_again(app: Flask, reader: VisualFeatureExtractor, publish: Maker, tmp_path: Path) -> None:
    walk = publish("a fox", "a kite")
    paint(walk, 90)
    assert reader.extract_older()
    first = visual_search.features_of(walk)
    assert first is not None
    app.config["EYE"] = str(make_eye(tmp_path / "other", seed=2))
    assert VisualFeatureExtractor().extract_older()
    second = visual_search.features_of(read(walk.id))
    assert (second.encoder, second.number) > ("", first.number)
    assert second.encoder != first.encoder


@pytest.mark.databases
def test_walk_deleted_meanwhile_is_not_looked_at(reader: VisualFeatureExtractor, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    paint(walk, 90)
    assert reader.load_encoder() is not None
    seen = reader._compute(reader.load_encoder(), walk, None)  # type: ignore[arg-type]
    lifecycle.delete_walk(walk)
    reader._store(walk, seen)
    assert visual_search.features_of(walk) is None
    reader.extract(walk)


def test_hand_is_recorded_as_found_where_none_is_known(
    app: Flask,
    reader: VisualFeatureExtractor,
    painter: FakePainter,
    request_walk: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("image_encoder.encoder.SURE", 0.0)
    words = {"plain": "pop art", "neon": "linocut"}
    sure = make_eye(tmp_path / "sure", words=words, hands_told={"by_hand": dict.fromkeys(words, 1.0)})
    app.config["EYE"] = str(sure)
    stops = [{"prompt": "a fox"}, {"prompt": "a kite", "hand": "watercolour"}, {"prompt": "a linocut of a boat"}]
    walk = request_walk(stops=[*stops, {"prompt": "a bear"}], frames=5)
    with writing() as session:
        session.get(Stop, (walk.number, 3)).chosen_style = "mosaic"
    job.work()
    found = read(walk.id)
    assert found.stops[0].detected_style in words.values()
    assert [stop.detected_style for stop in found.stops[1:]] == ["", "", ""]
    assert [stop.style for stop in found.stops] == ["", "watercolour", "", "mosaic"]
    lifecycle.delete_walk(found)
    assert not any(db.session.scalars(select(Stop.detected_style).where(Stop.walk_number == walk.number)))


@pytest.mark.parametrize(
    ("positions", "chosen"),
    [
        ([0.0, 1.0], [0, 1]),
        ([i / 8 for i in range(9)], [0, 2, 4, 6, 8]),
        ([i / 4 for i in range(9)], list(range(9))),
        ([], []),
    ],
)
def test_frames_are_the_stops_and_what_lies_between(positions: list[float], chosen: list[int]) -> None:
    assert choose_frames(positions) == chosen


def test_no_walk_is_looked_at_more_than_so_often() -> None:
    chosen = choose_frames([i / 30 for i in range(211)])
    assert 8 <= len(chosen) <= visual_search.FRAMES
    assert chosen[0] == 0
    assert chosen[-1] == 210
