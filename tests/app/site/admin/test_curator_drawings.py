"""The curator's drawings: added by upload, found, removed and brought back; nowhere where sketches lead no model."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.collection.moderation import audit_log, drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.offer.drawings import added_drawings
from app.storage.database import db
from tests.conftest import inside, make_app
from tests.support import led
from tests.support.curator import HASH, enter
from tests.support.html import Elements
from tests.support.led import ROBOT, ROBOT_DIGEST

ROOM = "/curator/drawings"


@pytest.fixture
def house(instance: Path, led_folder: Path) -> Iterator[Flask]:
    with inside(make_app(instance, CURATOR_HASH=HASH, MODEL=str(led_folder))) as house:
        yield house


@pytest.fixture
def curator(house: Flask) -> FlaskClient:
    """Be signed in."""
    client = house.test_client()
    assert enter(client).status_code == 303
    return client


def send(client: FlaskClient, svg: str | None = ROBOT, **fields: str):  # type: ignore[no-untyped-def]
    file = {} if svg is None else {"file": (io.BytesIO(svg.encode()), "robot.svg")}
    return client.post(ROOM, data={"name": "robot hamster, robster", **fields, **file})


def add(**told: str) -> None:
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot hamster", **told))


def test_drawing_is_added_by_upload_and_shown_with_its_credit(curator: FlaskClient) -> None:
    answer = send(curator, artist="Ann Example", licence="CC-BY-4.0", source="https://example.org/robot")
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, ROOM)
    page = curator.get(answer.location).text
    assert "is added: prompts are read as it from now on" in page
    assert "Ann Example" in page and "https://creativecommons.org/licenses/by/4.0/" in page
    assert added_drawings.book().drawings[ROBOT_DIGEST].words == ("robster",)
    assert [(deed.who, deed.what) for deed in audit_log.latest(1)] == [("curator", "added drawing")]


def test_what_is_left_empty_is_not_told_and_same_file_twice_is_said(curator: FlaskClient) -> None:
    send(curator, artist="Ann Example")
    answer = send(curator, artist="", licence=" ")
    assert "was here already, as it is" in curator.get(answer.location).text
    drawing = added_drawings.book().drawings[ROBOT_DIGEST]
    assert (drawing.artist, drawing.licence) == ("Ann Example", "")


def test_refused_drawing_is_explained_at_its_field_and_what_was_typed_stays(curator: FlaskClient) -> None:
    answer = send(curator, ROBOT.replace("<path", "<script/><path", 1), artist="Ann Example", kind="cat-fase")
    assert answer.status_code == 422
    page = Elements(answer.text)
    wrong = [field["id"] for field in page.of("input") if field.get("aria-invalid")]
    assert wrong == ["file", "kind"]
    assert "The drawing holds a script." in answer.text and "such as cat-face" in answer.text
    values = {field["name"]: field.get("value") for field in page.of("input") if field.get("id")}
    assert (values["name"], values["artist"]) == ("robot hamster, robster", "Ann Example")
    assert not added_drawings.book().drawings


def test_file_that_was_in_order_is_asked_for_once_more(curator: FlaskClient) -> None:
    answer = send(curator, name="🤖")
    assert answer.status_code == 422 and "Choose the file once more" in answer.text


@pytest.mark.parametrize("svg", [None, ""])
def test_form_without_a_file_is_refused(curator: FlaskClient, svg: str | None) -> None:
    answer = send(curator, svg)
    assert answer.status_code == 422 and "cannot be read" in answer.text


def test_file_beyond_the_limits_is_refused(curator: FlaskClient) -> None:
    assert "is larger than 524,288 bytes" in curator.post(
        ROOM, data=_raw(b" " * 530_000), content_type="multipart/form-data; boundary=x"
    ).text  # fmt: skip
    assert curator.post(
        ROOM, data=_raw(b" " * 2_000_000), content_type="multipart/form-data; boundary=x"
    ).status_code == 413  # fmt: skip


def _raw(data: bytes) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.svg"\r\n\r\n'
    return head + data + b'\r\n--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nrobot\r\n--x--\r\n'


def test_drawing_is_removed_and_brought_back(curator: FlaskClient) -> None:
    add()
    answer = curator.post(f"{ROOM}/{ROBOT_DIGEST}/remove")
    page = curator.get(answer.location).text
    assert "is offered no longer" in page and "removed on" in page and f"{ROOM}/{ROBOT_DIGEST}/restore" in page
    assert ROBOT_DIGEST in added_drawings.book().withdrawn
    answer = curator.post(f"{ROOM}/{ROBOT_DIGEST}/restore")
    assert "is offered again" in curator.get(answer.location).text
    assert ROBOT_DIGEST in added_drawings.book().drawings
    assert curator.post(f"{ROOM}/absent/remove").status_code == 404
    assert curator.post(f"{ROOM}/{led.SUN}/remove").status_code == 404


def test_search_finds_added_and_shipped_drawings(curator: FlaskClient) -> None:
    add(artist="Ann Example")

    def found(asked: str) -> tuple[list[str], list[str]]:
        page = curator.get(ROOM, query_string={"q": asked}).text.partition("Shipped with the model")
        names = {"robot hamster", *(each.name for each in led.book().drawings.values())}
        first, second = (sorted(name for name in names if f">{name}</bdi>" in part) for part in page[::2])
        return first, second

    assert found("") == (["robot hamster"], [])
    assert found("example") == (["robot hamster"], [])
    assert found("moma lisa") == ([], ["bat", "cat face", "cricket game", "fox", "house", "snowman", "sun"])
    assert found("cat") == ([], ["cat face"])
    assert found("yeti") == ([], [])


def test_pictures_are_shown_of_removed_drawings_too(curator: FlaskClient) -> None:
    add()
    drawing_curation.remove(ROBOT_DIGEST)
    shown = [image["src"] for image in Elements(curator.get(ROOM).text).of("img")]
    assert shown == [f"/drawings/{ROBOT_DIGEST}.webp"]
    answer = curator.get(shown[0])
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert "fox" in curator.get("/drawings").text and "robot hamster" not in curator.get("/drawings").text


def test_stranger_is_led_to_the_sign_in_and_changes_nothing(house: Flask) -> None:
    add()
    client = house.test_client()
    for answer in (client.get(ROOM), send(client), client.post(f"{ROOM}/{ROBOT_DIGEST}/remove")):
        assert (answer.status_code, answer.location) == (303, "/curator/sign-in")
    assert ROBOT_DIGEST in added_drawings.book().drawings


def test_form_without_its_token_changes_nothing(instance: Path, led_folder: Path) -> None:
    site = make_app(instance, CURATOR_HASH=HASH, MODEL=str(led_folder), WTF_CSRF_ENABLED=True)
    with site.app_context():
        client = site.test_client()
        token = Elements(client.get("/curator/sign-in").text).of("input")[0]["value"]
        client.post("/curator/sign-in", data={"password": "a password of the tests", "csrf_token": token})
        assert client.get(ROOM).status_code == 200
        assert send(client).status_code != 303
        assert not added_drawings.book().drawings
        db.session.remove()


def test_where_sketches_lead_no_model_the_room_knows_nothing_of_drawings(
    instance: Path, tmp_path: Path, app: Flask
) -> None:
    site = make_app(instance, MODEL=str(led.lay_out_words_alone(tmp_path / "words")), CURATOR_HASH=HASH)
    with site.app_context():
        client = site.test_client()
        enter(client)
        assert ROOM not in client.get("/curator").text
        assert client.get(ROOM).status_code == 404
        db.session.remove()
