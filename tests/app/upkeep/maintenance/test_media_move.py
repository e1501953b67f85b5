"""A site's media move to another store: what is missing there, what was taken down never, nothing twice."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from flask.testing import FlaskCliRunner

from app.core.config import ROOT
from app.storage import media_store
from app.storage.media_store import MediaStore
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from tests.support.buckets import BUCKET, S3Server, running
from tests.support.commands import run, run_json
from tests.support.rows import Maker


@pytest.fixture
def target(tmp_path: Path) -> MediaStore:
    """Name an empty folder elsewhere."""
    return MediaStore(f"file://{tmp_path / 'elsewhere'}")


def everything(store: MediaStore) -> dict[str, bytes]:
    return {
        path: store.read_bytes(path)
        for folder in ("walks", "photos", "deleted", "other")
        for path in store.files(folder)
    }


def test_all_is_copied_once_and_nothing_is_deleted(runner: FlaskCliRunner, publish: Maker, target: MediaStore) -> None:
    publish("a fox", "a kite"), publish("a lamp", "a moth")
    before = everything(media_store.store())
    first = run_json(runner, "media", "move", target.url, "--json")
    assert everything(target) == everything(media_store.store()) == before
    size = sum(map(len, before.values()))
    assert (first["files"], first["bytes"], first["copied"], first["copied_bytes"]) == (12, size, 12, size)
    again = run_json(runner, "media", "move", target.url, "--json")
    assert (again["files"], again["copied"], again["amiss"]) == (12, 0, [])


@pytest.mark.databases
def test_half_a_file_and_an_older_one_are_copied_again(runner: FlaskCliRunner, walk: Walk, target: MediaStore) -> None:
    store, knots = media_store.store(), f"{media_store.walk_folder(walk.id)}/knots/1-1.npz"
    target.write(knots, b"KNOT")
    store.write(knots, b"LATE")  # as long, and later: its name does not tell what is in it
    target.write(walk.media["mp4"].path, b"m")
    assert run_json(runner, "media", "move", target.url, "--json")["copied"] == 7
    assert everything(target) == everything(store)


def test_what_was_taken_down_since_does_not_come_back(
    runner: FlaskCliRunner, publish: Maker, target: MediaStore
) -> None:
    kept, gone = publish("a fox", "a kite"), publish("a lamp", "a moth")
    left_behind = {path: media_store.store().read_bytes(path) for path in media_store.store().files(f"walks/{gone.id}")}
    lifecycle.delete_walk(gone)
    for path, data in left_behind.items():  # in the old place they stay, once the site reads the new one
        media_store.store().write(path, data)
    media_store.store().write("walks/.aside.part", b"half")
    run(runner, "media", "move", target.url)
    assert {path.split("/")[1] for path in target.files("walks")} == {kept.id}
    assert len(target.files("deleted")) == 1


def test_check_only_finds_missing_and_changed_files(runner: FlaskCliRunner, walk: Walk, target: MediaStore) -> None:
    result = runner.invoke(args=["media", "move", target.url, "--check-only"])
    assert (result.exit_code, target.files("walks")) == (1, {})
    assert f"{walk.media['mp4'].path} is missing." in result.output
    run(runner, "media", "move", target.url)
    target.write(walk.media["mp4"].path, b"MP4")
    result = runner.invoke(args=["media", "move", target.url, "--check-only"])
    assert (result.exit_code, target.read_bytes(walk.media["mp4"].path)) == (1, b"MP4")
    assert f"{walk.media['mp4'].path} is not what its name says.\n6 files, " in result.output
    assert result.output.rstrip().endswith("compared, 1 amiss.")


@pytest.mark.parametrize("way", ["itself", "nowhere"])
def test_place_that_cannot_be_meant_is_refused(runner: FlaskCliRunner, instance: Path, way: str) -> None:
    url, message = {
        "itself": (f"file://{instance / 'media'}", "is where the files are"),
        "nowhere": ("nothere://bucket", "TO_URL cannot be used: Protocol not known: nothere"),
    }[way]
    result = runner.invoke(args=["media", "move", url])
    assert (result.exit_code, message in result.output) == (1, True)


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """Run a server that speaks S3."""
    with running(tmp_path) as server:
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield server


@pytest.mark.server
def test_commands_of_the_page_about_object_storage_do_what_it_says(
    runner: FlaskCliRunner, walk: Walk, instance: Path, s3: S3Server, tmp_path: Path
) -> None:
    page = (ROOT / "docs/how-to/operators/object-storage.md").read_text("utf-8")
    commands = [shlex.split(line) for line in re.findall(r"^flask --app wsgi (.+)$", page, re.MULTILINE)]
    names = {"/srv/moma/instance/media": str(instance / "media"), "/var/backups": str(tmp_path)}
    said = []
    for words in commands:
        for name, value in names.items():
            words = [word.replace(name, value) for word in words]
        result = runner.invoke(args=words)
        said.append(result.output)
        lost = words == ["media", "verify"]  # what stands for pictures here is none, as it says of each
        assert result.exit_code in ((1,) if words == ["doctor"] or lost else (0,)), (words, result.output)
    assert "takes, gives and deletes" in said[0]
    assert f'Now set media_url = "s3://{BUCKET}/moma"' in said[1]
    assert "0 copied (0 bytes), 0 amiss." in said[2]
    assert "compared, 0 amiss." in said[3]
    assert f" of walk {walk.id} is missing" not in said[4]
    assert len(commands) == 8
    assert len(s3.keys(f"moma/walks/{walk.id}/")) == 6


@pytest.mark.parametrize("name", ["sound.0123456789ab.flac", "photo-0.0123456789ab.webp"])
def test_files_of_random_names_are_compared(
    runner: FlaskCliRunner, publish: Maker, target: MediaStore, name: str
) -> None:
    path = f"{media_store.walk_folder(publish().id)}/{name}"
    media_store.store().write(path, b"HEARD")
    run(runner, "media", "move", target.url)
    assert run_json(runner, "media", "move", target.url, "--check-only", "--json")["amiss"] == []
    target.write(path, b"OTHER")
    media_store.store().write(path, b"HEARD")  # as long, and later
    assert run_json(runner, "media", "move", target.url, "--json")["copied"] == 1
    assert target.read_bytes(path) == b"HEARD"
