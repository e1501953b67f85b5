"""What an owner finds on a walk's page and does there; strangers find nothing of it."""

import html

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.storage.database import db, now
from app.storage.walk_models import FINISHED, Walk
from tests.support.rows import change


@pytest.fixture
def own(app: Flask, client: FlaskClient) -> Walk:
    """Publish a walk that the visitor asked for."""
    client.get("/")
    address = client.post("/walks", data={"prompt": ["a fox", "a kite"]}).headers["Location"]
    change(Walk, state=FINISHED, finished_at=now())
    walk = db.session.scalar(select(Walk))
    assert walk.url == address
    return walk


def reread(walk: Walk) -> Walk:
    db.session.refresh(walk)
    return walk


def test_owner_retitles_and_comes_back_to_the_page(client: FlaskClient, own: Walk) -> None:
    assert 'name="title"' in client.get(own.url).text
    answer = client.post(f"/walks/{own.id}/title", data={"title": "Breakfast"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/walks/{own.id}-breakfast")
    page = client.get(answer.headers["Location"]).text
    assert 'value="Breakfast"' in page
    assert "A fox, a kite" in page
    client.post(f"/walks/{own.id}/title", data={"title": " "})
    assert reread(own).given_title is None


def test_unusable_title_is_kept_as_written_and_explained(client: FlaskClient, own: Walk) -> None:
    written = "é" * 301
    answer = client.post(f"/walks/{own.id}/title", data={"title": written})
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert f'value="{written}"' in page
    assert '<strong role="alert">The title is 301 characters long; at most 300 are read.</strong>' in page
    assert reread(own).given_title is None


def test_owner_unlists_and_lists_again(client: FlaskClient, own: Walk) -> None:
    for word, unlisted in (("unlist", True), ("list", False)):
        assert f'formaction="/walks/{own.id}/{word}"' in client.get(own.url).text
        answer = client.post(f"/walks/{own.id}/{word}")
        assert (answer.status_code, answer.headers["Location"]) == (303, own.url)
        assert reread(own).unlisted is unlisted


@pytest.mark.parametrize("word", ["title", "unlist", "list", "delete", "cancel", "retry"])
def test_stranger_is_offered_nothing_and_refused(app: Flask, own: Walk, word: str) -> None:
    stranger = app.test_client()
    assert f"/walks/{own.id}/{word}" not in stranger.get(own.url).text
    answer = stranger.post(f"/walks/{own.id}/{word}", data={"title": "Mine"})
    assert answer.status_code == 403
    assert "Only the visitor who asked for this walk" in answer.text
    assert (reread(own).given_title, own.unlisted, own.deleted_at) == (None, False, None)
