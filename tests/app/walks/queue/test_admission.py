"""Room for another walk: ceilings of what waits, of a visitor, a network and all; disk and daily share."""

import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core.errors import TooMany
from app.offer.generation import offers, sampler_settings
from app.requests.walk_requests.validation import validate
from app.storage.database import db, now, writing
from app.storage.upload_models import READY, WAITING, Upload
from app.storage.walk_models import PAINTING, Medium, Walk
from app.walks.queue import admission, estimates, fair_queue, jobs
from app.walks.saved import lifecycle
from tests.conftest import Maker, inside, make_app
from tests.support import placing, sounds
from tests.support.commands import count
from tests.support.rows import change, store

pytestmark = pytest.mark.slow

TWO = {"prompt": ["an owl", "a very tall castle"], "seed": "77"}
ASKED = {"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}]}
LIMITS = {"LINE_MAX_VISITOR": 3, "LINE_MAX_ADDRESS": 5, "LINE_MAX": 8}
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def strict(instance: Path) -> Iterator[Flask]:
    """Build an application in whose line 3 walks of a visitor, 5 of an address and 8 in all may wait."""
    with inside(make_app(instance, **LIMITS)) as app:
        yield app


def paint(app: Flask, times: int = 1, *, address: str = "198.51.100.1", **fields: object) -> list[TestResponse]:
    """Ask so many times for a walk, as one visitor at an address."""
    client = app.test_client()
    return [client.post("/walks", data=TWO | fields, environ_base={"REMOTE_ADDR": address}) for _ in range(times)]


def statuses(answers: list[TestResponse]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_the_line_is_looked_at_before_others_have_to_wait_for_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def noted(name: str, deed: Callable[..., object]) -> Callable[..., object]:
        return lambda *given: (done.append(name), deed(*given))[1]

    monkeypatch.setattr(fair_queue, "_query_snapshot", noted("look", fair_queue._query_snapshot))
    monkeypatch.setattr(fair_queue, "take_advisory_lock", noted("alone", fair_queue.take_advisory_lock))
    placing.place(validate(ASKED), visitor_key="ann", admit=lambda _passes: None)
    assert done == ["look", "alone"]


@pytest.mark.databases
def test_visitor_has_so_much_waiting_and_keeps_what_was_typed(strict: Flask) -> None:
    answers = paint(strict, 4)
    assert statuses(answers) == [303, 303, 303, 429]
    assert "The work of 3 usual walks is as much as may wait in line of one visitor." in answers[-1].text
    assert "an owl</textarea>" in answers[-1].text
    assert 'value="77"' in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert count() == 3


def test_visitor_who_goes_from_network_to_network_has_no_more(strict: Flask) -> None:
    client = strict.test_client()
    answers = [
        client.post("/walks", data=TWO, environ_base={"REMOTE_ADDR": f"198.51.100.{number}"}) for number in range(4)
    ]
    assert statuses(answers) == [303, 303, 303, 429]


@pytest.mark.databases
def test_network_has_so_much_waiting_for_all_its_visitors(strict: Flask) -> None:
    answers = [paint(strict)[0] for _ in range(6)]
    assert statuses(answers) == [303] * 5 + [429]
    assert "5 usual walks is as much as may wait in line of one address" in answers[-1].text
    assert statuses(paint(strict, address="203.0.113.9")) == [303]


@pytest.mark.databases
def test_line_has_an_end_that_programs_learn_as_json(strict: Flask) -> None:
    assert statuses([paint(strict, address=f"203.0.113.{number}")[0] for number in range(9)]) == [303] * 8 + [503]
    answer = strict.test_client().post("/api/v1/walks", json=ASKED)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.json["detail"].startswith("The line is full: the work of 8 usual walks is as much as may wait.")
    assert int(answer.headers["Retry-After"]) >= 1
    assert count() == 8


def test_who_has_nothing_waiting_may_ask_for_the_largest_walk(strict: Flask) -> None:
    large = {"preset": "exact", "steps": "100", "frames": "240"}
    assert statuses(paint(strict, 2, **large)) == [303, 429]
    db.session.rollback()
    assert db.session.scalar(select(Walk.cost)) > 8 * fair_queue.turn_passes()
    assert statuses(paint(strict, address="203.0.113.9")) == [503]  # it has filled the line


@pytest.mark.databases
def test_there_is_room_again_when_work_was_done_or_called_off(strict: Flask) -> None:
    client = strict.test_client()
    pages = [client.post("/walks", data=TWO).headers["Location"] for _ in range(3)]
    assert client.post("/walks", data=TWO).status_code == 429
    client.post(f"{pages[0]}/cancel")
    assert client.post("/walks", data=TWO).status_code == 303
    change(Walk, evaluations=Walk.cost, state=PAINTING)
    assert client.post("/walks", data=TWO).status_code == 303


@pytest.mark.databases
def test_a_walk_painted_after_all_needs_room_too(strict: Flask) -> None:
    client = strict.test_client()
    page = client.post("/walks", data=TWO).headers["Location"]
    client.post(f"{page}/cancel")
    assert statuses([client.post("/walks", data=TWO) for _ in range(3)]) == [303] * 3
    answer = client.post(f"{page}/retry")
    assert (answer.status_code, "as much as may wait" in answer.text) == (429, True)


def test_second_click_on_a_form_is_answered_even_when_the_line_is_full(strict: Flask) -> None:
    client = strict.test_client()
    first = client.post("/walks", data=TWO | {"token": "once"})
    assert statuses([client.post("/walks", data=TWO) for _ in range(3)]) == [303, 303, 429]
    assert client.post("/walks", data=TWO | {"token": "once"}).headers["Location"] == first.headers["Location"]


def test_time_to_return_follows_the_queue(strict: Flask, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "workers", lambda: [{"name": "one"}])
    publish()
    settings = sampler_settings.resolve_settings(offers.first())
    usual = estimates.estimate_new_walk(offers.first(), settings, frames=24).own
    answer = paint(strict, 4)[-1]
    assert int(answer.headers["Retry-After"]) == pytest.approx(usual, abs=2)  # the first of three must be done
    for number in range(5):
        paint(strict, address=f"203.0.113.{number}")
    full = paint(strict, address="203.0.113.99")[0]
    assert (full.status_code, int(full.headers["Retry-After"])) == (503, pytest.approx(usual, abs=2))
    assert "There is room again in about" in full.text


def test_full_disk_refuses_requests(app: Flask, request_walk: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    page = client.post("/walks", data=TWO).headers["Location"]
    client.post(f"{page}/cancel")
    app.config["FREE_BYTES_MIN"] = 1_000_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 10**12 - 999_999_999, 999_999_999))
    answers = [client.post("/walks", data=TWO), client.post(f"{page}/retry"), client.post("/api/v1/walks", json=ASKED)]
    assert statuses(answers) == [503, 503, 503]
    assert all(answer.headers["Retry-After"] for answer in answers)
    assert "an owl</textarea>" in answers[0].text
    assert "less than 1.0 GB is free" in answers[0].text
    assert client.get("/gallery").status_code == 200
    app.config["FREE_BYTES_MIN"] = 0
    assert client.post("/walks", data=TWO).status_code == 303


@pytest.mark.databases
@pytest.mark.slow
def test_network_has_its_share_of_a_day_kept_and_makes_room_by_taking_down(app: Flask) -> None:
    client, stranger = app.test_client(), {"REMOTE_ADDR": "203.0.113.9"}
    app.config["DAILY_BYTES_ADDRESS"] = 5_000_000
    client.post("/walks", data=TWO)
    db.session.rollback()
    walk = db.session.scalars(select(Walk)).one()
    with writing() as session:
        session.add(Medium(walk_number=walk.number, kind="gif", path="w/x", bytes=4_000_000, etag="1"))
        session.add(Medium(walk_number=walk.number, kind="mp4", path="w/y", bytes=1_000_000, etag="2"))
        session.get(Walk, walk.number).created_at = now() - timedelta(hours=25)
    assert client.post("/walks", data=TWO).status_code == 303, "what was kept a day ago does not count"
    change(walk, created_at=now() - timedelta(hours=23))
    answer = client.post("/walks", data=TWO)
    assert answer.status_code == 429
    assert "5.0 MB of pictures and sounds a day are as much as we keep from one address" in answer.text
    assert 3500 < int(answer.headers["Retry-After"]) <= 3601
    assert app.test_client().post("/walks", data=TWO, environ_base=stranger).status_code == 303
    lifecycle.delete_walk(walk)
    assert client.post("/walks", data=TWO).status_code == 303


def test_commands_are_not_bounded(strict: Flask, request_walk: Maker) -> None:
    assert len([request_walk() for _ in range(9)]) == 9


def test_uploads_count_to_the_share_of_a_network(app: Flask) -> None:
    app.config["DAILY_BYTES_ADDRESS"] = 4_000_000
    sound = sounds.keep("ann", network="here", state=WAITING, seconds=20.0)  # the largest FLAC has 3.84 MB
    admission.check_storage("here")
    day, side = now() + timedelta(hours=24), {"kind": "photos", "details": {"width": 9, "height": 9}}
    store(Upload(digest="f", owner_hash="ann", network="here", path="photos/x", bytes=160_000, expires_at=day, **side))
    admission.check_storage("there")
    with pytest.raises(TooMany, match="pictures and sounds a day") as refused:
        admission.check_storage("here")
    assert 3500 < refused.value.retry_after <= 3600, "until the sound expires"
    change(Upload, Upload.id == sound.id, state=READY)
    admission.check_storage("here")
