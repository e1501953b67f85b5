import io
import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.access.auth import api_tokens
from app.storage.database import db
from app.storage.upload_models import Upload
from app.storage.walk_models import Walk
from tests.support.bearer import bearer
from tests.support.pictures import form_of, two_halves, written

SUN = {"prompt": "the sun"}
PICTURE = written(two_halves())


def send(client: FlaskClient, data: bytes | None = None, token: str | None = None) -> TestResponse:
    """Bring a picture."""
    return client.post("/api/v1/pictures", headers=bearer(token), **form_of(PICTURE if data is None else data))


def walk_of(client: FlaskClient, stops: list[Any], token: str | None) -> TestResponse:
    return client.post("/api/v1/walks", json={"stops": stops}, headers=bearer(token))


def test_picture_is_brought_and_a_walk_made_of_it_by_its_token(client: FlaskClient) -> None:
    answer = send(client)
    result = answer.json
    assert answer.status_code == 201
    assert set(result) == {"id", "url", "description", "expires_at", "owner_token"}
    assert result["description"] is None
    assert client.get(result["url"], headers=bearer(result["owner_token"])).mimetype == "image/webp"
    assert client.get(result["url"]).status_code == 404
    made = walk_of(client, [{"picture": result["id"], "cut_out": True}, SUN], result["owner_token"])
    assert made.status_code == 202
    assert made.json["owner_token"] == result["owner_token"]
    assert (made.json["stops"][0]["cut_out"], made.json["unlisted"]) == (True, True)
    assert walk_of(client, [{"picture": result["id"]}, SUN], None).status_code == 422


def test_own_token_owns_several_pictures_and_the_same_twice_is_one(client: FlaskClient) -> None:
    token = "t" * 40
    ids = [send(client, written(two_halves((width, 64))), token).json["id"] for width in (96, 98, 96)]
    assert ids[0] == ids[2] != ids[1]
    stops = [{"picture": each} for each in ids[:2]]
    assert walk_of(client, stops, token).status_code == 202


def test_walk_may_bring_its_pictures_along(client: FlaskClient) -> None:
    asked = {"stops": [{"picture": "mine", "cut_out": True}, SUN, {"picture": "other", "prompt": "a kite"}]}
    files = {
        name: (io.BytesIO(written(two_halves((width, 64)))), name) for name, width in (("mine", 96), ("other", 98))
    }
    answer = client.post("/api/v1/walks", data={"walk": json.dumps(asked), **files})
    assert answer.status_code == 202
    walk = db.session.scalars(select(Walk)).one()
    assert [stop.photo is not None for stop in walk.stops] == [True, False, True]
    assert set(walk.media) == {"photo-0", "photo-2"}


def test_one_file_may_be_several_stops_of_a_walk(client: FlaskClient) -> None:
    stops = [{"picture": "a"}, SUN, {"picture": "a", "cut_out": True}]
    form = {"walk": json.dumps({"stops": stops}), "a": (io.BytesIO(written(two_halves())), "a.png")}
    made = client.post("/api/v1/walks", data=form)
    assert made.status_code == 202
    assert len(db.session.scalars(select(Upload)).all()) == 1
    walk = db.session.scalars(select(Walk)).one()
    assert [bool(stop.photo) for stop in walk.stops] == [True, False, True]


def test_form_without_its_walk_or_with_a_bad_picture_is_refused_in_words(client: FlaskClient) -> None:
    none = client.post("/api/v1/walks", data={"mine": (io.BytesIO(b"x"), "x")})
    assert (none.status_code, none.json["errors"][0]["field"]) == (422, "walk")
    asked = {"stops": [{"picture": "mine"}, SUN]}
    bad = client.post("/api/v1/walks", data={"walk": json.dumps(asked), "mine": (io.BytesIO(b"x"), "x")})
    assert bad.status_code == 422
    (error,) = bad.json["errors"]
    assert error["field"] == "stops.0.picture"
    assert error["message"].startswith("The picture of stop 1 is no picture that we read")


def test_more_than_the_limit_is_refused_whatever_announces_it(client: FlaskClient) -> None:
    assert "more than 12 MB" in send(client, bytes(12_000_001)).json["detail"]
    large = send(client, bytes(30_000_000))
    assert (large.status_code, "12,100,000 bytes at most" in large.json["detail"]) == (413, True)


def test_api_token_owns_what_it_uploads_and_gets_no_other(app: Flask, client: FlaskClient) -> None:
    _, secret = api_tokens.create("press")
    answer = send(client, token=secret).json
    assert answer["owner_token"] is None
    assert walk_of(client, [{"picture": answer["id"]}, SUN], secret).status_code == 202


def test_walk_is_listed_by_a_change_only_with_consent(client: FlaskClient) -> None:
    answer = send(client).json
    owner = bearer(answer["owner_token"])
    walk = walk_of(client, [{"picture": answer["id"]}, SUN], answer["owner_token"]).json["id"]
    refused = client.patch(f"/api/v1/walks/{walk}", json={"unlisted": False}, headers=owner)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "photos_may_be_shown")
    both = {"unlisted": False, "photos_may_be_shown": True}
    assert client.patch(f"/api/v1/walks/{walk}", json=both, headers=owner).json["unlisted"] is False


def test_document_says_what_forms_hold(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    form = document["paths"]["/api/v1/pictures"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["$ref"].endswith("/PictureForm")
    assert document["components"]["schemas"]["PictureForm"]["properties"]["file"]["format"] == "binary"
    walk = document["paths"]["/api/v1/walks"]["post"]["requestBody"]["content"]
    assert set(walk) == {"application/json", "multipart/form-data"}
