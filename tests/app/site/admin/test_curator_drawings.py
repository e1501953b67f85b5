"""The curator's drawings: added by upload, found, removed and brought back; nowhere where sketches lead no model."""

import io

import pytest
from flask.testing import FlaskClient

from app.collection.moderation import audit_log, drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.offer.drawings import added_drawings
from tests.support import led
from tests.support.curator import HASH
from tests.support.html import Elements
from tests.support.led import ROBOT, ROBOT_DIGEST

ROOM = "/curator/drawings"
pytestmark = pytest.mark.settings(CURATOR_HASH=HASH, MODEL=led.lay_out)


def send(client: FlaskClient, svg: str | None = ROBOT, **fields: str):  # type: ignore[no-untyped-def]
    file = {} if svg is None else {"file": (io.BytesIO(svg.encode()), "robot.svg")}
    return client.post(ROOM, data={"name": "robot hamster, robster", **fields, **file})


def add(**fields: str) -> None:
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot hamster", **fields))


def test_drawing_is_added_by_upload_and_shown_with_its_credit(curator: FlaskClient) -> None:
    answer = send(curator, artist="Ann Example", licence="CC-BY-4.0", source="https://example.org/robot")
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, ROOM)
    page = curator.get(answer.location).text
    assert "is added: prompts are read as it from now on" in page
    assert "Ann Example" in page and "https://creativecommons.org/licenses/by/4.0/" in page
    assert added_drawings.book().drawings[ROBOT_DIGEST].words == ("robster",)
    assert [(deed.who, deed.what) for deed in audit_log.latest(1)] == [("curator", "added drawing")]


def test_empty_fields_are_left_out_and_the_same_file_twice_is_reported(curator: FlaskClient) -> None:
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


@pytest.mark.parametrize(
    ("svg", "fields", "said"),
    [(ROBOT, {"name": "🤖"}, "Choose the file once more"), (None, {}, "cannot be read"), ("", {}, "cannot be read")],
    ids=["a file that was in order", "no file", "an empty file"],
)
def test_form_asks_for_its_file(curator: FlaskClient, svg: str | None, fields: dict[str, str], said: str) -> None:
    answer = send(curator, svg, **fields)
    assert answer.status_code == 422 and said in answer.text


@pytest.mark.parametrize(
    ("size", "status", "said"), [(530_000, 422, "is larger than 524,288 bytes"), (2_000_000, 413, "")]
)
def test_file_beyond_the_limits_is_refused(curator: FlaskClient, size: int, status: int, said: str) -> None:
    answer = curator.post(ROOM, data=_raw(b" " * size), content_type="multipart/form-data; boundary=x")
    assert answer.status_code == status and said in answer.text


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


@pytest.mark.settings(MODEL=led.lay_out_words_alone)
def test_where_sketches_lead_no_model_the_room_knows_nothing_of_drawings(curator: FlaskClient) -> None:
    assert ROOM not in curator.get("/curator").text
    assert curator.get(ROOM).status_code == 404
