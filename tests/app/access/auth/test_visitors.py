"""Who is asking: cookies that cannot be forged, tokens that can be derived again."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from app.access.auth import cookies, visitors
from app.requests.walk_requests.validation import validate
from app.storage.walk_models import Walk
from tests.conftest import SECRET, make_app
from tests.support import placing
from tests.support.cookies import cookie_name
from tests.support.rows import Maker

NEW = "another secret, long enough"
ASKED = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}


@pytest.fixture
def site(instance: Path) -> Flask:
    """Build an application and stay outside its contexts, as each request does."""
    return make_app(instance)


def cookie_of(app: Flask, *, base_url: str = "http://localhost") -> tuple[str, str, str]:
    """Become a visitor; return the cookie's name, value and attributes."""
    with app.test_request_context(base_url=base_url):
        secret = visitors.current()
        header = app.process_response(app.make_response("")).headers["Set-Cookie"]
        assert secret not in ("", None)
    name, _, rest = header.partition("=")
    value, _, attributes = rest.partition(";")
    return name, value, attributes


def secret_in(app: Flask, cookie: str, *, name: str = "", base_url: str = "http://localhost") -> str | None:
    name = name or cookie_name(app, "visitor")
    with app.test_request_context(base_url=base_url, headers={"Cookie": f"{name}={cookie}"}):
        return visitors.known()


def signed(value: object, *, secret: str = SECRET, salt: str = "visitor") -> str:
    text = URLSafeSerializer(secret, salt=salt).dumps(value)
    return text if isinstance(text, str) else text.decode()


def test_visitor_is_known_again_by_the_cookie(site: Flask) -> None:
    name, value, _ = cookie_of(site)
    assert name == cookie_name(site, "visitor")
    assert secret_in(site, value)


def test_cookie_stays_on_the_site_and_out_of_reach_of_scripts(site: Flask) -> None:
    _, _, attributes = cookie_of(site)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in attributes.split(";")}
    assert "Secure" not in attributes
    assert "Domain" not in attributes


def test_cookie_is_bound_to_the_host_over_https(site: Flask) -> None:
    name, value, attributes = cookie_of(site, base_url="https://localhost")
    assert name == "__Host-" + cookie_name(site, "visitor")
    assert "Secure" in attributes
    assert "Domain" not in attributes
    assert secret_in(site, value, name=name, base_url="https://localhost")
    assert secret_in(site, value, name=cookie_name(site, "visitor"), base_url="https://localhost") is None


def test_session_cookie_follows_the_same_rules(site: Flask) -> None:
    for base_url, name in (("http://localhost", "moma_session_"), ("https://localhost", "__Host-moma_session_")):
        with site.test_request_context(base_url=base_url):
            assert site.session_interface.get_cookie_name(site).startswith(name)
            assert site.session_interface.get_cookie_secure(site) == base_url.startswith("https")
    assert site.config["SESSION_COOKIE_HTTPONLY"]


def test_stranger_has_no_identity_and_gets_no_cookie(site: Flask) -> None:
    with site.test_request_context():
        assert visitors.known() is None
        assert "Set-Cookie" not in site.process_response(site.make_response("")).headers


@pytest.mark.parametrize(
    "cookie",
    ["x", "", "a.b.c", "\x80", signed("ann", secret=NEW), signed("ann", salt="gallery"), signed(["ann"]), signed(None),
     signed({"a": 1})],
)  # fmt: skip
def test_forged_cookie_identifies_no_one(site: Flask, cookie: str) -> None:
    assert secret_in(site, cookie) is None


def test_changed_cookie_identifies_no_one(site: Flask) -> None:
    _, value, _ = cookie_of(site)
    payload, _, signature = value.rpartition(".")
    for changed in (f"{payload}x.{signature}", f"{payload}.{signature[::-1]}", f"{payload}.", payload):
        assert secret_in(site, changed) is None


def test_visitor_is_known_after_the_key_was_changed(site: Flask, instance: Path) -> None:
    _, old, _ = cookie_of(site)
    changed = make_app(instance, SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[SECRET])
    assert secret_in(changed, old) == secret_in(site, old)
    _, new, _ = cookie_of(changed)
    assert secret_in(site, new) is None
    forgotten = make_app(instance, SECRET_KEY=NEW)
    assert secret_in(forgotten, old) is None
    assert secret_in(forgotten, new)


def test_cookie_is_signed_again_so_that_it_outlives_the_old_secret(site: Flask, instance: Path) -> None:
    _, old, _ = cookie_of(site)
    changed = make_app(instance, SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[SECRET])
    with changed.test_request_context(headers={"Cookie": f"moma_visitor={old}"}):
        secret = visitors.current()
        header = changed.process_response(changed.make_response("")).headers["Set-Cookie"]
    assert f"Max-Age={cookies.YEAR_SECONDS}" in header, "and lasts a year from here on"
    new = header.partition("=")[2].partition(";")[0]
    forgotten = make_app(instance, SECRET_KEY=NEW)
    assert secret_in(forgotten, new) == secret
    assert secret_in(forgotten, old) is None


def test_cookie_is_renewed_by_my_walks_alone(client: FlaskClient, walk: Walk) -> None:
    client.get("/")
    assert cookie_name(client.application, "visitor") in client.get("/mine").headers["Set-Cookie"]
    for address in ("/gallery", walk.url, "/about", "/api/v1/walks"):  # which caches may keep
        assert "Set-Cookie" not in client.get(address).headers


def test_owner_is_distinguished_from_others(request_walk: Maker) -> None:
    walk = request_walk(visitor="ann")
    assert visitors.owns("secret of ann", walk)
    for other in (None, "", "secret of ben", walk.owner_hash, walk.visitor, "狐"):
        assert not visitors.owns(other, walk)


def test_walk_without_a_visitor_has_no_owner(app: Flask) -> None:
    one, other = (placing.place(validate(ASKED), visitor_key="the house")[0] for _ in range(2))
    assert one.owner_hash != other.owner_hash
    assert not any(visitors.owns(secret, one) for secret in ("", "None", "the house", one.id, SECRET))
