"""A site that release 1.2.0 made, on SQLite and on Postgres: what was uploaded there and waits is processed today."""

from pathlib import Path
from typing import Any

import pytest

from app.core.config import ROOT
from tests.campaigns.upgrades import commands, contents, earlier
from tests.support import photos, sounds
from tests.support.live import LiveSite, stop, wait_until

pytestmark = pytest.mark.server

SECRET = "a secret of a visitor, long enough"
BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code of release 1.2.0."""
    return earlier.check_out(earlier.RELEASES["1.2.0"], tmp_path_factory.mktemp("third"))


def test_uploads_of_1_2_0_stay_and_those_that_wait_are_processed(site: LiveSite) -> None:
    site.start()
    ready = contents.uploaded(site, "sounds", sounds.track(3.0), owner=SECRET)["id"]
    wait_until(lambda: sound(site, ready)["state"] == "ready", what="a sound that 1.2.0 read")
    before = sound(site, ready)
    stop(site.worker_pid())
    photo = contents.uploaded(site, "pictures", photos.written(photos.disc_outdoors()), owner=SECRET)["id"]
    waiting = contents.uploaded(site, "sounds", sounds.track(4.0), owner=SECRET)["id"]
    site.stop()
    rows, files = contents.counts(site), contents.digests(site)

    site.root = ROOT
    commands.upgrade(site)
    assert contents.counts(site) == rows | {"uploads": 3}
    assert contents.digests(site) == files
    site.start()
    assert sound(site, ready) == before
    wait_until(lambda: sound(site, waiting)["state"] == "ready", what="a sound that waited")
    wait_until(lambda: not contents.execute(site, "SELECT 1 FROM uploads WHERE state = 'waiting'"), what="a photo")
    assert site.request("GET", f"/photos/{photo}.webp", headers=BEARER)[0] == 200
    body = {"stops": [{"prompt": "a disc", "picture": photo}, {"prompt": "a kite"}], "sound": {"id": waiting}}
    status, walk = site.request("POST", "/api/v1/walks", body, headers=BEARER)
    assert status == 202, walk
    assert "Traceback" not in site.output()


def sound(site: LiveSite, sound_id: str) -> dict[str, Any]:
    """Read a sound as its owner."""
    status, found = site.request("GET", f"/api/v1/sounds/{sound_id}", headers=BEARER)
    assert status == 200, found
    return dict(found)
