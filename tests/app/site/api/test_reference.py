"""The page for programs: it says all that the OpenAPI document says, in words."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.site.api.reference import coded, kind
from tests.conftest import make_app


@pytest.fixture
def page(client: FlaskClient) -> str:
    return unescape(client.get("/api").text)


def test_page_names_every_address_field_and_status(client: FlaskClient, page: str) -> None:
    document = client.get("/api/v1/openapi.json").json
    for address, methods in document["paths"].items():
        assert f"<code>{address}</code>" in page
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
            section = page.partition(f'id="{operation["operationId"]}"')[2].partition("</section>")[0]
            assert operation["summary"] in section
            for status in operation["responses"]:
                assert f'<th scope="row">{status}</th>' in section
            for needed in operation.get("security", []):
                assert all(f"<code>{scope}</code>" in section for scope in needed.get("token", []))
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in section
    for component in ("Commission", "NewWalk", "WalkList", "Problem"):
        for field in document["components"]["schemas"][component]["properties"]:
            assert f"<code>{field}</code>" in page


def test_limits_on_the_page_are_those_of_the_settings(instance: Path) -> None:
    page = make_app(instance, STOPS_MAX=3, PROMPT_MAX=10, FRAMES_DEFAULT=7, FRAMES_MAX=9).test_client().get("/api").text
    for words in ("list, 2 to 3", "text, 1 to 10 characters", "whole number, 2 to 9, or null", "default 7"):
        assert f"<td>{words}</td>" in page


def test_examples_ask_the_site_that_shows_them(client: FlaskClient) -> None:
    page = client.get("/api", base_url="https://moma.example").text
    assert "site=https://moma.example\n" in page
    assert "localhost" not in page


def test_host_that_is_no_host_cannot_break_out_of_the_page(client: FlaskClient) -> None:
    answer = client.get("/api", headers={"Host": "x</code><b>$(id)"})
    assert "<b>$(id)" not in answer.text


def test_page_has_no_script_and_is_found_from_every_foot(client: FlaskClient, page: str) -> None:
    assert "<script" not in page
    for address in ("/", "/gallery", "/about", "/nowhere"):
        assert '<a href="/api">API</a>' in client.get(address).text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "boolean"}, "true or false"),
        ({"type": "string", "maxLength": 9}, "text, at most 9 characters"),
        ({"type": "string", "format": "date-time"}, "time, ISO 8601"),
        ({"type": "string", "enum": ["a", "b"]}, "one of a, b"),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}], "minimum": 2, "maximum": 9},
            "whole number, 2 to 9, or null",
        ),
        ({"type": "number", "minimum": 0, "maximum": 1}, "number, 0 to 1"),
        ({"$ref": "#/components/schemas/Films"}, "object"),
    ],
)
def test_kinds_are_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert kind(schema) == words


def test_backticks_are_code_and_the_rest_is_text() -> None:
    assert coded("a `b` <c>") == "a <code>b</code> &lt;c&gt;"
