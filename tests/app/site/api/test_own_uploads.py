"""Uploads through the API belong to the holder of a bearer token: an API token, a token of their own, or a browser."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import select, update

from app.access.auth import api_tokens, visitors
from app.storage.browser_models import Browser
from app.storage.database import db, now, writing
from app.storage.upload_models import Upload
from tests.conftest import SECRET
from tests.support import sounds
from tests.support.cookies import cookie_name
from tests.support.pictures import form_of, two_halves, written

LAPTOP, PHONE, STRANGER = "laptop-" * 5, "phone-" * 6, "stranger-" * 4
KINDS = ("sounds", "pictures", "candidates")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def upload(client: FlaskClient, kind: str, token: str) -> str:
    """Upload a sound or a picture, or request candidates; return its ID."""
    if kind == "candidates":
        answer = client.post("/api/v1/candidates", headers=bearer(token), json={"stop": {"prompt": "a fox"}, "seed": 7})
    else:
        data = sounds.track() if kind == "sounds" else written(two_halves())
        answer = client.post(f"/api/v1/{kind}", headers=bearer(token), **form_of(data))
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json["id"])


def status(client: FlaskClient, kind: str, upload_id: str, token: str) -> int:
    """Ask for an upload, as the API gives it: captions of a picture."""
    if kind == "pictures":
        return client.post(f"/api/v1/pictures/{upload_id}/captions", headers=bearer(token), json={}).status_code
    return client.get(f"/api/v1/{kind}/{upload_id}", headers=bearer(token)).status_code


@pytest.fixture
def shared(app: Flask) -> None:
    """Join two browsers, so that they share what they have."""
    theirs = visitors.digest(LAPTOP)
    rows: list[dict[str, Any]] = [
        {"secret_hash": theirs, "own_hash": theirs},
        {"secret_hash": visitors.digest(PHONE), "own_hash": "0f" * 32},
    ]
    with app.app_context(), writing() as session:
        session.add_all([Browser(owner_hash=theirs, name="", joined_at=now(), **row) for row in rows])


@pytest.mark.parametrize("kind", KINDS)
def test_upload_of_one_browser_belongs_to_the_one_that_shares_with_it(
    shared: None, client: FlaskClient, kind: str
) -> None:
    for giver, other in ((PHONE, LAPTOP), (LAPTOP, PHONE)):
        upload_id = upload(client, kind, giver)
        assert [status(client, kind, upload_id, token) for token in (giver, other)] == [200, 200]
        assert status(client, kind, upload_id, STRANGER) == (403 if kind == "candidates" else 404)


@pytest.mark.parametrize("kind", KINDS)
def test_browser_whose_sharing_ended_has_no_upload_and_makes_none(shared: None, client: FlaskClient, kind: str) -> None:
    upload_id = upload(client, kind, PHONE)
    with writing() as session:
        session.execute(update(Browser).where(Browser.secret_hash == visitors.digest(PHONE)).values(ended_at=now()))
    assert status(client, kind, upload_id, PHONE) == (403 if kind == "candidates" else 404)
    assert status(client, kind, upload_id, LAPTOP) == 200
    data = form_of(sounds.track() if kind == "sounds" else written(two_halves()))
    form = {"json": {"stop": {"prompt": "a kite"}, "seed": 7}} if kind == "candidates" else data
    assert client.post(f"/api/v1/{kind}", headers=bearer(PHONE), **form).status_code == 401


@pytest.mark.parametrize("kind", KINDS)
def test_api_token_owns_what_it_uploads_alone(client: FlaskClient, kind: str) -> None:
    (_, one), (_, other) = api_tokens.create("one"), api_tokens.create("other")
    upload_id = upload(client, kind, one)
    assert status(client, kind, upload_id, one) == 200
    assert status(client, kind, upload_id, other) == (403 if kind == "candidates" else 404)


def test_sound_of_the_form_is_shown_to_the_holder_of_the_cookies_secret(app: Flask, client: FlaskClient) -> None:
    file = io.BytesIO(sounds.track()), "song.wav"
    client.post("/", data={"edit": "bring", "sound-file": file}, content_type="multipart/form-data")
    sound_id = db.session.scalars(select(Upload.id)).one()
    cookie = client.get_cookie(cookie_name(app, "visitor"))
    assert cookie is not None
    secret = str(URLSafeSerializer(SECRET, salt="visitor").loads(unquote(cookie.value)))
    assert status(client, "sounds", sound_id, secret) == 200
    assert client.get(f"/sounds/{sound_id}/live").status_code == 200
    assert app.test_client().get(f"/api/v1/sounds/{sound_id}").status_code == 401
    assert status(client, "sounds", sound_id, STRANGER) == 404
