"""What a site of whichever release holds: rows, files, films, pictures; and one of its walks held half generated."""

import hashlib
import json
import os
import signal
import sqlite3
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from tests.support.live import LONG, PATIENCE, LiveSite, stop, wait_until
from tests.support.pictures import form_of

MOMENT = 0.1  # seconds
FILES = ("gif", "webp", "mp4", "png", "json")
OTHER_TABLES = ("hung_words", "vocabulary", "alembic", "schema_", "sqlite_")
"""How the names of tables begin that hold the search index and the revision of the schema."""


def engine(site: LiveSite) -> Engine:
    """Open the site's database, of either kind, without keeping a connection."""
    address = site.environment.get("MOMA_DATABASE_URL") or f"sqlite:///{site.instance / 'moma.sqlite'}"
    return create_engine(address.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)


def execute(site: LiveSite, statement: str, **values: object) -> list[tuple[Any, ...]]:
    """Run a statement on the site's database, and return its rows."""
    with engine(site).begin() as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def counts(site: LiveSite) -> dict[str, int]:
    """Count the rows of each table, but those of the search index and of the schema's revision."""
    names = inspect(engine(site)).get_table_names()
    kept = [name for name in names if not name.startswith(OTHER_TABLES)]
    return {name: execute(site, f'SELECT count(*) FROM "{name}"')[0][0] for name in kept}  # noqa: S608


def digests(site: LiveSite) -> dict[str, str]:
    """Return the SHA-256 of each file of the site's media store, by its path."""
    store = site.instance / "media"
    files = (file for file in store.rglob("*") if file.is_file())
    return {str(file.relative_to(store)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def uploaded(site: LiveSite, kind: str, data: bytes, *, owner: str = "") -> dict[str, Any]:
    """Upload a file to the API (``pictures`` or ``sounds``), with the owner's token if any; return its JSON."""
    form = form_of(data)
    headers = {"Content-Type": form["content_type"], **({"Authorization": f"Bearer {owner}"} if owner else {})}
    request = urllib.request.Request(f"{site.url}/api/v1/{kind}", form["data"], headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return dict(json.loads(answer.read()))


def films(site: LiveSite, walk: str) -> dict[str, Any]:
    """Return the walk's films, poster and recipe as the site serves them."""
    answers = {ending: site.request("GET", f"/walks/{walk}.{ending}") for ending in FILES}
    statuses = {ending: status for ending, (status, _) in answers.items()}
    assert set(statuses.values()) == {200}, statuses
    return {ending: body for ending, (_, body) in answers.items()}


def pictures(site: LiveSite, walk: str) -> np.ndarray:
    """Read the frames of a walk."""
    query = "SELECT position, frames.path FROM frames JOIN walks ON number = walk_number WHERE id = :walk"
    files = [site.instance / "media" / path for _, path in sorted(execute(site, query, walk=walk))]
    return np.stack([np.asarray(Image.open(file).convert("RGB"), np.float32) for file in files])


def repainted(site: LiveSite, walk: str) -> np.ndarray:
    """Generate a walk again from its recipe, and return its frames."""
    file = site.instance / f"{walk}.recipe"
    file.write_text(json.dumps(site.request("GET", f"/walks/{walk}.json")[1]), "utf-8")
    done = site.flask("walks", "create", "--recipe", file, "--anew", "--wait", "--json")
    return pictures(site, json.loads(done.stdout)["id"])


def half_generated(site: LiveSite) -> str:
    """Stop the worker while it generates a walk, some of whose frames are there, and return the walk's ID.

    The worker runs for moments only: on a busy machine it would finish the walk before anybody looks.
    """
    worker = site.worker_pid()

    def is_at_rest() -> bool:
        os.kill(worker, signal.SIGCONT)
        time.sleep(MOMENT)
        stop(worker)
        return not is_locked(site.instance / "moma.sqlite")

    wait_until(is_at_rest, what="a worker at rest")
    walk = str(site.request_walk("a red bear", "the sun", seed=10, frames=LONG)["id"])
    wait_until(lambda: is_at_rest() and site.walk(walk)["frames_painted"], what="a walk half generated")
    assert site.walk(walk)["frames_painted"] < LONG
    return walk


def is_locked(file: Path) -> bool:
    """Return whether the SQLite database in the file, if there is one, is locked."""
    if not file.exists():
        return False
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False
