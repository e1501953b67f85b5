"""The phone's page of a wall: what is written goes in line, what is refused stays in the form, and where it is."""

import html
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.access.auth import rate_limits
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.storage.database import db, now, writing
from app.storage.upload_models import Upload
from app.storage.wall_models import CLOSED, PAUSED, Wall, WallLeg, WallWords
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.conftest import make_app
from tests.support.pictures import two_halves, written
from tests.support.rows import Maker, change

SAY = "/wall/lobby/say"


@pytest.fixture
def wall(app: Flask) -> Wall:
    return walls.open_wall(WallRequest("lobby", "The lobby", banned=["cat"]))


def send(client: FlaskClient, text: str = "", **fields: object) -> TestResponse:
    return client.post(SAY, data={"words": text, **fields})


def picture(name: str = "photo.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(written(two_halves())), name


def rows() -> list[WallWords]:
    return list(db.session.scalars(select(WallWords).order_by(WallWords.number)))


def seen(answer: TestResponse) -> str:
    """Return what stands on a page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition('id="standing"')[2]))


def take(wall: Wall, row: WallWords, **values: object) -> None:
    """Add a leg that leads to what was written, and walk it."""
    with writing() as session:
        session.add(WallLeg(wall_number=wall.number, number=1, words_number=row.number, **values))
        words.assign(session, row, 1)


def test_short_address_leads_to_the_form(wall: Wall, client: FlaskClient) -> None:
    answer = client.get("/w/lobby")
    assert (answer.status_code, answer.location) == (302, SAY)
    page = client.get(SAY)
    assert page.status_code == 200
    assert "Write the next stop" in page.text
    assert "The lobby" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("path", ["/w/none", "/wall/none/say", "/wall/none/say/live", "/wall/Lobby/say", "/w/%00"])
def test_unknown_wall_is_not_found(wall: Wall, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post("/wall/none/say", data={"words": "x"}).status_code == 404


def test_what_is_written_goes_in_line_and_everybody_sees_it(wall: Wall, client: FlaskClient, app: Flask) -> None:
    answer = send(client, "a fox <b>in</b> the snow")
    assert (answer.status_code, answer.location) == (303, SAY)
    page = client.get(SAY)
    assert "What you wrote a fox &lt;b&gt;in&lt;/b&gt; the snow First in line" in seen(page)
    other = app.test_client().get(SAY)
    assert "In line a fox &lt;b&gt;in&lt;/b&gt; the snow" in seen(other)
    assert "What you wrote" not in other.text


def test_queue_shows_eight_and_how_many_more(wall: Wall, client: FlaskClient) -> None:
    for number in range(11):
        words.say(wall, f"stop {number}", owner=f"visitor {number}")
    text = seen(client.get(SAY))
    assert "stop 7" in text
    assert "stop 8" not in text
    assert "and 3 more" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [("a cat & a dog", "“cat” is a word that this wall does not take."), ("x" * 10_000, "at most 300")],
    ids=["a banned word", "too long"],
)
def test_refused_words_stay_in_the_form(wall: Wall, client: FlaskClient, text: str, said: str) -> None:
    answer = send(client, text)
    assert answer.status_code == 422
    assert said in answer.text
    assert f">{html.escape(text)}</textarea>" in answer.text
    assert rows() == []


def test_fourth_in_line_and_one_beyond_the_hour_learn_when_to_come_back(
    wall: Wall, client: FlaskClient, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        assert send(client, f"stop {number}").status_code == 303
    answer = send(client, "stop 4")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(words.RETRY_SECONDS))
    assert "3 of yours are waiting already" in answer.text
    assert ">stop 4</textarea>" in answer.text
    monkeypatch.setattr(rate_limits, "WORDS", replace(rate_limits.WORDS, most=(1, 2)))
    strict = make_app(instance)
    first, second = strict.test_client(), strict.test_client()
    assert [send(first, "ann 1").status_code, send(first, "a cat").status_code] == [303, 422], "what is refused is free"
    assert send(first, "ann 1").status_code == 303, "so is what is there"
    late = send(first, "ann 2")
    assert late.status_code == 429
    assert "within an hour are as many as we take from one visitor" in late.text
    assert send(second, "ben 1").status_code == 303
    assert send(strict.test_client(), "cem 1").status_code == 429, "an address has its own limit"


def test_closed_wall_refuses_words_and_links_exhibition(wall: Wall, client: FlaskClient, publish: Maker) -> None:
    walls.set_state(wall, CLOSED)
    answer = send(client, "a fox", **{"photo-0": picture()})
    assert answer.status_code == 409
    assert ">a fox</textarea>" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0, "a closed wall costs nothing"
    page = client.get(SAY)
    assert "This wall is closed" in page.text
    assert "<textarea" not in page.text
    assert 'href="/exhibitions"' in seen_links(page)
    exhibitions.create(ExhibitionRequest("An evening", slug="lobby-1", walks=[publish().id]))
    change(Wall, evening="lobby-1")
    assert 'href="/exhibitions/lobby-1"' in seen_links(client.get(SAY))


def seen_links(page: TestResponse) -> str:
    return page.text.partition('id="standing"')[2].partition("</section>")[0]


def test_paused_wall_says_so_and_takes_words(wall: Wall, client: FlaskClient) -> None:
    walls.set_state(wall, PAUSED)
    assert "The wall is having a rest" in client.get(SAY).text
    assert send(client, "a fox").status_code == 303
    assert "First in line" in seen(client.get(SAY))


def test_own_words_are_followed_to_the_walk_that_shows_them(wall: Wall, client: FlaskClient, publish: Maker) -> None:
    send(client, "a fox")
    (row,) = rows()
    take(wall, row)
    assert "a fox Being painted" in seen(client.get(SAY))
    at = datetime(2026, 11, 23, 20, 14, tzinfo=UTC)
    kept = publish("a fox", "a kite")
    change(Wall, lead=1)
    change(WallLeg, shown_at=at)
    assert "On the wall now" in seen(client.get(SAY))
    change(Wall, lead=2)
    change(WallLeg, stretch=kept.id)
    page = client.get(SAY)
    assert f"Walked at {at.astimezone():%H:%M}" in re.sub(r"\s+", " ", seen(page))
    assert f'href="{kept.url}"' in page.text
    change(WallWords, state="skipped")
    assert "Skipped by a curator" in client.get(SAY).text


def test_live_part_is_sent_apart_from_the_form_and_only_when_it_changed(wall: Wall, client: FlaskClient) -> None:
    send(client, "a fox")
    answer = client.get(f"{SAY}/live", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "a fox" in answer.text
    assert "<textarea" not in answer.text
    assert "private" in answer.headers["Cache-Control"]
    tag = answer.headers["ETag"]
    assert f"data-known={tag}" in answer.text
    again = client.get(f"{SAY}/live", headers={"HX-Request": "true", "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    words.say(wall, "a kite", owner="ben")
    later = client.get(f"{SAY}/live", headers={"HX-Request": "true", "If-None-Match": tag})
    assert later.status_code == 200
    assert "a kite" in later.text


def test_live_part_opened_as_a_page_leads_to_the_page(wall: Wall, client: FlaskClient) -> None:
    answer = client.get(f"{SAY}/live", headers={"Sec-Fetch-Mode": "navigate"})
    assert (answer.status_code, answer.location) == (303, SAY)


@pytest.mark.parametrize(
    ("state", "own", "again"),
    [("open", True, 2000), ("open", False, 6000), ("paused", True, 6000), ("closed", False, 20_000)],
)
def test_phone_polls_by_state(wall: Wall, client: FlaskClient, state: str, own: bool, again: int) -> None:
    if own:
        send(client, "a fox")
    if state != "open":
        walls.set_state(wall, state)
    assert f'data-again="{again}"' in client.get(f"{SAY}/live").text


def test_picture_is_brought_without_a_script_and_sent_with_what_was_agreed_to(wall: Wall, client: FlaskClient) -> None:
    client.get(SAY)
    page = send(client, "my boat", edit="bring", **{"photo-0": picture()})
    assert page.status_code == 200
    assert ">my boat</textarea>" in page.text
    assert "It is repainted on a wall, in front of everybody." in page.text
    assert "I may publish it, and people in it, if any, agree" in page.text
    assert "Captions for it" not in page.text
    photo = db.session.scalars(select(Upload)).one()
    assert f'name="picture" value="{photo.id}"' in page.text
    again = send(client, "my boat", picture=photo.id, cut_out="0", photos_may_be_shown="1")
    assert again.status_code == 303
    (row,) = rows()
    assert (row.text, row.picture, row.cut_out, row.may_be_shown) == ("my boat", photo.id, True, True)


def test_picture_and_words_come_in_one_sending(wall: Wall, client: FlaskClient) -> None:
    assert send(client, "", **{"photo-0": picture()}).status_code == 303
    (row,) = rows()
    assert (row.text, row.picture is not None, row.may_be_shown) == ("", True, False)
    assert "a photo" in seen(client.get(SAY))


def test_picture_is_left_out_again_and_a_file_that_is_none_is_named(wall: Wall, client: FlaskClient) -> None:
    send(client, "", edit="bring", **{"photo-0": picture()})
    photo = db.session.scalars(select(Upload)).one()
    page = send(client, "my boat", edit="drop-photo-0", picture=photo.id)
    assert page.status_code == 200
    assert 'name="picture" value=""' in page.text
    bad = send(client, "my boat", edit="bring", **{"photo-0": (io.BytesIO(b"no picture"), "a.png")})
    assert bad.status_code == 422
    assert "The picture" in bad.text
    assert ">my boat</textarea>" in bad.text
    assert rows() == []


def test_missing_picture_is_refused_and_words_are_kept(wall: Wall, client: FlaskClient, app: Flask) -> None:
    other = app.test_client()
    send(other, "", edit="bring", **{"photo-0": picture()})
    photo = db.session.scalars(select(Upload)).one()
    for named in (photo.id, photo.digest, "aaaabbbbccccdddd", "../x"):
        answer = send(client, "a boat", picture=named)
        assert answer.status_code == 422, named
        assert "The picture is not here" in answer.text
        assert ">a boat</textarea>" in answer.text
        assert 'name="picture" value=""' in answer.text
    assert rows() == []


def test_form_whose_token_is_stale_keeps_what_was_typed(wall: Wall, instance: Path) -> None:
    guarded = make_app(instance, WTF_CSRF_ENABLED=True).test_client()
    answer = guarded.post(SAY, data={"words": "a fox"})
    assert answer.status_code == 400
    assert ">a fox</textarea>" in answer.text
    assert "Press once more" in answer.text
    assert guarded.post("/wall/none/say", data={"words": "a fox"}).status_code == 400
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert token
    assert guarded.post(SAY, data={"words": "a fox", "csrf_token": token[1]}).status_code == 303


def test_estimate_is_by_place_and_pace(wall: Wall, client: FlaskClient) -> None:
    words.say(wall, "before", owner="ben")
    send(client, "a fox")
    change(Wall, lead_at=now())
    assert "a fox Second in line, about 15 seconds" in seen(client.get(SAY))
