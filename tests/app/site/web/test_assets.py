"""How long browsers may keep static files."""

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient


@pytest.fixture
def hashed(app: Flask) -> str:
    """Return the address of the stylesheet as pages link it."""
    with app.test_request_context():
        return url_for("static", filename="site.css")


def lifetime(client: FlaskClient, address: str, **headers: str) -> str | None:
    """Return the Cache-Control of an address."""
    with client.get(address, headers=headers) as response:
        return response.headers.get("Cache-Control")


def test_static_file_is_kept_for_a_year_by_the_hash_of_its_content(client: FlaskClient, hashed: str) -> None:
    assert "?v=" in hashed
    assert lifetime(client, hashed) == "public, max-age=31536000, immutable"


def test_static_file_is_revalidated_at_the_hash_of_another_release(client: FlaskClient, hashed: str) -> None:
    old = hashed[:-1] + ("0" if hashed[-1] != "0" else "1")
    assert lifetime(client, old) == "no-cache"
    with client.get(hashed) as response:
        etag = response.headers["ETag"]
    assert lifetime(client, old, **{"If-None-Match": etag}) == "no-cache"


def test_static_file_is_kept_for_an_hour_without_a_hash(client: FlaskClient, hashed: str) -> None:
    assert lifetime(client, hashed.partition("?")[0]) == "public, max-age=3600"


def test_missing_static_file_is_not_kept_for_good(client: FlaskClient) -> None:
    assert "immutable" not in (lifetime(client, "/static/nothing.css?v=0123456789") or "")
