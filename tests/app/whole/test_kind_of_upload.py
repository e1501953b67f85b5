"""A kind of upload that a stop can name, and that is a picture only once a worker has read it: a row, and no more."""

import hashlib
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.auth import visitors
from app.cli import uploads
from app.storage import media_store, task_kinds
from app.storage.database import db, writing
from app.storage.task_kinds import TaskKind
from app.storage.upload_models import FAILED, READY, Upload
from app.storage.walk_models import Task, Walk
from app.walks.uploads import kinds, upload_store
from app.walks.uploads.checked_upload import CheckedUpload
from tests.support.bearer import bearer
from tests.support.pictures import two_halves, written
from tests.support.rows import change
from worker.queue import upload_tasks

FILE = b"FLIPBOOK" + bytes(5_000)
WAITS = "is still being read. Try again in a moment."


def check(data: bytes) -> CheckedUpload:
    if len(data) < 100:
        raise ValueError("is too short.")
    return CheckedUpload(data, "flip", hashlib.sha256(data).hexdigest(), {})


@pytest.fixture(autouse=True)
def flipbooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the kind to the tables."""
    row = {name: getattr(kinds.PHOTO, name) for name in ("bytes_max", "hours", "hourly", "too_many", "missing")}
    flipbook = kinds.UploadKind(
        name="flipbooks",
        noun="flipbook",
        called="picture",
        folder="uploads/flipbooks",
        accepted="image/x-flipbook,.flip",
        formats=("Flipbook",),
        check=check,
        recognises=lambda head: head.startswith(b"FLIPBOOK"),
        unknown=kinds.PHOTO.unknown,
        **row,
    )
    monkeypatch.setitem(kinds.KINDS, flipbook.name, flipbook)
    monkeypatch.setattr(kinds, "OF_STOPS", (kinds.PHOTO, flipbook))
    monkeypatch.setitem(task_kinds.KINDS, flipbook.name, TaskKind(flipbook.name, 6))


def read_it() -> str:
    """Do what a worker does: put a picture in the file's place; return the upload's digest."""
    upload = db.session.scalars(select(Upload)).one()
    data, path = written(two_halves(), "WEBP", lossless=True), "uploads/flipbooks/read.webp"
    media_store.store().write(path, data)
    change(
        Upload,
        Upload.id == upload.id,
        state=READY,
        path=path,
        bytes=len(data),
        details={"width": 96, "height": 64},
    )
    return str(upload.digest)


def test_form_offers_it_refuses_it_while_it_waits_and_takes_it_once_it_is_a_picture(client: FlaskClient) -> None:
    page = client.get("/").text
    assert ",image/x-flipbook,.flip" in page
    assert "BMP, TIFF or Flipbook, at most 12 MB" in page
    form = {"prompt": ["", "a kite"], "edit": "bring", "photo-0": (io.BytesIO(FILE), "mine.png")}
    shown = client.post("/", data=form, content_type="multipart/form-data").text
    upload = db.session.scalars(select(Upload)).one()
    task = db.session.scalars(select(Task)).one()
    assert (upload.kind, str(upload.path).split(upload.id)[0]) == ("flipbooks", "uploads/flipbooks/")
    assert (task.kind, task.urgency, task.task) == ("flipbooks", 6, upload.id)
    picture, live = f"/photos/{upload.id}.webp", f"/photos/{upload.id}/live"
    assert live in shown
    assert picture not in shown
    assert client.get(live).status_code == 200
    assert {client.get(address).status_code for address in (picture, f"/photos/{upload.id}/captions")} == {404}
    asked = {"prompt": ["", "a kite"], "picture": [upload.id, ""]}
    refused = client.post("/walks", data=asked)
    assert refused.status_code == 422
    assert WAITS in refused.text
    digest = read_it()
    assert picture in client.get(live).text
    assert client.get(picture).mimetype == "image/webp"
    assert client.post("/walks", data=asked).status_code == 303
    assert db.session.scalars(select(Walk)).one().stops[0].photo == digest


def test_programs_upload_it_as_a_picture_and_learn_that_it_waits(client: FlaskClient) -> None:
    sent = client.post("/api/v1/pictures", data={"file": (io.BytesIO(FILE), "mine")})
    assert sent.status_code == 201
    token, stops = sent.json["owner_token"], [{"picture": sent.json["id"]}, {"prompt": "the sun"}]
    refused = client.post("/api/v1/walks", json={"stops": stops}, headers=bearer(token))
    assert refused.status_code == 422
    assert WAITS in refused.json["errors"][0]["message"]
    captions = f"/api/v1/pictures/{sent.json['id']}/captions"
    candidates = {"stop": stops[0], "seed": 3}
    assert client.post(captions, json={}, headers=bearer(token)).status_code == 404
    waits = client.post("/api/v1/candidates", json=candidates, headers=bearer(token))
    assert (waits.status_code, waits.headers["Retry-After"]) == (503, "1")
    assert WAITS in waits.json["detail"]
    read_it()
    assert client.post(captions, json={}, headers=bearer(token)).status_code == 200
    for address, body in (("candidates", candidates), ("walks", {"stops": stops})):
        assert client.post(f"/api/v1/{address}", json=body, headers=bearer(token)).status_code == 202


def test_its_own_check_refuses_it_in_the_sentence_of_a_picture(client: FlaskClient) -> None:
    sent = client.post("/api/v1/pictures", data={"file": (io.BytesIO(b"FLIPBOOK"), "mine")})
    assert sent.status_code == 422
    assert sent.json["errors"][0]["message"] == "The picture is too short."


def test_command_waits_for_what_walks_cannot_use_unread(app: Flask) -> None:
    token = visitors.new_token()
    for data in (FILE, written(two_halves())):
        kind = kinds.recognise(kinds.OF_STOPS, data)
        upload_store.save(kind, kind.check(data), owner_hash=visitors.digest(token), network="")
    assert [each.kind for each in uploads.unread(token, "a.flip")] == ["flipbooks"]


def test_one_that_workers_were_lost_at_fails_and_a_photo_is_used_unread(app: Flask) -> None:
    for data in (FILE, written(two_halves())):
        kind = kinds.recognise(kinds.OF_STOPS, data)
        upload, _is_new = upload_store.save(kind, kind.check(data), owner_hash="me", network="")
        with writing() as session:
            upload_tasks.fail(session, Task(kind=kind.name, task=upload.id), "")
    db.session.expire_all()
    found = {each.kind: (each.state, each.error) for each in db.session.scalars(select(Upload))}
    assert found["flipbooks"] == (FAILED, "Reading the picture was interrupted. Upload it again.")
    assert found["photos"] == (READY, None)
