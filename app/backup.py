"""Backups: one archive with the database, the media that its rows name, and a manifest that says what each file is.

The archive is a plain tar. Its manifest comes last, because the sums it holds are taken while the files are written.
Nothing is ever unpacked to where a name in the archive says: files go through the media store, by paths of its kind.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flask import current_app
from sqlalchemy import delete, func, inspect, select
from sqlalchemy.engine import make_url

from app import __version__, cache, exhibition, instance, media, visitor
from app.database import db, head, is_sqlite, now, ping, schema_state, upgrade, writing
from app.errors import Conflict, InvalidInput, MediaError, MomaError
from app.models import Frame, Medium, Walk

FORMAT = "moma-lisa backup"
VERSION = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
MEDIA = "media/"
MEDIA_PATH = re.compile(r"media/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
MANIFEST_MAX = 500_000_000
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """What a backup holds: walks, files, their bytes; and the files that rows name but the store had lost."""

    walks: int
    files: int
    bytes: int
    lost: list[str]


def create(target: Path) -> Report:
    """Write a backup of the running or resting site to ``target``.

    The database is copied first, in one piece; then the files that its rows name. What was deleted in between is noted
    in the manifest and forgotten when the backup is restored.

    :raises InvalidInput: when something is there already.
    :raises MomaError: when the database or the store cannot be read, or pg_dump is needed and missing.
    """
    if target.exists():
        raise InvalidInput.on("file", message=f"{target} exists already. Choose another name.")
    if not target.parent.is_dir():
        raise InvalidInput.on("file", message=f"There is no folder {target.parent} to write {target.name} to.")
    if flaw := ping() or schema_state():
        raise MomaError(flaw)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            aside = Path(folder) / "backup.tar"
            report = _write(aside, Path(folder) / "database")
            aside.replace(target)
    except OSError as error:
        raise MomaError(f"{target} cannot be written: {error.strerror or error}") from error
    return report


def restore(source: Path, *, force: bool = False) -> Report:
    """Bring back what ``source`` holds into this instance; nothing is touched before all of it is found good.

    :raises InvalidInput: when the archive is damaged, not ours, or of another revision or kind of database.
    :raises Conflict: when this instance has walks of its own and ``force`` is not given.
    :raises app.instance.InstanceTaken: when a site runs here.
    """
    with ExitStack() as open_ones:
        open_ones.callback(os.close, instance.take(Path(current_app.instance_path)))
        try:
            archive = open_ones.enter_context(tarfile.open(source, "r:"))
            manifest = _checked(archive)
        except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
            raise _unusable(f"is damaged or no backup: {error}") from error
        _check_fits(manifest)
        if not force:
            _check_empty()
        folder = Path(open_ones.enter_context(tempfile.TemporaryDirectory(prefix="moma-restore-")))
        _restore_database_aside(archive, manifest, folder / "database")
        sizes = {entry["path"]: entry["bytes"] for entry in manifest["files"]}
        for name in sizes:
            if name.startswith(MEDIA):
                media.store().write(name.removeprefix(MEDIA), _read(archive, name))
        _replace_database(folder / "database")
        _forget(manifest)
    return Report(manifest["walks"], len(sizes), sum(sizes.values()), manifest["lost"])


def _write(target: Path, copy: Path) -> Report:
    _copy_database(copy)
    walks, named = _named(copy)
    entries, absent = [], []
    with tarfile.open(target, "w") as archive:
        entries.append(_add(archive, DATABASES[_kind()], copy))
        for path in named:
            try:
                entries.append(_add_bytes(archive, MEDIA + path, media.store().read(path)))
            except MediaError:
                absent.append(path)
        forgotten = _no_longer_named(absent)
        lost = sorted(set(absent) - forgotten)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "revision": head(),
            "database": _kind(),
            "software": f"MoMA Lisa {__version__}",
            "created_at": now().isoformat(timespec="seconds"),
            "walks": walks,
            "files": entries,
            "forgotten": sorted(forgotten),
            "lost": lost,
        }
        _add_bytes(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
    return Report(walks, len(entries), sum(int(entry["bytes"]) for entry in entries), lost)


def _add(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        archive.addfile(_member(name, size), file)
    return {"path": name, "bytes": size, "sha256": digest}


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> dict[str, Any]:
    archive.addfile(_member(name, len(data)), io.BytesIO(data))
    return {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(now().timestamp()), 0o600
    return member


def _kind() -> str:
    return "sqlite" if is_sqlite() else "postgresql"


def _copy_database(target: Path) -> None:
    """Copy the database as it is at one moment, whoever writes meanwhile."""
    if is_sqlite():
        with closing(sqlite3.connect(_sqlite_path())) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
    else:
        _run_postgres("pg_dump", "--format=custom", "--no-owner", "--file", str(target), needed_for="A backup")


def _named(copy: Path) -> tuple[int, list[str]]:
    """Count the walks and list the media paths of the copied database; of a dump, those of the live one."""
    queries = ("SELECT count(*) FROM walks", "SELECT path FROM frames UNION SELECT path FROM media ORDER BY path")
    if is_sqlite():
        with closing(sqlite3.connect(copy)) as database:
            rows = [database.execute(query).fetchall() for query in queries]
    else:
        rows = [[tuple(row) for row in db.session.connection().exec_driver_sql(query)] for query in queries]
        db.session.rollback()
    return int(rows[0][0][0]), [str(path) for (path,) in rows[1]]


def _no_longer_named(paths: list[str]) -> set[str]:
    """Return those paths that no row names any more: a film that gave way to a better one, a walk taken down."""
    db.session.rollback()
    still = set()
    for path in paths:
        for table in (Frame, Medium):
            still |= set(db.session.scalars(select(table.path).where(table.path == path)))
    return set(paths) - still


def _checked(archive: tarfile.TarFile) -> dict[str, Any]:
    """Return the manifest of an archive in which each file is there once, is a plain file, and has its sum."""
    members = archive.getmembers()
    names = [member.name for member in members]
    if MANIFEST not in names:
        raise ValueError("it has no manifest")
    if strange := [member.name for member in members if not member.isreg() or not _is_ours(member.name)]:
        raise ValueError(f"{strange[0]!r:.80} has no place in a backup")
    if len(set(names)) != len(names):
        raise ValueError("a file is in it twice")
    manifest = _manifest(archive)
    if {entry["path"] for entry in manifest["files"]} | {MANIFEST} != set(names):
        raise ValueError("its manifest names other files than are in it")
    for entry in manifest["files"]:
        if archive.getmember(entry["path"]).size != entry["bytes"] or _sum(archive, entry["path"]) != entry["sha256"]:
            raise ValueError(f"{entry['path']} is not as the manifest says")
    return manifest


def _is_ours(name: str) -> bool:
    return name in (MANIFEST, *DATABASES.values()) or bool(MEDIA_PATH.fullmatch(name))


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    if archive.getmember(MANIFEST).size > MANIFEST_MAX:
        raise ValueError("its manifest is too large")
    manifest = json.loads(_read(archive, MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
        raise ValueError(f"it is no {FORMAT} of version {VERSION}")
    shape = {"revision": str, "database": str, "software": str, "walks": int, "files": list}
    shape |= {"forgotten": list, "lost": list}
    for name, kind in shape.items():
        if not isinstance(manifest.get(name), kind):
            raise ValueError(f"its manifest has no {name}")
    for entry in manifest["files"]:
        if not isinstance(entry, dict) or set(entry) != {"path", "bytes", "sha256"}:
            raise ValueError("its manifest is not one of ours")
    if not all(isinstance(path, str) for path in (*manifest["forgotten"], *manifest["lost"])):
        raise ValueError("its manifest is not one of ours")
    return manifest


def _check_fits(manifest: dict[str, Any]) -> None:
    if manifest["revision"] != head():
        raise _unusable(
            f"is of schema revision {manifest['revision']:.20}, this program of {head()}. Restore it with the version"
            f" that made it ({manifest['software']:.40}), then run with this one: flask --app wsgi db upgrade"
        )
    if manifest["database"] != _kind():
        raise _unusable(f"holds a {manifest['database']:.20} database, and MOMA_DATABASE_URL names a {_kind()} one")
    if DATABASES[_kind()] not in {entry["path"] for entry in manifest["files"]}:
        raise _unusable("holds no database")


def _check_empty() -> None:
    if flaw := ping():
        raise MomaError(flaw)
    if not inspect(db.engine).has_table(Walk.__tablename__):
        return
    own = select(func.count()).where(Walk.visitor != visitor.digest(exhibition.VISITOR))
    count = db.session.scalar(own) or 0
    db.session.rollback()
    if count:
        raise Conflict(f"This instance has {count:,} walks of its own. With --force the backup takes their place.")


def _restore_database_aside(archive: tarfile.TarFile, manifest: dict[str, Any], target: Path) -> None:
    with _open(archive, DATABASES[_kind()]) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, CHUNK)
    if not is_sqlite():
        _find("pg_restore", "Restoring a backup", str(target))
        return
    try:
        with closing(sqlite3.connect(target)) as database:
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise _unusable(f"holds a database that cannot be read: {error}") from error
    if verdict != "ok" or revision != manifest["revision"]:
        raise _unusable(f"holds a database that is not well: {verdict}, revision {revision}")


def _replace_database(source: Path) -> None:
    db.session.remove()
    db.engine.dispose()
    if is_sqlite():
        try:
            with closing(sqlite3.connect(source)) as saved, closing(sqlite3.connect(_sqlite_path())) as live:
                live.execute("BEGIN IMMEDIATE")  # the copying itself would wait for ever for whoever writes
                live.rollback()
                saved.backup(live)
        except sqlite3.Error as error:
            raise MomaError(f"The database cannot be replaced: {error}. Stop what uses it.") from error
    else:
        upgrade()  # so that there is something to replace
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _run_postgres("pg_restore", *options, str(source), needed_for="Restoring a backup")


def _forget(manifest: dict[str, Any]) -> None:
    """Drop the rows of files that were deleted while the backup was made, and walks that have no film without them."""
    with writing() as session:
        for path in manifest["forgotten"]:
            for table in (Frame, Medium):
                session.execute(delete(table).where(table.path == path))
        for walk_id in {path.split("/")[1] for path in manifest["forgotten"] if path.count("/") > 1}:
            for walk in session.scalars(select(Walk).where(cache.sharing([walk_id]))).all():
                if not walk.is_waiting and not walk.media:
                    session.delete(walk)


def _sqlite_path() -> str:
    return str(make_url(current_app.config["DATABASE_URL"]).database)


def _run_postgres(program: str, *arguments: str, needed_for: str) -> None:
    """Run one of Postgres' programs on the site's database; the password travels in the environment."""
    found = _find(program, needed_for, *arguments)
    url = make_url(current_app.config["DATABASE_URL"])
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [found, f"--dbname={_public_address()}", *arguments], env=environment, capture_output=True, check=False
    )
    if done.returncode:
        raise MomaError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")


def _find(program: str, needed_for: str, *arguments: str) -> str:
    found = shutil.which(program)
    if found is None:
        command = " ".join((program, f"--dbname={_public_address()}", *arguments))
        raise MomaError(f"{needed_for} of a Postgres database needs {program}, which is not on the path: {command}")
    return found


def _public_address() -> str:
    url = make_url(current_app.config["DATABASE_URL"])
    return url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    with _open(archive, name) as file:
        return file.read()


def _sum(archive: tarfile.TarFile, name: str) -> str:
    digest = hashlib.sha256()
    with _open(archive, name) as file:
        for chunk in _chunks(file):
            digest.update(chunk)
    return digest.hexdigest()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _open(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file


def _unusable(reason: str) -> InvalidInput:
    return InvalidInput.on("file", message=f"The backup {reason}.")
