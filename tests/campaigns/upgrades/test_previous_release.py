"""The release before on a schema after it: its web side, its worker and its commands go on while a new one comes."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade as run_migrations
from sqlalchemy import select

from app.access.auth import visitors
from app.requests.walk_requests import brought_uploads
from app.storage.database import db, now, writing
from app.storage.schema import upgrade
from app.storage.task_kinds import SHORT_URGENCIES
from app.storage.upload_models import Upload
from app.storage.walk_models import PIECE_TAKEN, Task
from app.walks.uploads import kinds, upload_store
from tests.campaigns.upgrades import contents
from tests.conftest import make_app
from tests.support import photos, sounds
from tests.support.live import PATIENCE, LiveSite, wait_until
from tests.support.made_up_migrations import REVISION, migrations_with

pytestmark = pytest.mark.server

SECRET = "a secret of a visitor, long enough"
PICTURE = photos.written(photos.disc_outdoors())


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
    make_newer_tasks(site)
    site.start()
    before = site.finished(site.request_walk("a bear", "the sun", seed=7, frames=3)["id"])
    site.request_walk("the sun", "a bear", seed=2, frames=3)
    migrate(site, migrations_with(tmp_path / "migrations", oldest_code=head_of(site)))
    after = site.request_walk("a lemon", "the sun", seed=8, frames=3)
    owner = {"Authorization": f"Bearer {after['owner_token']}"}
    assert site.finished(after["id"])["frames_painted"] == 3
    for path in (f"/walks/{before['id']}", f"/walks/{after['id']}.gif", "/gallery?q=lemon", "/mine", "/readyz"):
        assert site.request("GET", path)[0] == 200, path
    assert site.request("DELETE", f"/api/v1/walks/{after['id']}", headers=owner)[0] in (200, 204)
    listed = site.flask("walks", "list", "--json")
    assert len(json.loads(listed.stdout)) == 2
    assert newer_tasks_of(site) == [("waiting", 0), ("waiting", 1)], "it claims none, and sweeps what was lost"
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


def test_uploads_of_the_previous_release_and_of_today_belong_to_both(site: LiveSite) -> None:
    migrate(site)
    site.start()
    owner = visitors.digest(SECRET)
    with todays(site).app_context():
        limits = brought_uploads.NO_LIMITS
        photo = brought_uploads.upload(kinds.PHOTO, PICTURE, owner_hash=owner, **limits).id
        sound = brought_uploads.upload(kinds.SOUND, sounds.track(4.0), owner_hash=owner, **limits).id
        db.engine.dispose()
    theirs = contents.uploaded(site, "pictures", photos.written(photos.sticker()), owner=SECRET)["id"]
    heard = contents.uploaded(site, "sounds", sounds.track(3.0), owner=SECRET)["id"]
    bearer = {"Authorization": f"Bearer {SECRET}"}
    for each in (sound, heard):
        address = f"/api/v1/sounds/{each}"
        wait_until(lambda at=address: site.request("GET", at, headers=bearer)[1]["state"] == "ready", what="a sound")
    assert [site.request("GET", f"/photos/{each}.webp", headers=bearer)[0] for each in (photo, theirs)] == [200, 200]
    site.flask("media", "prune", "--yes")
    site.flask("media", "verify")
    wait_until(lambda: set(states_of(site).values()) == {"ready"}, what="descriptions by the release before")
    assert set(states_of(site)) == {photo, sound, theirs, heard}
    assert site.request("DELETE", f"/api/v1/sounds/{sound}", headers=bearer)[0] == 204
    with todays(site).app_context():
        assert upload_store.forget(owner) and upload_store.paths() == set()
        db.engine.dispose()
    assert site.request("GET", f"/photos/{theirs}.webp", headers=bearer)[0] == 404
    assert "Traceback" not in site.output()


def states_of(site: LiveSite) -> dict[str, str]:
    """Return the states of all uploads by their IDs, as today's code sees them."""
    with todays(site).app_context():
        found = {str(upload_id): str(state) for upload_id, state in db.session.execute(select(Upload.id, Upload.state))}
        db.session.remove()
        db.engine.dispose()
    return found


def make_newer_tasks(site: LiveSite) -> None:
    """Make two tasks of a kind that the release before does not know, of which a worker was lost at one."""
    about = {"kind": "newer", "urgency": max(SHORT_URGENCIES) + 1}
    with todays(site).app_context():
        with writing() as session:
            session.add(Task(task="a" * 16, **about))
            session.add(Task(task="b" * 16, state=PIECE_TAKEN, attempt=1, lease_until=now(), **about))
        db.engine.dispose()


def newer_tasks_of(site: LiveSite) -> list[tuple[str, int]]:
    """Return the state of these tasks, and how often a worker was lost at each."""
    with todays(site).app_context():
        query = select(Task.state, Task.interruptions).where(Task.kind == "newer").order_by(Task.task)
        rows = [(str(state), int(lost)) for state, lost in db.session.execute(query)]
        db.session.remove()
        db.engine.dispose()
    return rows


def head_of(site: LiveSite) -> str:
    """Name the revision of the release before."""
    return sorted(path.name[:4] for path in (site.root / "migrations/versions").glob("[0-9]*.py"))[-1]
