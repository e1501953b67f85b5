"""Behind a proxy: addresses are believed as far as the setting goes, and films are handed over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request, url_for
from flask.testing import FlaskClient

from app.storage import media_store
from app.storage.walk_models import Walk
from app.walks.saved.media_urls import still_address
from tests.conftest import make_app
from tests.support.rows import Maker

CLAIMS = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"}


@pytest.fixture
def behind(app: Flask) -> FlaskClient:
    """Visit the site as through an nginx that sends the films."""
    app.config["ACCEL_PREFIX"] = "/_media/"
    return app.test_client()


def who_asks(app: Flask, **asked: Any) -> list[str]:
    """Ask an application for the address, the scheme and the host by which it knows the client."""
    app.add_url_rule("/whoami", view_func=lambda: [request.remote_addr, request.scheme, request.host])
    return list(app.test_client().get("/whoami", **asked).json)


@pytest.mark.parametrize(
    ("proxies", "address", "scheme"),
    [(0, "127.0.0.1", "http"), (1, "198.51.100.1", "https"), (2, "203.0.113.7", "http"), (3, "127.0.0.1", "http")],
)
def test_addresses_are_trusted_by_proxies(instance: Path, proxies: int, address: str, scheme: str) -> None:
    assert who_asks(make_app(instance, PROXIES=proxies), headers=CLAIMS) == [address, scheme, "localhost"]


@pytest.mark.parametrize(
    ("header", "connection", "address"),
    [
        ("203.0.113.6:51231", None, "203.0.113.6"), ("10.0.0.1:9, [2001:DB8::6]:51231", None, "2001:db8::6"),
        ('"[fe80::6%25eth0]:_port"', None, "fe80::6"), ("::ffff:203.0.113.6", None, "203.0.113.6"),
        ("unknown", None, "127.0.0.1"), ('"a, 203.0.113.6', None, "203.0.113.6"), ("203.0.113.6,", None, "203.0.113.6"),
        ("_hidden:7", None, "127.0.0.1"),
        (None, "::FFFF:203.0.113.6", "203.0.113.6"), (None, "fe80::6%eth0", "fe80::6"), (None, "", ""),
    ],
)  # fmt: skip
def test_remote_address_is_normalised(instance: Path, header: str | None, connection: str | None, address: str) -> None:
    fields = {} if header is None else {"X-Forwarded-For": header}
    there = {} if connection is None else {"REMOTE_ADDR": connection}
    found = who_asks(make_app(instance, PROXIES=len(fields)), headers=fields, environ_overrides=there)
    assert found[0] == address


def where(app: Flask) -> Callable[..., list[str]]:
    """Return a function that asks the site below which path and for which page it was asked, and for an address."""
    app.add_url_rule("/where", view_func=lambda: [request.script_root, request.path, url_for("pages.gallery")])
    return lambda path="/where", **asked: app.test_client().get(path, **asked).json  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("header", "prefix"),
    [
        ("/moma", "/moma"), ("/moma/", "/moma"), ("/art/moma.v1", "/art/moma.v1"), ("/old, /moma", "/moma"), ("/", ""),
        ("moma", ""), ("//example.org", ""), ("/a//b", ""), ("/../a", ""), ("/a/..", ""), ("/a/./b", ""), ("/a b", ""),
        ("/a?b", ""), ("/a%20b", ""), ("https://example.org/a", ""), ("/ä", ""), ("/" + 200 * "a", ""), ('/a"b', ""),
    ],
)  # fmt: skip
def test_path_that_the_proxy_removed_is_in_every_address_if_it_is_one(instance: Path, header: str, prefix: str) -> None:
    ask = where(make_app(instance, PROXIES=1))
    assert ask(headers={"X-Forwarded-Prefix": header}) == [prefix, "/where", f"{prefix}/gallery"]


def test_ignored_prefix_is_logged_once(instance: Path, caplog: pytest.LogCaptureFixture) -> None:
    ask = where(make_app(instance, PROXIES=1))
    for header in ("/a b", "/../..", "/moma"):
        ask(headers={"X-Forwarded-Prefix": header})
    (line,) = [record.message for record in caplog.records if record.name == "app.site.web.proxy"]
    assert line == "X-Forwarded-Prefix '/a b' is ignored: it is no path such as /moma. This is logged once."


def test_prefix_of_a_client_is_ignored_without_a_proxy(instance: Path, caplog: pytest.LogCaptureFixture) -> None:
    ask = where(make_app(instance))
    assert [ask(headers={"X-Forwarded-Prefix": "/moma"}) for _ in "ab"] == [["", "/where", "/gallery"]] * 2
    (line,) = [record.message for record in caplog.records if record.name == "app.site.web.proxy"]
    assert "PROXIES is 0" in line


@pytest.mark.parametrize("path", ["/moma/where", "/where"])
def test_site_is_below_the_path_of_the_setting(instance: Path, path: str) -> None:
    app = make_app(instance, URL_PREFIX="/moma", PROXIES=1)
    ask = where(app)
    assert ask(path) == ["/moma", "/where", "/moma/gallery"]
    assert ask(headers={"X-Forwarded-Prefix": "/art"}) == ["/art", "/where", "/art/gallery"]
    assert app.test_client().get("/moma").headers["Location"].endswith("/moma/")
    assert app.test_client().get("/momax/where").status_code == 404


def test_path_that_the_web_server_removed_is_in_every_address(app: Flask) -> None:
    assert where(app)(environ_overrides={"SCRIPT_NAME": "/moma"}) == ["/moma", "/where", "/moma/gallery"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "name", "path"),
    [
        ({"X-Forwarded-Proto": "https"}, "__Host-moma_visitor", "/"),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/moma"}, "__Secure-moma_visitor", "/moma"),
        ({"X-Forwarded-Prefix": "/moma"}, "moma_visitor", "/moma"),
    ],
)
def test_cookies_have_safe_attributes(instance: Path, headers: dict[str, str], name: str, path: str) -> None:
    client = make_app(instance, PROXIES=1, WTF_CSRF_ENABLED=True).test_client()
    cookies = client.get("/", headers=headers).headers.getlist("Set-Cookie")
    cookies += client.get("/?lang=de", headers=headers).headers.getlist("Set-Cookie")
    found = [cookie.partition("=")[0].rpartition("_")[0] for cookie in cookies]
    assert found == [name, name.replace("visitor", "session"), name.replace("visitor", "language")]
    for cookie in cookies:
        attributes = cookie.split("; ")[1:]
        assert f"Path={path}" in attributes
        assert ("Secure" in attributes) == ("X-Forwarded-Proto" in headers)


def test_film_is_handed_over_with_all_that_nginx_cannot_know(behind: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    for kind, extension, mimetype in (("gif", "gif", "image/gif"), ("mp4", "mp4", "video/mp4")):
        answer = behind.get(f"/walks/{walk.id}.{extension}", headers={"Range": "bytes=1-"})
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["X-Accel-Redirect"] == f"/_media/{walk.media[kind].path}"
        assert answer.headers["ETag"] == f'"{walk.media[kind].etag}"'
        assert answer.content_type == mimetype
        assert answer.headers["Content-Disposition"] == f"inline; filename=a-fox-a-kite.{extension}"
        assert answer.headers["Cache-Control"] == "no-cache"


def test_still_is_handed_over(behind: FlaskClient, walk: Walk) -> None:
    answer = behind.get(still_address(walk, walk.painted[1]))
    assert answer.headers["X-Accel-Redirect"] == f"/_media/{media_store.frame_path(walk.id, 1, b'frame')}"


def test_film_that_the_browser_has_is_answered_here(behind: FlaskClient, walk: Walk) -> None:
    answer = behind.get(f"/walks/{walk.id}.gif", headers={"If-None-Match": f'"{walk.media["gif"].etag}"'})
    assert (answer.status_code, answer.data) == (304, b"")
    assert "X-Accel-Redirect" not in answer.headers


def test_film_that_is_not_there_is_not_handed_over(behind: FlaskClient, walk: Walk, instance: Path) -> None:
    (instance / "media" / walk.media["gif"].path).unlink()
    answer = behind.get(f"/walks/{walk.id}.gif")
    assert answer.status_code == 503
    assert "X-Accel-Redirect" not in answer.headers


def test_store_elsewhere_is_read_by_the_application(instance: Path, walk: Walk) -> None:
    app = make_app(instance, ACCEL_PREFIX="/_media/", MEDIA_URL="memory://moma")
    with app.app_context():
        media_store.store().write(walk.media["gif"].path, b"gif")
    answer = app.test_client().get(f"/walks/{walk.id}.gif")
    assert (answer.data, answer.headers.get("X-Accel-Redirect")) == (b"gif", None)


@pytest.mark.parametrize("asked", ["words=1-2", "bytes=0-0,2-2", "bytes=x"])
def test_range_that_is_not_served_is_ignored_for_files_of_the_application_too(client: FlaskClient, asked: str) -> None:
    whole = client.get("/static/favicon.svg", buffered=True)
    answer = client.get("/static/favicon.svg", headers={"Range": asked}, buffered=True)
    assert (answer.status_code, answer.data) == (200, whole.data)
