"""Methods, kinds of body and addresses that the site does not know: refused in the form in which they came."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.storage.database import db
from app.storage.walk_models import Walk
from tests.conftest import make_app
from tests.support import routes
from tests.support.rows import Maker

pytestmark = pytest.mark.slow

EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "QUERY", "BREW", "X" * 500)
FORM = {"prompt": ["a fox", "a kite"]}


def addresses(app: Flask, walk: Walk) -> dict[str, set[str]]:
    """List each address of the site, for ``walk`` where it is a walk's, with the methods it knows."""
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(routes.fill(rule, walk_id=walk.id), set()).update(rule.methods or ())
    return found


@pytest.fixture
def strict(app: Flask, instance: Path) -> FlaskClient:
    """Visit an application that asks for form tokens, as the real one does."""
    return make_app(instance, WTF_CSRF_ENABLED=True).test_client()


def test_unknown_method_is_refused_with_the_allowed_ones(app: Flask, strict: FlaskClient, publish: Maker) -> None:
    known = addresses(app, publish())
    assert len(known) > 15
    for address, methods in known.items():
        for method in set(EVERY_METHOD) - methods:
            answer = strict.open(address, method=method)
            assert answer.status_code == 405, (method, address)
            allowed = answer.headers["Allow"].split(", ")
            assert sorted(allowed) == sorted(methods), address
            is_json = address.startswith("/api/") or address in ("/healthz", "/readyz", "/oembed", "/slideshow/films")
            assert answer.mimetype == ("application/problem+json" if is_json else "text/html")


def test_head_answers_as_get_does_without_the_body(client: FlaskClient, walk: Walk) -> None:
    for address in ("/", "/api", "/api/v1/walks", f"/api/v1/walks/{walk.id}", f"/walks/{walk.id}.gif", "/api/v1/x"):
        asked, head = client.get(address), client.head(address)
        assert (head.status_code, head.data) == (asked.status_code, b"")
        assert head.content_type == asked.content_type


@pytest.mark.parametrize("path", ["/api/v1/walks", "/api/v1/walks/x", "/api/v1/openapi.json", "/api", "/", "/walks"])
def test_options_says_which_methods_there_are(client: FlaskClient, path: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert "OPTIONS" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1", "/api/v1/", "/api//v1/walks", "/api/v1//walks", "/api/v1/%2e%2e/walks",
        "/api/v1/walks/%00", "/api/v1/walks/%ff%fe", "/api/v1/walks/%ed%a0%80", "/api/v1/walks/a/b",
        "/api/v1/%0d%0aX-Evil:1", "/api/v1/openapi.yaml", "/api/v1/openapi.yaml/", "/api/v1/" + "x" * 3000,
        "/api/v1/%F0%9F%A6%8A", "/api/v1/nothing", "/api/v2/walks", "/api/v2/walks/",
    ],
)  # fmt: skip
def test_address_that_is_none_is_answered_as_json(client: FlaskClient, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = client.open(path, method=method)
        assert answer.status_code == 404 or (method == "POST" and answer.status_code == 405), method
        assert answer.content_type == "application/problem+json"
        assert answer.json["detail"]


@pytest.mark.parametrize("accept", ["text/html", "image/png;q=0", "", "*/*;q=0", "nonsense", "\xff"])
def test_api_answers_json_whatever_is_asked_for(client: FlaskClient, accept: str) -> None:
    assert client.get("/api/v1/walks", headers={"Accept": accept}).content_type == "application/json"
    assert client.get("/api/v1/x", headers={"Accept": accept}).content_type == "application/problem+json"


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "x", "json", "\xff", "a/b;" * 200],
)
def test_api_reads_json_only_and_says_so(client: FlaskClient, kind: str | None) -> None:
    answer = client.post("/api/v1/walks", data='{"stops": []}', content_type=kind)
    assert (answer.status_code, answer.content_type) == (415, "application/problem+json")
    assert answer.json["detail"] == "This address reads JSON. Send it as application/json."


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/json;charset=x", "APPLICATION/JSON"])
def test_json_by_any_name_is_read(client: FlaskClient, kind: str) -> None:
    body = json.dumps({"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]})
    assert client.post("/api/v1/walks", data=body, content_type=kind).status_code == 202


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml", "image/png", "nonsense"])
@pytest.mark.parametrize("path", ["/", "/walks", "/walks/x/cancel"])
def test_page_reads_forms_only_and_says_where_programs_go(strict: FlaskClient, path: str, kind: str) -> None:
    answer = strict.post(path, data=json.dumps(FORM), content_type=kind)
    assert (answer.status_code, answer.mimetype) == (415, "text/html")
    assert "This address reads forms, as a browser sends them. Programs find another at /api." in answer.text
    assert db.session.scalar(select(func.count()).select_from(Walk)) == 0


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_page_reads_both_kinds_of_form(client: FlaskClient, kind: str) -> None:
    assert client.post("/walks", data=FORM, content_type=kind).status_code == 303
