"""nginx between an application and a bucket, both of which are made to say what they never should."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.support import compose, manifests
from tests.support.fronts import Answered, ask, serving
from tests.support.live import free_port, served
from tests.support.needs import require
from tests.support.nginx import add_bucket, command, configuration

pytestmark = pytest.mark.server
SIGNED = "/b%20ucket/a%2Bb/film.mp4?X-Amz-Credential=A%2F20261124%2Fs3&X-Odd=%zz%2b+%3F?&&X-Amz-Signature=0f"
KEPT = {
    "Content-Type": "video/mp4", "ETag": '"ours"', "X-Bucket-Cache-Control": "public, max-age=31536000, immutable",
    "X-Bucket-Content-Disposition": "inline; filename=a-fox.mp4", "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex", "Vary": "Cookie", "Accept-Ranges": "bytes",
}  # fmt: skip
BUCKETS_OWN = {
    "Content-Type": "text/html", "ETag": '"theirs"', "Cache-Control": "no-store", "Content-Disposition": "attachment",
    "Set-Cookie": "theirs=1", "Server": "AmazonS3", "X-Accel-Redirect": "/about", "x-amz-request-id": "1", "Vary": "*",
    "x-amz-id-2": "2", "x-amz-version-id": "3", "x-goog-hash": "4", "x-guploader-uploadid": "5", "Expires": "0",
    "Last-Modified": "Tue, 24 Nov 2026 21:00:00 GMT", "Content-Security-Policy": "default-src *", "Alt-Svc": "h3",
}  # fmt: skip


class Part(BaseHTTPRequestHandler):
    """Answers what it was given, and keeps what arrived."""

    protocol_version = "HTTP/1.1"
    headers_to_send: ClassVar[dict[str, str]] = {}
    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    arrived: ClassVar[list[tuple[str, dict[str, str]]]]

    def do_GET(self) -> None:
        """Answer."""
        self.arrived.append(
            (self.raw_requestline.decode().strip(), {name.lower(): it for name, it in self.headers.items()})
        )
        self.send_response_only(self.status)
        for name, value in {**self.headers_to_send, "Content-Length": str(len(self.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Middle:
    """nginx, and what stands before and behind it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.site = type("Site", (Part,), {"arrived": []})
        self.bucket = type("Bucket", (Part,), {"arrived": [], "body": b"FILM", "headers_to_send": BUCKETS_OWN})

    def tell(self, address: str, **more: str) -> None:
        """Make the application redirect to this address, and empty what arrived."""
        self.site.headers_to_send = {
            **KEPT,
            "X-Accel-Redirect": "/_bucket/film.mp4",
            "X-Bucket-Address": address,
            **more,
        }
        self.site.arrived, self.bucket.arrived, self.bucket.status = [], [], 200

    def ask(self, **headers: str) -> Answered:
        """Visit the site."""
        return ask(self.port, "GET", "/walks/x.mp4", None, headers)

    def is_open(self) -> bool:
        """Return whether the site is answered for."""
        with suppress(OSError):
            return self.ask()[0].status == 200
        return False


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Middle]:
    """Run nginx between two servers of ours."""
    folder, middle = tmp_path_factory.mktemp("middle"), Middle(free_port())
    with ExitStack() as parts:
        site, bucket = (
            parts.enter_context(served(ThreadingHTTPServer(("127.0.0.1", 0), handler)))
            for handler in (middle.site, middle.bucket)
        )
        configuration(folder, middle.port, int(site.rpartition(":")[2]), folder)
        add_bucket(folder, bucket)
        parts.enter_context(serving(command(folder), is_ready=middle.is_open))
        yield middle


def test_signed_address_arrives_byte_for_byte_and_nothing_of_the_visitor_with_it(middle: Middle) -> None:
    middle.tell(SIGNED, **{"X-Bucket-Range": "bytes=1-2"})
    asked = {"Cookie": "moma_session=s", "Authorization": "Bearer t", "Range": "bytes=0-", "X-Bucket-Address": "/x"}
    answer, body = middle.ask(
        **asked, **{"User-Agent": "Who", "If-None-Match": '"x"', "X-Forwarded-For": "203.0.113.9"}
    )
    assert (answer.status, body) == (200, b"FILM")
    ((line, headers),) = middle.bucket.arrived
    assert line == f"GET {SIGNED} HTTP/1.1"
    assert set(headers) == {"host", "range"}
    assert headers["range"] == "bytes=1-2"
    assert headers["host"].startswith("127.0.0.1:")


def test_headers_are_the_applications_once_each_and_none_is_the_buckets(middle: Middle) -> None:
    middle.tell(SIGNED)
    answer, _ = middle.ask()
    headers = {name.removeprefix("X-Bucket-"): value for name, value in KEPT.items()}
    for name, value in headers.items():
        assert answer.headers.get_all(name) == [value], name
    ours = {*headers, "Server", "Date", "Content-Length", "Connection"}
    assert {name.lower() for name in answer.headers} == {name.lower() for name in ours}
    assert answer.headers["Server"] == "nginx"


@pytest.mark.parametrize("address", ["@evil.example/", ".evil.example/x", "", "http://evil.example/"])
def test_no_other_host_is_ever_asked(middle: Middle, address: str) -> None:
    middle.tell(address)
    assert (middle.ask()[0].status, middle.bucket.arrived) == (503, [])


@pytest.mark.parametrize("status", [301, 307, 400, 403, 404, 416, 500, 503])
def test_what_the_bucket_refuses_is_said_in_the_sites_words_and_may_not_be_kept(middle: Middle, status: int) -> None:
    middle.tell(SIGNED)
    middle.bucket.status = status
    answer, page = middle.ask()
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert b"Closed for a moment" in page
    for name in (
        "Cache-Control",
        "Content-Disposition",
        "ETag",
        "Location",
        "Expires",
        "Set-Cookie",
        "x-amz-request-id",
    ):
        assert name not in answer.headers, name


def by_compose() -> dict[str, str]:
    """Return what compose fills the template in with, a bucket written into deploy/.env."""
    names = dict(compose.services(with_bucket=True)["nginx"]["environment"])
    assert names["MOMA_BUCKET"].startswith("${BUCKET:?")
    return names | {"MOMA_BUCKET": "https://storage.googleapis.com"}


def by_cluster() -> dict[str, str]:
    """Return what the overlay fills it in with; the name server's name is one that only a cluster knows."""
    require("kubectl")
    (names,) = (it["data"] for it in manifests.rendered("buckets") if it["metadata"]["name"] == "moma-nginx-names")
    assert names["MOMA_RESOLVER"].endswith(".svc.cluster.local")
    return dict(names | {"MOMA_RESOLVER": "127.0.0.1"})


@pytest.mark.parametrize("names", [by_compose, by_cluster])
def test_nginx_accepts_what_it_is_given_and_misses_what_is_not_there(
    names: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    given = names()
    configuration(tmp_path, free_port(), free_port(), tmp_path)
    path = add_bucket(
        tmp_path, given["MOMA_BUCKET"], resolver=given["MOMA_RESOLVER"], authorities=given["MOMA_BUCKET_CA"]
    )
    assert tried(tmp_path) == 0
    path.write_text(path.read_text().replace(given["MOMA_BUCKET_CA"], "/nowhere/authorities.crt"))
    assert tried(tmp_path) == 1


def tried(folder: Path) -> int:
    return subprocess.run(command(folder, "-t"), capture_output=True, check=False).returncode
