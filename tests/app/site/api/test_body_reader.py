"""One reader for all bodies of JSON: the same mistake is reported in the same way wherever it is made."""

from typing import Annotated

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import InvalidInput
from app.site.api import body_reader
from app.storage.walk_models import Walk
from tests.support.rows import Maker

READERS = {
    "walks": "/api/v1/walks",
    "candidates": "/api/v1/candidates",
    "repaint": "/api/v1/walks/{}/repaint",
    "captions": "/api/v1/walks/{}/captions",
}
SHAPE = "It must be an object."


class Wish(BaseModel):
    """Something to be asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    style: Annotated[str, Field(min_length=1)]
    size: int = 1


@pytest.fixture
def finished(publish: Maker) -> Walk:
    return publish("a lemon", "the sun")


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("body", "kind", "status", "field"),
    [
        (b"{", "application/json", 400, None),
        (b'{"seed": NaN}', "application/json", 400, None),
        (b"\xff", "application/json", 400, None),
        (b"{}", "text/plain", 415, None),
        (b"[]", "application/json", 422, ""),
        (b'{"zzz": 1}', "application/json", 422, "zzz"),
        (b'{"seed": 1e999}', "application/json", 422, "seed"),
    ],
)
def test_what_cannot_be_read_is_refused_alike_at_each_address(
    client: FlaskClient, finished: Walk, name: str, body: bytes, kind: str, status: int, field: str | None
) -> None:
    answer = client.post(READERS[name].format(finished.id), data=body, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert field is None or field in [error["field"] for error in answer.json["errors"]]


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ([], {"": SHAPE}),
        ({"style": ""}, {"style": "style must be a word."}),
        ({}, {"style": "style must be a word."}),
        ({"style": "neon", "hue": 1}, {"hue": "hue is no field here. Use style, size."}),
        ({"style": "neon", "size": "x"}, {"size": "The size must be one of 256 and 512, in pixels of a side."}),
    ],
)
def test_each_field_is_named_with_what_it_may_be(app: Flask, body: object, given: dict[str, str]) -> None:
    with app.test_request_context(method="POST", json=body), pytest.raises(InvalidInput) as refused:
        body_reader.read_body(Wish, shape=SHAPE, rules={"style": "style must be a word."})
    assert {".".join(map(str, each.path)): each.message for each in refused.value.errors} == given


def test_many_mistakes_are_answered_in_few(app: Flask) -> None:
    body = {f"f{index}": index for index in range(1000)}
    with app.test_request_context(method="POST", json=body), pytest.raises(InvalidInput) as refused:
        body_reader.read_body(Wish, shape=SHAPE, rules={"style": "style must be a word."})
    assert len(refused.value.errors) == 20


def test_what_is_right_is_read(app: Flask) -> None:
    with app.test_request_context(method="POST", json={"style": "neon", "size": 3}):
        assert body_reader.read_body(Wish, shape=SHAPE) == Wish(style="neon", size=3)
        assert body_reader.check_body(lambda body: body["size"]) == 3


def test_byte_order_mark_before_json_is_skipped(client: FlaskClient) -> None:
    body = b'\xef\xbb\xbf{"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}]}'
    assert client.post("/api/v1/walks", data=body, content_type="application/json").status_code == 202
