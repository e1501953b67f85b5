"""A photo that was brought is looked at by the worker: words for it, and what would be cut out."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from flask import Flask

from app.core.errors import MediaStoreAway
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.media_store import MediaStore
from app.storage.upload_models import Upload
from app.storage.walk_models import Task
from tests.conftest import Maker
from tests.support import photos
from tests.support.eyes import make_eye
from tests.support.fake_painter import FakePainter
from tests.support.worker_rows import read, read_photo
from worker import job
from worker.photos import pictures, tracing
from worker.process.worker import this_worker


def bring(data: bytes, name: str = "a") -> str:
    """Keep a photo as the site does, and return its id."""
    path = f"photos/{name * 16}.{name * 12}.webp"
    media_store.store().write(path, data)
    photo = Upload(
        kind="photos", details={"width": 8, "height": 8}, digest=name * 64, owner_hash="ann",
        path=path, bytes=len(data),
        expires_at=now() + timedelta(hours=1),
    )  # fmt: skip
    with writing() as session:
        session.add(photo)
        session.flush()
        return str(photo.id)


@pytest.fixture(autouse=True)
def eye(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look with a tiny eye that has learned nothing, and so is near to some concept or other."""
    app.config["EYE"] = str(make_eye(tmp_path / "eye"))
    monkeypatch.setattr("worker.photos.describing.LIKELY", -1.0)


def test_a_photo_gets_words_and_a_preview_of_its_thing(painter: FakePainter) -> None:
    photo_id = bring(photos.written(photos.disc_outdoors()))
    job.work()
    found = read_photo(photo_id)
    assert found.state != "waiting" and found.error is None
    assert found.description in ("a fox", "a kite", "a lemon")
    assert found.preview_path is not None and found.preview_path.startswith(f"photos/{photo_id}.cut.")
    cut = pictures.read_picture(media_store.store().read_bytes(found.preview_path))
    expected = tracing.cut(photos.disc_outdoors(), 256)
    assert expected is not None and np.array_equal(cut[..., 3], expected[..., 3])
    assert (cut[..., 3] == 0).any() and max(cut.shape) <= 256


@pytest.mark.slow
def test_where_nothing_stands_out_there_is_no_preview(painter: FakePainter) -> None:
    photo_id = bring(photos.written(photos.slope()))
    job.work()
    assert (read_photo(photo_id).preview_path, read_photo(photo_id).error) == (None, None)


@pytest.mark.slow
def test_a_photo_that_is_lost_is_said_to_be_and_the_next_is_looked_at(painter: FakePainter) -> None:
    lost, there = bring(b"no picture", "b"), bring(photos.written(photos.slope()), "c")
    job.work()
    assert read_photo(lost).error == "The picture can no longer be read." and read_photo(lost).state != "waiting"
    assert read_photo(there).state != "waiting" and read_photo(there).error is None


def test_photos_come_before_walks_but_not_one_after_another(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk("a fox", "a kite", frames=4)
    ids = [bring(photos.written(photos.slope((40, 30))), name) for name in "bcd"]
    seen: list[int] = []
    painter.on_paint = lambda _: seen.append(sum(read_photo(each).state != "waiting" for each in ids))
    job.work()
    assert seen[0] == 1 and seen[1] == 2
    assert read(walk.id).state == "finished"
    assert all(read_photo(each).state != "waiting" for each in ids)


@pytest.mark.slow
def test_while_the_store_is_away_a_photo_waits(painter: FakePainter, monkeypatch: pytest.MonkeyPatch) -> None:
    photo_id = bring(photos.written(photos.slope()))
    original, failures = MediaStore.read_bytes, [True]

    def read_it(store: MediaStore, path: str) -> bytes:
        if failures:
            failures.clear()
            raise MediaStoreAway("the store is away")
        return original(store, path)

    monkeypatch.setattr(MediaStore, "read_bytes", read_it)
    monkeypatch.setattr(this_worker().outages, "wait_out", lambda *_: None)
    job.work()
    assert read_photo(photo_id).state != "waiting" and read_photo(photo_id).error is None
    assert db.session.query(Task).count() == 0


@pytest.mark.databases
def test_a_photo_that_its_owner_took_back_leaves_no_file(painter: FakePainter, monkeypatch: pytest.MonkeyPatch) -> None:
    photo_id = bring(photos.written(photos.disc_outdoors()))
    cut = tracing.cut

    def cut_and_taken_back(picture: np.ndarray, side: int) -> np.ndarray | None:
        with writing() as session:
            session.delete(session.get(Upload, photo_id))
        return cut(picture, side)

    monkeypatch.setattr(tracing, "cut", cut_and_taken_back)
    job.work()
    assert not [path for path in media_store.store().files("photos") if ".cut." in path]


def test_photo_that_cannot_be_described_stays_without_words_and_walks_go_on(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_id, walk = bring(photos.written(photos.slope())), request_walk(frames=4)
    monkeypatch.setattr(tracing, "cut", lambda *_: 1 / 0)
    job.work()
    assert (read_photo(photo_id).description, read_photo(photo_id).error) == (None, None)
    assert read_photo(photo_id).state != "waiting" and read(walk.id).state == "finished"
