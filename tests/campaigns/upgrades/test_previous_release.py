"""The release before on a schema after it: its web side, its worker and its commands go on while a new one comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade as run_migrations
from sqlalchemy import select

from app.storage.database import db, now, writing
from app.storage.schema import upgrade
from app.storage.task_kinds import SOUND, SOUNDS
from app.storage.walk_models import PIECE_TAKEN, Task
from tests.conftest import make_app
from tests.support.live import PATIENCE, LiveSite
from tests.support.made_up_migrations import REVISION, migrations_with

pytestmark = pytest.mark.server


def todays(site: LiveSite) -> Flask:
    """Build today's application on the site's database."""
    address = site.environment.get("MOMA_DATABASE_URL")
    return make_app(site.instance, **({"DATABASE_URL": address} if address else {}))


def migrate(site: LiveSite, folder: Path | None = None) -> None:
    """Bring the site's database to today's schema, or to that of the migrations in ``folder``."""
    with todays(site).app_context():
        upgrade() if folder is None else run_migrations(directory=str(folder))
        db.engine.dispose()


def test_previous_release_starts_on_todays_schema_and_serves_paints_and_deletes_on_one_after_it(
    site: LiveSite, tmp_path: Path
) -> None:
    migrate(site)
    make_sound_tasks(site)
    site.start()
    before = site.finished(site.commission("a bear", "the sun", seed=7, frames=3)["id"])
    site.commission("the sun", "a bear", seed=2, frames=3)
    migrate(site, migrations_with(tmp_path / "migrations", oldest_code=head_of(site)))
    after = site.commission("a lemon", "the sun", seed=8, frames=3)
    owner = {"Authorization": f"Bearer {after['owner_token']}"}
    assert site.finished(after["id"])["frames_painted"] == 3
    for path in (f"/walks/{before['id']}", f"/walks/{after['id']}.gif", "/gallery?q=lemon", "/mine", "/readyz"):
        assert site.request("GET", path)[0] == 200, path
    assert site.request("DELETE", f"/api/v1/walks/{after['id']}", headers=owner)[0] in (200, 204)
    listed = site.flask("walks", "list", "--json")
    assert len(json.loads(listed.stdout)) == 2
    assert sound_tasks_of(site) == [("waiting", 0), ("waiting", 1)], "it claims none, and sweeps what was lost"
    said = site.output()
    assert "Traceback" not in said
    newer = f"at revision {REVISION}, which is newer than the code"
    assert said.count(newer) == 2  # the worker and the web process, once each
    assert said.count("start this program from the newer release") == said.count("is newer than the code")


def test_previous_release_refuses_a_schema_that_forbids_it(site: LiveSite, tmp_path: Path) -> None:
    migrate(site, migrations_with(tmp_path / "migrations", oldest_code="9001"))
    process = site.launch()
    assert process.wait(PATIENCE) == 1
    assert "which is newer than the code" in site.output()
    assert "Traceback" not in site.output()


def make_sound_tasks(site: LiveSite) -> None:
    """Make two tasks of sounds as today's workers do, of which a worker was lost at one."""
    about = {"kind": SOUNDS, "urgency": SOUND}
    with todays(site).app_context():
        with writing() as session:
            session.add(Task(task="a" * 16, **about))
            session.add(Task(task="b" * 16, state=PIECE_TAKEN, attempt=1, lease_until=now(), **about))
        db.engine.dispose()


def sound_tasks_of(site: LiveSite) -> list[tuple[str, int]]:
    """Return the state of the sounds' tasks, and how often a worker was lost at each."""
    with todays(site).app_context():
        query = select(Task.state, Task.lost).where(Task.kind == SOUNDS).order_by(Task.task)
        rows = [(str(state), int(lost)) for state, lost in db.session.execute(query)]
        db.session.remove()
        db.engine.dispose()
    return rows


def head_of(site: LiveSite) -> str:
    """Name the revision of the release before."""
    return sorted(path.name[:4] for path in (site.root / "migrations/versions").glob("[0-9]*.py"))[-1]
