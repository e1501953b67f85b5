"""Parts of pages: scripts are given them, and who opens one comes to the whole page."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.site.web import fragments
from app.storage.walk_models import Walk

OPENED = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WHOLE = '<html lang="'
TOUCAN = 'class="toucan'


@pytest.mark.parametrize(
    ("headers", "is_opened"),
    [
        ({"Sec-Fetch-Mode": "navigate", **OPENED}, True),
        ({"Sec-Fetch-Mode": "cors", **OPENED}, False),
        ({"Sec-Fetch-Mode": "same-origin", "HX-Request": "true"}, False),
        (OPENED, True),
        ({"HX-Request": "true", **OPENED}, False),
        ({"Accept": "*/*"}, False),
        ({}, False),
    ],
)
def test_page_is_distinguished_from_a_part_by_the_headers(app: Flask, headers: dict[str, str], is_opened: bool) -> None:
    with app.test_request_context(headers=headers):
        assert fragments.is_opened() is is_opened


def test_opened_part_of_a_walk_leads_to_its_page(client: FlaskClient, walk: Walk) -> None:
    part = f"/walks/{walk.id}/live"
    assert WHOLE not in client.get(part).text
    answer = client.get(part, headers=OPENED)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    assert "Sec-Fetch-Mode" in answer.headers["Vary"], "no cache gives a script what was said to a browser"
    assert answer.headers["Location"] == walk.url
    assert WHOLE in client.get(walk.url).text


def test_missing_part_of_a_walk_is_answered_on_the_toucans_page(client: FlaskClient) -> None:
    answer = client.get("/walks/k7mz3vq9xw2hd8cf/live", headers=OPENED)
    assert answer.status_code == 404
    assert TOUCAN in answer.text
