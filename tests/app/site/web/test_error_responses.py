"""Errors: pages that help for people, problem documents for programs, and nothing that should stay inside."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import abort
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core.errors import Conflict, MediaError
from app.site.web.error_responses import DETAILS, PICTURES_AWAY, TITLES
from app.storage.database import db
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from tests.conftest import inside, make_app
from tests.support.rows import Maker

STATUSES = (400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 416, 422, 429, 500, 503)


@pytest.fixture
def broken(instance: Path) -> FlaskClient:
    """Build an application with addresses at which things go wrong, for people and for programs."""
    app = make_app(instance)

    def abort_with(status: int) -> None:
        abort(status)

    def fail(how: str) -> None:
        raise {
            "bug": ValueError("the secret plan"),
            "store": MediaError("walks/x/film.gif could not be read"),
            "conflict": Conflict("Only a walk that waits can be cancelled."),
            "database": OperationalError("SELECT secret", {}, Exception("the password was wrong")),
        }[how]

    for prefix in ("", "/api/v1"):
        app.add_url_rule(f"{prefix}/abort/<int:status>", f"{prefix}abort", abort_with)
        app.add_url_rule(f"{prefix}/fail/<how>", f"{prefix}fail", fail)
    return app.test_client()


@pytest.mark.parametrize("status", STATUSES)
def test_each_error_has_a_page_that_says_what_happened_and_where_to_go(broken: FlaskClient, status: int) -> None:
    answer = broken.get(f"/abort/{status}")
    page = answer.text
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert str(status) in page
    assert 'href="/gallery"' in page
    if status in TITLES:
        assert TITLES[status] in page
    assert "Something went wrong" not in page or status == 409


@pytest.mark.parametrize("status", STATUSES)
def test_each_error_has_a_problem_document(broken: FlaskClient, status: int) -> None:
    answer = broken.get(f"/api/v1/abort/{status}")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize(
    ("how", "status", "said", "log"),
    [
        ("bug", 500, DETAILS[500], "the secret plan"),
        ("database", 503, "", "The database does not answer on {}/fail/database: the password was wrong"),
        ("store", 503, PICTURES_AWAY, ""),
    ],
)
def test_own_faults_are_logged_not_shown(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture, prefix: str, how: str, status: int, said: str, log: str
) -> None:
    answer = broken.get(f"{prefix}/fail/{how}")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, None if how == "bug" else "5")
    assert said in answer.text
    assert [word for word in ("secret", "password", "film.gif") if word in answer.text] == []
    assert log.format(prefix) in caplog.text
    if how == "database":
        assert [record.getMessage() for record in caplog.records] == [log.format(prefix)]
        assert "Traceback" not in caplog.text


def test_address_writes_no_line_of_its_own_into_the_log(broken: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    assert broken.get("/fail/x%0AERROR all is lost").status_code == 404
    assert broken.get("/fail/x%E2%80%A8ERROR all is lost").status_code == 500
    assert [record.getMessage() for record in caplog.records] == [
        "Unexpected error on /fail/x%E2%80%A8ERROR%20all%20is%20lost"
    ]


@pytest.mark.parametrize("host", ["a..b", "a" * 64, "a" * 3000])
@pytest.mark.parametrize("path", ["/", "/api/v1/walks", "/nothing"])
def test_host_that_is_no_name_is_refused(client: FlaskClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_error_of_ours_says_its_own_words(broken: FlaskClient) -> None:
    assert "Only a walk that waits can be cancelled." in broken.get("/fail/conflict").text
    assert broken.get("/api/v1/fail/conflict").status_code == 409


def test_page_is_closed_for_a_moment_when_the_database_is_gone(tmp_path: Path) -> None:
    with inside(make_app(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'nowhere' / 'moma.sqlite'}")) as app:
        client = app.test_client()
        for path in ("/", "/gallery", "/walks/" + "a" * 16):
            assert client.get(path).status_code == 503
        assert client.post("/walks", data={"prompt": ["a fox", "a kite"]}).status_code == 503
        assert client.get("/api/v1/walks").content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/walks/" + "a" * 16, 404),
        ("/walks", 405),
        ("/static/nothing.css", 404),
        ("/walks/x.gif", 404),
    ],
)
def test_address_without_anything_is_answered_with_a_page(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")


def test_deleted_walk_is_gone_at_each_of_its_addresses(client: FlaskClient, walk: Walk) -> None:
    address = f"/walks/{walk.id}"
    lifecycle.delete_walk(walk)
    for path in (address, *(address + end for end in ("/live", ".gif", ".mp4", ".png", ".json", "/frames/0.png"))):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "Its owner deleted it" in answer.text


@pytest.mark.parametrize("address", ["/nothing?<script>alert(1)</script>", "/<script>alert(1)</script>"])
def test_error_page_repeats_nothing_that_could_run(client: FlaskClient, address: str) -> None:
    assert "<script>alert" not in client.get(address).text


def test_every_error_has_a_title_of_ours() -> None:
    assert set(STATUSES) - {409} <= set(TITLES)


def test_damaged_index_fails_searches_alone(
    client: FlaskClient, publish: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    walk = publish("a fox", "a kite")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE hung_words_data SET block = x'ffffffffffffffffffffffffffff' WHERE id > 10"))
    client.application.testing = False
    answer = client.get("/api/v1/walks?q=fox")
    assert answer.status_code == 503, answer.text
    (record,) = [record for record in caplog.records if record.name == "app.site.web.error_responses"]
    assert "database disk image is malformed" in record.message
    assert record.exc_info is None
    assert walk.id in client.get("/gallery").text


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/gallery/", "/gallery"), ("/gallery//?q=%22a+fox%22&sort=oldest", "/gallery?q=%22a+fox%22&sort=oldest"),
        ("/about/", "/about"), ("/api/", "/api"), ("/api/v1/walks/?q=a%20fox", "/api/v1/walks?q=a%20fox"),
        ("/api/v1/walks%2F", "/api/v1/walks"), ("/api/v1/openapi.json/", "/api/v1/openapi.json"),
        ("//gallery/", "/gallery"), ("/nowhere/", None), ("//example.org/", None), ("/\\example.org/", None),
        ("/gallery%2F%2Fx/", None),
    ],
)  # fmt: skip
def test_trailing_slash_is_redirected_on_this_host(client: FlaskClient, asked: str, leads_to: str | None) -> None:
    path, _, query = asked.partition("?")
    answer = client.get("/", environ_overrides={"PATH_INFO": unquote(path), "QUERY_STRING": query})
    assert (answer.status_code, answer.headers.get("Location")) == (308 if leads_to else 404, leads_to)


def test_request_for_a_walk_at_an_address_with_a_slash_is_repeated_at_the_right_one(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks/", json={"stops": []})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/v1/walks")
