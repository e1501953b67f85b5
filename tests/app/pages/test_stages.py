"""The page of one picture's making: offered, asked for by a button only, on its way, there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.queue import frame_requests, jobs
from app.storage.database import db, writing
from app.storage.walk_models import STAGES, Task, Walk
from app.walks import lifecycle
from tests.conftest import make_app
from tests.support import drawings
from tests.support.frame_files import deliver

Hang = Callable[..., Walk]


def pieces() -> int:
    return db.session.scalar(select(func.count()).select_from(Task)) or 0


def test_label_leads_to_the_making_of_the_middle_frame(client: FlaskClient, hung: Hang) -> None:
    walk = hung(frames=5)
    page = client.get(walk.url).text
    assert "How this picture was made" in page
    assert f'href="/walks/{walk.id}/stages?frame=2"' in page


def test_looking_asks_the_painter_for_nothing(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    for address in (f"/walks/{walk.id}/stages?frame=1", f"/walks/{walk.id}/stages", f"/walks/{walk.id}/stages/live"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "Show the steps" in answer.text
        assert "data-again" not in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert pieces() == 0


def test_button_asks_once_and_the_page_waits_for_the_stages(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    for _ in range(2):
        answer = client.post(f"/walks/{walk.id}/stages", data={"frame": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/walks/{walk.id}/stages?frame=1")
    assert pieces() == 1
    page = client.get(answer.headers["Location"]).text
    assert "On its way." in page
    assert f'hx-get="/walks/{walk.id}/stages/live?frame=1" hx-trigger="again" data-again="500"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "The painter is away just now." in page  # there is no Redis here
    assert "Show the steps" in client.get(f"/walks/{walk.id}/stages?frame=0").text  # another frame


def test_stages_are_shown_side_by_side_in_words(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    client.post(f"/walks/{walk.id}/stages", data={"frame": "1"})
    deliver(walk, 1)
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert re.findall(r'viewBox="(\d+) 0 16 16"', page) == ["0", "16", "32", "48", "64"]
    assert [text in page for text in ("The first step, out of noise", "The second", "The finished picture")] == [
        True
    ] * 3
    assert "in five steps" in page
    assert "data-again" not in page
    for address in set(re.findall(r'"(/media/[^"]*(?:sheet|stages)1\.[^"]*)"', page)):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert "immutable" in answer.headers["Cache-Control"]
    found = frame_requests.find(walk, STAGES, 1)
    assert found is not None
    assert f"/media/{walk.id}/sheet1.{found.files['sheet'].etag[:12]}.webp" in page


def test_sketch_and_noise_stand_before_the_steps_where_drawings_lead(client: FlaskClient, hung: Hang) -> None:
    walk = hung(steps=4)
    with writing() as session:
        session.get(Walk, walk.number).stops[0].scene = drawings.scene("house").as_json()
    deliver(walk, 1, steps=6)
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    told = ["The sketch that leads it", "The noise it begins with", "The first step, out of noise", "The second",
            "The third", "The finished picture"]  # fmt: skip
    assert re.findall(r"<p>([^<.]+)</p>\s*</li>", page) == told
    assert "in four steps" in page
    assert 'aria-label="After step 4 of 4"' in page
    assert "A sketch leads the way" in page


@pytest.mark.parametrize("kind", ["sheet0", "sheet1", "stages9", "sheet"])
def test_stages_at_another_address_are_not_found(client: FlaskClient, hung: Hang, kind: str) -> None:
    walk = hung()
    deliver(walk, 1)
    assert client.get(f"/media/{walk.id}/{kind}.000000000000.webp").status_code == 404


def test_wide_pictures_have_wide_stages(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    with writing() as session:
        session.get(Walk, walk.number).width = 256
    deliver(walk, 1, side=(32, 16))
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert len(re.findall(r'viewBox="\d+ 0 32 16"', page)) == 5


@pytest.mark.parametrize("frame", ["2", "-1", "x", "", "9" * 400, "%00", "1.0"])
def test_frame_that_there_is_not_is_not_found(client: FlaskClient, hung: Hang, frame: str) -> None:
    walk = hung()
    assert client.get(f"/walks/{walk.id}/stages?frame={frame}").status_code == 404
    assert client.post(f"/walks/{walk.id}/stages", data={"frame": frame}).status_code == 404
    assert pieces() == 0


def test_unfinished_unknown_and_deleted_walks_have_no_stages(
    client: FlaskClient, hung: Hang, commissioned: Hang
) -> None:
    deleted = hung()
    lifecycle.delete_walk(deleted)
    for name, status in ((commissioned().id, 404), ("x", 404), (deleted.id, 410)):
        assert client.get(f"/walks/{name}/stages").status_code == status
        assert client.post(f"/walks/{name}/stages").status_code == status


def test_a_visitor_asks_for_so_many_an_hour_and_is_told_when_there_is_room(
    hung: Hang, app: Flask, instance: Path
) -> None:
    walk = hung(frames=4)
    client = make_app(instance, HOURLY_WALKS=2, HOURLY_WALKS_ADDRESS=3).test_client()
    answers = [client.post(f"/walks/{walk.id}/stages", data={"frame": index}) for index in ("0", "1", "0", "2")]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]  # what is on its way counts once
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "2 stages within an hour" in answers[-1].text
    assert pieces() == 2
    walked = client.post("/walks", data={"prompt": ["a fox", "a kite"]})
    assert walked.status_code == 303  # walks are counted apart


GONE = "The model that painted this walk, House model, is no longer here in that revision."


def repaint(walk: Walk, **values: object) -> None:
    """Write columns of a walk as another painter would have left them."""
    with writing() as session:
        for name, value in values.items():
            setattr(session.get(Walk, walk.number), name, value)


@pytest.mark.parametrize("gone", ["revision", "model"])
def test_walk_of_before_a_model_was_changed_says_so_and_asks_the_painter_for_nothing(
    client: FlaskClient, hung: Hang, gone: str
) -> None:
    walk, newer = hung(minutes_ago=5), hung("an owl", "a kite")
    if gone == "revision":
        repaint(newer, model_revision="a newer one")
    else:
        repaint(walk, model_name="an-older-one")
    told = "is no longer here" if gone == "model" else GONE
    for address in (f"/walks/{walk.id}/stages", f"/walks/{walk.id}/stages/live?frame=1"):
        page = client.get(address).text
        assert told in page
        assert "Show the steps" not in page
        assert "data-again" not in page
    answer = client.post(f"/walks/{walk.id}/stages", data={"frame": "1"})
    assert answer.status_code == 409
    assert told in answer.text
    assert pieces() == 0
    assert "Show the steps" in client.get(f"/walks/{newer.id}/stages").text
    here = [client.get(f"/api/v1/walks/{each.id}").json["model_here"] for each in (walk, newer)]
    assert here == [False, True]
    assert [each["model_here"] for each in client.get("/api/v1/walks").json["walks"]] == [True, False]


def test_living_painters_say_which_models_are_here(
    client: FlaskClient, hung: Hang, commissioned: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = hung()
    frame_requests.request(walk, STAGES, 1)
    about = [{"name": "a", "model": walk.model_name, "revision": "x", "models": {walk.model_name: "x"}}]
    monkeypatch.setattr(jobs, "workers", lambda: about)
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text  # asked for while nobody could tell
    assert GONE in page
    assert "On its way." not in page
    about.append(
        {"name": "b", "model": walk.model_name, "revision": "y", "models": {walk.model_name: walk.model_revision}}
    )
    assert "On its way." in client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert client.get(f"/api/v1/walks/{walk.id}").json["model_here"] is True
    assert client.get(f"/api/v1/walks/{commissioned().id}").json["model_here"] is None


def test_stages_that_were_painted_while_the_model_was_here_are_shown(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    deliver(walk, 1)
    repaint(walk, model_name="an-older-one")
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert "The finished picture" in page
    assert "no longer here" not in page


def test_form_of_the_page_is_guarded(hung: Hang, instance: Path) -> None:
    walk = hung()
    client = make_app(instance, WTF_CSRF_ENABLED=True).test_client()
    assert client.post(f"/walks/{walk.id}/stages", data={"frame": "1"}).status_code == 400
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    asked = client.post(f"/walks/{walk.id}/stages", data={"frame": "1", "csrf_token": token})
    assert asked.status_code == 303
    assert client.post(f"/walks/{walk.id}/stages", data=b"{}", content_type="application/json").status_code in (
        400,
        415,
    )
