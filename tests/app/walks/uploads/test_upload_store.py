"""Uploads of each kind are stored for a day for their owner alone, and leave nothing behind."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.requests.walk_requests import brought_uploads
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.media_store import MediaStore
from app.storage.upload_models import FAILED, READY, WAITING, Upload
from app.storage.walk_models import Task
from app.upkeep.maintenance import media_losses, media_upkeep, upkeep
from app.walks.saved import deletions, lifecycle
from app.walks.uploads import upload_store
from app.walks.uploads.kinds import KINDS, PHOTO, SOUND, UploadKind
from tests.support import sounds
from tests.support.pictures import two_halves, written

pytestmark = pytest.mark.usefixtures("app")

DETAILS = {PHOTO: {"width": 96, "height": 64}, SOUND: {"format": "wav", "rate": 22_050, "channels": 1}}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kind(request: pytest.FixtureRequest) -> UploadKind:
    """Return a kind of upload, each in turn."""
    found: UploadKind = request.param
    return found


def keep(kind: UploadKind, owner: str = "me", number: int = 0) -> Upload:
    """Upload a file, which differs by number."""
    data = written(two_halves((96 + number, 64))) if kind is PHOTO else sounds.track(3.0 + number)
    return brought_uploads.upload(kind, data, owner_hash=owner, **brought_uploads.NO_LIMITS)


def change(upload: Upload, **columns: object) -> None:
    with writing() as session:
        session.execute(update(Upload).where(Upload.id == upload.id).values(**columns))


def end_the_day(upload: Upload) -> None:
    change(upload, expires_at=now() - timedelta(seconds=1))


def files(kind: UploadKind) -> set[str]:
    return set(media_store.store().files(kind.name))


def tasks(kind: UploadKind) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Task.kind == kind.name)) or 0


def test_upload_is_found_by_id_and_digest_by_its_owner_alone(kind: UploadKind) -> None:
    upload = keep(kind)
    for name in (upload.id, upload.digest):
        assert upload_store.find([kind], name, "me") is upload
        assert upload_store.find([kind], name, "another") is None
    assert upload_store.find([kind], "no such", "me") is None
    assert upload_store.find([each for each in KINDS.values() if each is not kind], upload.id, "me") is None
    assert files(kind) == {upload.path} and tasks(kind) == 1
    assert (upload.state, upload.details) == (WAITING, DETAILS[kind])


def test_same_upload_twice_is_one_and_lasts_longer(kind: UploadKind) -> None:
    first = keep(kind)
    end_the_day(first)
    assert upload_store.find([kind], first.id, "me") is None
    again = keep(kind)
    assert again.id == first.id and again.expires_at > now() + timedelta(hours=23)
    assert keep(kind, "another").id != first.id
    assert len(files(kind)) == 2 and tasks(kind) == 2


def test_upload_whose_file_was_lost_is_stored_again(kind: UploadKind) -> None:
    first = keep(kind)
    media_store.store().delete(str(first.path))
    again = keep(kind)
    assert media_store.store().exists(str(again.path))
    assert db.session.scalars(select(Upload.id)).all() == [again.id]


def test_upload_that_failed_is_tried_again_when_it_is_uploaded_again(kind: UploadKind) -> None:
    first = keep(kind)
    change(first, state=FAILED)
    again = keep(kind)
    assert again.id != first.id and again.state == WAITING
    assert files(kind) == {again.path} and tasks(kind) == 1


def test_upkeep_deletes_expired_uploads_with_previews_and_files_without_a_row(kind: UploadKind) -> None:
    old, young = keep(kind), keep(kind, number=1)
    preview = f"{kind.name}/{old.id}.cut.0123456789ab.webp"
    media_store.store().write(preview, b"a preview")
    media_store.store().write(f"{kind.name}/aaaabbbbccccdddd.0123456789ab.wav", b"left by a worker that was killed")
    change(old, preview_path=preview)
    end_the_day(old)
    assert upkeep.run() == (0, 1)
    assert upload_store.paths() == {young.path}
    assert [path for path, _ in media_upkeep.prune(young_seconds=-1)] == [
        f"{kind.name}/aaaabbbbccccdddd.0123456789ab.wav"
    ]
    assert files(kind) == {young.path}


def test_all_uploads_of_one_owner_are_deleted_and_no_one_else_s(kind: UploadKind) -> None:
    mine, other = [keep(kind), keep(kind, number=1)], keep(kind, "another")
    assert set(upload_store.forget("me", [mine[0].digest])) == {mine[0].id}
    assert set(upload_store.forget("me")) == {mine[1].id}
    assert files(kind) == {other.path} and tasks(kind) == 1


def test_upload_that_is_lost_or_cut_is_found(kind: UploadKind) -> None:
    lost, cut = keep(kind), keep(kind, number=1)
    media_store.store().delete(str(lost.path))
    media_store.store().write(str(cut.path), b"cut")
    found = {(loss.of, loss.id) for _count, losses in media_losses.verify() for loss in losses}
    assert found == {(kind.noun, lost.id), (kind.noun, cut.id)}


def test_deleted_upload_is_gone_and_recorded_so_that_no_backup_restores_it(kind: UploadKind) -> None:
    upload, other = keep(kind), keep(kind, "another")
    assert lifecycle.forget_uploads("me") == 1
    assert upload_store.find([kind], upload.id, "me") is None and files(kind) == {other.path}
    with writing() as session:  # as a backup would
        session.add(Upload(**{column.name: getattr(other, column.name) for column in Upload.__table__.columns}
                          | {"id": upload.id, "owner_hash": "me"}))  # fmt: skip
    assert deletions.find_resurrected_uploads() == [upload.id]


def test_upload_that_is_processed_while_it_comes_again_is_not_deleted(
    kind: UploadKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = keep(kind)

    def look(store: MediaStore, path: str) -> bool:
        """Answer that the upload is not here any more, as its worker has just replaced it."""
        change(first, state=READY, path=f"{kind.name}/read.flac")
        return False

    monkeypatch.setattr(MediaStore, "exists", look)
    again = keep(kind)
    assert (again.id, again.state, again.path) == (first.id, READY, f"{kind.name}/read.flac")


def test_day_is_as_long_as_the_setting_says(app: Flask, kind: UploadKind) -> None:
    app.config[kind.hours] = 2.0
    assert timedelta(hours=1.9) < keep(kind).expires_at - now() <= timedelta(hours=2)
