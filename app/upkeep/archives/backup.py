"""Backups: one archive with the database, the media files that its rows name, and a manifest.

Files are restored through the media store, never to the path that a name in the archive gives.
"""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import delete, func, inspect, select, update

from app.access.auth import browsers, transfers, visitors
from app.collection.search import text_index
from app.core import instance
from app.core.errors import Conflict, MediaError, MomaError
from app.core.progress import Report, ignore
from app.core.version import __version__
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.database_health import ping
from app.storage.schema import REVISION, head, schema_state
from app.storage.upload_models import Upload
from app.storage.walk_models import Frame, Medium, Walk
from app.upkeep.archives import archive_format, database_dump
from app.upkeep.archives.archive_format import DATABASES, FORMAT, MANIFEST, MEDIA, SEAL, VERSION
from app.upkeep.operations import first_exhibition
from app.walks.saved import deletions, lifecycle, reuse
from app.walks.uploads import upload_store

COPIES_MAX = 4
"""How often the database is copied at most, when files that it names are deleted before they are copied."""
COUNT = "SELECT count(*) FROM walks"
NAMED = (
    "SELECT path FROM frames UNION SELECT path FROM media UNION SELECT path FROM uploads WHERE path IS NOT NULL"
    " UNION SELECT preview_path FROM uploads WHERE preview_path IS NOT NULL ORDER BY path"
)


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What a backup holds: the numbers of walks, files and bytes, and the files that rows name but the store lacked."""

    walks: int
    files: int
    bytes: int
    lost: list[str]


def create(target: Path, *, report: Report = ignore) -> BackupSummary:
    """Write a backup of the site to ``target``; the site may be running.

    The database is copied first, as of one moment, then the files that the copy names. If some of these were deleted
    meanwhile, the database is copied again, with the files that are new since. Files that are deleted even then are
    listed in the manifest, and their rows are dropped when the backup is restored.

    :raises InvalidInput: when ``target`` exists already.
    :raises MomaError: when the database or the media store cannot be read, or pg_dump is needed and missing.
    """
    archive_format.check_free(target)
    if flaw := ping() or schema_state():
        raise MomaError(flaw)
    deletions.record_all()
    with archive_format.write_aside(target) as aside:
        return _write(aside, aside.with_name("database"), report)


def restore(source: Path, *, force: bool = False, trust: bool = False, report: Report = ignore) -> BackupSummary:
    """Restore the backup ``source`` into this instance; nothing is changed before the whole archive is checked.

    Walks and uploads that were deleted here since the backup are deleted again.

    :param force: replace the walks of this instance.
    :param trust: restore a backup that this site, by its secret key, did not make.
    :raises InvalidInput: when the archive is damaged or no backup, of another revision or kind of database, or not of
        this site and ``trust`` is false.
    :raises Conflict: when this instance has its own walks and ``force`` is false.
    :raises app.core.instance.InstanceTaken: when the site is running.
    """
    with ExitStack() as open_ones:
        open_ones.callback(os.close, instance.take(Path(current_app.instance_path)))
        archive, manifest = open_ones.enter_context(_open_backup(source, report))
        _check_fits(manifest)
        if not trust:
            _check_is_ours(manifest)
        if not force:
            _check_empty()
        if _has_walks():
            deletions.record_all()  # otherwise walks deleted here since the backup would be restored
        folder = Path(open_ones.enter_context(tempfile.TemporaryDirectory(prefix="moma-restore-")))
        with archive_format.open_member(archive, DATABASES[database_dump.kind()]) as source_database:
            database_dump.extract_database(source_database, manifest["revision"], folder / "database")
        names = [entry["path"] for entry in _current_entries(manifest) if entry["path"].startswith(MEDIA)]
        for number, name in enumerate(names):
            report("files restored", number, len(names))
            media_store.store().write(name.removeprefix(MEDIA), archive_format.read_member(archive, name))
        report("replacing the database", 0, 0)
        database_dump.replace(folder / "database")
        for index in Path(current_app.instance_path).glob("*.vectors"):
            index.unlink()  # it was built from other rows
        _forget(manifest)
        if resurrected := deletions.find_resurrected():
            for walk, by_operator in resurrected:
                lifecycle.delete_walk(walk, by_operator=by_operator)
            text_index.forget_deleted()
        upload_store.forget_these(deletions.find_resurrected_uploads())
        browsers.end_restored()
        transfers.delete_expired()
        upload_store.forget_expired()
    return _summary(manifest)


def differences(source: Path, *, report: Report = ignore) -> tuple[int, int, list[str]]:
    """Compare this instance with a backup; return the numbers of compared tables and files, and the differences.

    :raises InvalidInput: when the archive is damaged or no backup, or of another revision or kind of database.
    :raises MomaError: when the database does not answer or its schema is not the code's.
    """
    with _open_backup(source, report) as (archive, manifest):
        _check_fits(manifest)
        if flaw := ping() or schema_state():
            raise MomaError(flaw)
        report("comparing the tables", 0, 0)
        then, here = manifest.get("tables"), database_dump.sums()
        if not isinstance(then, dict):
            raise archive_format.unusable_backup("was made before backups listed their tables")
        changes = [
            f"Table {name}: {_rows(here.get(name))} here, {_rows(then.get(name))} in the backup, not the same."
            for name in sorted({*then, *here})
            if here.get(name) != then.get(name)
        ]
        files = [entry for entry in _current_entries(manifest) if entry["path"].startswith(MEDIA)]
        for number, entry in enumerate(files):
            report("files compared", number, len(files))
            path = entry["path"].removeprefix(MEDIA)
            try:
                if media_store.store().read_bytes(path) != archive_format.read_member(archive, entry["path"]):
                    changes.append(f"File {path} is another here.")
            except MediaError:
                changes.append(f"File {path} is not here.")
    return len(then), len(files), changes


def _rows(table: object) -> str:
    return f"{table['rows']:,} rows" if isinstance(table, dict) else "no such table"


@contextmanager
def _open_backup(source: Path, report: Report) -> Iterator[tuple[tarfile.TarFile, dict[str, Any]]]:
    with ExitStack() as open_ones:
        try:
            archive = open_ones.enter_context(tarfile.open(source, "r:"))
            manifest = archive_format.verify_manifest(archive, report=report)
        except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
            raise archive_format.unusable_backup(f"is damaged or no backup: {error}") from error
        yield archive, manifest


def _write(target: Path, copy: Path, report: Report) -> BackupSummary:
    entries: dict[str, dict[str, Any]] = {}
    with tarfile.open(target, "w") as archive:
        for _ in range(COPIES_MAX):
            report("copying the database", 0, 0)
            (((walks,),), path_rows, ((revision,),)), sums = database_dump.copy(copy, COUNT, NAMED, REVISION)
            names, absent = {MEDIA + path for (path,) in path_rows}, set[str]()
            missing = sorted(names - entries.keys())
            for number, name in enumerate(missing):
                report("files saved", number, len(missing))
                try:
                    entries[name] = archive_format.add_bytes(
                        archive, name, media_store.store().read_bytes(name.removeprefix(MEDIA))
                    )
                except MediaError:
                    absent.add(name.removeprefix(MEDIA))
            forgotten = _unnamed_paths(absent)
            if not forgotten:
                break
        database = DATABASES[database_dump.kind()]
        outdated = sorted(entries.keys() - names)
        entries[database] = archive_format.add_file(archive, database, copy)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "revision": revision,
            "database": database_dump.kind(),
            "software": f"MoMA Lisa {__version__}",
            "created_at": now().isoformat(timespec="seconds"),
            "walks": walks,
            "tables": sums,
            "files": list(entries.values()),
            "outdated": outdated,
            "forgotten": sorted(forgotten),
            "lost": sorted(absent - forgotten),
        }
        manifest[SEAL] = visitors.keyed(_sealed_message(manifest))
        archive_format.add_bytes(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
    return _summary(manifest)


def _current_entries(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the manifest's entries of files that belong to the backup's database.

    The others were deleted while the backup was made, between two copies of the database.
    """
    outdated = set(manifest["outdated"])
    return [entry for entry in manifest["files"] if entry["path"] not in outdated]


def _summary(manifest: dict[str, Any]) -> BackupSummary:
    sizes = [int(entry["bytes"]) for entry in _current_entries(manifest)]
    return BackupSummary(manifest["walks"], len(sizes), sum(sizes), manifest["lost"])


def _unnamed_paths(paths: set[str]) -> set[str]:
    """Return those of the paths that no row names any more: of a replaced film, for example, or of a deleted walk."""
    db.session.rollback()
    still = set()
    for path in paths:
        for table in (Frame, Medium):
            still |= set(db.session.scalars(select(table.path).where(table.path == path)))
    return paths - still - upload_store.paths()


def _check_fits(manifest: dict[str, Any]) -> None:
    if manifest["revision"] != head():
        raise archive_format.unusable_backup(
            f"is of schema revision {manifest['revision']:.20}, this program of {head()}. Restore it with the version"
            f" that made it ({manifest['software']:.40}), then run with this one: flask --app wsgi db upgrade"
        )
    if manifest["database"] != database_dump.kind():
        raise archive_format.unusable_backup(
            f"holds a {manifest['database']:.20} database, and MOMA_DATABASE_URL names a {database_dump.kind()} one"
        )
    if DATABASES[database_dump.kind()] not in {entry["path"] for entry in manifest["files"]}:
        raise archive_format.unusable_backup("holds no database")


def _sealed_message(manifest: dict[str, Any]) -> str:
    return f"backup {archive_format.sealed_text(manifest)}"


def _check_is_ours(manifest: dict[str, Any]) -> None:
    """Check the seal: a database may hold what its programs run, and a backup says who owns what and who may enter."""
    if not visitors.is_keyed(_sealed_message(manifest), manifest[SEAL]):
        cause = "has another seal than this site's secret key makes" if manifest[SEAL] else "has no seal"
        raise archive_format.unusable_backup(
            f"{cause}: it was changed, or made by another site or before release 1.2. Set the SECRET_KEY with which it"
            " was made, or, if you know where the file has been since, restore it with --trust"
        )


def _check_empty() -> None:
    if flaw := ping():
        raise MomaError(flaw)
    if not _has_walks():
        return
    ours = visitors.digest(first_exhibition.VISITOR)
    own = select(func.count()).where(Walk.visitor != ours, Walk.deleted_at.is_(None))
    count = db.session.scalar(own) or 0
    db.session.rollback()
    if count:
        raise Conflict(f"This instance has {count:,} walks of its own. With --force the backup takes their place.")


def _has_walks() -> bool:
    return not ping() and inspect(db.engine).has_table(Walk.__tablename__)


def _forget(manifest: dict[str, Any]) -> None:
    """Delete the rows of files that were deleted while the backup was made, and the walks left without a film."""
    with writing() as session:
        for path in manifest["forgotten"]:
            session.execute(update(Upload).where(Upload.preview_path == path).values(preview_path=None))
            for table in (Frame, Medium, Upload):
                session.execute(delete(table).where(table.path == path))
        for walk_id in {path.split("/")[1] for path in manifest["forgotten"] if path.startswith("walks/")}:
            for walk in session.scalars(select(Walk).where(reuse.sharing([walk_id]))).all():
                if not walk.is_waiting and not walk.media:
                    session.delete(walk)
