"""Walks that were taken down, hidden or unlisted: no address of theirs answers, and no page of others names them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import changing, curating, stored, walks
from app.models import Walk

pytestmark = pytest.mark.databases

Hanger = Callable[..., Walk]


def addresses(app: Flask, walk: Walk) -> set[str]:
    """List all that can be read of a walk, its pictures by their own hashes among it."""
    filled = {"walk_id": walk.id, "index": 0, "kind": "gif", "extension": "gif", "form": "sheet"}
    found = {
        re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda match: str(filled.get(match[1], "x")), rule.rule)
        for rule in app.url_map.iter_rules()
        if "walk_id" in rule.arguments and "GET" in (rule.methods or ()) and not rule.rule.startswith("/office")
    }
    films = {stored.address(walk, kind) for kind in walk.media}
    return {*found, *films, *(stored.still_address(walk, frame) for frame in walk.painted), walk.url}


@pytest.fixture
def family(hung: Hanger) -> tuple[Walk, list[Walk]]:
    """Hang a walk, and others that stand beside it in every way that pages know."""
    walk = hung("a kite", "the sea", seed=5)
    others = [
        hung("a fox", "a kite"),
        hung("the sea", "a ship"),
        hung("a bear", "a lamp", remix_of=walk.id),
        hung("the sea", "a lamp", continues=walk.id, seed=5),
    ]
    return walk, others


@pytest.mark.parametrize("take_away", [walks.delete_walk, curating.hide])
def test_nothing_of_a_walk_answers_once_it_was_taken_down(
    app: Flask, client: FlaskClient, hung: Hanger, take_away: Callable[[Walk], None]
) -> None:
    walk = hung()
    found = addresses(app, walk)
    assert len(found) > 12
    take_away(walk)
    answers = {address: client.get(address).status_code for address in found}
    assert {address: status for address, status in answers.items() if status not in (404, 410)} == {}
    assert answers[walk.url.partition("-")[0]] == 410
    assert client.get(f"/oembed?url=http://localhost/walks/{walk.id}").status_code == 404


@pytest.mark.parametrize(
    "take_away",
    [walks.delete_walk, curating.hide, lambda walk: changing.apply(walk, changing.validate({"unlisted": True}))],
)
def test_no_other_page_names_it(
    client: FlaskClient, family: tuple[Walk, list[Walk]], take_away: Callable[[Walk], None]
) -> None:
    walk, others = family
    pages = [each.url for each in others] + [f"/api/v1/walks/{each.id}" for each in others]
    assert all(walk.id in client.get(page).text for page in (pages[0], pages[1], pages[2], pages[3]))
    take_away(walk)
    for page in [*pages, "/", "/gallery", "/gallery?q=kite", "/feed.xml", "/api/v1/walks", "/sitemap.xml"]:
        assert walk.id not in client.get(page).text, page
