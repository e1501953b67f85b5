"""Cookies have names of the site's own, and those of earlier keys and releases are still read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from app.access.auth import cookies
from tests.conftest import make_app
from tests.support.cookies import cookie_name
from tests.support.curator import HASH, enter

KINDS = (cookies.VISITOR, cookies.SESSION, cookies.CURATOR, cookies.LANGUAGE)
TWO = {"prompt": ["a fox", "a kite"]}
OTHER = "another secret, long enough"


@pytest.fixture
def other(instance: Path) -> Iterator[Flask]:
    """Build a second site with another secret, which a browser finds at another port of the same host."""
    yield make_app(instance, SECRET_KEY=OTHER, WTF_CSRF_ENABLED=True)


def token_in(page: str) -> str:
    """Return the CSRF token of a page's forms."""
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def jar(client: FlaskClient) -> dict[str, str]:
    """Return a browser's cookies by their names."""
    return {cookie.key: cookie.value for cookie in client._cookies.values()}  # type: ignore[union-attr]


def visit(app: Flask, stored: dict[str, str]) -> FlaskClient:
    """Visit a site with these cookies."""
    client = app.test_client()
    for name, value in stored.items():
        client.set_cookie(name, value)
    return client


def as_in_1_1_0(stored: dict[str, str]) -> dict[str, str]:
    """Return cookies with the names that release 1.1.0 gave them."""
    return {name.rpartition("_")[0]: value for name, value in stored.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_cookie_names_of_two_sites_differ(app: Flask, other: Flask, kind: str) -> None:
    names = {cookie_name(site, kind) for site in (app, other)}
    assert len(names) == 2
    assert all(name.startswith(f"moma_{kind}_") for name in names)


def test_two_sites_on_one_host_leave_each_others_cookies_alone(app: Flask, other: Flask) -> None:
    first = visit(app, {})
    first.post("/walks", data=TWO)
    first.get("/?lang=de")
    mine = jar(first)
    second = visit(other, mine)
    page = second.get("/")
    second.get("/?lang=en")
    assert mine.items() <= jar(second).items()
    assert len(jar(second)) == len({*mine, *(cookie_name(other, kind) for kind in ("visitor", "session", "language"))})
    assert second.post("/walks", data={**TWO, "csrf_token": token_in(page.text)}).status_code == 303
    again = visit(app, jar(second))
    assert "a-fox-a-kite" in again.get("/mine").text
    assert '<html lang="de">' in again.get("/about").text


@pytest.mark.parametrize("base_url", ["http://localhost", "https://localhost"])
def test_visitor_of_release_1_1_0_keeps_their_walks(app: Flask, base_url: str) -> None:
    before = app.test_client()
    before.post("/walks", data=TWO, base_url=base_url)
    old = as_in_1_1_0(jar(before))
    after = visit(app, {})
    for name, value in old.items():
        after.set_cookie(name, value, secure=base_url.startswith("https"))
    page = after.get("/mine", base_url=base_url)
    assert "a-fox-a-kite" in page.text
    name = cookie_name(app, "visitor", base_url=base_url)
    assert any(header.startswith(f"{name}=") for header in page.headers.getlist("Set-Cookie"))
    assert old.items() <= jar(after).items(), "so that a site that is rolled back still knows its visitors"


def test_forged_visitor_cookie_does_not_hide_the_true_one(app: Flask) -> None:
    before = app.test_client()
    before.post("/walks", data=TWO)
    old = as_in_1_1_0(jar(before))
    after = visit(app, {**old, cookie_name(app, "visitor"): "ImFubiI.forged"})
    assert "a-fox-a-kite" in after.get("/mine").text


def test_form_that_was_open_while_the_site_was_updated_is_taken(instance: Path) -> None:
    site = make_app(instance, WTF_CSRF_ENABLED=True)
    before = site.test_client()
    token = token_in(before.get("/").text)
    after = visit(site, as_in_1_1_0(jar(before)))
    assert after.post("/walks", data={**TWO, "csrf_token": token}).status_code == 303


def test_session_of_another_site_is_not_read(app: Flask, other: Flask) -> None:
    theirs = other.test_client()
    theirs.get("/")
    (value,) = (value for name, value in jar(theirs).items() if name.startswith("moma_session_"))
    with app.test_request_context(headers={"Cookie": f"moma_session={value}"}):
        assert dict(session) == {}


def test_curator_of_release_1_1_0_stays_signed_in_and_can_sign_out(app: Flask, curator: FlaskClient) -> None:
    after = visit(app, as_in_1_1_0(jar(curator)))
    assert after.get("/curator").status_code == 200
    assert cookie_name(app, "curator") in jar(after)
    after.post("/curator/sign-out")
    assert not any("curator" in name for name in jar(after))
    assert after.get("/curator").status_code == 303


@pytest.mark.settings(CURATOR_HASH=HASH)
def test_signing_out_leaves_the_cookie_of_another_site(app: Flask) -> None:
    client = visit(app, {"moma_curator": "x.another"})
    assert enter(client).status_code == 303
    client.post("/curator/sign-out")
    assert jar(client)["moma_curator"] == "x.another"
