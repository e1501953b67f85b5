"""Pages of one frame, how it was made and the same at a large size: offered, asked for by a button only, there."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.storage.database import db
from app.storage.task_kinds import LARGE, STAGES
from app.storage.walk_models import Stop, Task, Walk
from app.walks.queue import frame_requests, jobs
from app.walks.saved import lifecycle, media_urls
from tests.conftest import make_app
from tests.support import drawings
from tests.support.frame_files import deliver, deliver_large
from tests.support.rows import Maker, change

BUTTONS = {STAGES: "Show the steps", LARGE: "Paint it larger"}
each_kind = pytest.mark.parametrize("kind", BUTTONS)


@pytest.fixture
def wide(publish: Maker) -> Maker:
    """Publish a finished walk of 256 × 144 pixels."""

    def make(**fields: object) -> Walk:
        walk = publish(**fields)
        change(walk, width=256, height=144)
        return walk

    return make


def pieces() -> int:
    return db.session.scalar(select(func.count()).select_from(Task)) or 0


@pytest.mark.parametrize(
    ("kind", "frames", "frame", "said"),
    [(STAGES, 5, 2, "How this picture was made"), (LARGE, 2, 0, "PNG, 1024 × 576")],
)
def test_label_links_the_pages_of_a_frame(
    client: FlaskClient, wide: Maker, kind: str, frames: int, frame: int, said: str
) -> None:
    walk = wide(frames=frames)
    page = client.get(walk.url).text
    assert f'href="/walks/{walk.id}/{kind}?frame={frame}"' in page
    assert said in page


@each_kind
def test_looking_asks_the_painter_for_nothing(client: FlaskClient, walk: Walk, kind: str) -> None:
    for address in (f"/walks/{walk.id}/{kind}?frame=1", f"/walks/{walk.id}/{kind}", f"/walks/{walk.id}/{kind}/live"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert BUTTONS[kind] in answer.text
        assert "data-again" not in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert pieces() == 0


@each_kind
def test_button_asks_once_and_the_page_waits(client: FlaskClient, walk: Walk, kind: str) -> None:
    for _ in range(2):
        answer = client.post(f"/walks/{walk.id}/{kind}", data={"frame": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/walks/{walk.id}/{kind}?frame=1")
    assert pieces() == 1
    page = client.get(answer.headers["Location"]).text
    assert "On its way." in page
    again = {STAGES: 500, LARGE: 1000}[kind]
    assert f'hx-get="/walks/{walk.id}/{kind}/live?frame=1" hx-trigger="again" data-again="{again}"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "The painter is away just now." in page  # there is no Redis here
    assert BUTTONS[kind] in client.get(f"/walks/{walk.id}/{kind}?frame=0").text  # another frame


def test_stages_are_shown_side_by_side_in_words(client: FlaskClient, walk: Walk) -> None:
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


def test_sketch_and_noise_stand_before_the_steps_where_drawings_lead(client: FlaskClient, publish: Maker) -> None:
    walk = publish(steps=4)
    change(walk.stops[0], scene=drawings.scene("house").as_json())
    deliver(walk, 1, steps=6)
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    texts = ["The sketch that leads it", "The noise it begins with", "The first step, out of noise", "The second",
             "The third", "The finished picture"]  # fmt: skip
    assert re.findall(r"<p>([^<.]+)</p>\s*</li>", page) == texts
    assert "in four steps" in page
    assert 'aria-label="After step 4 of 4"' in page
    assert "A sketch leads the way" in page


@pytest.mark.parametrize("kind", ["sheet0", "sheet1", "stages9", "sheet"])
def test_stages_at_another_address_are_not_found(client: FlaskClient, walk: Walk, kind: str) -> None:
    deliver(walk, 1)
    assert client.get(f"/media/{walk.id}/{kind}.000000000000.webp").status_code == 404


def test_file_has_no_address_with_another_extension(client: FlaskClient, walk: Walk) -> None:
    deliver(walk, 1)
    address = media_urls.frame_file_address(walk, walk.media["sheet1"])
    assert client.get(address).status_code == 200
    assert client.get(address.removesuffix("webp") + "png").status_code == 404


def test_wide_pictures_have_wide_stages(client: FlaskClient, walk: Walk) -> None:
    change(walk, width=256)
    deliver(walk, 1, side=(32, 16))
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert len(re.findall(r'viewBox="\d+ 0 32 16"', page)) == 5


@each_kind
@pytest.mark.parametrize("frame", ["2", "-1", "x", "", "9" * 400, "%00", "1.0"])
def test_frame_that_there_is_not_is_not_found(client: FlaskClient, walk: Walk, kind: str, frame: str) -> None:
    assert client.get(f"/walks/{walk.id}/{kind}?frame={frame}").status_code == 404
    assert client.post(f"/walks/{walk.id}/{kind}", data={"frame": frame}).status_code == 404
    assert pieces() == 0


@each_kind
def test_only_finished_walks_have_files(client: FlaskClient, publish: Maker, request_walk: Maker, kind: str) -> None:
    deleted = publish()
    lifecycle.delete_walk(deleted)
    for name, status in ((request_walk().id, 404), ("x", 404), (deleted.id, 410)):
        assert client.get(f"/walks/{name}/{kind}").status_code == status
        assert client.post(f"/walks/{name}/{kind}").status_code == status


@each_kind
def test_full_disk_refuses_what_is_not_there_yet_and_counts_nothing(walk: Walk, instance: Path, kind: str) -> None:
    app = make_app(instance, FREE_BYTES_MIN=10**18, HOURLY_WALKS=1)
    client = app.test_client()
    for _ in range(2):
        answer = client.post(f"/walks/{walk.id}/{kind}", data={"frame": "1"})
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert "There is no space for more pictures at the moment" in answer.text
    assert pieces() == 0
    app.config["FREE_BYTES_MIN"] = 0
    assert client.post(f"/walks/{walk.id}/{kind}", data={"frame": "1"}).status_code == 303


def test_stages_have_an_hourly_limit(publish: Maker, app: Flask, instance: Path) -> None:
    walk = publish(frames=4)
    client = make_app(instance, HOURLY_WALKS=2, HOURLY_WALKS_ADDRESS=3).test_client()
    answers = [client.post(f"/walks/{walk.id}/stages", data={"frame": index}) for index in ("0", "1", "0", "2")]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]  # what is on its way counts once
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "2 stages within an hour" in answers[-1].text
    assert pieces() == 2
    walked = client.post("/walks", data={"prompt": ["a fox", "a kite"]})
    assert walked.status_code == 303  # walks are counted apart


GONE = "The model that painted this walk, House model, is no longer here in that revision."


@pytest.mark.parametrize("gone", ["revision", "model"])
def test_walk_of_a_replaced_model_queues_no_task(client: FlaskClient, publish: Maker, gone: str) -> None:
    walk, newer = publish(minutes_ago=5), publish("an owl", "a kite")
    if gone == "revision":
        change(newer, model_revision="a newer one")
    else:
        change(walk, model_name="an-older-one")
    message = "is no longer here" if gone == "model" else GONE
    for address in (f"/walks/{walk.id}/stages", f"/walks/{walk.id}/stages/live?frame=1"):
        page = client.get(address).text
        assert message in page
        assert "Show the steps" not in page
        assert "data-again" not in page
    answer = client.post(f"/walks/{walk.id}/stages", data={"frame": "1"})
    assert answer.status_code == 409
    assert message in answer.text
    assert pieces() == 0
    assert "Show the steps" in client.get(f"/walks/{newer.id}/stages").text
    here = [client.get(f"/api/v1/walks/{each.id}").json["model_here"] for each in (walk, newer)]
    assert here == [False, True]
    assert [each["model_here"] for each in client.get("/api/v1/walks").json["walks"]] == [True, False]


def test_living_painters_say_which_models_are_here(
    client: FlaskClient, walk: Walk, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame_requests.request(walk, STAGES, 1)
    about = [{"name": "a", "model": walk.model_name, "revision": "x", "models": {walk.model_name: "x"}}]
    monkeypatch.setattr(jobs, "workers", lambda: about)
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text  # asked for while it was unknown
    assert GONE in page
    assert "On its way." not in page
    about.append(
        {"name": "b", "model": walk.model_name, "revision": "y", "models": {walk.model_name: walk.model_revision}}
    )
    assert "On its way." in client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert client.get(f"/api/v1/walks/{walk.id}").json["model_here"] is True
    assert client.get(f"/api/v1/walks/{request_walk().id}").json["model_here"] is None


def test_stages_that_were_painted_while_the_model_was_here_are_shown(client: FlaskClient, walk: Walk) -> None:
    deliver(walk, 1)
    change(walk, model_name="an-older-one")
    page = client.get(f"/walks/{walk.id}/stages?frame=1").text
    assert "The finished picture" in page
    assert "no longer here" not in page


def test_walk_whose_pictures_cannot_be_larger_offers_none_and_says_why(client: FlaskClient, walk: Walk) -> None:
    change(Stop, scene=None)
    assert "/large" not in client.get(walk.url).text
    assert "Only pictures that a sketch leads" in client.get(f"/walks/{walk.id}/large").text
    answer = client.post(f"/walks/{walk.id}/large", data={"frame": "1"})
    assert answer.status_code == 409
    assert "Only pictures that a sketch leads" in answer.text
    assert pieces() == 0


def test_frame_is_shown_as_it_is_until_the_larger_one_is_there(client: FlaskClient, wide: Maker) -> None:
    walk = wide()
    for address in (f"/walks/{walk.id}/large?frame=1", f"/walks/{walk.id}/large", f"/walks/{walk.id}/large/live"):
        page = client.get(address).text
        assert "1024 × 576" in page
        assert f"/media/{walk.id}/still." in page


def test_larger_picture_is_shown_and_can_be_downloaded(client: FlaskClient, wide: Maker) -> None:
    walk = wide()
    deliver_large(walk, 1, size=(1024, 576))
    page = client.get(f"/walks/{walk.id}/large?frame=1").text
    medium = walk.media["large1"]
    address = f"/media/{walk.id}/large1.{medium.etag[:12]}.png"
    assert f'<img src="{address}" width="1024" height="576"' in page
    assert f'href="{address}" download' in page
    assert "data-again" not in page
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(address.replace("large1", "large0")).status_code == 404
    assert client.get(address.replace(".png", ".webp")).status_code == 404


def test_large_pictures_are_limited_apart_from_stages(wide: Maker, app: Flask, instance: Path) -> None:
    walk = wide(frames=4)
    client = make_app(instance, HOURLY_WALKS=1, HOURLY_WALKS_ADDRESS=3).test_client()
    asked = [("large", "0"), ("large", "1"), ("stages", "1")]
    answers = [client.post(f"/walks/{walk.id}/{kind}", data={"frame": frame}) for kind, frame in asked]
    assert [answer.status_code for answer in answers] == [303, 429, 303]
    assert "1 large pictures within an hour" in answers[1].text
    assert int(answers[1].headers["Retry-After"]) > 0
