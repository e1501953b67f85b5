"""A backup that is made while the site serves and paints: restored elsewhere, it is all there, and goes on."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgres
from tests.support.live import LiveSite, wait_until

pytestmark = pytest.mark.server


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest, new_site: Callable[..., LiveSite], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes a site on an empty database."""
    if request.param == "sqlite":
        return new_site
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    monkeypatch.setenv("PATH", str(postgres.binaries()), prepend=os.pathsep)
    return lambda: new_site(DATABASE_URL=server.url(server.create()))


def test_backup_of_a_site_at_work_is_restored_whole_and_its_walks_are_finished(
    make: Callable[..., LiveSite], tmp_path: Path
) -> None:
    site, file = make().start(), tmp_path / "saved.tar"
    before = [site.request_walk("a fox", f"a kite number {each}", frames=12)["id"] for each in range(3)]
    gone, meanwhile, is_saved = site.finished(before[0])["id"], list[str](), threading.Event()

    def go_on() -> None:
        while not is_saved.is_set():
            meanwhile.append(site.request_walk("a bear", f"a lamp number {len(meanwhile)}", frames=4)["id"])
            is_saved.wait(2.5)  # a busy machine takes a while, and each of these is painted in the end

    visitors = threading.Thread(target=go_on)
    visitors.start()
    try:
        wait_until(lambda: meanwhile, what="a visitor")
        report = json.loads(site.flask("backup", "create", file, "--json").stdout)
    finally:
        is_saved.set()
        visitors.join()
    assert report["lost"] == []
    site.flask("walks", "delete", gone)
    site.stop()

    other = make()
    other.flask("backup", "restore", "--trust", file)  # by another site
    compared = json.loads(other.flask("backup", "verify", file, "--json").stdout)
    assert compared["differences"] == []
    assert compared["files"] == report["files"] - 1  # next to the database
    assert json.loads(other.flask("media", "verify", "--json").stdout)["lost"] == []
    listed = {walk["id"]: walk for walk in json.loads(other.flask("walks", "list", "--limit", "1000", "--json").stdout)}
    assert set(before) <= set(listed) <= {*before, *meanwhile}
    assert len(listed) == report["walks"]
    assert [walk["state"] for walk in listed.values() if walk["state"] not in ("finished", "painting", "queued")] == []
    other.start()
    assert {other.finished(walk_id)["frames_painted"] for walk_id in listed} <= {4, 12}
    assert json.loads(other.flask("media", "verify", "--json").stdout)["lost"] == []
