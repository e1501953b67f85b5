"""Sounds are stored for a day for their owner alone, and leave nothing behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.requests.walk_requests import brought_sounds
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.media_store import MediaStore
from app.storage.sound_models import FAILED, READY, Sound
from app.storage.task_kinds import SOUNDS
from app.storage.walk_models import Task
from app.upkeep.maintenance import media_losses, media_upkeep, upkeep
from app.walks.saved import deletions, lifecycle
from app.walks.uploads import sound_store
from tests.support import sounds
from tests.support.rows import change

pytestmark = pytest.mark.usefixtures("app")


def keep(owner: str = "me", seconds: float = 3.0) -> Sound:
    """Upload a sound of this length."""
    nothing = {"check_room": lambda: None, "admit": lambda: None}
    return brought_sounds.upload(sounds.track(seconds), owner_hash=owner, network="home", **nothing)


def end_the_day(sound: Sound) -> None:
    change(Sound, Sound.id == sound.id, expires_at=now() - timedelta(seconds=1))


def files() -> set[str]:
    return set(media_store.store().files("sounds"))


def tasks() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Task.kind == SOUNDS)) or 0


def test_sound_is_found_by_id_and_digest_by_its_owner_alone() -> None:
    sound = keep()
    for name in (sound.id, sound.digest):
        assert sound_store.find(name, "me") is sound
        assert sound_store.find(name, "another") is None
    assert sound_store.find("no such", "me") is None
    assert files() == {sound.path} and tasks() == 1
    assert (sound.state, sound.format, sound.rate, sound.channels) == ("waiting", "wav", 22_050, 1)


def test_same_sound_twice_is_one_and_lasts_longer() -> None:
    first = keep()
    end_the_day(first)
    again = keep()
    assert again.id == first.id and again.expires_at > now() + timedelta(hours=23)
    assert keep("another").id != first.id
    assert tasks() == 2


def test_sound_that_failed_is_tried_again_when_it_is_uploaded_again() -> None:
    first = keep()
    change(Sound, Sound.id == first.id, state=FAILED)
    again = keep()
    assert again.id != first.id and again.state == "waiting"
    assert files() == {again.path}


def test_upkeep_deletes_expired_sounds_and_files_without_a_row() -> None:
    sound, kept = keep(), keep(seconds=4)
    media_store.store().write("sounds/aaaabbbbccccdddd.0123456789ab.wav", b"left by a worker that was killed")
    end_the_day(sound)
    _walks, deleted = upkeep.run()
    assert deleted == 1 and sound_store.paths() == {kept.path}
    media_upkeep.prune(young_seconds=-1)
    assert files() == {kept.path}


def test_sound_that_is_lost_or_cut_is_found() -> None:
    lost, cut = keep(), keep(seconds=4)
    media_store.store().delete(str(lost.path))
    media_store.store().write(str(cut.path), b"cut")
    found = {(loss.of, loss.id) for _count, losses in media_losses.verify() for loss in losses}
    assert found == {("sound", lost.id), ("sound", cut.id)}


def test_deleted_sound_is_gone_and_recorded_so_that_no_backup_restores_it() -> None:
    sound, other = keep(), keep("another")
    assert lifecycle.forget_sounds("me") == 1
    assert sound_store.find(sound.id, "me") is None and files() == {other.path}
    with writing() as session:  # as a backup would
        session.add(Sound(**{column.name: getattr(other, column.name) for column in Sound.__table__.columns}
                          | {"id": sound.id, "owner_hash": "me"}))  # fmt: skip
    assert deletions.find_resurrected_sounds() == [sound.id]


def test_sound_that_is_read_while_it_comes_again_is_not_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    first = keep()

    def look(store: MediaStore, path: str) -> bool:
        """Answer that the upload is not here any more, as its worker has just replaced it."""
        change(Sound, Sound.id == first.id, state=READY, path="sounds/read.flac")
        return False

    monkeypatch.setattr(MediaStore, "exists", look)
    again = keep()
    assert (again.id, again.state, again.path) == (first.id, READY, "sounds/read.flac")
