import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.requests.walk_requests import recipe
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.storage import media_store
from app.storage.database import db, now
from app.storage.upload_models import READY, Upload
from app.storage.walk_models import Walk
from app.walks.saved.media_urls import photo_address
from tests.support.pictures import form_of, two_halves, written
from tests.support.recipes import RENDERING
from tests.support.rows import Maker, change

NAMED = re.compile('name="picture" value="([a-z0-9]{16})"')


def picture(width: int = 96) -> tuple[io.BytesIO, str]:
    """Return a picture as a form sends it."""
    return io.BytesIO(written(two_halves((width, 64)))), "mine.png"


def bring(client: FlaskClient, address: str = "/", **fields: Any) -> TestResponse:
    """Send the form with a picture for its first stop."""
    data = {"prompt": ["", "a kite"], "edit": "bring", "photo-0": picture()} | fields
    return client.post(address, data=data, content_type="multipart/form-data")


def brought(client: FlaskClient) -> str:
    """Bring a picture; return its id."""
    found = NAMED.search(bring(client).text)
    assert found is not None
    return found[1]


def describe(photo_id: str, **fields: Any) -> None:
    change(Upload, Upload.id == photo_id, state=READY, **fields)


def test_picture_that_comes_with_the_form_is_shown_on_it_and_what_was_typed_stays(client: FlaskClient) -> None:
    page = bring(client, cut_out="0").text
    assert "a kite" in page
    assert re.search(r'name="cut_out" value="0" checked', page)
    address = re.search(r'src="(/photos/[a-z0-9]{16}\.webp)"', page)
    assert address is not None
    sent = client.get(address[1])
    assert (sent.status_code, sent.mimetype, sent.headers["Cache-Control"]) == (200, "image/webp", "private, no-store")
    assert Image.open(io.BytesIO(sent.data)).size == (96, 64)


def test_others_neither_get_the_picture_nor_learn_that_it_is_there(client: FlaskClient, app: Flask) -> None:
    photo_id, stranger = brought(client), app.test_client()
    for address in (f"/photos/{photo_id}.webp", f"/photos/{photo_id}/live", "/photos/k7mz3vq9xw2hd8cf.webp"):
        assert stranger.get(address).status_code == 404
    page = stranger.get(f"/?picture={photo_id}&picture=&prompt=a&prompt=b").text
    assert "/photos/" not in page
    assert "The picture is not here" in page


def test_one_press_brings_the_picture_and_asks_for_the_walk(client: FlaskClient) -> None:
    answer = bring(client, "/walks", cut_out="0")
    assert answer.status_code == 303
    walk = db.session.scalars(select(Walk)).one()
    assert [(stop.photo is not None, stop.cut_out) for stop in walk.stops] == [(True, True), (False, None)]
    assert walk.unlisted


def test_picture_brought_before_is_named_by_the_form(client: FlaskClient) -> None:
    sent = {"prompt": ["an apple", "a kite"], "picture": [brought(client), ""], "photos_may_be_shown": "1"}
    assert client.post("/walks", data=sent).status_code == 303
    walk = db.session.scalars(select(Walk)).one()
    assert (walk.stops[0].prompt, walk.unlisted) == ("an apple", False)


def test_guess_arrives_and_is_said_to_be_one(client: FlaskClient) -> None:
    photo_id = brought(client)
    waiting = client.get(f"/photos/{photo_id}/live?stop=1").text
    assert 'data-again="500"' in waiting
    assert 'id="shown-1"' in waiting
    describe(photo_id, analysis={"description": "a red apple"})
    there = client.get(f"/photos/{photo_id}/live?stop=1").text
    assert "Our guess is" in there
    assert "a red apple" in there
    assert "data-again" not in there


def test_what_is_cut_out_is_shown_beside_the_picture_and_to_its_owner_alone(client: FlaskClient, app: Flask) -> None:
    photo_id = brought(client)
    address = f"/photos/{photo_id}/cut.webp"
    assert client.get(address).status_code == 404  # no worker has looked
    assert address not in client.get(f"/photos/{photo_id}/live").text
    media_store.store().write("photos/cut.webp", written(two_halves((40, 30)), "WEBP"))
    describe(photo_id, analysis={"description": "a red apple"}, preview_path="photos/cut.webp")
    assert f'src="{address}"' in client.get(f"/photos/{photo_id}/live").text
    sent = client.get(address)
    assert (sent.status_code, sent.mimetype, sent.headers["Cache-Control"]) == (200, "image/webp", "private, no-store")
    assert Image.open(io.BytesIO(sent.data)).size == (40, 30)
    assert app.test_client().get(address).status_code == 404


def test_without_a_script_a_guess_is_written_where_words_are_missing(client: FlaskClient) -> None:
    photo_id = brought(client)
    assert 'name="edit" value="look"' in client.get(f"/photos/{photo_id}/live").text
    describe(photo_id, analysis={"description": "a red apple"})
    for typed, shown in (("", "a red apple"), ("my own pear", "my own pear")):
        sent = {"prompt": [typed, "a kite"], "picture": [photo_id, ""], "edit": "look"}
        assert f">{shown}</textarea>" in client.post("/", data=sent).text


def test_page_looks_more_seldom_the_longer_it_takes_and_gives_up(client: FlaskClient) -> None:
    photo_id, found = brought(client), []
    for seconds in (0, 8, 300, 700):
        change(Upload, Upload.id == photo_id, created_at=now() - timedelta(seconds=seconds))
        again = re.search('data-again="([0-9]+)"', client.get(f"/photos/{photo_id}/live").text)
        found.append(int(again[1]) if again else None)
    assert found[0] == 500
    assert found[1] is not None
    assert 1500 < found[1] < 4000
    assert found[2:] == [15_000, None]


def test_what_a_worker_finds_unfit_is_said_and_makes_no_walk(client: FlaskClient) -> None:
    photo_id = brought(client)
    describe(photo_id, error="It cannot hang here.")
    assert "It cannot hang here." in client.get(f"/photos/{photo_id}/live").text
    answer = client.post("/walks", data={"prompt": ["", "a kite"], "picture": [photo_id, ""]})
    assert answer.status_code == 422
    assert "It cannot hang here." in answer.text


def test_picture_is_let_go_and_turns_round_with_its_stop(client: FlaskClient) -> None:
    photo_id = brought(client)
    fields = {"prompt": ["", "a kite"], "picture": [photo_id, ""], "cut_out": "0"}
    page = client.post("/", data={**fields, "edit": "turn-round"}).text
    assert [each or None for each in re.findall('name="picture" value="([a-z0-9]*)"', page)] == [None, photo_id]
    assert re.search(r'name="cut_out" value="1" checked', page)
    assert NAMED.search(client.post("/", data={**fields, "edit": "drop-photo-0"}).text) is None


REFUSED = {
    "no bytes": (b"", "The picture is empty"),
    "not a picture": (b"hello", "The picture is no picture that we read"),
    "a PPM": (written(two_halves(), "PPM"), "The picture is no picture that we read"),
    "a script": (b"<svg onload='x'></svg>", "The picture is an SVG"),
    "cut off": (written(two_halves((300, 300)), "JPEG")[:1500], "The picture is cut off or damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("address", ["/", "/walks"])
def test_bad_picture_is_reported_at_its_stop(client: FlaskClient, name: str, address: str) -> None:
    data, message = REFUSED[name]
    answer = bring(client, address, **{"photo-0": (io.BytesIO(data), "holiday.png")}, seed="77")
    assert answer.status_code == (200 if address == "/" else 422)
    assert message in answer.text
    assert 'value="77"' in answer.text
    assert "a kite" in answer.text
    assert db.session.scalars(select(Upload.id)).all() == []


@pytest.mark.parametrize(
    ("sent", "limit"),
    [
        (form_of(bytes(30_000_000), "photo-0"), "26,000,000 bytes at most"),
        ({"data": {"prompt": ["x" * 1_100_000, "y"]}}, "1,000,000 bytes at most"),
    ],
    ids=["with files", "without"],
)
def test_large_body_is_refused_with_the_limit(client: FlaskClient, sent: dict[str, Any], limit: str) -> None:
    answer = client.post("/walks", **sent)
    assert (answer.status_code, limit in answer.text) == (413, True)


@pytest.mark.slow
def test_hundred_at_once_are_refused_after_twenty_with_the_limit_and_when_to_come_back(client: FlaskClient) -> None:
    found = [bring(client) for _ in range(23)]
    assert [answer.status_code for answer in found] == [200] * 20 + [429] * 3
    assert "20 pictures within an hour are as many as we take from one visitor." in found[-1].text
    assert "a kite" in found[-1].text
    assert int(found[-1].headers["Retry-After"]) > 0
    assert len(db.session.scalars(select(Upload.id)).all()) == 1


@pytest.mark.settings(HOURLY_PHOTOS=4, HOURLY_PHOTOS_ADDRESS=5)
def test_several_pictures_of_one_form_each_count_and_refused_ones_too(app: Flask, client: FlaskClient) -> None:
    bring(client, **{"photo-0": (io.BytesIO(b"none"), "a.png")})
    both = bring(client, **{"photo-1": picture(98)})
    assert len(NAMED.findall(both.text)) == 2
    assert [bring(client).status_code for _ in range(2)] == [200, 429]
    others = app.test_client()
    assert [bring(others).status_code for _ in range(2)] == [200, 429]
    assert "from one address" in bring(others).text


@pytest.mark.databases
def test_owner_alone_is_given_the_photo_of_a_walk(client: FlaskClient, app: Flask) -> None:
    bring(client, "/walks")
    walk = db.session.scalars(select(Walk)).one()
    address = photo_address(walk, 0)
    assert client.get(address).mimetype == "image/webp"
    assert client.get(address.replace("photo-0", "photo-1")).status_code == 404
    assert app.test_client().get(address).status_code == 404
    assert app.test_client().get(f"/walks/{walk.id}").status_code == 200


def test_listing_a_walk_with_a_photo_asks_for_consent_on_its_page(client: FlaskClient, publish: Maker) -> None:
    bring(client, "/walks")
    asked = db.session.scalars(select(Walk)).one()
    walk = publish("an apple", "a kite")
    change(walk, owner_hash=asked.owner_hash, unlisted=True)
    change(walk.stops[0], photo="f" * 64)
    refused = client.post(f"/walks/{walk.id}/list")
    assert refused.status_code == 422
    assert "Tick that first" in refused.text
    assert client.post(f"/walks/{walk.id}/list", data={"photos_may_be_shown": "1"}).status_code == 303
    db.session.expire_all()
    assert not db.session.get(Walk, walk.number).unlisted


def test_recipe_asks_for_its_photo_unless_it_is_stored(client: FlaskClient, app: Flask, request_walk: Maker) -> None:
    photo_id = brought(client)
    digest = db.session.scalars(select(Upload.digest)).one()
    pinned = PinnedSettings.model_validate({**RENDERING, "positions": [0.0, 1.0]})
    walk = request_walk(stops=[{"prompt": "an apple"}, {"prompt": "a kite"}], frames=2, preset="exact", pinned=pinned)
    document: Any = recipe.recipe_of(walk)
    document["stops"][0] |= {"photo": digest, "cut_out": True}

    def restored(who: FlaskClient) -> str:
        return who.post("/recipe", data={"film": (io.BytesIO(json.dumps(document).encode()), "recipe.json")}).text

    own, foreign = restored(client), restored(app.test_client())
    assert f'value="{photo_id}"' in own
    assert "Upload its picture again" not in own
    assert "Upload its picture again" in foreign
    assert "an apple" in foreign


def test_picture_of_me_is_a_reason_to_report(client: FlaskClient, walk: Walk) -> None:
    assert "It is a picture of me" in client.get(f"/walks/{walk.id}/report").text
    assert client.post(f"/walks/{walk.id}/report", data={"reason": "me", "words": ""}).status_code == 200
