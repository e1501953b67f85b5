"""Every kind of file that lies in the media store: known, marked as synthetic, backed up, pruned, deleted."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.access.auth import visitors
from app.core.config import ROOT
from app.requests.walk_requests import brought_uploads
from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.media_store import MediaStore
from app.storage.task_kinds import LARGE, STAGES
from app.storage.walk_models import Frame, Medium, Walk
from app.upkeep.maintenance import media_upkeep
from app.upkeep.operations import first_exhibition
from app.walks.queue import frame_requests
from app.walks.saved import lifecycle
from app.walks.uploads import kinds, photo_check, upload_store
from tests.conftest import Maker
from tests.support import drawings, photos, placing, sounds
from tests.support.worker_rows import read
from worker import job

pytestmark = pytest.mark.slow

ID = "[a-z0-9]{16}"
PICTURES = {
    "walks/<id>/frames/<place>.<digest>.png": rf"walks/{ID}/frames/[0-9a-f]{{16}}\.[0-9a-f]{{12}}\.png",
    "walks/<id>/<gif, mp4, webm, webp>.<digest>.<kind>": rf"walks/{ID}/(gif|mp4|webm|webp)\.[0-9a-f]{{12}}\.\1",
    "walks/<id>/poster.<digest>.<png or avif>": rf"walks/{ID}/poster\.[0-9a-f]{{12}}\.(png|avif)",
    "walks/<id>/<stages, sheet><frame>.<digest>.webp": rf"walks/{ID}/(stages|sheet)\d+\.[0-9a-f]{{12}}\.webp",
    "walks/<id>/large<frame>.<digest>.png": rf"walks/{ID}/large\d+\.[0-9a-f]{{12}}\.png",
}
OTHERS = {
    "walks/<id>/knots/<place>.<kind>": rf"walks/{ID}/knots/[\w.-]+",
    "walks/<id>/photo-<stop>.<random>.webp": rf"walks/{ID}/photo-\d\.[0-9a-f]{{12}}\.webp",
    "walks/<id>/<whole, cut, encoded>-<stop>.<digest>.npz": rf"walks/{ID}/(whole|cut|encoded)-\d\.[0-9a-f]{{12}}\.npz",
    "photos/<id>.<digest>.webp": rf"photos/{ID}\.[0-9a-f]{{12}}\.webp",
    "photos/<id>.cut.<digest>.webp": rf"photos/{ID}\.cut\.[0-9a-f]{{12}}\.webp",
    "sounds/<id>.<digest or random>.<kind>": rf"sounds/{ID}\.([0-9a-f]{{12}}\.wav|[0-9a-f]{{16}}\.flac)",
    "walks/<id>/sound.<random>.flac": rf"walks/{ID}/sound\.[0-9a-f]{{12}}\.flac",
    "deleted/<digest>.<who>": r"deleted/[0-9a-f]{32}\.(owner|house)",
    ".probe-<process>-<random>": r"\.probe-\d+-[0-9a-f]{8}",
}
WRITERS = {
    "app/upkeep/operations/first_exhibition.py", "app/upkeep/operations/media_colours.py",
    "app/upkeep/operations/poster_cards.py",
    "app/upkeep/maintenance/media_move.py",
    "app/requests/walk_requests/walk_sounds.py", "app/upkeep/archives/walk_import.py", "app/upkeep/archives/backup.py",
    "app/walks/uploads/photo_stops.py", "app/walks/uploads/upload_store.py",
    "app/walks/saved/deletions.py", "app/storage/media_store.py", "worker/tasks/batch_task.py",
    "worker/tasks/film_assembly.py", "worker/tasks/frame_files.py", "worker/tasks/photo_task.py",
    "worker/tasks/sound_task.py", "worker/tasks/stretch_frames.py", "worker/tasks/walk_photos.py",
}  # fmt: skip
"""The modules that write to the media store: one more must paint, below, what it writes, or copy what others wrote."""


def kind_of(path: str) -> str:
    found = [kind for kind, pattern in (PICTURES | OTHERS).items() if re.fullmatch(pattern, path)]
    assert len(found) == 1, f"{path} is of a kind that nothing here knows of: {found}"
    return found[0]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Note all that is written to the media store."""
    found: dict[str, bytes] = {}
    write = MediaStore.write

    def note(store: MediaStore, path: str, data: bytes) -> None:
        write(store, path, data)
        found[path] = data

    monkeypatch.setattr(MediaStore, "write", note)
    return found


@pytest.fixture
def painted(written: dict[str, bytes], generated: Maker) -> Walk:
    """Paint a walk, the stages of one of its frames, and that frame at a large size."""
    walk = generated("a fox", "a kite", seed=5, frames=9)
    with writing() as session:
        session.get(Walk, walk.number).stops[0].scene = drawings.scene("house").as_json()
    for kind in (STAGES, LARGE):
        frame_requests.request(read(walk.id), kind, 3)
    job.work()
    return read(walk.id)


def test_all_kinds_are_written_and_pictures_marked(app: Flask, painted: Walk, written: dict[str, bytes]) -> None:
    assert media_store.store().check() == ""
    assert first_exhibition.publish()
    photo, _ = upload_store.save(
        kinds.PHOTO,
        photo_check.check(photos.written(photos.disc_outdoors())),
        owner_hash=visitors.digest("me"),
        network="",
    )
    stops = [{"picture": photo.id}, {"prompt": "the sun"}]
    placing.place(validate({"stops": stops}), visitor_key="me", owner="me")
    nothing: dict[str, Any] = {"network": "", "check_room": lambda: None, "admit": lambda: None}
    sound = brought_uploads.upload(kinds.SOUND, sounds.track(), owner_hash=visitors.digest("me"), **nothing)
    job.work()
    stops = [{"prompt": "a fox"}, {"prompt": "the sun"}]
    to_music = validate({"stops": stops, "sound": {"id": sound.id, "length": 2.0}})
    walk, _ = placing.place(to_music, visitor_key="me", owner="me")
    job.work()
    assert read(walk.id).media.keys() > {"sound", "webm"}
    lifecycle.delete_walk(painted)
    assert {kind_of(path) for path in written} == {*PICTURES, *OTHERS}
    painted_ones = {path: data for path, data in written.items() if kind_of(path) in PICTURES}
    assert len(painted_ones) > 200
    assert {kind_of(path) for path, data in painted_ones.items() if b"trainedAlgorithmicMedia" not in data} == set()


def test_files_named_by_rows_stay_and_the_rest_is_pruned(painted: Walk, written: dict[str, bytes]) -> None:
    named = {path for table in (Frame, Medium) for path in db.session.scalars(db.select(table.path))}
    there = set(media_store.store().files("walks"))
    assert there == named
    assert {kind_of(path) for path in there} == set(PICTURES)
    for path in written:
        media_store.store().write(path, b"left over")
    media_store.store().write(f"{media_store.samples_folder(painted.id)}/x.npy", b"left over")
    media_upkeep.prune(young_seconds=-1)
    assert set(media_store.store().files("walks")) == named


def test_everything_goes_with_its_walk(painted: Walk, written: dict[str, bytes]) -> None:
    lifecycle.delete_walk(painted)
    assert {kind_of(path) for path in every_file()} == {"deleted/<digest>.<who>"}


def every_file() -> list[str]:
    root = Path(media_store.store().root)
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def test_nothing_else_writes_to_the_store() -> None:
    found = set()
    for folder in ("app", "worker"):
        for path in (ROOT / folder).rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
            if any(is_writing(call) for call in calls):
                found.add(str(path.relative_to(ROOT)))
    assert found == WRITERS


def is_writing(call: ast.Call) -> bool:
    """Return whether a call is one of the store's ``write(path, data)``: no other ``write`` takes two."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr != "write" or len(call.args) != 2:
        return False
    return not (isinstance(function.value, ast.Name) and function.value.id in ("cursors", "writer"))


def test_security_page_lists_the_kinds() -> None:
    text = (ROOT / "docs/explanation/retention.md").read_text("utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|[^|]+\|[^|]+\|[^|]+\|$", text, re.MULTILINE)
    assert set(listed) >= {*PICTURES, *OTHERS}
