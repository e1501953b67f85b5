"""A real site whose pictures are in a bucket: gunicorn, nginx, a worker, and a server that speaks S3."""

import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.site.web.security_headers import FOR_OTHER_SITES, HEADERS
from tests.support import forks, fronts
from tests.support.buckets import BUCKET, S3Server, running
from tests.support.fronts import behind_nginx
from tests.support.live import ROOT, LiveSite, free_port, wait_until
from tests.support.needs import require
from tests.support.nginx import add_bucket, configuration
from tests.support.server_fixtures import STEPS

pytestmark = pytest.mark.server
URL = f"s3://{BUCKET}/moma"
SECRET = "A cookie of a visitor"


class Front(fronts.Front):
    """The site, asked through nginx, and the bucket behind."""

    s3: S3Server

    def run(self, *words: str | Path, **environment: str) -> tuple[int, str]:
        """Run an admin command; return its status and what it printed."""
        done = self.flask(*words, check=False, **environment)
        return done.returncode, done.stdout + done.stderr

    def asked_bucket(self, path: str) -> list[tuple[str, str, int]]:
        """List what nginx, or the application, asked the bucket of a file."""
        return [each for each in self.s3.requests() if f"/{path}" in each[1]]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Run a site on a bucket, with nginx and two processes of gunicorn before it as in production."""
    require("redis-server")
    folder, back = tmp_path_factory.mktemp("bucket"), free_port()
    with ExitStack() as parts:
        s3 = parts.enter_context(running(folder))
        site = LiveSite(folder / "instance", STEPS=STEPS, EXHIBITION="false", MEDIA_URL=URL)
        parts.callback(site.start().close)
        front = Front(site.instance, MEDIA_URL=URL, PROXIES=1, ACCEL_PREFIX="/_bucket/")
        front.s3, front.folder = s3, folder
        configuration(folder, front.port, back, folder / "none")
        add_bucket(folder, s3.url)
        environment = {**front.environment, "WEB_CONCURRENCY": "2"}
        parts.enter_context(behind_nginx(folder, back, environment, "--preload", is_ready=front.is_ready))
        yield front


@pytest.fixture(scope="module")
def walk(front: Front) -> dict[str, Any]:
    """Paint a walk into the bucket."""
    return front.finished(front.request_walk("a copper kettle", "a pear", frames=4, seed=3)["id"])


def media(front: Front, walk: dict[str, Any], kind: str) -> tuple[str, str]:
    """Name the address and the path of a walk's film."""
    ((path,),) = front.rows(
        "SELECT path FROM media JOIN walks ON number = walk_number WHERE id = ? AND kind = ?", walk["id"], kind
    )
    return walk["media"][kind], path


def test_walk_is_painted_into_the_bucket_and_seen_on_its_page(front: Front, walk: dict[str, Any]) -> None:
    assert not (front.instance / "media").exists()
    keys = front.s3.keys(f"moma/walks/{walk['id']}/")
    assert len([key for key in keys if "/frames/" in key]) == 4
    assert not [key for key in keys if "/knots/" in key]
    page = front.ask("GET", f"/walks/{walk['id']}")[1].decode()
    stills = set(re.findall(rf"/media/{walk['id']}/(?:gif|webp|poster|still)\.[^\"'\s]+", page))
    assert len(stills) >= 3
    for address in stills:
        answer, data = front.ask("GET", address)
        assert (answer.status, answer.headers["Content-Type"].partition("/")[0]) == (200, "image")
        Image.open(io.BytesIO(data)).load()


def test_nginx_sends_the_film_by_an_address_that_is_signed(front: Front, walk: dict[str, Any]) -> None:
    address, path = media(front, walk, "mp4")
    before = len(front.asked_bucket(path))
    whole, film = front.ask("GET", address, Cookie=f"moma_session={SECRET}", Authorization=f"Bearer {SECRET}")
    asked = front.asked_bucket(path)[before:]
    assert (whole.status, film[4:8], len(film)) == (200, b"ftyp", front.s3.keys()[f"moma/{path}"])
    ((method, signed, status),) = asked  # the application asked for nothing
    assert (method, status) == ("GET", 200)
    assert signed.startswith(f"/{BUCKET}/moma/{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" in signed


def test_answer_has_the_applications_headers_and_none_of_the_buckets(front: Front, walk: dict[str, Any]) -> None:
    _, path = media(front, walk, "webp")
    digest = path.split(".")[1]
    answer, _ = front.ask("GET", f"/media/{walk['id']}/webp.{digest}.webp")
    for name, value in {**HEADERS, FOR_OTHER_SITES[0]: FOR_OTHER_SITES[1]}.items():
        assert answer.headers.get_all(name) == [value]
    for name in ("Cache-Control", "ETag", "Content-Type", "Content-Disposition", "Accept-Ranges", "Server", "Date"):
        assert len(answer.headers.get_all(name) or []) == 1, name
    assert "immutable" in answer.headers["Cache-Control"]
    assert (answer.headers["Content-Type"], answer.headers["Server"]) == ("image/webp", "nginx")
    allowed = {
        *HEADERS,
        FOR_OTHER_SITES[0],
        "Cache-Control",
        "ETag",
        "Content-Type",
        "Content-Disposition",
        "Accept-Ranges",
        "Server",
        "Date",
    }
    allowed |= {"Content-Length", "Connection", "Vary"}
    assert {name.lower() for name in answer.headers} <= {name.lower() for name in allowed}


def test_parts_heads_and_what_has_not_changed_are_answered_as_from_a_folder(front: Front, walk: dict[str, Any]) -> None:
    address, path = media(front, walk, "mp4")
    whole, film = front.ask("GET", address)
    etag = whole.headers["ETag"]
    again, nothing = front.ask("GET", address, If_None_Match=etag)
    assert (again.status, again.headers["ETag"], nothing) == (304, etag, b"")
    part, middle = front.ask("GET", address, Range="bytes=4-7", If_Range=etag)
    assert (part.status, middle, part.headers["Content-Range"]) == (206, b"ftyp", f"bytes 4-7/{len(film)}")
    assert (part.headers["ETag"], part.headers["Content-Length"]) == (etag, "4")
    assert front.ask("GET", address, Range="bytes=-8")[1] == film[-8:]
    assert front.ask("GET", address, Range="bytes=4-7", If_Range='"another"')[0].status == 200
    assert front.ask("GET", address, Range="bytes=0-1,4-7")[1] == film
    assert front.ask("GET", address, Range=f"bytes={len(film)}-")[0].status == 416
    before = len(front.asked_bucket(path))
    head, nothing = front.ask("HEAD", address)
    assert (head.status, head.headers["Content-Length"], nothing) == (200, str(len(film)), b"")
    assert (head.headers["ETag"], head.headers["Accept-Ranges"]) == (etag, "bytes")
    assert len(front.asked_bucket(path)) == before


def test_bucket_cannot_be_had_past_the_application(front: Front, walk: dict[str, Any]) -> None:
    _, path = media(front, walk, "mp4")
    before = len(front.s3.requests())
    for address in ("/_bucket/", f"/_bucket/{path}", f"/_bucket/../{BUCKET}/moma/{path}"):
        answer, page = front.ask("GET", address, X_Bucket_Address=f"/{BUCKET}/moma/{path}")
        assert (answer.status in (400, 404, 503), b"ftyp" in page) == (True, False)
    assert len(front.s3.requests()) == before


def test_file_that_the_bucket_lost_is_answered_in_our_words_uncached(front: Front) -> None:
    walk = front.finished(front.request_walk("a lamp", "a moth", frames=4, seed=5)["id"])
    address, path = media(front, walk, "webp")
    front.s3.client().delete_object(Bucket=BUCKET, Key=f"moma/{path}")
    answer, page = front.ask("GET", address)
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert b"Closed for a moment" in page
    assert BUCKET.encode() not in page
    assert answer.headers.get_all("Cache-Control") is None
    assert "Content-Disposition" not in answer.headers
    status, result = front.run("media", "verify", "--json")
    lost = json.loads(result[result.index("{") :])["lost"]
    assert (status, [each["path"] for each in lost]) == (1, [path])
    assert front.run("walks", "delete", walk["id"])[0] == 0


def test_film_that_was_taken_down_is_gone_with_the_next_request(front: Front) -> None:
    walk = front.finished(front.request_walk("an owl", "a bell", frames=4, seed=9)["id"])
    address, path = media(front, walk, "mp4")
    assert front.ask("GET", address)[0].status == 200
    signed = front.asked_bucket(path)[-1][1]
    assert front.run("walks", "delete", walk["id"])[0] == 0
    assert front.ask("GET", address)[0].status == 410
    assert front.s3.keys(f"moma/walks/{walk['id']}/") == {}
    with closing(http.client.HTTPConnection("127.0.0.1", front.s3.port)) as bucket:
        bucket.request("GET", signed)  # still signed, and nothing behind it
        assert bucket.getresponse().status == 404


def test_what_no_row_names_is_pruned_from_the_bucket(front: Front, walk: dict[str, Any]) -> None:
    front.s3.client().put_object(Bucket=BUCKET, Key=f"moma/walks/{'s' * 16}/gif.gif", Body=b"stray")
    soon = "from app.upkeep.maintenance import media_upkeep; print(len(media_upkeep.prune(young_seconds=-60)))"
    code = f"from wsgi import app\nwith app.app_context():\n    {soon}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=front.environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) >= 1
    assert front.s3.keys(f"moma/walks/{'s' * 16}/") == {}


def test_backup_holds_what_is_in_the_bucket(front: Front, walk: dict[str, Any], tmp_path: Path) -> None:
    status, result = front.run("backup", "create", tmp_path / "site.tar", "--json")
    assert (status, json.loads(result)["lost"]) == (0, [])
    status, result = front.run("backup", "verify", tmp_path / "site.tar", "--json")
    assert (status, json.loads(result)["differences"]) == (0, [])


def test_doctor_names_the_bucket_and_the_settings_of_nginx(front: Front) -> None:
    result = front.run("doctor")[1]
    assert f"{URL} takes, gives and deletes; for nginx, MOMA_BUCKET is {front.s3.url}" in result
    status, result = front.run("doctor", MOMA_MEDIA_URL="s3://nobodys/moma")
    assert status
    assert "MOMA_MEDIA_URL cannot be used: There is no bucket nobodys there" in result


def test_site_moves_to_a_folder_and_back_though_it_is_killed_over_it(
    front: Front, walk: dict[str, Any], tmp_path: Path
) -> None:
    other = f"s3://{front.s3.make('another')}/moma"
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "media", "move", other]
    written = lambda: front.s3.written("another")  # noqa: E731
    process = forks.popen(command, cwd=ROOT, env=front.environment)
    wait_until(lambda: sum(written().values()) >= 2 or process.poll() is not None, what="the first files")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    broken_off = written().total()
    status, result = front.run("media", "move", other, "--json")
    moved = json.loads(result)
    there, here = front.s3.keys("", "another"), front.s3.keys()
    assert (status, moved["amiss"]) == (0, [])
    assert {key for key in here if "/walks/" in key or "/deleted/" in key} == set(there)
    assert set(written().values()) == {1}  # nothing was written twice
    assert broken_off + moved["copied"] == written().total() == moved["files"] == len(there)
    assert moved["bytes"] == sum(there.values())
    status, result = front.run("media", "move", other)
    assert f"{moved['files']:,} files, {moved['bytes']:,} bytes, 0 copied (0 bytes), 0 amiss." in result
    assert f'Now set media_url = "{other}", and accel_prefix = "/_bucket/"' in result
    folder = f"file://{tmp_path / 'media'}"
    status, result = front.run("media", "move", folder, "--from", other, "--json")
    assert json.loads(result)["copied"] == moved["files"]
    assert front.run("media", "move", folder, "--check-only")[0] == 0
    film = next((tmp_path / "media").rglob("mp4.*"))
    film.write_bytes(bytes(film.stat().st_size))
    status, result = front.run("media", "move", folder, "--check-only")
    assert (status, "is not what its name says" in result) == (1, True)
