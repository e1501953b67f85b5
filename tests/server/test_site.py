"""The whole site, as ``make run`` starts it: from two prompts to a film, and from start to stop."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from app import create_app
from app.walks.queue import jobs
from tests.support import forks
from tests.support.fronts import is_open
from tests.support.house import NAME, SIZE
from tests.support.live import PATIENCE, ROOT, LiveSite, free_port, is_running, wait_until

pytestmark = pytest.mark.server


def run(site: LiveSite, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``app.run`` in a site's folder until it ends by itself."""
    command = [sys.executable, "-m", "app.run", *arguments]
    return forks.run(
        command, cwd=ROOT, env=site.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def painters(site: LiveSite) -> list[int]:
    """Return the processes that gave a sign of life to the site's Redis, which is asked only briefly."""
    with create_app(instance_path=str(site.instance)).app_context():
        return [about["pid"] for about in wait_until(jobs.workers, what="a worker's sign of life")]


def test_the_address_is_printed_once_a_worker_can_paint(site: LiveSite) -> None:
    assert f"MoMA Lisa is open at {site.url} " in site.output()
    body = site.readiness()
    assert (body["status"], body["database"], body["redis"]) == ("ready", "ok", "ok")
    (worker,) = body["workers"]
    assert worker["model"] == "tiny"
    assert painters(site) == [site.worker_pid()]


def test_two_prompts_become_a_film_of_the_shipped_model(new_site: Callable[..., LiveSite]) -> None:
    site = new_site().start()
    assert [each["model"] for each in site.readiness()["workers"]] == [NAME]
    walk = site.finished(site.request_walk("a velvet lemon", "the sun", seed=11)["id"])
    assert (walk["frames"], walk["frames_painted"], walk["progress"], walk["queue_position"]) == (24, 24, 1.0, None)
    assert 0 < walk["smoothness"]["evenness"] <= 1 <= walk["smoothness"]["jump"]
    assert 0 < walk["smoothness"]["morph"] <= 1
    assert walk["paint_seconds"] > 0
    positions = walk["recipe"]["positions"]
    assert (len(positions), positions[0], positions[-1]) == (24, 0.0, 1.0)
    assert all(earlier < later for earlier, later in pairwise(positions))
    status, film = site.request("GET", walk["media"]["gif"])
    assert status == 200
    with Image.open(io.BytesIO(film)) as picture:
        assert picture.size == (SIZE, SIZE)
        frames = {frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(picture)}
    assert len(frames) == 24
    assert site.request("GET", walk["media"]["mp4"])[1][4:8] == b"ftyp"
    with Image.open(io.BytesIO(site.request("GET", walk["media"]["webp"])[1])) as picture:
        assert (picture.size, picture.n_frames, picture.info["loop"]) == ((SIZE, SIZE), 24, 0)
    with zipfile.ZipFile(io.BytesIO(site.request("GET", f"/walks/{walk['id']}.zip")[1])) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 24 + 1
        assert json.loads(archive.read("recipe.json")) == walk["recipe"]
    assert site.request("GET", walk["media"]["poster"])[1].startswith(b"\x89PNG")
    found = site.request("GET", "/api/v1/walks?q=velvet&sort=newest")[1]
    assert [each["id"] for each in found["walks"]] == [walk["id"]]


def test_long_search_gets_the_sites_own_answer_and_an_endless_one_none(site: LiveSite) -> None:
    for words, status, answer in (("kite+" * 1500, 422, "at most 300 characters"), ("kite+" * 2000, 414, "too large")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{site.url}/gallery?q={words}", timeout=PATIENCE)
        assert refused.value.code == status
        assert answer in refused.value.read().decode()
        refused.value.close()


def test_the_web_server_holds_no_torch(site: LiveSite) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--no-control-socket", "wsgi:app"]
    with subprocess.Popen(command, cwd=ROOT, env=site.environment) as alone:  # not forked from what has the libraries
        try:
            wait_until(
                lambda: alone.poll() is not None or is_open(f"http://127.0.0.1:{port}/healthz"), what="the web server"
            )
            web = [pid for pid, line in site.processes().items() if f"127.0.0.1:{port}" in line]
            maps = [Path(f"/proc/{pid}/maps").read_text() for pid in web]
        finally:
            alone.terminate()
    assert ["libtorch" in libraries for libraries in maps] == [False, False]
    assert "libtorch" in Path(f"/proc/{site.worker_pid()}/maps").read_text()  # so the sign is the right one


def test_a_second_site_in_the_same_folder_is_refused_and_the_first_stays(site: LiveSite) -> None:
    before = site.parts()
    second = run(site, "--port", "8000")
    assert second.returncode == 1
    assert second.stderr.strip() == (
        f"Another site runs in {site.instance} (process {site.process.pid})."  # type: ignore[union-attr]
        " Stop it, or set MOMA_INSTANCE to another folder."
    )
    assert site.parts() == before
    assert site.request("GET", "/readyz")[0] == 200


def test_a_port_in_use_is_named(new_site: Callable[..., LiveSite]) -> None:
    site = new_site()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()
        ended = run(site, "--port", str(site.port))
    assert ended.returncode == 1
    assert f"Port {site.port} on 127.0.0.1 cannot be used" in ended.stderr
    assert "Set PORT to another." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (site.instance / "redis.json").exists()


def test_a_missing_model_ends_the_start_and_is_named(new_site: Callable[..., LiveSite]) -> None:
    ended = run(new_site(MODEL="/nowhere/a model"))
    assert (ended.returncode, ended.stderr) == (1, "The model folder /nowhere/a model is missing.\n")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_worker_loads_ends_everything_soon(
    new_site: Callable[..., LiveSite], signum: signal.Signals
) -> None:
    site = new_site()
    process = site.launch()
    wait_until(lambda: "loading the model" in site.output(), what="the start")
    wait_until(lambda: site.pid("-m worker"), what="the worker")
    process.send_signal(signum)
    assert process.wait(PATIENCE) == 0
    assert site.processes() == {}
    assert "Traceback" not in site.output()
    assert not (site.instance / "redis.json").exists()


def test_a_stopped_site_leaves_no_process_and_finds_everything_at_the_next_start(site: LiveSite) -> None:
    walk = site.finished(site.request_walk("a brass trumpet", "a pear", frames=4)["id"])
    film = site.request("GET", walk["media"]["gif"])[1]
    running, said = set(site.processes()), len(site.output())
    assert len(site.parts()) == 5  # the site, Redis, gunicorn's two, the worker
    assert site.stop(signal.SIGTERM) == 0
    assert [pid for pid in running if is_running(pid)] == []
    assert site.processes() == {}
    assert "Traceback" not in site.output()[said:]
    assert not (site.instance / "redis.json").exists()
    site.start()
    assert site.walk(walk["id"])["state"] == "finished"
    assert site.request("GET", walk["media"]["gif"])[1] == film
    found = site.request("GET", "/api/v1/walks?q=trumpet&sort=newest")[1]
    assert [each["id"] for each in found["walks"]] == [walk["id"]]


def test_the_parts_of_a_killed_site_end_and_the_next_start_is_not_hindered(site: LiveSite) -> None:
    walk = site.request_walk("a bell", "a pear", frames=240, preset="exact", steps=30)
    site.wait_painted(walk["id"], 2)
    process = site.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    site.start()  # at once, while the parts of the first are still closing
    assert len(site.readiness()["workers"]) == 1  # the killed one's sign of life is taken back
    wait_until(lambda: len(site.parts()) == 5, what="the end of the killed site's parts")
    assert painters(site) == [site.worker_pid()]
    assert site.walk(walk["id"])["state"] in ("queued", "painting")
    token = {"Authorization": f"Bearer {walk['owner_token']}"}
    assert site.request("DELETE", f"/api/v1/walks/{walk['id']}", headers=token)[0] == 204
