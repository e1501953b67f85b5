"""What breaks while a walk is painted delays it, and does nothing else."""

import io
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

from app import create_app
from app.requests.walk_requests.validation import validate
from app.walks.queue import jobs
from tests.conftest import ABSENT_REDIS, inside
from tests.support import placing
from tests.support.live import LOG_TAIL, LONG, LiveSite, is_running, standing_still, wait_until

pytestmark = pytest.mark.server


@contextmanager
def beside(site: LiveSite) -> Iterator[None]:
    """Work on the site's database from here, without its Redis."""
    app = create_app({"REDIS_URL": ABSENT_REDIS}, instance_path=str(site.instance))
    with inside(app):
        yield


def ring(site: LiveSite, *, times: int) -> None:
    """Notify the site's worker, so many times, that there is work."""
    app = create_app(instance_path=str(site.instance))
    with app.app_context():
        for _ in range(times):
            wait_until(jobs.notify_workers, what="a ring")  # Redis is asked only briefly


def wait_idle(site: LiveSite) -> None:
    """Wait until the site's worker waits at Redis: before that it looks into the database without being rung."""
    with create_app(instance_path=str(site.instance)).app_context():
        connection = jobs.connect()
        assert isinstance(connection, Redis)
        seen: list[object] = []

        def is_idle() -> bool:
            workers = Worker.all(connection, serializer=JSONSerializer)  # also those that were killed
            states = [worker.get_state() for worker in workers if worker.pid == site.worker_pid()]
            seen[:] = states, jobs.queue_on(connection).count
            return seen == [["idle"], 0]

        with connection:
            try:
                wait_until(is_idle, what="a worker with nothing to do")
            except AssertionError as error:
                error.add_note(f"its states and the jobs that wait: {seen}\n{site.output()[-LOG_TAIL:]}")
                raise


def assert_one_whole_film(site: LiveSite, walk: dict[str, Any]) -> None:
    """Check a walk's files: all its frames, and one film that holds them."""
    folder = site.folder(walk["id"])
    assert len(list(folder.glob("frames/*.png"))) == walk["frames"]
    assert len(list(folder.glob("*.gif"))) == 1
    with Image.open(io.BytesIO(site.request("GET", walk["media"]["gif"])[1])) as film:
        assert getattr(film, "n_frames", 1) == walk["frames"]


def test_walk_whose_worker_is_killed_is_finished_once_by_the_next(planted_site: LiveSite) -> None:
    site = planted_site
    walk, worker = site.caught("a bear", "the sun", frames=LONG)
    kept = site.frames_kept(walk["id"])
    os.kill(worker, signal.SIGKILL)
    site.ground.let_go()
    walk = site.finished(walk["id"])
    assert 6 <= len(kept) < LONG
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert site.worker_pid() != worker
    assert site.rows("SELECT lost, painted_count FROM walks WHERE id = ?", walk["id"]) == [(1, LONG)]
    assert_one_whole_film(site, walk)


def test_worker_asked_to_stop_releases_its_walk_and_the_next_goes_on(planted_site: LiveSite) -> None:
    site = planted_site
    walk, worker = site.caught("a lemon", "a red bear", frames=LONG)
    kept = site.frames_kept(walk["id"])
    assert site.process is not None
    with standing_still(site.process.pid):  # it starts the next worker only afterwards
        os.kill(worker, signal.SIGTERM)
        site.ground.let_go()
        wait_until(lambda: not is_running(worker), what="the worker's end")
        assert site.rows("SELECT COUNT(*) FROM pieces WHERE state = 'taken' OR lease_holder IS NOT NULL") == [(0,)]
        assert site.walk(walk["id"])["state"] in ("queued", "painting")
    walk = site.finished(walk["id"])
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert site.rows("SELECT lost, painted_count FROM walks WHERE id = ?", walk["id"]) == [(0, LONG)]
    assert_one_whole_film(site, walk)


def test_walk_requested_while_redis_stalls_is_saved_and_painted_later(site: LiveSite) -> None:
    redis = site.redis_pid()
    wait_idle(site)
    with standing_still(redis):  # those who waited for it would wait for ever
        walk = site.request_walk("a crow", "a fan", frames=3)
        body = site.request("GET", "/readyz")[1]
        assert (body["status"], body["redis"]) == ("ready", "away: walks are saved and painted when it is back")
        assert site.walk(walk["id"])["state"] == "queued"
    site.finished(walk["id"])


def test_a_walk_whose_job_was_lost_is_found_by_the_sweeper(site: LiveSite) -> None:
    with beside(site):
        wanted = validate({"stops": [{"prompt": "a gate"}, {"prompt": "a hut"}], "frames": 3})
        walk, _ = placing.place(wanted, visitor_key="somebody")
        walk_id = walk.id
    site.finished(walk_id)


def test_a_job_delivered_five_times_makes_one_film(site: LiveSite) -> None:
    walk = site.request_walk("a nest", "an oar", frames=6)
    ring(site, times=5)
    walk = site.finished(walk["id"])
    ring(site, times=1)
    after = site.finished(site.request_walk("a quill", "a rose", frames=2)["id"])
    assert site.rows("SELECT lost FROM walks WHERE id IN (?, ?)", walk["id"], after["id"]) == [(0,), (0,)]
    assert site.rows("SELECT COUNT(*) FROM pieces") == [(0,)]
    assert site.walk(walk["id"])["finished_at"] == walk["finished_at"]
    assert_one_whole_film(site, walk)
