"""The page of one frame at a large size: offered, requested by a button only, on its way, there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.storage.database import db, writing
from app.storage.walk_models import Task, Walk
from tests.conftest import make_app
from tests.support.frame_files import deliver_large

Hang = Callable[..., Walk]


@pytest.fixture
def wide(hung: Hang) -> Hang:
    """Hang a finished walk of 256 × 144 pixels."""

    def make(**fields: object) -> Walk:
        walk = hung(**fields)
        with writing() as session:
            row = session.get(Walk, walk.number)
            row.width, row.height = 256, 144
        db.session.refresh(walk)
        return walk

    return make


def tasks() -> int:
    return db.session.scalar(select(func.count()).select_from(Task)) or 0


def test_walk_leads_to_its_larger_picture_with_its_size(client: FlaskClient, wide: Hang) -> None:
    walk = wide()
    page = client.get(walk.url).text
    assert f'href="/walks/{walk.id}/large?frame=0"' in page
    assert "PNG, 1024 × 576" in page


def test_walk_whose_pictures_cannot_be_larger_offers_none_and_says_why(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    with writing() as session:
        for stop in session.get(Walk, walk.number).stops:
            stop.scene = None
    assert "/large" not in client.get(walk.url).text
    assert "Only pictures that a sketch leads" in client.get(f"/walks/{walk.id}/large").text
    answer = client.post(f"/walks/{walk.id}/large", data={"frame": "1"})
    assert answer.status_code == 409
    assert "Only pictures that a sketch leads" in answer.text
    assert tasks() == 0


def test_looking_requests_nothing_and_shows_the_frame_as_it_is(client: FlaskClient, wide: Hang) -> None:
    walk = wide()
    for address in (f"/walks/{walk.id}/large?frame=1", f"/walks/{walk.id}/large", f"/walks/{walk.id}/large/live"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "Paint it larger" in answer.text
        assert "1024 × 576" in answer.text
        assert f"/media/{walk.id}/still." in answer.text
        assert "data-again" not in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert tasks() == 0


def test_button_requests_it_once_and_the_page_waits(client: FlaskClient, wide: Hang) -> None:
    walk = wide()
    for _ in range(2):
        answer = client.post(f"/walks/{walk.id}/large", data={"frame": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/walks/{walk.id}/large?frame=1")
    assert tasks() == 1
    page = client.get(answer.headers["Location"]).text
    assert "On its way." in page
    assert f'hx-get="/walks/{walk.id}/large/live?frame=1" hx-trigger="again"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "Paint it larger" in client.get(f"/walks/{walk.id}/large?frame=0").text  # another frame


def test_larger_picture_is_shown_and_can_be_downloaded(client: FlaskClient, wide: Hang) -> None:
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


@pytest.mark.parametrize("frame", ["2", "-1", "x", "", "9" * 400])
def test_frame_that_there_is_not_is_not_found(client: FlaskClient, wide: Hang, frame: str) -> None:
    walk = wide()
    assert client.get(f"/walks/{walk.id}/large?frame={frame}").status_code == 404
    assert client.post(f"/walks/{walk.id}/large", data={"frame": frame}).status_code == 404
    assert tasks() == 0


def test_large_pictures_are_limited_apart_from_stages(wide: Hang, app: Flask, instance: Path) -> None:
    walk = wide(frames=4)
    client = make_app(instance, HOURLY_WALKS=1, HOURLY_WALKS_ADDRESS=3).test_client()
    asked = [("large", "0"), ("large", "1"), ("stages", "1")]
    answers = [client.post(f"/walks/{walk.id}/{kind}", data={"frame": frame}) for kind, frame in asked]
    assert [answer.status_code for answer in answers] == [303, 429, 303]
    assert "1 large picture within an hour" in answers[1].text or "1 large pictures within an hour" in answers[1].text
    assert int(answers[1].headers["Retry-After"]) > 0
