"""Candidates: the very pictures that walks have as their stops, painted before all walks, as unlike as can be."""

import io
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from PIL import Image

from app.requests.walk_requests import candidates, validation
from app.storage import media_store
from app.storage.candidate_models import FAILED, PAINTED, CandidateSet
from app.storage.database import db, writing
from app.storage.task_kinds import CANDIDATES, STOPS
from app.storage.walk_models import Task, Walk
from app.walks.queue import candidate_requests
from sketch import scene
from tests.conftest import Maker, make_app
from tests.support import led, placing
from tests.support.fake_painter import FakePainter
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.process.worker import this_worker
from worker.tasks import candidates_task

pytestmark = pytest.mark.slow


def asked(prompt: str = "a fox", *, seed: int = 7, count: int = 4, **stop: Any) -> CandidateSet:
    """Ask for candidates."""
    fields = {"stop": {"prompt": prompt, **stop}, "seed": seed, "count": count, "steps": 2}
    return candidates.submit(candidates.validate(fields), owner_hash="ann", network="here")


def found(of: CandidateSet) -> CandidateSet:
    """Read a set as it stands in the database."""
    db.session.rollback()
    again = candidate_requests.find(of.id)
    assert again is not None
    return again


def pictures(of: CandidateSet) -> list[NDArray[np.uint8]]:
    opened = (Image.open(io.BytesIO(each.picture)).convert("RGB") for each in found(of).candidates)
    return [np.asarray(picture) for picture in opened]


def walked(of: CandidateSet, index: int, other: str = "a kite") -> Walk:
    """Paint a walk whose last stop takes a candidate over."""
    candidate = of.pool[found(of).candidates[index].pool_index]
    stop = {"prompt": of.request["stop"]["prompt"], "seed": candidate["seed"], "scene": candidate["scene"]}
    data = {"stops": [{"prompt": other}, stop], "seed": of.request["seed"], "frames": 2, "steps": 2}
    walk, _ = placing.place(validation.validate(data), visitor_key="ann")
    job.work()
    return read(walk.id)


def last_frame(walk: Walk) -> NDArray[np.uint8]:
    return encoding.decode_still(media_store.store().read_bytes(walk.painted[-1].path))


def assert_same(candidate: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
    """Hold a candidate, a lossy file, against the lossless picture."""
    assert candidate.shape == frame.shape
    assert np.abs(candidate.astype(int) - frame).mean() < 4


@pytest.fixture
def led_site(instance: Path, painters: dict[str, WalkPipeline], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Open a site whose worker paints by a tiny model that drawings lead."""
    monkeypatch.setattr(painters["led"].model, "sketchbook", led.book())
    facts = {"name": painters["led"].name, "presets": {}}
    with make_app(instance, MODEL=str(led.lay_out(instance / "led", **facts)), CACHE=False).app_context() as context:
        lone_painter.at_work(context.app, painters["led"])
        yield context.app
        db.session.remove()
        db.engine.dispose()


def test_walk_that_takes_a_candidate_over_ends_with_that_very_picture(painter: FakePainter) -> None:
    of = asked()
    job.work()
    shown = pictures(of)
    assert (found(of).state, len(shown)) == (PAINTED, 4)
    walk = walked(of, 2)
    assert_same(shown[2], last_frame(walk))
    assert np.abs(shown[1].astype(int) - last_frame(walk)).mean() > 4
    assert walk.stops[1].seed == of.pool[2]["seed"]


def test_where_drawings_lead_a_candidate_is_the_picture_too_with_its_scene(led_site: Flask) -> None:
    of = asked("a house")
    job.work()
    shown = pictures(of)
    index = 3
    walk = walked(of, index, other="a bat")
    frame = last_frame(walk)  # dark noise, of which a lossy file loses much
    away = [np.abs(candidate.astype(int) - frame).mean() for candidate in shown]
    nearest, second, *_ = sorted(away)
    assert away[index] == nearest < 0.7 * second
    assert walk.stops[1].scene == of.pool[found(of).candidates[index].pool_index]["scene"]


def test_where_drawings_lead_those_that_differ_most_are_painted_and_the_proposal_first(led_site: Flask) -> None:
    of = asked("a house")
    job.work()
    places = [each.pool_index for each in found(of).candidates]
    assert places[0] == 0
    assert places != [0, 1, 2, 3]
    stations = [scene.read_scene(each["scene"]) for each in of.pool]
    assert len({station.things[0].drawing for station in (stations[place] for place in places)}) == 2, "both houses"
    shown = pictures(of)
    assert min(np.abs(a.astype(int) - b).mean() for a, b in combinations(shown, 2)) > 2


def test_more_are_painted_beside_those_that_are_there(painter: FakePainter) -> None:
    of = asked(count=2)
    job.work()
    before = pictures(of)
    candidates.request_more(found(of), network="here")
    job.work()
    after = pictures(of)
    assert len(after) == 6
    assert all((a == b).all() for a, b in zip(before, after, strict=False))
    assert [each.pool_index for each in found(of).candidates] == [0, 1, 2, 3, 4, 5]


def test_candidates_come_before_walks_but_not_one_after_another(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_walk("the sea", "a boat")
    sets = [asked(seed=seed) for seed in range(3)]
    order: list[str] = []
    monkeypatch.setattr(job, "_attempt", lambda _worker, claim, _side: order.append(f"{claim.kind} {claim.task}"))
    assert job.work() == 4
    assert order == [f"{CANDIDATES} {sets[0].id}", f"{STOPS} None", *(f"{CANDIDATES} {each.id}" for each in sets[1:])]


def test_worker_that_stops_half_way_leaves_what_is_there_and_the_next_one_goes_on(painter: FakePainter) -> None:
    of = asked()

    def stop(batch: int) -> None:
        if batch == 1:
            this_worker().stopping.set()

    painter.on_paint = stop
    job.work()
    this_worker().stopping.clear()
    before = pictures(of)
    assert (len(before), db.session.query(Task).one().state) == (2, "waiting")
    painter.on_paint = lambda _batch: None
    job.work()
    assert len(pictures(of)) == 4
    assert all((a == b).all() for a, b in zip(before, pictures(of), strict=False))
    assert db.session.query(Task).count() == 0


def test_candidates_that_are_deleted_meanwhile_leave_nothing(painter: FakePainter) -> None:
    of = asked()
    app = this_worker().app

    def delete(batch: int) -> None:
        if batch == 1:
            with app.app_context():
                candidate_requests.delete_of_owner("ann")
                db.session.remove()

    painter.on_paint = delete
    job.work()
    db.session.rollback()
    assert candidate_requests.find(of.id) is None
    assert db.session.query(Task).count() == 0


def test_failure_is_reported_and_can_be_tried_again(painter: FakePainter, monkeypatch: pytest.MonkeyPatch) -> None:
    of = asked()
    with monkeypatch.context() as patch:
        patch.setattr(candidates_task.encoding, "webp", lambda *_args, **_options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            job.work()
    assert (found(of).state, found(of).error) == (FAILED, "ZeroDivisionError while painting.")
    again = asked()
    assert again.id != of.id
    job.work()
    assert found(again).state == PAINTED


@pytest.mark.databases
def test_every_picture_says_that_it_is_synthetic(painter: FakePainter) -> None:
    of = asked(count=1)
    job.work()
    (only,) = found(of).candidates
    assert b"trainedAlgorithmicMedia" in only.picture
    assert b"Fake model" in only.picture


def test_set_that_is_gone_is_no_work(painter: FakePainter) -> None:
    of = asked()
    with writing() as session:
        session.delete(session.get_one(CandidateSet, of.number))
    job.work()
    assert painter.batches == []
