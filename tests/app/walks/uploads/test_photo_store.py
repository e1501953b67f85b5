from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.storage import media_store
from app.storage.database import db, now
from app.storage.photo_models import Photo
from app.upkeep.maintenance import media_upkeep, upkeep
from app.walks.uploads import photo_check, photo_store
from tests.support.pictures import two_halves, written
from tests.support.rows import change

pytestmark = pytest.mark.usefixtures("app")


def keep(owner: str = "me", width: int = 96) -> Photo:
    """Keep a photo of this width."""
    checked = photo_check.check(written(two_halves((width, 64))))
    return photo_store.save(checked, owner_hash=owner, network="home")[0]


def end_the_day(photo: Photo) -> None:
    change(Photo, Photo.id == photo.id, expires_at=now() - timedelta(seconds=1))


def test_photo_is_found_by_id_and_digest_by_its_owner_alone() -> None:
    photo = keep()
    for name in (photo.id, photo.digest):
        assert photo_store.find(name, "me") is photo
        assert photo_store.find(name, "somebody") is None
    assert photo_store.find("no such", "me") is None


def test_same_photo_twice_is_one_and_lasts_longer() -> None:
    first = keep()
    end_the_day(first)
    assert photo_store.find(first.id, "me") is None
    again = keep()
    assert again.id == first.id
    assert again.expires_at > now() + timedelta(hours=23)
    assert keep("somebody").id != first.id
    assert len(media_store.store().files("photos")) == 2


def test_photo_whose_file_was_lost_is_brought_anew() -> None:
    first = keep()
    media_store.store().delete(first.path)
    again = keep()
    assert media_store.store().exists(again.path)
    assert db.session.scalars(select(Photo.id)).all() == [again.id]


def test_what_no_walk_took_goes_after_its_day_with_its_preview() -> None:
    old, young = keep(), keep(width=98)
    preview = f"photos/{old.id}.cut.0123456789ab.webp"
    media_store.store().write(preview, b"a preview")
    change(Photo, Photo.id == old.id, cut_path=preview)
    end_the_day(old)
    assert upkeep.run() == (0, 1)
    assert set(media_store.store().files("photos")) == {young.path}
    assert db.session.scalars(select(Photo.id)).all() == [young.id]


def test_all_of_one_owner_goes_at_once_and_nobody_else_s() -> None:
    mine, other = [keep(), keep(width=98)], keep("somebody")
    assert set(photo_store.forget("me", [mine[0].digest])) == {mine[0].id}
    assert set(photo_store.forget("me")) == {mine[1].id}
    assert set(media_store.store().files("photos")) == {other.path}


def test_files_that_no_row_names_are_pruned() -> None:
    photo = keep()
    media_store.store().write("photos/stray.webp", b"stray")
    assert [path for path, _ in media_upkeep.prune(young_seconds=-1)] == ["photos/stray.webp"]
    assert media_store.store().exists(photo.path)


def test_day_is_as_long_as_the_setting_says(app: Flask) -> None:
    app.config["KEEP_PHOTOS_HOURS"] = 2.0
    assert timedelta(hours=1.9) < keep().expires_at - now() <= timedelta(hours=2)
