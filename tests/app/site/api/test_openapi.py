"""The OpenAPI document: whole, true to the settings, and true to what is answered."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.access.auth import api_tokens
from app.site.api import openapi
from app.walks.saved import lifecycle
from tests.conftest import make_app
from tests.support.raising import raising
from tests.support.rows import Maker

pytestmark = pytest.mark.slow

ADDRESS = "/api/v1/openapi.json"
ASKED = {"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}], "seed": 11, "frames": 24}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return dict(client.get(ADDRESS).json)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            yield address, method, operation


def errors_in(instance: Any, name: str, document: dict[str, Any], *, closed: bool = False) -> list[str]:
    """Hold a value to a component; ``closed`` takes no field that the component does not list."""
    schemas = {
        key: schema | ({"additionalProperties": False} if closed and "properties" in schema else {})
        for key, schema in document["components"]["schemas"].items()
    }
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [str(error) for error in validator.iter_errors(instance)]


def promised(answer: TestResponse, document: dict[str, Any]) -> list[str]:
    """List where an answer breaks what the document promises for its address: status, kind, headers, fields."""
    address = re.sub(r"/walks/[^/]+", "/walks/{walk_id}", answer.request.path)
    response = document["paths"][address][answer.request.method.lower()]["responses"][str(answer.status_code)]
    missing = [name for name in response.get("headers", {}) if name not in answer.headers]
    if "content" not in response:
        return missing + ([] if answer.data == b"" else ["a body"])
    ((kind, content),) = response["content"].items()
    if answer.content_type != kind:
        return [f"sent as {answer.content_type}"]
    return missing + errors_in(answer.json, content["schema"]["$ref"].rpartition("/")[2], document, closed=True)


def test_document_is_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert errors_in(document, "Document", document) == []
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema)
        assert schema["description"], name


def test_every_address_of_the_api_is_in_it_with_its_methods(app: Flask, document: dict[str, Any]) -> None:
    known = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert {(address, method) for address, method, _ in operations(document)} == known


def test_every_operation_has_a_name_of_its_own_and_words(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for _, _, operation in operations(document):
        assert operation["summary"]
        assert all(response["description"] for response in operation["responses"].values())
        assert all(parameter["description"] for parameter in operation["parameters"])


def test_every_field_has_words(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, definition in schema["properties"].items():
            assert "$ref" in definition or definition.get("description"), f"{name}.{field}"
            assert "\n" not in definition.get("description", "")


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = re.findall(r"'\$ref': '#/components/(\w+)/([\w-]+)'", str(document))
    assert len(references) > 20
    for kind, name in references:
        assert name in document["components"][kind]
    links = [
        link["operationId"]
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    assert set(links) <= {operation["operationId"] for _, _, operation in operations(document)}


def test_every_example_keeps_to_its_schema(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for example in schema["examples"]:
            assert errors_in(example, name, document) == []


def test_recipe_of_a_film_is_answered_as_a_request(document: dict[str, Any]) -> None:
    paths = document["paths"]
    requested = paths["/api/v1/walks"]["post"]["requestBody"]["content"]["application/json"]
    assert paths["/api/v1/recipe"]["post"]["responses"]["200"]["content"]["application/json"] == requested


def test_example_of_a_request_is_accepted(client: FlaskClient, document: dict[str, Any]) -> None:
    (example,) = document["components"]["schemas"]["Commission"]["examples"]
    assert client.post("/api/v1/walks", json=example).status_code == 202


def test_limits_are_those_of_the_settings(instance: Path) -> None:
    app = make_app(instance, STOPS_MAX=3, PROMPT_MAX=10, FRAMES_DEFAULT=7, FRAMES_MAX=9, PAGE_SIZE=5, BODY_MAX=5000)
    client = app.test_client()
    document = client.get(ADDRESS).json
    properties = document["components"]["schemas"]["Commission"]["properties"]
    stop = document["components"]["schemas"]["StopWanted"]["properties"]
    (limit,) = [each for each in document["paths"]["/api/v1/walks"]["get"]["parameters"] if each["name"] == "limit"]
    assert document["paths"]["/api/v1/walks"]["post"]["responses"]["413"]["description"].endswith(" 5,000 bytes.")
    assert (properties["stops"]["minItems"], properties["stops"]["maxItems"]) == (2, 3)
    assert (properties["frames"]["minimum"], properties["frames"]["maximum"]) == (2, 9)
    assert properties["frames"]["default"] == 7
    assert (stop["prompt"]["minLength"], stop["prompt"]["maxLength"]) == (1, 10)
    assert stop["negative_prompt"]["maxLength"] == 10
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 5, "examples": [20]}


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({}, True), ({"frames": 240}, True), ({"frames": 241}, False), ({"frames": 1}, False),
        ({"seed": 2**32 - 1}, True), ({"seed": 2**32}, False), ({"seed": -1}, False), ({"seed": None}, True),
        ({"stops": [{"prompt": "a"}]}, False),
        ({"stops": [{"prompt": prompt} for prompt in ("a fox", "a kite") * 4]}, True),
        ({"stops": [{"prompt": str(index)} for index in range(9)]}, False), ({"unlisted": 1}, False),
        ({"stops": [{"prompt": "a" * 300}, {"prompt": "b"}]}, True), ({"x": 1}, False),
        ({"stops": [{"prompt": "a" * 301}, {"prompt": "b"}]}, False), ({"stops": [{"prompt": ""}, {}]}, False),
    ],
)  # fmt: skip
def test_document_and_validation_agree(
    client: FlaskClient, document: dict[str, Any], change: dict[str, Any], is_kept: bool
) -> None:
    body = ASKED | change
    assert (errors_in(body, "Commission", document) == []) is is_kept
    assert client.post("/api/v1/walks", json=body).status_code == (202 if is_kept else 422)


def test_every_answer_is_what_was_promised(client: FlaskClient, document: dict[str, Any], publish: Maker) -> None:
    finished, gone = publish(visitor="ann"), publish()
    lifecycle.delete_walk(gone)
    new = client.post("/api/v1/walks", json=ASKED)
    address = f"/api/v1/walks/{finished.id}"
    etag = {"If-None-Match": client.get(address).headers["ETag"]}
    token = {"Authorization": f"Bearer {new.json['owner_token']}"}
    program = {"Authorization": f"Bearer {api_tokens.create('press', scopes=('walks:read', 'walks:curate'))[1]}"}
    answers = [
        new,
        client.post("/api/v1/walks", data="{", content_type="application/json"),
        client.post("/api/v1/walks", data="x" * 1_000_001, content_type="application/json"),
        client.post("/api/v1/walks", data="{}", content_type="text/plain"),
        client.post("/api/v1/walks", json={"stops": []}),
        client.get("/api/v1/walks"),
        client.get("/api/v1/walks?q=fox&limit=1"),
        client.get("/api/v1/walks?limit=0"),
        client.get(address),
        client.get(new.headers["Location"]),
        client.get(address, headers=etag),
        client.get("/api/v1/walks/x"),
        client.get(f"/api/v1/walks/{gone.id}"),
        client.patch(address, json={"title": "Breakfast"}),
        client.patch(address, json={"title": "Breakfast"}, headers=token),
        client.patch("/api/v1/walks/x", json={}),
        client.patch(f"/api/v1/walks/{gone.id}", json={}),
        client.patch(new.headers["Location"], json={"title": "Breakfast", "unlisted": True}, headers=token),
        client.patch(new.headers["Location"], json={"unlisted": None}, headers=token),
        client.patch(new.headers["Location"], data="{", content_type="application/json", headers=token),
        client.patch(new.headers["Location"], data="{}", content_type="text/plain", headers=token),
        client.patch(new.headers["Location"], data="x" * 1_000_001, content_type="application/json", headers=token),
        client.delete(address),
        client.delete(address, headers=token),
        client.delete("/api/v1/walks/x"),
        client.delete(f"/api/v1/walks/{gone.id}"),
        client.delete(new.headers["Location"], headers=token),
        client.get(ADDRESS),
        client.post("/api/v1/walks", json=ASKED, headers=program),
        client.post("/api/v1/walks", json=ASKED, headers={"Authorization": "Bearer moma_unknown"}),
        client.get("/api/v1/mine"),
        client.get("/api/v1/mine", headers=program),
        client.get("/api/v1/mine?limit=0", headers=program),
        client.patch(f"{address}/curation", json={"hidden": True}),
        client.patch(f"{address}/curation", json={"hidden": False, "featured": True}, headers=program),
        client.patch(f"{address}/curation", json={"hidden": True, "featured": True}, headers=program),
        client.patch(f"{address}/curation", data="{", content_type="application/json", headers=program),
        client.patch(f"{address}/curation", data="{}", content_type="text/plain", headers=program),
        client.patch(f"/api/v1/walks/{gone.id}/curation", json={}, headers=program),
        client.patch("/api/v1/walks/x/curation", json={}, headers=program),
        client.delete(address, headers=program),
    ]
    assert [promised(answer, document) for answer in answers] == [[] for _ in answers]
    seen = {(answer.request.method, answer.status_code) for answer in answers}
    assert {status for _, status in seen} == {200, 202, 204, 304, 400, 401, 403, 404, 410, 413, 415, 422}


def test_failures_are_what_was_promised(
    tmp_path: Path, document: dict[str, Any], client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = make_app(
        tmp_path / "closed", DATABASE_URL=f"sqlite:///{tmp_path / 'nowhere' / 'moma.sqlite'}"
    ).test_client()
    answer = closed.get("/api/v1/walks")
    assert (answer.status_code, promised(answer, document)) == (503, [])

    monkeypatch.setattr("app.collection.gallery.catalogue.page", raising(ValueError))
    answer = client.get("/api/v1/walks")
    assert (answer.status_code, promised(answer, document)) == (500, [])


def test_document_says_which_token_each_operation_asks_for(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {name: schemes[name]["scheme"] for name in schemes} == {"owner": "bearer", "token": "bearer"}
    assert all(f"`{scope}`" in schemes["token"]["description"] for scope in api_tokens.SCOPES)
    locked = {operation["operationId"]: operation.get("security") for _, _, operation in operations(document)}
    asked = {name: security for name, security in locked.items() if security is not None}
    assert asked == {
        "takeWalkDown": [{"owner": []}, {"token": ["walks:edit"]}, {"token": ["walks:curate"]}],
        "changeWalk": [{"owner": []}, {"token": ["walks:edit"]}],
        # who brings a token of their own owns the walk by it, and who brings none gets one
        "commissionWalk": [{}, {"owner": []}, {"token": ["walks:create"]}],
        "repaintWalk": [{}, {"owner": []}, {"token": ["walks:create"]}],
        "bringPicture": [{}, {"owner": []}, {"token": ["walks:create"]}],
        "uploadSound": [{}, {"owner": []}, {"token": ["walks:create"]}],
        "readSound": [{"owner": []}, {"token": ["walks:create"]}],
        "deleteSound": [{"owner": []}, {"token": ["walks:create"]}],
        "captionPicture": [{"owner": []}, {"token": ["walks:create"]}],
        "askForCandidates": [{}, {"owner": []}, {"token": ["walks:create"]}],
        "describeCandidates": [{"owner": []}, {"token": ["walks:create"]}],
        "askForMoreCandidates": [{"owner": []}, {"token": ["walks:create"]}],
        "deleteCandidates": [{"owner": []}, {"token": ["walks:create"]}],
        "listOwnWalks": [{"token": ["walks:read"]}],
        "curateWalk": [{"token": ["walks:curate"]}],
    }


def test_document_is_written_once(app: Flask) -> None:
    assert openapi.document()["paths"] is openapi.document()["paths"]
