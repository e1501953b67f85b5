"""An uploaded sound is read by the worker: its file is replaced, its analysis stored, or a sentence says why not."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.errors import MediaStoreAway
from app.requests.walk_requests import brought_uploads
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.media_store import MediaStore
from app.storage.upload_models import Upload
from app.storage.walk_models import Task
from app.walks.uploads import kinds, upload_store
from app.walks.uploads.sound_analysis import SoundAnalysis
from tests.conftest import Maker
from tests.support import sounds, worker_rows
from tests.support.fake_painter import FakePainter
from tests.support.raising import raising
from worker import job
from worker.queue import short_failures
from worker.queue.leases import LeaseLost, claim_next
from worker.sound import reading
from worker.tasks import sound_task, upload_results

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("painter")]


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put temporary files into a folder that no other process uses."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def upload(data: bytes) -> str:
    """Upload a sound and return its id."""
    nothing = {"check_room": lambda: None, "admit": lambda: None}
    return brought_uploads.upload(kinds.SOUND, data, owner_hash="ann", network="", **nothing).id


def read(sound_id: str) -> Upload:
    """Read a sound as it stands in the database."""
    db.session.rollback()
    found = db.session.get(Upload, sound_id, populate_existing=True)
    assert found is not None
    return found


def work() -> None:
    """Do all tasks, and see that nothing is left of them."""
    job.work()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Task)) == 0
    assert set(media_store.store().files("sounds")) == upload_store.paths()
    assert list(Path(tempfile.gettempdir()).glob("moma-sound-*")) == []


def test_sound_is_analysed_and_its_file_replaced(tmp_path: Path, painter: FakePainter) -> None:
    song = sounds.encoded(tmp_path, "a.mp3", "-metadata", "title=SECRET")
    sound_id = upload(song)
    work()
    found = read(sound_id)
    assert (found.state, found.error, found.details["format"]) == ("ready", None, "mp3")
    assert found.path is not None and found.path.startswith(f"sounds/{sound_id}.") and found.path.endswith(".flac")
    stored = media_store.store().read_bytes(found.path)
    assert stored.startswith(b"fLaC") and len(stored) == found.bytes and b"SECRET" not in stored
    assert (found.details["rate"], found.details["channels"], found.seconds) == (22_050, 1, pytest.approx(6, abs=0.01))
    heard = SoundAnalysis.from_json(found.analysis or {})
    assert heard.tempo == pytest.approx(120, abs=0.5) and len(heard.beats) == len(sounds.click_times(120, 6))


@pytest.mark.parametrize(("options", "share", "seconds"), [(("-q:a", "0"), 1, 6), (("-b:a", "64k"), 2 / 3, 4)])
def test_mp3_without_length_is_read_whole(
    tmp_path: Path, options: tuple[str, ...], share: float, seconds: float
) -> None:
    song = sounds.encoded(tmp_path, "a.mp3", *options, "-write_xing", "0", "-id3v2_version", "0")
    sound_id = upload(song[: round(share * len(song))])
    promised = read(sound_id).seconds
    work()
    assert promised == pytest.approx(seconds, abs=0.1)
    assert (read(sound_id).state, read(sound_id).seconds) == ("ready", pytest.approx(promised, abs=0.06))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "The sound is silent: nothing in it is louder than -60 dB of full scale."),
        ({"SOUND_SECONDS_MAX": 3}, "The sound lasts longer than 3 seconds; no more is read."),
        ({"SOUND_MEMORY_MAX": 120_000_000}, "The sound takes more than 120 MB of memory to read."),
    ],
)
def test_sound_that_is_refused_says_why_and_leaves_no_file(app: Flask, settings: dict[str, int], sentence: str) -> None:
    data = sounds.track() if settings else sounds.wav(np.zeros(66_150, np.float32))
    sound_id = upload(data)
    app.config.update(settings)
    work()
    found = read(sound_id)
    assert (found.state, found.error, found.path, found.analysis) == ("failed", sentence, None, None)
    assert media_store.store().files("sounds") == {}


@pytest.mark.parametrize(
    ("flaw", "sentence"),
    [
        ("cpu", "The sound takes longer than 60 seconds of processor time to read."),
        ("wall", "The sound takes longer than 300 seconds to read."),
        ("music", "This site reads no sounds: its worker lacks the packages of the extra music."),
    ],
)
def test_flaw_is_a_sentence_with_its_limit(monkeypatch: pytest.MonkeyPatch, flaw: str, sentence: str) -> None:
    monkeypatch.setattr(sound_task.reading, "read_sound", raising(reading.Unreadable(flaw)))
    sound_id = upload(sounds.track())
    work()
    assert read(sound_id).error == sentence


def test_worker_without_the_package_does_no_sounds(monkeypatch: pytest.MonkeyPatch, request_walk: Maker) -> None:
    sound_id, walk = upload(sounds.track()), request_walk("a fox", "a kite")
    monkeypatch.setattr(reading, "PACKAGE", "no_such_package")
    job.work()
    assert read(sound_id).state == "waiting" and worker_rows.read(walk.id).state == "finished"
    monkeypatch.setattr(reading, "PACKAGE", "soundfile")
    work()
    assert read(sound_id).state == "ready"


def test_sound_whose_file_is_lost_is_said_to_be() -> None:
    sound_id = upload(sounds.track())
    media_store.store().delete(str(read(sound_id).path))
    work()
    assert read(sound_id).error == "The sound can no longer be read."


def test_sound_that_is_deleted_while_it_is_read_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sound_id = upload(sounds.track())
    whole = reading.read_sound

    def delete_meanwhile(*arguments: object) -> reading.Sound:
        upload_store.forget("ann")
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sound_task.reading, "read_sound", delete_meanwhile)
    work()
    assert db.session.get(Upload, sound_id) is None and media_store.store().files("sounds") == {}


def test_store_that_is_away_fails_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    sound_id, whole, calls = upload(sounds.track()), MediaStore.read_bytes, []

    def away_once(store: MediaStore, path: str) -> bytes:
        calls.append(path)
        if len(calls) == 1:
            raise MediaStoreAway("The media store is away.")
        return whole(store, path)

    monkeypatch.setattr(MediaStore, "read_bytes", away_once)
    work()
    assert read(sound_id).state == "ready"


def test_task_that_fails_says_that_reading_was_interrupted() -> None:
    sound_id = upload(sounds.track())
    with writing() as session:
        task = session.scalars(select(Task)).one()
        short_failures.record(session, task, "lost")
    found = read(sound_id)
    assert (found.state, found.error) == ("failed", "Reading the sound was interrupted. Upload it again.")
    assert db.session.scalar(select(func.count()).select_from(Task)) == 0


def test_worker_that_lost_its_lease_deletes_its_own_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sound_id = upload(sounds.track())
    written: list[str] = []

    def lose(*_given: object) -> None:
        written.append(str(sound_task._read(read(sound_id))["path"]))  # by the other, which has not committed yet
        raise LeaseLost("another worker reads the sound")

    monkeypatch.setattr(upload_results, "write_as_holder", lose)
    claim = claim_next()
    assert claim is not None
    with pytest.raises(LeaseLost):
        sound_task.analyse(claim)
    assert set(media_store.store().files("sounds")) == {read(sound_id).path, *written}
