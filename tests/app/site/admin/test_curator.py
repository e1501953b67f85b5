"""The curator's room: not there without a password's hash, closed to strangers, and what is done in it written down."""

import re
import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.access.auth import curator_session
from app.collection.gallery import exhibitions
from app.collection.moderation import audit_log, curation, reports, word_lists
from app.core.errors import WalkGone
from app.storage.walk_models import Walk
from app.walks.saved import lookup
from tests.conftest import make_app
from tests.support.commands import run, run_json
from tests.support.cookies import cookie_name
from tests.support.curator import HASH, PASSWORD, enter
from tests.support.rows import Maker

PAGES = ("/curator", "/curator/exhibitions", "/curator/words", "/curator/log")
pytestmark = pytest.mark.settings(CURATOR_HASH=HASH)


def done() -> list[tuple[str, str]]:
    return [(deed.what, deed.about) for deed in audit_log.latest(20) if not deed.what.startswith("sign")]


@pytest.mark.settings(CURATOR_HASH="")
def test_without_a_hash_there_is_no_room(client: FlaskClient) -> None:
    for address in (*PAGES, "/curator/sign-in", "/curator/walks", "/curator/walls"):
        assert client.get(address).status_code == 404
    walls = ("/curator/walls", "/curator/walls/lobby/close", "/curator/walls/lobby/words/1/skip")
    for address in ("/curator/sign-in", "/curator/sign-out", "/curator/words", *walls):
        assert client.post(address, data={"password": ""}).status_code == 404


def test_sign_out_ends_copies_of_the_cookie_too(app: Flask, client: FlaskClient) -> None:
    assert enter(client, "a wrong password").status_code == 403
    assert client.get("/curator").status_code == 303
    assert enter(client).location == "/curator"
    assert client.get("/curator").status_code == 200
    copy = client.get_cookie(name := cookie_name(app, "curator")).value
    assert client.post("/curator/sign-out").status_code == 303
    assert client.get("/curator").status_code == 303
    client.set_cookie(name, copy)
    assert client.get("/curator").status_code == 303
    assert [(deed.what, deed.failed) for deed in audit_log.latest(9)] == [
        ("signed out", False), ("signed in", False), ("sign-in", True),
    ]  # fmt: skip


def test_cookie_is_signed_strict_short_and_over_https_bound_to_the_host(app: Flask, client: FlaskClient) -> None:
    answer = enter(app.test_client(), base_url="https://walks.example")
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if "curator" in each]
    assert cookie.startswith(cookie_name(app, "curator", base_url="https://walks.example") + "=")
    assert cookie.startswith("__Host-moma_curator_")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={curator_session.IDLE_SECONDS}"):
        assert part in cookie
    client.set_cookie(cookie_name(app, "curator"), "WyJ4IiwxXQ.aaaa.bbbb")
    assert client.get("/curator").status_code == 303


def test_sign_in_expires_after_idle_and_total_time(curator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    real, passed = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: real() + passed)
    for _ in range(12):
        passed += curator_session.IDLE_SECONDS - 60
        assert curator.get("/curator").status_code == 200
    passed += 15 * 60
    assert curator.get("/curator").status_code == 303
    assert enter(curator).status_code == 303
    passed += curator_session.IDLE_SECONDS + 5
    assert curator.get("/curator").status_code == 303


def test_new_password_ends_every_sign_in(instance: Path, curator: FlaskClient) -> None:
    other = make_app(
        instance, CURATOR_HASH=curator_session.generate_password_hash(PASSWORD, "pbkdf2:sha256:1")
    ).test_client()
    name = cookie_name(curator.application, "curator")
    other.set_cookie(name, curator.get_cookie(name).value)
    assert other.get("/curator").status_code == 303


def test_attempts_to_sign_in_are_counted(client: FlaskClient) -> None:
    assert [enter(client, "wrong").status_code for _ in range(10)] == [403] * 10
    answer = enter(client)
    assert answer.status_code == 429
    assert "10 attempts within an hour are as many as we take" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/curator").status_code == 303


def test_nothing_of_the_room_is_kept_or_indexed(curator: FlaskClient, walk: Walk) -> None:
    for address in (*PAGES, "/curator/sign-in", f"/curator/walks/{walk.id}", f"/curator/walks/{walk.id}/picture"):
        answer = curator.get(address)
        assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


@pytest.mark.databases
def test_reported_walk_is_left_or_hidden_from_the_queue(
    curator: FlaskClient, client: FlaskClient, publish: Maker
) -> None:
    walk, other, visitor = publish("a kite", "a gull"), publish(), client
    for each in (walk, other):
        visitor.post(f"/walks/{each.id}/report", data={"reason": "hate", "words": "<b>Look</b>"})
    page = curator.get("/curator").text
    assert "&lt;b&gt;Look" in page
    assert "2 walks reported" in page
    curator.post(f"/curator/walks/{walk.id}/leave", data={"back": "room"})
    answer = curator.post(f"/curator/walks/{other.id}/hide", data={"back": "room"})
    assert answer.location == "/curator"
    assert reports.reported_walks(9) == []
    assert visitor.get(walk.url).status_code == 200
    assert visitor.get(other.url).status_code == 410
    assert done() == [("hid walk", other.id), ("left walk as it is", walk.id)]


@pytest.mark.databases
def test_hidden_walk_is_shown_here_and_restored(curator: FlaskClient, client: FlaskClient, publish: Maker) -> None:
    walk, stranger = publish("a kite", "a gull"), client
    curator.post(f"/curator/walks/{walk.id}/hide")
    assert "a kite" in curator.get(f"/curator/walks/{walk.id}").text
    assert curator.get(f"/curator/walks/{walk.id}/picture").data == b"poster"
    assert stranger.get(f"/walks/{walk.id}.png").status_code == 410
    curator.post(f"/curator/walks/{walk.id}/unhide")
    assert stranger.get(walk.url).status_code == 200


def test_walk_is_featured_only_while_it_is_public(curator: FlaskClient, walk: Walk) -> None:
    curator.post(f"/curator/walks/{walk.id}/feature")
    assert lookup.walk_at_address(walk.id).featured_at is not None
    curator.post(f"/curator/walks/{walk.id}/unfeature")
    curation.hide(walk)
    answer = curator.post(f"/curator/walks/{walk.id}/feature")
    assert answer.status_code == 422
    assert "It is not in the gallery" in answer.text
    assert done() == [("unfeatured walk", walk.id), ("featured walk", walk.id)]


def test_walk_is_deleted_only_by_who_is_sure(curator: FlaskClient, walk: Walk) -> None:
    assert curator.post(f"/curator/walks/{walk.id}/delete").status_code == 422
    assert lookup.walk_at_address(walk.id).deleted_at is None
    assert curator.post(f"/curator/walks/{walk.id}/delete", data={"sure": "1"}).location == "/curator"
    with pytest.raises(WalkGone):
        lookup.walk_at_address(walk.id)
    assert done() == [("deleted walk", walk.id)]


def test_walk_is_looked_up_by_id_or_address(curator: FlaskClient, walk: Walk) -> None:
    for asked in (walk.id, f"https://walks.example{walk.url}?x=1", f" {walk.url} "):
        assert curator.get("/curator/walks", query_string={"walk": asked}).location == f"/curator/walks/{walk.id}"
    answer = curator.get("/curator/walks?walk=<i>nothing")
    assert answer.status_code == 404
    assert "&lt;i&gt;nothing" in answer.text


@pytest.mark.databases
def test_word_is_banned_and_lifted(curator: FlaskClient) -> None:
    curator.post("/curator/words", data={"word": "Gore"})
    assert word_lists.BANNED.words() == ["gore"]
    assert "gore" in curator.get("/curator/words").text
    assert curator.post("/curator/words", data={"word": "!"}).status_code == 422
    curator.post("/curator/words/lift", data={"word": "gore"})
    assert word_lists.BANNED.words() == []
    assert done() == [("lifted word", "gore"), ("banned word", "gore")]


@pytest.mark.databases
def test_exhibition_is_made_changed_and_ended(curator: FlaskClient, client: FlaskClient, publish: Maker) -> None:
    first, second, stranger = publish("a kite", "a gull"), publish("a moth", "a star"), client
    fields = {"title": "In the air", "text": "Up.", "walks": f"{first.url}\n\n{second.id}\r\n"}
    made = curator.post("/curator/exhibitions", data=fields)
    assert made.location == "/curator/exhibitions/in-the-air"
    assert stranger.get("/exhibitions/in-the-air").status_code == 404
    page = curator.get(made.location).text
    assert f"{first.id}\n{second.id}" in page
    curator.post(made.location, data=fields | {"walks": f"{second.id}\n{first.id}", "shown": "1"})
    hall = exhibitions.at("in-the-air")
    assert [walk.id for walk in exhibitions.walks_of(hall)] == [second.id, first.id]
    assert stranger.get("/exhibitions/in-the-air").status_code == 200
    wrong = curator.post(made.location, data=fields | {"title": "", "walks": "nothing"})
    assert wrong.status_code == 422
    assert "The title must have 1 to 120 characters." in wrong.text
    assert "“nothing” is not a walk of this site." in wrong.text
    assert curator.post("/curator/exhibitions", data=fields).status_code == 422
    curator.post(f"{made.location}/remove")
    assert exhibitions.every() == []
    assert done() == [(f"{what} exhibition", "in-the-air") for what in ("removed", "changed", "made")]


@pytest.mark.databases
def test_log_is_shown_page_by_page(curator: FlaskClient) -> None:
    for number in range(55):
        audit_log.note("hid walk", f"number {number}")
    page = curator.get("/curator/log").text
    assert "number 54" in page
    assert "number 4<" not in page
    earlier = re.search(r'href="(/curator/log\?before=\d+)"', page)
    assert earlier is not None
    assert "number 4<" in curator.get(earlier[1]).text
    assert curator.get("/curator/log?before=x").status_code == 200


def test_command_hashes_a_password_that_the_settings_take(runner: FlaskCliRunner, instance: Path) -> None:
    hashed = run_json(runner, "curator", "password", "--password", PASSWORD)["hash"]
    assert make_app(instance, CURATOR_HASH=hashed).config["CURATOR_HASH"] == hashed
    assert "at least 12 characters" in run(runner, "curator", "password", "--password", "short", status=1).output


def test_only_the_room_loads_its_own_styles(curator: FlaskClient) -> None:
    assert "/static/office." in curator.get("/curator").text
    assert "/static/office." not in curator.get("/gallery").text
