"""What is lost of walks, photos, candidates and styles: each is named, with what is wrong with it."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskCliRunner
from PIL import Image
from sqlalchemy import select

from app.access.auth import visitors
from app.collection.styles import added
from app.collection.styles.added import AddedStyle
from app.offer.generation import adapters
from app.storage import media_store
from app.storage.candidate_models import Candidate
from app.storage.database import writing
from app.storage.upload_models import Upload
from app.storage.walk_models import Frame, Medium, Walk
from app.upkeep.maintenance import media_losses
from app.walks.uploads import upload_store
from tests.support import candidates, led, photos
from tests.support.commands import run, run_json
from tests.support.pictures import two_halves, written
from tests.support.rows import Maker, change, store

Damage = Callable[[bytes], bytes]
MINE = "my secret"
WELL: dict[str, Any] = {"lost": [], "superfluous": 0}


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.linear_gradient("L").resize((32, 32)).rotate(90 * turn) for turn in range(2)]
    frames[0].save(out, kind, **({"save_all": True, "append_images": frames[1:]} if kind == "GIF" else {}))
    return out.getvalue()


@pytest.fixture
def whole(publish: Maker) -> Maker:
    """Return a function that publishes a walk whose files are real pictures."""

    def make(*prompts: str, **fields: object) -> Walk:
        walk = publish(*prompts, **fields)
        contents = {"png": picture("PNG"), "gif": picture("GIF"), "webp": picture("WEBP"), "mp4": b"a film"}
        with writing() as session:
            for table in (Frame, Medium):
                for row in session.scalars(select(table).where(table.walk_number == walk.number)):
                    data = contents[row.path.rpartition(".")[2]]
                    media_store.store().write(row.path, data)
                    row.bytes = len(data)
        return walk

    return make


def test_whole_files_are_verified(runner: FlaskCliRunner, whole: Maker) -> None:
    whole()
    whole("a bear", "a kite", unlisted=True)
    assert run_json(runner, "media", "verify") == {"files": 12, "lost": [], "superfluous": 0}
    assert run(runner, "media", "verify").output == "12 files, 0 lost.\n"


@pytest.mark.parametrize(
    ("kind", "damage", "flaw"),
    [
        ("gif", None, "is missing"),
        ("mp4", lambda data: data[:-1], "has 5 bytes and should have 6"),
        ("gif", lambda data: data[:-20] + b"\0" * 20, "is no GIF that can be read"),
        ("poster", lambda data: data[:50] + bytes(len(data) - 50), "is no PNG that can be read"),
        ("poster", lambda data: bytes(len(data)), "is no PNG that can be read"),
    ],
)
def test_what_is_lost_is_named(
    runner: FlaskCliRunner, whole: Maker, kind: str, damage: Callable[[bytes], bytes] | None, flaw: str
) -> None:
    whole()
    walk = whole("a bear", "a kite")
    path = walk.media[kind].path
    if damage:
        media_store.store().write(path, damage(media_store.store().read_bytes(path)))
    else:
        media_store.store().delete(path)
    answer = run_json(runner, "media", "verify", status=1)
    assert [(lost["walk"], lost["path"]) for lost in answer["lost"]] == [(walk.id, path)]
    assert flaw in answer["lost"][0]["flaw"]
    lines = run(runner, "media", "verify", status=1).output.splitlines()
    assert lines[0].startswith(f"{path} of walk {walk.id} {flaw}")
    assert lines[1] == "12 files, 1 lost."


def test_replaced_film_is_not_lost(whole: Maker, app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = whole()

    def flaw(_store: object, path: str, *_: object) -> str:
        if path != old:
            return ""
        change(Medium, Medium.kind == "gif", path=f"walks/{walk.id}/gif.better.gif")
        return "is missing"

    old = walk.media["gif"].path
    monkeypatch.setattr(media_losses, "_flaw", flaw)
    assert list(media_losses.verify()) == [(6, [])]


def brought() -> Upload:
    """Keep a photo of mine, with what would be cut out of it."""
    photo = photos.keep(MINE)
    preview_path = f"photos/{photo.id}.cut.0123456789ab.webp"
    media_store.store().write(preview_path, written(two_halves((40, 30)), "WEBP"))
    change(photo, preview_path=preview_path)
    return photo


def lay_out(name: str = "our-prints", **fields: Any) -> Path:
    """Put a style where those lie that were added."""
    folder = added.folder(name)
    folder.mkdir(parents=True)
    style = AddedStyle(name, "Our prints", "CC0-1.0", **{"pictures": 12, "vector": (0.5, 1.0)} | fields)
    (folder / added.ABOUT).write_bytes(added.to_json(style))
    (folder / added.SAMPLE).write_bytes(picture("WEBP"))
    return folder


def lost(runner: FlaskCliRunner) -> list[dict[str, str]]:
    """Return what is reported as lost."""
    found: list[dict[str, str]] = run_json(runner, "media", "verify", status=1)["lost"]
    return found


def test_photos_candidates_and_styles_are_looked_at_as_well(runner: FlaskCliRunner) -> None:
    brought()
    candidates.painted(visitors.digest(MINE), count=3)
    lay_out()
    assert run_json(runner, "media", "verify") == WELL | {"files": 2 + 3 + 2}


@pytest.mark.parametrize(
    ("damage", "flaw"),
    [
        (None, "is missing"),
        (lambda data: data[:-1], "and should have"),
        (lambda data: data[:-1] + b"x", "is another file than the one that was kept"),
    ],
)
def test_lost_photo_is_named(runner: FlaskCliRunner, damage: Damage | None, flaw: str) -> None:
    photo, store = brought(), media_store.store()
    if damage:
        store.write(photo.path, damage(store.read_bytes(photo.path)))
    else:
        store.delete(photo.path)
    losses = lost(runner)
    assert [(each["photo"], each["path"]) for each in losses] == [(photo.id, photo.path)]
    assert flaw in losses[0]["flaw"]
    assert f"{photo.path} of photo {photo.id} " in run(runner, "media", "verify", status=1).output


def test_broken_preview_of_what_is_cut_out_is_named(runner: FlaskCliRunner) -> None:
    photo = brought()
    media_store.store().write(photo.preview_path, b"RIFF")
    assert [each["path"] for each in lost(runner)] == [photo.preview_path]


@pytest.mark.databases
def test_photo_whose_day_is_over_meanwhile_is_not_lost(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = brought()

    def flaw(*_: object, **__: object) -> str:
        upload_store.forget_these([photo.id])
        return "is missing"

    monkeypatch.setattr(media_losses, "_flaw", flaw)
    assert list(media_losses.verify()) == [(2, [])]


def test_what_a_painter_made_of_a_photo_is_read_to_its_end(runner: FlaskCliRunner, whole: Maker) -> None:
    walk, out = whole(), io.BytesIO()
    np.savez(out, sketch=np.arange(4096))
    for kind, data in (("whole-0", out.getvalue()), ("cut-0", out.getvalue().replace(bytes([7, 0]), bytes([8, 0]), 1))):
        path = f"walks/{walk.id}/{kind}.0123456789ab.npz"
        media_store.store().write(path, data)
        store(Medium(walk_number=walk.number, kind=kind, path=path, bytes=len(data), etag=""))
    losses = lost(runner)
    assert [(each["walk"], each["path"]) for each in losses] == [(walk.id, f"walks/{walk.id}/cut-0.0123456789ab.npz")]
    assert "is no NPZ that can be read" in losses[0]["flaw"]


def test_broken_picture_of_candidates_is_named(runner: FlaskCliRunner) -> None:
    asked = candidates.painted(visitors.digest(MINE), count=3)
    change(Candidate, Candidate.index == 1, picture=b"RIFF")
    losses = lost(runner)
    assert [(each["candidates"], each["path"]) for each in losses] == [(asked.id, "picture 2")]


@pytest.mark.parametrize(
    ("file", "data", "flaw"),
    [
        ("sample.webp", None, "is missing"),
        ("sample.webp", b"RIFF", "is no WEBP that can be read"),
        ("style.json", None, "is missing"),
        ("style.json", b"{", "cannot be read as what is known of a style"),
        ("style.json", json.dumps({"name": "p", "title": "P", "licence": "CC0", "pictures": 9}).encode(), "no vector"),
        ("model/model_index.json", b"{", "is amiss: The model file"),
    ],
)
def test_broken_style_is_named(runner: FlaskCliRunner, file: str, data: bytes | None, flaw: str) -> None:
    path = lay_out() / file
    if data is None:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    losses = lost(runner)
    assert [each["style"] for each in losses] == ["our-prints"]
    assert Path(losses[0]["path"]).name == file.split("/")[0] and flaw in losses[0]["flaw"]


@pytest.mark.parametrize(
    ("file", "data", "flaw"),
    [
        (adapters.FILE, None, "is missing"),
        (adapters.FILE, b"torn", "is another file than the one that was learned"),
        (adapters.ABOUT, b"{", "has no adapter.json that can be read"),
    ],
)
def test_broken_adapter_is_named(
    runner: FlaskCliRunner, tmp_path: Path, file: str, data: bytes | None, flaw: str
) -> None:
    lay_out()
    (tmp_path / "learned").write_bytes(b"learned")
    base = led.lay_out_with_weights(tmp_path / "words", b"weights")
    about = {"words": "our prints", "title": "Our prints", "model": "words"}
    kept = adapters.keep(tmp_path / "learned", "our-prints", base=base, **about)
    assert run_json(runner, "media", "verify") == WELL | {"files": 3}
    path = kept.path.with_name(file)
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    losses = lost(runner)
    assert [(each["style"], each["path"], each["flaw"]) for each in losses] == [("our-prints", str(kept.path), flaw)]


def test_style_that_is_still_collected_and_artist_of_words_alone_lack_nothing(runner: FlaskCliRunner) -> None:
    (added.folder("half-done") / "work").mkdir(parents=True)
    (lay_out("an-artist", pictures=0, vector=(), phrases=("the sea",)) / added.SAMPLE).unlink()
    assert run_json(runner, "media", "verify") == WELL | {"files": 1}


def test_files_that_nothing_names_are_counted(runner: FlaskCliRunner) -> None:
    for path in ("photos/k7mz3vq9xw2hd8cf.0123456789ab.webp", "walks/k7mz3vq9xw2hd8cf/frames/0.png"):
        media_store.store().write(path, b"left over")
        os.utime(Path(media_store.store().root) / path, (0, 0))
    assert run_json(runner, "media", "verify") == {"files": 0, "lost": [], "superfluous": 2}
    output = run(runner, "media", "verify").output.splitlines()
    assert output == ["0 files, 0 lost.", "2 more that nothing names; media prune lists them."]
