"""Sounds through the API: uploaded, looked at and deleted by their owner alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.access.auth import api_tokens
from app.storage import media_store
from app.walks.queue import jobs
from tests.conftest import make_app
from tests.support import sounds
from tests.support.pictures import form_of

TOKEN = "t" * 40


def send(client: FlaskClient, data: bytes | None = None, token: str | None = None) -> TestResponse:
    """Upload a sound."""
    return client.post("/api/v1/sounds", headers=bearer(token), **form_of(data or sounds.track()))


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def test_sound_is_uploaded_and_shown_to_its_owner_alone(client: FlaskClient) -> None:
    answer = send(client)
    told = answer.json
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    assert (told["state"], told["error"], told["analysis"]) == ("waiting", None, None)
    assert (told["format"], told["seconds"], told["rate"], told["channels"]) == ("wav", 6.0, 22_050, 1)
    owner = bearer(told.pop("owner_token"))
    address = f"/api/v1/sounds/{told['id']}"
    assert client.get(address, headers=owner).json == told
    assert client.get(address).status_code == 401
    stranger = client.get(address, headers=bearer(TOKEN))
    assert stranger.status_code == 404 and stranger.json["detail"].startswith("No sound of yours has this address.")
    assert client.get("/api/v1/sounds/nothing", headers=owner).status_code == 404


def test_sound_that_no_worker_can_read_is_refused_before_it_counts(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = [{"name": "one"}, {"name": "two", "sounds": False}]
    monkeypatch.setattr(jobs, "workers", lambda: running)
    answer = send(client)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "600"
    assert answer.json["detail"].startswith("Sounds cannot be read here at the moment: no worker of this site has")
    assert media_store.store().files("sounds") == {}
    running.append({"name": "three", "sounds": True})
    assert send(client).status_code == 201


def test_sound_is_deleted_by_its_owner_alone(client: FlaskClient) -> None:
    told = send(client, token=TOKEN).json
    address = f"/api/v1/sounds/{told['id']}"
    assert told["owner_token"] == TOKEN
    assert client.delete(address).status_code == 401
    assert client.delete(address, headers=bearer("u" * 40)).status_code == 404
    assert client.delete(address, headers=bearer(TOKEN)).status_code == 204
    assert client.get(address, headers=bearer(TOKEN)).status_code == 404
    assert media_store.store().files("sounds") == {}


def test_api_token_owns_what_it_uploads(client: FlaskClient) -> None:
    _, secret = api_tokens.create("press")
    told = send(client, token=secret).json
    assert told["owner_token"] is None
    assert client.get(f"/api/v1/sounds/{told['id']}", headers=bearer(secret)).status_code == 200
    _, reader = api_tokens.create("reader", scopes=(api_tokens.READ,))
    assert send(client, token=reader).status_code == 403


def test_refused_sound_names_field_and_limit_and_leaves_nothing(client: FlaskClient) -> None:
    answer = send(client, b"This is a text.")
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["field"] == "file"
    assert error["message"].startswith("The sound is no sound that we read, whatever its name says.")
    assert media_store.store().files("sounds") == {}


def test_other_requests_are_refused(client: FlaskClient) -> None:
    assert client.post("/api/v1/sounds", json={"file": "x"}).status_code == 415
    missing = client.post("/api/v1/sounds", data={"sound": (io.BytesIO(b"x"), "x")})
    assert missing.status_code == 422 and "as the field file" in missing.json["errors"][0]["message"]
    assert send(client, token="short").status_code == 422


def test_large_upload_is_refused_by_its_length(instance: Path) -> None:
    app = make_app(instance, SOUND_MAX=10_000)
    client = app.test_client()
    assert send(client, bytes(100_000)).status_code == 422
    assert send(client, bytes(200_000)).status_code == 413


def test_hourly_limit_counts_refused_sounds_too(instance: Path) -> None:
    client = make_app(instance, HOURLY_SOUNDS=2, HOURLY_SOUNDS_ADDRESS=2).test_client()
    assert [send(client, data).status_code for data in (b"text", sounds.track(), sounds.track())] == [422, 201, 429]
    refused = send(client)
    assert "2 sounds within an hour" in refused.json["detail"] and int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("method", ["get", "delete"])
def test_document_describes_sounds(client: FlaskClient, method: str) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert method in document["paths"]["/api/v1/sounds/{sound_id}"]
    content = document["paths"]["/api/v1/sounds"]["post"]["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]
