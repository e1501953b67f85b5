"""Headers of every answer: over https, browsers are asked to come back by https only."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import make_app

HSTS = "Strict-Transport-Security"


@pytest.mark.parametrize("path", ["/about", "/nothing", "/healthz", "/api/v1/walks/x", "/static/site.css"])
def test_hsts_is_sent_once_and_over_https_only(client: FlaskClient, path: str) -> None:
    with client.get(path, base_url="https://walks.example") as secure, client.get(path) as plain:
        assert secure.headers.getlist(HSTS) == ["max-age=31536000"]
        assert plain.headers.getlist(HSTS) == []


def test_https_that_ends_at_a_proxy_counts(instance: Path) -> None:
    behind = make_app(instance, PROXIES=1).test_client()
    assert behind.get("/about", headers={"X-Forwarded-Proto": "https"}).headers[HSTS]
    assert (
        make_app(instance).test_client().get("/about", headers={"X-Forwarded-Proto": "https"}).headers.get(HSTS) is None
    )


@pytest.mark.parametrize(("seconds", "header"), [(300, ["max-age=300"]), (0, [])])
def test_for_how_long_is_a_setting(instance: Path, seconds: int, header: list[str]) -> None:
    client = make_app(instance, HSTS_SECONDS=seconds).test_client()
    assert client.get("/about", base_url="https://walks.example").headers.getlist(HSTS) == header
