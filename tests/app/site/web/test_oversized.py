"""A body that is too long: a page says which field it was, what its limit is, and how to go on."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.pictures import form_of

BACK = "The back button of your browser leads to what you typed."
pytestmark = pytest.mark.settings(BODY_MAX=100_000, PHOTO_MAX=200_000, SOUND_MAX=300_000, UPLOAD_MAX=300_000)


def film(size: int) -> dict[str, Any]:
    return {"data": {"film": (io.BytesIO(bytes(size)), "film.gif")}, "content_type": "multipart/form-data"}


SENT = {
    "photos": ("/walks", form_of(bytes(600_000), "photo-0"), "500,000 bytes at most", "each may have 200 kB"),
    "photos, of the form edited": ("/", form_of(bytes(600_000), "photo-0"), "500,000 bytes", "“Add a photo or a"),
    "words": ("/walks", {"data": {"prompt": "x" * 100_001}}, "100,000 bytes at most", "a prompt has at most 300 char"),
    "words of a form that would fit with its pictures": (
        "/walks",
        {
            "data": {"prompt": "x" * 150_000, "photo-0": (io.BytesIO(b"x"), "holiday.png")},
            "content_type": "multipart/form-data",
        },
        "100,000 bytes at most",
        "a prompt has at most 300 characters",
    ),
    "a film": (
        "/recipe",
        film(300_001),
        "300,000 bytes at most",
        "It was the film or recipe (“Load settings from a file”)",
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_page_names_the_limit_the_field_and_the_way_back(client: FlaskClient, name: str) -> None:
    address, sent, limit, field = SENT[name]
    answer = client.post(address, **sent)
    assert (answer.status_code, answer.mimetype) == (413, "text/html")
    for text in (limit, field, BACK, 'class="toucan', 'href="/"'):
        assert text in answer.text


def test_field_that_cannot_be_known_is_not_guessed_at(client: FlaskClient) -> None:
    answer = client.post("/gallery", data={"q": "x" * 100_001})
    assert "It was" not in answer.text


def test_programs_get_the_limit_alone(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks", data=b"x" * 100_001, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert answer.json["detail"] == "That was more than we read at once: 100,000 bytes at most."
