"""Backups: whole, consistent, refused where they do not fit, and harmless from any source."""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.core import instance
from app.core.errors import MomaError
from app.core.version import __version__
from app.offer.drawings import added_drawings
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.drawing_models import AddedDrawing
from app.storage.schema import head, upgrade
from app.storage.walk_models import Medium, Walk
from app.upkeep.archives import archive_format, backup, database_dump
from app.upkeep.operations import first_exhibition
from app.walks.saved import lifecycle
from tests.support.commands import count, run, run_json
from tests.support.led import ROBOT
from tests.support.raising import raising
from tests.support.rows import Maker

pytestmark = pytest.mark.slow

Entries = dict[str, bytes]


@pytest.fixture
def saved(runner: FlaskCliRunner, publish: Maker, request_walk: Maker, tmp_path: Path) -> Path:
    """Back up a site with two finished walks and one in line."""
    publish("a bear", "a kite")
    publish("a fox", "a lemon", unlisted=True)
    request_walk("the sun", "a star")
    file = tmp_path / "saved.tar"
    run(runner, "backup", "create", str(file))
    return file


def test_added_drawings_are_restored(app: Flask, runner: FlaskCliRunner, empty: Flask, tmp_path: Path) -> None:
    for name, svg in (("robot", ROBOT), ("rusty robot", ROBOT.replace("678", "876"))):
        drawing_curation.add(svg.encode(), DrawingRequest(name, artist="Ann Example"))
    drawing_curation.remove("rusty robot")
    before = [(row.drawing, row.svg, row.removed_at, row.revision) for row in db.session.scalars(select(AddedDrawing))]
    run(runner, "backup", "create", str(tmp_path / "drawings.tar"))
    restore(empty, tmp_path / "drawings.tar")
    with empty.app_context():
        rows = db.session.scalars(select(AddedDrawing)).all()
        assert [(row.drawing, row.svg, row.removed_at, row.revision) for row in rows] == before
        assert {each.name for each in added_drawings.book().drawings.values()} == {"robot"}


def entries_of(file: Path) -> Entries:
    with tarfile.open(file) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def write(file: Path, entries: Entries, manifest: dict[str, Any] | None = None) -> None:
    with tarfile.open(file, "w") as archive:
        for name, data in entries.items():
            add(archive, name, json.dumps(manifest).encode() if name == "manifest.json" and manifest else data)


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def manifest_of(entries: Entries) -> dict[str, Any]:
    return dict(json.loads(entries["manifest.json"]))


def film_in(entries: Entries) -> str:
    return next(name for name in entries if name.endswith(".mp4"))


def resigned(entries: Entries) -> dict[str, Any]:
    """Write a manifest that agrees with the entries, as a forger would."""
    files = [
        {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in entries.items()
        if name != "manifest.json"
    ]
    return manifest_of(entries) | {"files": files}


def restore(app: Flask, file: Path, *options: str, status: int = 0) -> Result:
    """Restore into another instance than the test's own."""
    with app.app_context():
        return run(app.test_cli_runner(), "backup", "restore", str(file), *options, status=status)


def refused(app: Flask, file: Path, *options: str) -> str:
    """Restore in vain; return what was said. Nothing may have been touched."""
    with app.app_context():
        answer = run_json(app.test_cli_runner(), "backup", "restore", str(file), *options, status=1)
        assert not media_store.store().exists("walks")
    assert not db_has_walks(Path(app.instance_path) / "moma.sqlite")
    return str(answer["error"])


def db_has_walks(file: Path) -> bool:
    if not file.exists():
        return False
    with closing(sqlite3.connect(file)) as connection:
        return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'walks'").fetchall())


def test_restored_walks_are_counted_and_found_by_a_search(saved: Path, empty: Flask) -> None:
    done = json.loads(restore(empty, saved, "--json").stdout)
    assert (done["walks"], done["files"], done["lost"]) == (3, 13, [])
    with empty.app_context():
        assert empty.test_client().get("/readyz").json["database"] == "ok"
        found = empty.test_client().get("/api/v1/walks?q=kite").json["walks"]
        assert [each["title"] for each in found] == ["A bear, a kite"]


def test_the_manifest_says_what_each_file_is(saved: Path) -> None:
    entries = entries_of(saved)
    manifest = manifest_of(entries)
    assert (manifest["revision"], manifest["database"], manifest["walks"]) == (head(), "sqlite", 3)
    assert manifest["software"] == f"MoMA Lisa {__version__}"
    assert resigned(entries)["files"] == manifest["files"]


def test_the_secret_is_not_in_a_backup(instance: Path, tmp_path: Path, publish: Maker, runner: FlaskCliRunner) -> None:
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    assert set(entries_of(tmp_path / "b.tar")) == {"database.sqlite", "manifest.json"}


def test_only_its_owner_reads_a_backup(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600


def test_files_that_no_row_names_stay_out(runner: FlaskCliRunner, walk: Walk, tmp_path: Path) -> None:
    media_store.store().write(f"walks/{walk.id}/stray.gif", b"stray")
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    assert not [name for name in entries_of(tmp_path / "b.tar") if "stray" in name]


def test_lost_files_are_named_and_the_rest_is_saved(runner: FlaskCliRunner, publish: Maker, tmp_path: Path) -> None:
    path = publish().media["gif"].path
    media_store.store().delete(path)
    done = run_json(runner, "backup", "create", str(tmp_path / "b.tar"))
    assert (done["lost"], done["files"]) == ([path], 6)
    assert "1 files were missing before" in run(runner, "backup", "create", str(tmp_path / "c.tar")).stderr


def test_a_walk_that_is_deleted_while_the_backup_is_made_does_not_come_back(
    runner: FlaskCliRunner, publish: Maker, empty: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = publish("a bear", "a kite"), publish("a fox", "a kite")
    copy = database_dump.copy

    def copy_and_delete(*asked: Any) -> Any:
        found = copy(*asked)
        lifecycle.delete_walk(goes)
        return found

    monkeypatch.setattr(database_dump, "copy", copy_and_delete)
    assert run_json(runner, "backup", "create", str(tmp_path / "b.tar"))["lost"] == []
    restore(empty, tmp_path / "b.tar")
    with empty.app_context():
        walks = db.session.scalars(select(Walk)).all()
        assert {walk.id: walk.deleted_at is None for walk in walks} == {stays.id: True, goes.id: False}


def replace_films(walk: Walk, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Replace a film by a better one just after each of the first copies of the database."""
    copy, number, left = database_dump.copy, walk.number, list(range(times))

    def copy_and_replace(*asked: Any) -> Any:
        found = copy(*asked)
        if left:
            left.pop()
            with writing() as session:
                film = session.get(Medium, (number, "gif"))
                old, film.path = film.path, film.path.replace(".gif", ".better.gif")
                media_store.store().write(film.path, b"better")
            media_store.store().delete(old)
        return found

    monkeypatch.setattr(database_dump, "copy", copy_and_replace)


@pytest.mark.parametrize("times", [backup.COPIES_MAX - 1, backup.COPIES_MAX], ids=["once too few", "again and again"])
def test_a_film_that_is_replaced_while_the_backup_is_made_is_in_it_as_the_better_one_or_forgotten(
    runner: FlaskCliRunner, publish: Maker, empty: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    is_forgotten = times == backup.COPIES_MAX
    replace_films(publish(), monkeypatch, times=times)
    answer = run_json(runner, "backup", "create", str(tmp_path / "b.tar"))
    restore(empty, tmp_path / "b.tar")
    with empty.app_context():
        (restored,) = db.session.scalars(select(Walk))
        assert set(restored.media) == {"gif", "mp4", "webp", "poster"} - ({"gif"} if is_forgotten else set())
        if not is_forgotten:
            assert media_store.store().read_bytes(restored.media["gif"].path) == b"better"
            _tables, files, found = backup.differences(tmp_path / "b.tar")
            assert (files + 1, found) == (answer["files"], [])


def test_what_is_deleted_after_it_was_copied_is_not_restored(
    runner: FlaskCliRunner, publish: Maker, empty: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_films(publish("a bear", "a kite"), monkeypatch, times=1)
    goes, still_named = publish("a fox", "a kite"), backup._unnamed_paths

    def delete_and_ask(paths: set[str]) -> set[str]:
        lifecycle.delete_walk(goes)
        return still_named(paths)

    monkeypatch.setattr(backup, "_unnamed_paths", delete_and_ask)
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    outdated = manifest_of(entries_of(tmp_path / "b.tar"))["outdated"]
    assert {path.split("/")[2] for path in outdated} == {goes.id}
    restore(empty, tmp_path / "b.tar")
    with empty.app_context():
        assert db.session.scalars(select(Walk).where(Walk.id == goes.id)).one().deleted_at is not None
        assert not any(media_store.store().exists(path.removeprefix("media/")) for path in outdated)
        assert backup.differences(tmp_path / "b.tar")[2] == []


def test_a_file_that_is_there_is_not_overwritten(runner: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("mine")
    answer = run_json(runner, "backup", "create", str(tmp_path / "b.tar"), status=1)
    assert "exists already" in answer["error"]
    assert (tmp_path / "b.tar").read_text() == "mine"
    assert "There is no folder" in run(runner, "backup", "create", str(tmp_path / "no" / "b.tar"), status=1).stderr


def test_failed_backup_is_deleted(
    runner: FlaskCliRunner, walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_format, "add_bytes", raising(OSError(28, "No space left on device")))
    folder = tmp_path / "out"
    folder.mkdir()
    assert "No space left" in run(runner, "backup", "create", str(folder / "b.tar"), status=1).stderr
    assert list(folder.iterdir()) == []


def test_a_database_without_schema_is_not_backed_up(empty: Flask, tmp_path: Path) -> None:
    with empty.app_context():
        result = run(empty.test_cli_runner(), "backup", "create", str(tmp_path / "b.tar"), status=1)
    assert "flask --app wsgi db upgrade" in result.stderr


def test_instance_with_walks_is_not_overwritten(runner: FlaskCliRunner, saved: Path, publish: Maker) -> None:
    late = publish("a late", "comer").id
    result = run(runner, "backup", "restore", str(saved), status=1)
    assert "This instance has 4 walks of its own. With --force" in result.stderr
    assert count() == 4
    forced = run(runner, "backup", "restore", str(saved), "--force").output
    assert "media prune" in forced
    db.session.rollback()
    assert count() == 3
    assert db.session.scalar(select(Walk).where(Walk.id == late)) is None


def test_the_first_exhibition_does_not_keep_a_backup_from_coming_back(saved: Path, empty: Flask) -> None:
    with empty.app_context():
        upgrade()
        assert first_exhibition.publish()
    restore(empty, saved)
    with empty.app_context():
        assert count() == 3


def test_a_running_site_is_not_restored_over(saved: Path, empty: Flask) -> None:
    lock = instance.take(Path(empty.instance_path))
    try:
        assert "Another site runs in" in refused(empty, saved)
    finally:
        os.close(lock)


def test_another_revision_is_refused_with_what_to_run(saved: Path, empty: Flask) -> None:
    entries = entries_of(saved)
    write(saved, entries, manifest_of(entries) | {"revision": "0000", "software": "MoMA Lisa 0.0.1"})
    errors = refused(empty, saved)
    assert f"is of schema revision 0000, this program of {head()}" in errors
    assert "MoMA Lisa 0.0.1" in errors
    assert "flask --app wsgi db upgrade" in errors


def test_a_backup_of_another_site_is_restored_only_if_the_operator_trusts_it(saved: Path, empty: Flask) -> None:
    empty.config["SECRET_KEY"] = "of another site"
    errors = refused(empty, saved)
    assert "has another seal than this site's secret key makes" in errors
    assert "--trust" in errors
    restore(empty, saved, "--trust")


def test_a_backup_sealed_with_an_earlier_key_of_the_site_is_its_own(saved: Path, empty: Flask) -> None:
    empty.config["SECRET_KEY_FALLBACKS"] = [empty.config["SECRET_KEY"]]
    empty.config["SECRET_KEY"] = "of now"
    restore(empty, saved)


def test_a_backup_without_a_seal_needs_trust_as_those_before_1_2(saved: Path, empty: Flask) -> None:
    entries = entries_of(saved)
    write(saved, entries, {name: value for name, value in manifest_of(entries).items() if name != "seal"})
    assert "has no seal" in refused(empty, saved)
    restore(empty, saved, "--trust")


ELSEWHERE = (
    "../outside", "media/../../outside", "/etc/outside", "media//walks/x.png", "media/.hidden", "media/./x.png",
    "media/walks/..", "walks/x.png", "media/a\\..\\b", "media/", "settings.toml", "media/a\nb",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("film", b"another film", "was changed"),  # which breaks the seal
        *((name, b"outside", "has no place in a backup") for name in ELSEWHERE),
        ("database.sqlite", b"no database" * 500, "holds a database that cannot be read"),
    ],
)
def test_forged_file_is_refused(saved: Path, empty: Flask, name: str, data: bytes, says: str) -> None:
    entries = entries_of(saved)
    entries[film_in(entries) if name == "film" else name] = data
    write(saved, entries, resigned(entries))
    assert says in refused(empty, saved, *(["--trust"] if "database" in name else []))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(saved: Path, empty: Flask, kind: bytes) -> None:
    with tarfile.open(saved, "a") as archive:
        member = tarfile.TarInfo("media/walks/link.png")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    assert "has no place in a backup" in refused(empty, saved)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"database": "postgresql"}, "holds a postgresql database"),
        *((changes, f"its manifest has no {next(iter(changes))} that can be read") for changes in (
            {"files": [{"path": [], "bytes": 1, "sha256": ""}]}, {"files": [{"path": "media/x.png"}]}, {"files": ["x"]},
            {"files": {}}, {"lost": [1]}, {"forgotten": None}, {"walks": "1"}, {"outdated": "no"}, {"revision": 27},
            {"seal": "ß"},
        )),
        *((changes, "is damaged or no backup") for changes in (
            {"format": "another"}, {"version": 2}, {"files": None}, {"files": [1]}, {"files": [{"path": 1}]},
            {"lost": [1]}, {"walks": "three"}, {"revision": None}, {"forgotten": {}}, {"outdated": None},
        )),
    ],
    ids=lambda changes: str(changes)[:40],
)  # fmt: skip
def test_unusable_manifest_is_refused(saved: Path, empty: Flask, changes: dict[str, object], says: str) -> None:
    entries = entries_of(saved)
    write(saved, entries, manifest_of(entries) | changes)
    assert says in refused(empty, saved)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("film", b"MP4", "is not as the manifest says"),
        ("film", b"longer than it was", "is not as the manifest says"),
        ("film", None, "names other files than are in it"),
        ("media/walks/more.png", b"more", "names other files than are in it"),
    ],
)
def test_altered_files_are_refused(saved: Path, empty: Flask, name: str, data: bytes | None, says: str) -> None:
    entries = entries_of(saved)
    name = film_in(entries) if name == "film" else name
    write(saved, {key: value for key, value in (entries | {name: data}).items() if value is not None})
    errors = refused(empty, saved)
    assert says in errors and (name in errors or data in (None, b"more"))


def test_doubled_file_is_refused(saved: Path, empty: Flask) -> None:
    entries = entries_of(saved)
    with tarfile.open(saved, "a") as archive:
        add(archive, film_in(entries), entries[film_in(entries)])
    assert "a file is in it twice" in refused(empty, saved)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 20_000, b"GIF89a" * 2000, 0.3, 0.9])
def test_what_is_no_whole_archive_is_refused(saved: Path, empty: Flask, content: bytes | float) -> None:
    data = saved.read_bytes().rstrip(b"\0")  # what follows only fills the last record
    saved.write_bytes(content if isinstance(content, bytes) else data[: int(len(data) * content)])
    assert "is damaged or no backup" in refused(empty, saved)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_refused(saved: Path, empty: Flask, manifest: bytes) -> None:
    write(saved, entries_of(saved) | {"manifest.json": manifest})
    assert "is damaged or no backup" in refused(empty, saved)


def test_a_locked_database_is_explained(saved: Path, empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with empty.app_context():
        upgrade()
        db.engine.dispose()
    connect = sqlite3.connect  # whose five seconds would be waited in vain
    with closing(connect(Path(empty.instance_path) / "moma.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **{"timeout": 0.1, **options}))
        output = restore(empty, saved, status=1).stderr
    assert "The database cannot be replaced: database is locked" in output


def test_missing_pg_dump_is_named_with_command(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(app.config, "DATABASE_URL", "postgresql://moma:secret@db.example/moma")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MomaError) as refusal:
        database_dump.copy(tmp_path / "dump")
    assert "pg_dump, which is not on the path" in str(refusal.value)
    assert "pg_dump --dbname=postgresql://moma@db.example/moma --format=custom" in str(refusal.value)
    assert "secret" not in str(refusal.value)


# On a real Postgres, with the programs that come with it


on_postgres = pytest.mark.parametrize("database", ["postgres"], indirect=True)


@pytest.mark.server
@on_postgres
@pytest.mark.usefixtures("programs")
def test_backup_of_a_postgres_is_of_one_moment_whatever_is_added_or_deleted_meanwhile(
    runner: FlaskCliRunner, publish: Maker, empty: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = publish("a bear", "a kite"), publish("a fox", "a lemon")
    run_program = database_dump._run_postgres

    def run_and_change(*arguments: str, needed_for: str) -> None:
        publish("an owl", "a pear")
        run_program(*arguments, needed_for=needed_for)
        publish("the sun", "a star")
        lifecycle.delete_walk(goes)

    with monkeypatch.context() as patch:
        patch.setattr(database_dump, "_run_postgres", run_and_change)
        patch.setattr(backup, "COPIES_MAX", 1)
        answer = run_json(runner, "backup", "create", str(tmp_path / "b.tar"))
    assert (answer["walks"], answer["lost"]) == (2, [])
    entries = entries_of(tmp_path / "b.tar")
    assert {name.split("/")[2] for name in entries if name.startswith("media/")} == {stays.id}
    assert {path.split("/")[1] for path in manifest_of(entries)["forgotten"]} == {goes.id}
    restore(empty, tmp_path / "b.tar")
    with empty.app_context():
        (walk,) = db.session.scalars(select(Walk))
        assert (walk.id, len(walk.painted), len(walk.media)) == (stays.id, 2, 4)
        assert all(media_store.store().exists(each.path) for each in (*walk.painted, *walk.media.values()))
        db.session.rollback()


@pytest.mark.server
@on_postgres
def test_pg_dump_gets_password_by_environment(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$PGPASSWORD $@" > {tmp_path}/said\n')
    program.chmod(0o755)
    monkeypatch.setitem(app.config, "DATABASE_URL", "postgresql://moma:secret@db.example/moma")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert database_dump.copy(tmp_path / "dump", "SELECT count(*) FROM walks").answers == [[(0,)]]
    password, *arguments = (tmp_path / "said").read_text().split()
    assert password == "secret"
    assert arguments[0] == "--dbname=postgresql://moma@db.example/moma"
    assert arguments[1].startswith("--snapshot=")
    program.write_text("#!/bin/sh\necho no such database >&2; exit 1\n")
    with pytest.raises(MomaError, match="pg_dump failed: no such database"):
        database_dump.copy(tmp_path / "dump")
