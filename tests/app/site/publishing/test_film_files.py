"""A walk's files at their plain addresses."""

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.walk_models import PAINTING, Walk
from tests.support.rows import Maker, change
from worker.film import encoding


@pytest.fixture
def walk(publish: Maker) -> Walk:
    """Publish a walk whose second frame is a real picture."""
    walk = publish("a fox <&>", "a kite")
    picture = np.full((16, 16, 3), 7, np.uint8)
    media_store.store().write(walk.painted[1].path, encoding.still(picture, metadata={"title": "A fox"}))
    return walk


def test_frame_of_a_finished_walk_holds_its_recipe_and_the_same_pixels(client: FlaskClient, walk: Walk) -> None:
    answer = client.get(f"/walks/{walk.id}/frames/1.png")
    stored = media_store.store().read_bytes(walk.painted[1].path)
    assert recipe.parse_recipe(answer.data) == recipe.recipe_of(walk)
    with Image.open(io.BytesIO(answer.data)) as sent, Image.open(io.BytesIO(stored)) as kept:
        sent.load()  # checks the checksums of all chunks
        assert np.array_equal(np.asarray(sent), np.asarray(kept))
        assert sent.text["Title"] == "A fox"
    part = client.get(f"/walks/{walk.id}/frames/1.png", headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.data, answer.content_length) == (206, b"PNG", len(answer.data))
    again = client.get(f"/walks/{walk.id}/frames/1.png", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_frame_of_a_walk_that_is_painted_is_sent_as_it_is(client: FlaskClient, walk: Walk) -> None:
    change(walk, state=PAINTING)
    answer = client.get(f"/walks/{walk.id}/frames/1.png", buffered=True)
    assert answer.data == media_store.store().read_bytes(walk.painted[1].path)


def test_frame_without_metadata_gets_its_recipe(client: FlaskClient, walk: Walk) -> None:
    bare = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(bare, "PNG")
    media_store.store().write(walk.painted[0].path, bare.getvalue())
    data = client.get(f"/walks/{walk.id}/frames/0.png").data
    assert recipe.parse_recipe(data) == recipe.recipe_of(walk)
    with Image.open(io.BytesIO(data)) as sent:
        sent.load()
        assert sent.getpixel((4, 4)) == (255, 0, 0)
        assert ElementTree.fromstring(sent.text["XML:com.adobe.xmp"]).tag.endswith("xmpmeta")  # noqa: S314 - our own


def test_frame_that_is_no_png_is_sent_as_it_is(client: FlaskClient, walk: Walk) -> None:
    assert client.get(f"/walks/{walk.id}/frames/0.png").data == b"frame"
