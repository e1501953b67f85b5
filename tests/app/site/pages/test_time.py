"""The part of the form that says how long the walk takes: asked for by the script, and by a button without it."""

import re

import pytest
from flask.testing import FlaskClient

from app.walks.queue import jobs

PRESS = re.compile(r'<div id="time"[^>]*>(.*?)</div>', re.DOTALL)
LONG = {"frames": "240", "size": "512", "preset": "exact"}
pytestmark = pytest.mark.usefixtures("living")


def test_part_is_that_of_the_page_with_the_same_fields(client: FlaskClient) -> None:
    for query in ({}, {"frames": "60"}, LONG, {"prompt": ["", "", ""]}):
        part = client.get("/time", query_string=query)
        assert part.headers["Cache-Control"] == "private, no-cache"
        page = client.get("/", query_string=query).text
        assert PRESS.search(page)[1].strip() == part.text.strip()


def test_part_opened_as_a_page_leads_to_the_form(client: FlaskClient) -> None:
    query = LONG | {"prompt": ["", ""], "endpoint": "x", "_external": "1"}
    answer = client.get("/time", query_string=query, headers={"Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/?frames=240")


def test_without_javascript_a_button_tells_the_time_of_the_changed_options(client: FlaskClient) -> None:
    fields = LONG | {"prompt": ["a fox", "a kite"]}
    page = client.post("/", data=fields | {"edit": "time"}).text
    assert PRESS.search(page)[1].strip() == client.get("/time", query_string=LONG).text.strip()
    assert 'name="prompt" rows="1"' in page
    assert ">a fox</textarea>" in page
    assert '<details id="more" open>' in page


def test_shorter_choice_is_a_button_that_makes_it(client: FlaskClient) -> None:
    part = client.get("/time", query_string=LONG).text
    commands = re.findall(r'name="edit" value="(set-[^"]+)"', part)
    assert commands
    for command in commands:
        _set, option, value = command.split("-")
        page = client.post("/", data=LONG | {"prompt": ["a fox", "a kite"], "edit": command}).text
        assert re.search(rf'name="{option}" value="{value}"[^>]* checked', page)
        assert ">a fox</textarea>" in page


def test_estimate_while_no_worker_lives_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "workers", list)
    part = client.get("/time").text
    assert "The painter is away just now. Once it is back: about" in part


@pytest.mark.parametrize("model", ["", "none such", "<b>"])
def test_any_model_is_answered(client: FlaskClient, model: str) -> None:
    assert client.get("/time", query_string={"model": model}).status_code == 200
