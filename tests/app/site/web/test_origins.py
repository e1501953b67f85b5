"""Scripts of other sites' pages: those of the configured origins may use the API and read films, never with cookies."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from app.site.web import origins
from tests.conftest import make_app
from tests.support.rows import Maker

OURS, OTHER = "https://example.org", "https://example.com"
ALLOWED = "Access-Control-Allow-Origin"


def visit(instance: Path, allowed: str) -> FlaskClient:
    return make_app(instance, CORS_ORIGINS=allowed).test_client()


def cors_headers(headers: Headers) -> dict[str, str]:
    return {name: text for name, text in headers if name.startswith("Access-Control-")}


@pytest.mark.parametrize(
    ("setting", "origin", "allowed"),
    [
        ("", OURS, None), ("*", OURS, "*"), (OURS, OURS, OURS), (OURS, OTHER, None), (f"{OTHER}, {OURS}", OURS, OURS),
        (f"{OTHER} {OURS}", OURS, OURS), (f"{OTHER},* ", OURS, "*"), (OURS, f"{OURS}.evil.com", None),
        (OURS, "https://exampleXorg", None), (OURS, "http://example.org", None), ("*", "null", None),
        (OURS, "null", None),
    ],
)  # fmt: skip
def test_only_configured_origins_may_read(instance: Path, setting: str, origin: str, allowed: str | None) -> None:
    client = visit(instance, setting)
    for path in ("/api/v1/walks", "/feed.xml", "/api/v1/walks/nothing"):
        headers = client.get(path, headers={"Origin": origin}).headers
        assert headers.get(ALLOWED) == allowed
        assert "Access-Control-Allow-Credentials" not in headers
    assert client.post("/api/v1/walks", json={"stops": []}, headers={"Origin": origin}).headers.get(ALLOWED) == allowed


def test_preflight_of_a_request_with_a_token_is_answered(instance: Path) -> None:
    asked = {
        "Origin": OURS, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, x-evil",
    }  # fmt: skip
    answer = visit(instance, OURS).options("/api/v1/walks", headers=asked)
    assert answer.status_code == 200
    assert cors_headers(answer.headers) == {
        ALLOWED: OURS,
        "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key",
        "Access-Control-Allow-Methods": "DELETE, GET, HEAD, PATCH, POST",
        "Access-Control-Expose-Headers": ", ".join(origins.EXPOSED),
        "Access-Control-Max-Age": "600",
    }
    asked["Origin"] = "null"
    assert cors_headers(visit(instance, "*").options("/api/v1/walks", headers=asked).headers) == {}


@pytest.mark.parametrize("path", ["/", "/gallery", "/mine", "/curator"])
def test_pages_are_not_for_scripts_of_other_sites(instance: Path, path: str) -> None:
    answer = visit(instance, "*").get(path, headers={"Origin": OURS})
    assert cors_headers(answer.headers) == {}


def test_caches_keep_answers_to_origins_apart(client: FlaskClient, instance: Path, publish: Maker) -> None:
    path = f"/walks/{publish().id}.gif"
    assert "Origin" not in client.get(path).headers.get("Vary", "")
    for setting, vary, allowed in ((OURS, True, None), ("*", False, "*")):
        answer = visit(instance, setting).get(path)
        assert ("Origin" in answer.headers.get("Vary", ""), answer.headers.get(ALLOWED)) == (vary, allowed)
