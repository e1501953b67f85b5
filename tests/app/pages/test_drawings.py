"""What the model can draw: its pictures, and the page to search them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.config import ROOT
from app.storage.database import db
from tests.conftest import make_app
from tests.support import led


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return led.lay_out(tmp_path_factory.mktemp("model"))


@pytest.fixture
def app(instance: Path, folder: Path) -> Iterator[Flask]:
    app = make_app(instance, MODEL=str(ROOT / "models/house"), MODELS=[str(folder)])
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_drawing_is_a_picture_that_never_changes(client: FlaskClient) -> None:
    answer = client.get(f"/drawings/{led.FOX}.webp")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (144, 144)
    again = client.get(f"/drawings/{led.FOX}.webp", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("digest", ["zzz", "0" * 20, "..", "%00", "x" * 3000, "index.json"])
def test_drawing_that_is_none_is_not_found(client: FlaskClient, digest: str) -> None:
    assert client.get(f"/drawings/{digest}.webp").status_code == 404


def test_site_without_drawings_has_no_pictures_of_any(instance: Path) -> None:
    assert make_app(instance).test_client().get(f"/drawings/{led.FOX}.webp").status_code == 404
