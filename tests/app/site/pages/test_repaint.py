"""One click repaints a walk: from its own page, or from that of the styles it can be repainted in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.collection.moderation import banned_words
from app.core.config import ROOT
from app.storage.database import db, writing
from app.storage.walk_models import Stop, Walk
from app.walks.saved import lifecycle
from tests.conftest import inside, make_app
from tests.support import led

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "watercolour", "title": "Watercolour"}]


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    settings = {
        "MODEL": str(led.lay_out(tmp_path / "led", hands=HANDS)),
        "MODELS": [str(led.lay_out_words_alone(tmp_path / "words"))],
        "MEANING": str(ROOT / "models/meaning"),
        "HOURLY_WALKS": 1,
    }
    with inside(make_app(instance, **settings)) as app:
        yield app


@pytest.fixture
def walk(hung: Callable[..., Walk]) -> Walk:
    """A finished walk that drawings led, without a record of its style."""
    made = hung("a superhero", "a fox")
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == made.number).values(model_name="led"))
        session.execute(update(Stop).where(Stop.walk_number == made.number).values(chosen_style=""))
    db.session.expire_all()
    return made


def walks() -> int:
    return db.session.scalar(select(func.count()).select_from(Walk)) or 0


def test_reading_a_walk_sets_no_cookie_and_leads_to_the_styles(client: FlaskClient, walk: Walk) -> None:
    answer = client.get(walk.url)
    assert "Set-Cookie" not in answer.headers
    assert f'href="/walks/{walk.id}/repaint#pop-art"' in answer.text and 'name="style"' not in answer.text


def test_who_was_here_before_repaints_by_one_click_on_the_walk(client: FlaskClient, walk: Walk) -> None:
    client.get("/")
    page = client.get(walk.url).text
    assert f'<form id="repaint" method="post" action="/walks/{walk.id}/repaint">' in page
    assert 'form="repaint" name="style" value="pop-art"' in page and "Repaint in pop art" in page


def test_page_shows_each_style_with_its_picture_and_those_that_suit_first(client: FlaskClient, walk: Walk) -> None:
    page = client.get(f"/walks/{walk.id}/repaint").text
    assert "/styles/watercolour.webp" in page and 'name="style" value="watercolour"' in page
    assert page.index('value="pop-art"') < page.index('value="watercolour"')


def test_repaint_is_a_walk_of_its_own_and_says_of_which(client: FlaskClient, walk: Walk) -> None:
    answer = client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"})
    assert answer.status_code == 303
    made = db.session.scalars(select(Walk).order_by(Walk.number.desc())).first()
    assert answer.headers["Location"] == made.url and made.remix_of == walk.id
    assert [stop.hand for stop in made.stops] == ["watercolour"] * 2


def test_two_clicks_are_one_walk(client: FlaskClient, walk: Walk) -> None:
    first, second = (client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] and walks() == 2


def test_repaint_counts_as_any_walk(client: FlaskClient, walk: Walk) -> None:
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(frames=24))
    assert client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"}).status_code == 303
    refused = client.post(f"/walks/{walk.id}/repaint", data={"style": "pop-art"})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "1 usual walks" in refused.text and 'value="pop-art"' in refused.text


def test_style_that_is_none_is_said_above_those_there_are(client: FlaskClient, walk: Walk) -> None:
    answer = client.post(f"/walks/{walk.id}/repaint", data={"style": "fresco"})
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert "cannot be “fresco”. There are pop-art and watercolour." in answer.text
    assert 'name="style" value="pop-art"' in answer.text and walks() == 1


def test_walk_painted_by_words_alone_says_why_not(client: FlaskClient, hung: Callable[..., Walk]) -> None:
    walk = hung("a fox", "a kite", model="words")
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(model_name="words"))
    assert "Repaint in" not in client.get(walk.url).text
    page = client.get(f"/walks/{walk.id}/repaint").text
    assert "painted by words alone" in page and "<button name" not in page
    assert client.post(f"/walks/{walk.id}/repaint", data={"style": "neon"}).status_code == 422


def test_word_that_is_unfit_now_is_refused(client: FlaskClient, walk: Walk) -> None:
    banned_words.ban("superhero")
    answer = client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"})
    assert answer.status_code == 422 and walks() == 1


def test_deleted_walk_is_gone(client: FlaskClient, walk: Walk) -> None:
    lifecycle.delete_walk(walk)
    assert client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"}).status_code == 410
