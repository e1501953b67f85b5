"""Postgres and the media store away, full and back: honest answers, nothing lost, and the same processes go on."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.storage import disk_space
from tests.support import fronts, postgres, small_disk
from tests.support.fronts import Answered
from tests.support.live import LONG, LiveSite, wait_until
from tests.support.needs import require

pytestmark = pytest.mark.server

# Leases are short, so that what an outage interrupted goes on soon; a busy machine loses some for no other reason.
SETTINGS = {"STEPS": 4, "EXHIBITION": "false", "LEASE_SECONDS": 3, "LOST_MAX": 1000, "SWEEP_SECONDS": 0.5}
STORE_BYTES = 8_000_000
PAUSED = "the worker is paused: The media store"


@contextmanager
def running(folder: Path, **settings: object) -> Iterator[LiveSite]:
    """Run a site until the tests of this module are done with it."""
    require("redis-server")
    site = LiveSite(folder / "instance", **SETTINGS, **settings)
    try:
        yield site.start()
    finally:
        site.close()


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.PostgresServer]:
    """Run a Postgres that may be stopped and killed: no other test's data is in it."""
    require("postgres")
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="module")
def in_postgres(server: postgres.PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """Run a site that keeps its walks in it, and what is committed is on disk."""
    name = server.create()
    server.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
    with running(tmp_path_factory.mktemp("postgres"), DATABASE_URL=server.url(name)) as site:
        yield site


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a small disk of memory, and name the folder in it that is to be a media store."""
    with small_disk.mounted(tmp_path_factory.mktemp("disk"), STORE_BYTES) as disk:
        yield disk / "store"


@pytest.fixture(scope="module")
def on_small_disk(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """Run a site whose media store is on the small disk."""
    with running(tmp_path_factory.mktemp("small"), MEDIA_URL=f"file://{store}") as site:
        yield site


def ask(site: LiveSite, method: str, path: str, body: object = None) -> Answered:
    """Ask the site, which has to answer while the test still keeps from it what is away."""
    sent = None if body is None else json.dumps(body)
    return fronts.ask(site.port, method, path, sent, {"Content-Type": "application/json"} if body else {})


def at_work(site: LiveSite) -> set[int]:
    """Number the processes that serve and paint."""
    return {pid for pid, line in site.processes().items() if "gunicorn" in line or "-m worker" in line}


@pytest.mark.parametrize("away", [lambda server: server.stop(signal.SIGINT), lambda server: server.kill()],
                         ids=["stopped", "killed"])  # fmt: skip
def test_site_without_its_postgres_says_so_and_goes_on_when_it_is_back(
    in_postgres: LiveSite, server: postgres.PostgresServer, away: Callable[[postgres.PostgresServer], None]
) -> None:
    site = in_postgres
    earlier = site.finished(site.request_walk("a bell", "a pear", frames=2)["id"])
    painting = site.request_walk("a boat", "a kite", frames=LONG)
    waiting = site.request_walk("a drum", "a fan", frames=2)
    site.wait_painted(painting["id"], 4)
    staff = at_work(site)
    away(server)
    try:
        for path in ("/", "/gallery", "/gallery?q=pear", earlier["url"], earlier["media"]["gif"], "/feed.xml"):
            answer, page = ask(site, "GET", path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5"), path
            assert b"Closed for a moment" in page
            assert b"moma-pg" not in page
        wanted = {"stops": [{"prompt": "a key"}, {"prompt": "a hat"}]}
        for method, path, body in (("GET", "/api/v1/walks", None), ("POST", "/api/v1/walks", wanted)):
            answer, data = ask(site, method, path, body)
            assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
            assert (answer.headers["Retry-After"], json.loads(data)["status"]) == ("5", 503)
        assert [ask(site, "GET", path)[0].status for path in ("/healthz", "/about", "/readyz")] == [200, 200, 503]
    finally:
        server.start()
    wait_until(lambda: site.request("GET", "/readyz")[0] == 200, what="ready")
    assert site.walk(earlier["id"])["media"] == earlier["media"]
    assert site.finished(painting["id"])["frames_painted"] == LONG
    assert site.finished(waiting["id"])["frames_painted"] == 2
    assert at_work(site) == staff


def test_site_on_a_full_disk_says_so_and_paints_on_when_there_is_room(on_small_disk: LiveSite, store: Path) -> None:
    site = on_small_disk
    earlier = site.finished(site.request_walk("a bell", "a pear", frames=2)["id"])
    staff = at_work(site)
    with small_disk.full(store.parent):
        walks = [site.request_walk("a boat", "a kite", frames=frames) for frames in (4, 5, 6)]
        wait_until(lambda: PAUSED in site.output(), what="waiting for room")
        assert f"No space left on device. {disk_space.CURE}, or have MOMA_MEDIA_URL name a larger" in site.output()
        for path in ("/", earlier["url"], walks[0]["url"], earlier["media"]["gif"]):
            assert ask(site, "GET", path)[0].status == 200
        assert not list(store.rglob("*.part"))
        assert {site.walk(walk["id"])["state"] for walk in walks} <= {"queued", "painting"}
    assert [site.finished(walk["id"])["frames_painted"] for walk in walks] == [4, 5, 6]
    assert at_work(site) == staff


def test_site_without_its_media_store_says_so_and_has_its_films_when_it_is_back(
    on_small_disk: LiveSite, store: Path
) -> None:
    site = on_small_disk
    earlier = site.finished(site.request_walk("a bell", "a pear", frames=2)["id"])
    film = ask(site, "GET", earlier["media"]["gif"])[1]
    staff, elsewhere = at_work(site), store.with_name("elsewhere")
    store.rename(elsewhere)
    store.write_text("the place where the disk was")
    try:
        for path in (earlier["media"]["gif"], earlier["media"]["mp4"], f"/walks/{earlier['id']}.zip"):
            answer, page = ask(site, "GET", path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert b"The pictures are away" in page
        assert [ask(site, "GET", path)[0].status for path in ("/", "/gallery", earlier["url"])] == [200, 200, 200]
        paused, walk = site.output().count(PAUSED), site.request_walk("a boat", "a kite", frames=4)
        wait_until(lambda: site.output().count(PAUSED) > paused, what="waiting for the store")
    finally:
        store.unlink()
        elsewhere.rename(store)
    assert ask(site, "GET", earlier["media"]["gif"])[1] == film
    assert site.finished(walk["id"])["frames_painted"] == 4
    assert at_work(site) == staff
