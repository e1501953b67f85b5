"""The prompts of one's earlier walks, offered for a stop of the form, and forgotten in a browser."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.collection.gallery import own_walks
from app.site.presentation import earlier_prompts
from app.storage.database import now
from app.storage.walk_models import REFUSED, Walk
from tests.support.cookies import cookie_name
from tests.support.rows import change

BUTTON = 'value="earlier-0"'


def ask(client: FlaskClient, *prompts: str, **fields: Any) -> None:
    """Request a walk on the page."""
    assert client.post("/walks", data={"prompt": list(prompts), **fields}).status_code == 303


def change_newest(**values: Any) -> None:
    newest = select(Walk.number).order_by(Walk.number.desc()).limit(1).scalar_subquery()
    change(Walk, Walk.number == newest, **values)


def press(client: FlaskClient, edit: str, *prompts: str) -> str:
    """Press a button of the form and return the page."""
    answer = client.post("/", data={"prompt": list(prompts) or ["", ""], "edit": edit})
    assert answer.status_code == 200
    return answer.text


def offered(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'value="write-\d-([^"]*)"', page)]


def test_form_offers_prompts_only_to_visitors_who_wrote_some(client: FlaskClient) -> None:
    stranger = client.application.test_client()
    assert BUTTON not in client.get("/").text
    ask(client, "a fox", "a kite")
    for address in ("/", "/?prompt=a+lemon&prompt=the+sun"):
        assert BUTTON in client.get(address).text
        assert BUTTON not in stranger.get(address).text
    assert offered(press(stranger, "earlier-0")) == []


@pytest.mark.databases
def test_prompts_are_listed_once_newest_first(client: FlaskClient) -> None:
    ask(client, "a fox", "a kite")
    ask(client, 'a <b>"house"</b>', "a fox", "the sun")
    page = press(client, "earlier-1", "a lemon", "")
    assert offered(page) == ['a <b>"house"</b>', "a fox", "the sun", "a kite"]
    assert "<b>" not in page
    assert page.index('id="stop-1"') < page.index('id="earlier"')
    assert ">a lemon</textarea>" in page


def test_pressed_prompt_is_written_at_the_stop_that_asked(client: FlaskClient) -> None:
    page = client.post(
        "/", data={"prompt": ["a lemon", "the sun"], "drawing": ["", "old"], "edit": "write-1-a “fox” & kite"}
    ).text
    assert ">a lemon</textarea>" in page
    assert ">a “fox” &amp; kite</textarea>" in page
    assert 'value="old"' not in page
    assert 'id="earlier"' not in page


def test_first_stop_of_a_continued_walk_is_not_rewritten(client: FlaskClient, publish: Any) -> None:
    walk = publish("a fox", "a kite")
    sent = {"prompt": ["a kite", "x"], "continues": walk.id, "edit": "write-0-a lemon"}
    page = client.post("/", data=sent).text
    assert "a lemon" not in page


@pytest.mark.parametrize("values", [{"state": REFUSED}, {"created_at": None}, {"deleted_at": None}])
def test_prompts_of_refused_old_and_deleted_walks_are_not_offered(client: FlaskClient, values: dict[str, Any]) -> None:
    ask(client, "a fox", "a kite")
    old = {"created_at": now() - timedelta(days=earlier_prompts.DAYS_MAX + 1), "deleted_at": now()}
    change_newest(**{name: value or old[name] for name, value in values.items()})
    assert BUTTON not in client.get("/").text
    assert offered(press(client, "earlier-0")) == []


def test_forgotten_prompts_stay_forgotten_in_this_browser_alone(client: FlaskClient) -> None:
    ask(client, "a fox", "a kite")
    page = press(client, "forget-0", "a lemon", "")
    assert "They are forgotten in this browser. Your walks stay." in page
    assert ">a lemon</textarea>" in page
    assert BUTTON not in page
    assert BUTTON not in client.get("/").text
    assert offered(press(client, "earlier-0")) == []
    assert "fox" in client.get("/mine").text
    ask(client, "a boat", "a star")
    change_newest(created_at=now() + timedelta(seconds=5))
    assert offered(press(client, "earlier-0")) == ["a boat", "a star"]
    client.delete_cookie(cookie_name(client.application, "forgotten"))
    assert offered(press(client, "earlier-0")) == ["a boat", "a star", "a fox", "a kite"]


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 40, "1e9", "²"])
def test_cookie_with_any_text_is_read_without_an_error(client: FlaskClient, value: str) -> None:
    ask(client, "a fox", "a kite")
    client.set_cookie(cookie_name(client.application, "forgotten"), value)
    assert client.get("/").status_code == 200
    press(client, "earlier-0")


def test_only_the_newest_prompts_are_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_walks, "PROMPTS_MAX", 3)
    for number in range(3):
        ask(client, f"fox {number}", f"kite {number}")
    assert offered(press(client, "earlier-0")) == ["fox 2", "kite 2", "fox 1"]
