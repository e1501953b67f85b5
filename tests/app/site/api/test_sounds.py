"""Sounds through the API: uploaded, looked at and deleted by their owner alone."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.storage import media_store
from app.walks.queue import jobs
from tests.conftest import make_app
from tests.support import sounds
from tests.support.bearer import bearer
from tests.support.pictures import form_of

TOKEN = "t" * 40


def send(client: FlaskClient, data: bytes | None = None, token: str | None = None) -> TestResponse:
    """Upload a sound."""
    return client.post("/api/v1/sounds", headers=bearer(token), **form_of(data or sounds.track()))


def test_sound_is_uploaded_and_shown_to_its_owner_alone(client: FlaskClient) -> None:
    answer = send(client)
    result = answer.json
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    assert (result["state"], result["error"], result["analysis"]) == ("waiting", None, None)
    assert (result["format"], result["seconds"], result["rate"], result["channels"]) == ("wav", 6.0, 22_050, 1)
    owner = bearer(result.pop("owner_token"))
    address = f"/api/v1/sounds/{result['id']}"
    assert client.get(address, headers=owner).json == result
    assert client.get(address).status_code == 401
    stranger = client.get(address, headers=bearer(TOKEN))
    assert stranger.status_code == 404 and stranger.json["detail"].startswith("No sound of yours has this address.")
    assert client.get("/api/v1/sounds/nothing", headers=owner).status_code == 404


def test_sound_without_a_worker_is_refused_uncounted(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    running = [{"name": "one"}, {"name": "two", "sounds": False}]
    monkeypatch.setattr(jobs, "workers", lambda: running)
    answer = send(client)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "600"
    assert answer.json["detail"].startswith("Sounds cannot be read here at the moment: no worker of this site has")
    assert media_store.store().files("sounds") == {}
    running.append({"name": "three", "sounds": True})
    assert send(client).status_code == 201


def test_sound_is_deleted_by_its_owner_alone(client: FlaskClient) -> None:
    answer = send(client, token=TOKEN).json
    address = f"/api/v1/sounds/{answer['id']}"
    assert answer["owner_token"] == TOKEN
    assert client.delete(address).status_code == 401
    assert client.delete(address, headers=bearer("u" * 40)).status_code == 404
    assert client.delete(address, headers=bearer(TOKEN)).status_code == 204
    assert client.get(address, headers=bearer(TOKEN)).status_code == 404
    assert media_store.store().files("sounds") == {}


def test_large_upload_is_refused_by_its_length(instance: Path) -> None:
    app = make_app(instance, SOUND_MAX=10_000)
    client = app.test_client()
    assert send(client, bytes(100_000)).status_code == 422
    assert send(client, bytes(200_000)).status_code == 413


@pytest.mark.parametrize("method", ["get", "delete"])
def test_document_describes_sounds(client: FlaskClient, method: str) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert method in document["paths"]["/api/v1/sounds/{sound_id}"]
    content = document["paths"]["/api/v1/sounds"]["post"]["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]
