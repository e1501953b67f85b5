"""Uploads through the API belong to the holder of a bearer token: an API token, a token of their own, or a browser."""

import io
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.access.auth import api_tokens, visitors
from app.storage import media_store
from app.storage.browser_models import Browser
from app.storage.database import db, now, writing
from app.storage.upload_models import Upload
from tests.conftest import SECRET
from tests.support import sounds
from tests.support.bearer import bearer
from tests.support.cookies import cookie_name
from tests.support.pictures import form_of, two_halves, written
from tests.support.rows import change

LAPTOP, PHONE, STRANGER = "laptop-" * 5, "phone-" * 6, "stranger-" * 4
KINDS = ("sounds", "pictures", "candidates")
FILES = {"sounds": sounds.track(), "pictures": written(two_halves())}
each_file = pytest.mark.parametrize("kind", FILES)


def send(client: FlaskClient, kind: str, data: bytes | None = None, token: str | None = None) -> TestResponse:
    """Upload a sound or a picture."""
    return client.post(f"/api/v1/{kind}", headers=bearer(token), **form_of(FILES[kind] if data is None else data))


def upload(client: FlaskClient, kind: str, token: str) -> str:
    """Upload a sound or a picture, or request candidates; return its ID."""
    if kind == "candidates":
        answer = client.post("/api/v1/candidates", headers=bearer(token), json={"stop": {"prompt": "a fox"}, "seed": 7})
    else:
        answer = send(client, kind, token=token)
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
def test_upload_belongs_to_browsers_that_share(shared: None, client: FlaskClient, kind: str) -> None:
    for giver, other in ((PHONE, LAPTOP), (LAPTOP, PHONE)):
        upload_id = upload(client, kind, giver)
        assert [status(client, kind, upload_id, token) for token in (giver, other)] == [200, 200]
        assert status(client, kind, upload_id, STRANGER) == (403 if kind == "candidates" else 404)


@pytest.mark.parametrize("kind", KINDS)
def test_browser_whose_sharing_ended_has_no_upload_and_makes_none(shared: None, client: FlaskClient, kind: str) -> None:
    upload_id = upload(client, kind, PHONE)
    change(Browser, Browser.secret_hash == visitors.digest(PHONE), ended_at=now())
    assert status(client, kind, upload_id, PHONE) == (403 if kind == "candidates" else 404)
    assert status(client, kind, upload_id, LAPTOP) == 200
    wanted = {"json": {"stop": {"prompt": "a kite"}, "seed": 7}}
    form = wanted if kind == "candidates" else form_of(FILES[kind])
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


@pytest.mark.settings(HOURLY_SOUNDS=2, HOURLY_SOUNDS_ADDRESS=2, HOURLY_PHOTOS=2, HOURLY_PHOTOS_ADDRESS=2)
@each_file
def test_hourly_limit_counts_refused_uploads_too(client: FlaskClient, kind: str) -> None:
    assert [send(client, kind, data).status_code for data in (b"text", None, None)] == [422, 201, 429]
    refused = send(client, kind)
    assert refused.mimetype == "application/problem+json" and int(refused.headers["Retry-After"]) > 0
    assert f"2 {kind} within an hour" in refused.json["detail"]


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("sounds", b"This is a text.", "The sound is no sound that we read, whatever its name says."),
        ("pictures", b"", "The picture is empty"),
        *(("pictures", data, "The picture is no picture that we read") for data in (b"no picture", b"\x00" * 9)),
        ("pictures", b"<svg/>", "The picture "),
        ("pictures", written(two_halves((300, 300)), "JPEG")[:900], "The picture is cut off or damaged"),
    ],
)
def test_refused_upload_names_field_and_stores_nothing(client: FlaskClient, kind: str, data: bytes, says: str) -> None:
    answer = send(client, kind, data)
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["field"]) == (422, "file")
    assert error["message"].startswith(says)
    assert [media_store.store().files(folder) for folder in ("sounds", "photos")] == [{}, {}]


@each_file
def test_other_bodies_and_forms_without_a_file_are_refused(client: FlaskClient, kind: str) -> None:
    assert client.post(f"/api/v1/{kind}", json={"file": "x"}).status_code == 415
    bare = client.post(f"/api/v1/{kind}", data=b"\x89PNG")
    assert (bare.status_code, "multipart/form-data" in bare.json["detail"]) == (415, True)
    missing = client.post(f"/api/v1/{kind}", data={"mine": (io.BytesIO(b"x"), "x")})
    assert missing.status_code == 422 and "as the field file" in missing.json["errors"][0]["message"]
    assert send(client, kind, token="short").status_code == 422
