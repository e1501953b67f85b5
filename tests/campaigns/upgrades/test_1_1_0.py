"""A site that release 1.1.0 made, on SQLite and on Postgres, upgraded with a stop: it keeps all, and goes on."""

import json
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.config import ROOT
from tests.campaigns.upgrades import commands, contents, earlier
from tests.conftest import inside, make_app
from tests.support import photos
from tests.support.live import PATIENCE, LiveSite

pytestmark = pytest.mark.server

HEAD = "0028"
FINISHED = ("listed", "unlisted", "hidden", "photo")
NEWER_TABLES = {
    "browsers", "collection_items", "collection_reports", "collections", "favourites", "sounds", "transfers",
}  # fmt: skip
PAGES = ("/", "/gallery", "/feed.xml", "/sitemap.xml", "/about", "/mine", "/exhibitions/bears")
IN_ONE_PROCESS = """
import json, sys, wsgi
for line in json.loads(sys.argv[1]):
    done = wsgi.app.test_cli_runner().invoke(args=line)
    assert done.exit_code == 0, (line, done.output)
    print(json.dumps(done.output))
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code of release 1.1.0."""
    return earlier.check_out(earlier.RELEASES["1.1.0"], tmp_path_factory.mktemp("second"))


def test_site_of_1_1_0_loses_nothing_and_generates_what_waits(site: LiveSite, tmp_path: Path) -> None:
    site.start()
    bearer = {"Authorization": f"Bearer {old_commands(site, ['tokens', 'create', 'alice'])[0].splitlines()[0]}"}
    walks = make_walks(site, bearer)
    before = {walks[name]: contents.films(site, walks[name]) for name in FINISHED}
    painted = contents.pictures(site, walks["listed"])
    site.stop()
    curate(site, walks)
    rows, files = contents.counts(site), contents.digests(site)
    assert all(rows[name] for name in ("walks", "stops", "frames", "exhibits", "banned_words", "api_tokens", "photos"))

    site.root = ROOT
    assert site.launch().wait(PATIENCE) == 1
    assert f"The database is at revision {HEAD}, the code at" in site.output()
    assert "4 films, 4 mended, 4 small posters made, 0 amiss." in commands.upgrade(site)[-1]
    now = contents.counts(site)
    newer = dict.fromkeys(NEWER_TABLES, 0) | {"uploads": rows["photos"]}
    assert now == {**rows, **newer, "media": rows["media"] + len(FINISHED)}
    assert contents.digests(site).items() >= files.items()
    again = contents.counts(site), contents.digests(site)
    assert "4 films, 0 mended, 0 small posters made, 0 amiss." in in_one_process(site, *commands.COMMANDS)[-1]
    assert (contents.counts(site), contents.digests(site)) == again
    goes_back_and_forth(site, tmp_path / "before.tar")
    assert (contents.counts(site), contents.digests(site)) == again

    site.flask("gallery", "unhide", walks["hidden"])
    site.start()
    for walk, files_before in before.items():
        files_after = contents.films(site, walk)
        assert b"colr" not in files_before.pop("mp4")
        assert b"colr" in files_after.pop("mp4")
        assert files_after == files_before
    assert site.finished(walks["waiting"])["frames_painted"] == 3
    for walk in walks.values():
        status, page = site.request("GET", f"/walks/{walk}")
        assert (status, b"</html>" in page) == (410 if walk == walks["deleted"] else 200, True)
    for path in PAGES:
        assert site.request("GET", path)[0] == 200, path
    assert found(site, "bear") == {walks[name] for name in ("listed", "hidden")}
    mine = site.request("GET", "/api/v1/mine", headers=bearer)[1]["walks"]
    assert [walk["id"] for walk in mine] == [walks["unlisted"]]
    assert site.request("POST", "/api/v1/walks", {"stops": [{"prompt": "a zeppelin"}, {"prompt": "b"}]})[0] == 422
    assert np.array_equal(contents.repainted(site, walks["listed"]), painted)
    assert "Traceback" not in site.output()


def make_walks(site: LiveSite, bearer: dict[str, str]) -> dict[str, str]:
    """Make walks in many states, and return their IDs by what they are."""
    walks = {
        "listed": site.request_walk("a bear", "the sun", seed=7, frames=4),
        "hidden": site.request_walk("a red bear", "the sun", seed=8, frames=3),
        "deleted": site.request_walk("a blue bear", "the sun", seed=9, frames=3),
        "photo": with_photo(site),
    }
    body = {"stops": [{"prompt": "a lemon"}, {"prompt": "a bear"}], "frames": 3, "unlisted": True}
    walks["unlisted"] = site.request("POST", "/api/v1/walks", body, headers=bearer)[1]
    for walk in walks.values():
        site.finished(walk["id"])
    owner = {"Authorization": f"Bearer {walks['deleted']['owner_token']}"}
    assert site.request("DELETE", f"/api/v1/walks/{walks['deleted']['id']}", headers=owner)[0] in (200, 204)
    return {name: walk["id"] for name, walk in walks.items()}


def curate(site: LiveSite, walks: dict[str, str]) -> None:
    """Hide and feature walks, show an exhibition, ban a word, and request a walk, with the code of 1.1.0."""
    *_, requested = old_commands(
        site,
        ["gallery", "hide", walks["hidden"]],
        ["gallery", "feature", walks["listed"]],
        ["exhibitions", "create", walks["listed"], walks["photo"], "--title", "Bears", "--slug", "bears"],
        ["curator", "ban", "zeppelin"],
        ["walks", "create", "a lemon", "the sun", "--frames", "3", "--json"],
    )
    walks["waiting"] = json.loads(requested)["id"]


def with_photo(site: LiveSite) -> dict[str, Any]:
    """Request a walk that begins at a photo."""
    photo = contents.uploaded(site, "pictures", photos.written(photos.disc_outdoors()))
    body = {"stops": [{"prompt": "a disc", "picture": photo["id"]}, {"prompt": "a kite"}], "frames": 3}
    owner = {"Authorization": f"Bearer {photo['owner_token']}"}
    status, walk = site.request("POST", "/api/v1/walks", body, headers=owner)
    assert status == 202, walk
    return dict(walk)


def old_commands(site: LiveSite, *lines: list[str]) -> list[str]:
    """Run commands of 1.1.0 in one process, which must succeed; return what each printed."""
    done = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS, json.dumps(lines)],
        cwd=site.root, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def found(site: LiveSite, words: str) -> set[str]:
    """Search the gallery, and return the IDs of the walks found."""
    query = urllib.parse.urlencode({"q": words})
    return {walk["id"] for walk in site.request("GET", f"/api/v1/walks?{query}")[1]["walks"]}


def goes_back_and_forth(site: LiveSite, backup: Path) -> None:
    """Go back to the schema of 1.1.0 and forward again; on SQLite keep a backup, and put it back."""
    there_and_back = (f"db downgrade {HEAD}", "db upgrade")
    if "MOMA_DATABASE_URL" in site.environment:
        in_one_process(site, *there_and_back)
    else:
        in_one_process(site, f"backup create {backup}", *there_and_back, f"backup restore {backup} --force")


def in_one_process(site: LiveSite, *lines: str) -> list[str]:
    """Run commands of today in this process, which is sooner; return what each printed."""
    settings = {"MODEL": site.environment["MOMA_MODEL"]}
    if address := site.environment.get("MOMA_DATABASE_URL"):
        settings["DATABASE_URL"] = address
    printed = []
    with inside(make_app(site.instance, **settings)) as app:
        for line in lines:
            done = app.test_cli_runner().invoke(args=line.split())
            assert done.exit_code == 0, (line, done.output)
            printed.append(done.output)
    return printed
