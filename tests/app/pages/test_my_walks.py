"""My walks: all of one's own, of every state, in pages, and nobody else's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.commissions import intake
from app.commissions.validation import validate
from app.pages import my_walks
from app.storage.database import db, writing
from app.storage.walk_models import CANCELLED, FAILED, PAINTING, REFUSED, Walk
from app.walks import lifecycle

Hanger = Callable[..., Walk]


def ask(client: FlaskClient, *prompts: str, **fields: Any) -> str:
    """Commission a walk on the page; return its id."""
    answer = client.post("/walks", data={"prompt": list(prompts) or ["a fox", "a kite"], **fields})
    assert answer.status_code == 303
    return answer.headers["Location"].split("/")[-1].partition("-")[0]


def shown(page: str) -> list[str]:
    """Return the ids of the walks on a page, in order."""
    return list(dict.fromkeys(re.findall(r'class="picture" href="/walks/([a-z0-9]{16})', page)))


def test_stranger_is_told_that_nothing_is_theirs(client: FlaskClient, hung: Hanger) -> None:
    hung()
    answer = client.get("/mine")
    assert answer.status_code == 200
    assert "Nothing here is yours yet." in answer.text
    assert shown(answer.text) == []
    assert "Set-Cookie" not in answer.headers


def test_own_walks_of_every_state_are_shown_newest_first_with_their_state(client: FlaskClient) -> None:
    ids = [ask(client, "a fox", f"kite {number}", unlisted="1") for number in range(5)]
    states = {ids[0]: PAINTING, ids[1]: FAILED, ids[2]: CANCELLED, ids[3]: REFUSED}
    with writing() as session:
        for walk_id, state in states.items():
            session.execute(update(Walk).where(Walk.id == walk_id).values(state=state))
    page = client.get("/mine").text
    assert shown(page) == ids[::-1]
    for words in ("Being painted, 0 of 24", "Failed, can be painted on", "Cancelled", "Refused", "First in line"):
        assert words in page


def test_finished_walks_say_when_they_were_painted_and_whether_they_hang(app: Flask, hung: Hanger) -> None:
    for unlisted, ending in ((False, "2026"), (True, "unlisted")):
        walk = hung(unlisted=unlisted, visitor=f"ann {unlisted}")
        words = my_walks.state_words(walk, my_walks.fair_queue.place(walk))
        assert words.startswith("Painted on ")
        assert words.endswith(", unlisted") == (ending == "unlisted")


def test_walks_of_others_are_never_shown(app: Flask, client: FlaskClient, hung: Hanger) -> None:
    hung(visitor="ben")
    own = ask(client)
    assert shown(client.get("/mine").text) == [own]
    assert shown(app.test_client().get("/mine").text) == []


def test_forged_cookie_owns_nothing(app: Flask, client: FlaskClient) -> None:
    ask(client)
    forger = app.test_client()
    forger.set_cookie("moma_visitor", "ImFubiI.forged")
    assert shown(forger.get("/mine").text) == []


def test_walk_taken_down_is_no_longer_mine(client: FlaskClient) -> None:
    first, second = ask(client), ask(client)
    client.post(f"/walks/{first}/delete")
    assert shown(client.get("/mine").text) == [second]


def test_page_is_kept_by_no_cache_and_found_by_no_robot(client: FlaskClient) -> None:
    headers = client.get("/mine").headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in headers["Vary"]
    assert headers["X-Robots-Tag"] == "noindex"


def test_footer_of_every_page_leads_there(client: FlaskClient) -> None:
    for address in ("/", "/gallery", "/about", "/mine"):
        assert '<a href="/mine">Mine</a>' in client.get(address).text


def test_pages_lead_back_and_forth_over_all_walks_once(app: Flask, client: FlaskClient) -> None:
    app.config["PAGE_SIZE"] = 3
    ids = [ask(client, "a fox", f"kite {number}") for number in range(8)][::-1]
    address, seen, trail = "/mine", [], []
    while address:
        page = client.get(address).text
        trail.append(shown(page))
        seen += trail[-1]
        older = re.search(r'href="([^"]+)" rel="next"', page)
        newer = re.search(r'href="([^"]+)" rel="prev"', page)
        address = html.unescape(older[1]) if older else ""
    assert seen == ids
    assert [len(part) for part in trail] == [3, 3, 2]
    back = client.get(html.unescape(newer[1])).text
    assert shown(back) == trail[1]
    first = client.get(html.unescape(re.search(r'href="([^"]+)" rel="prev"', back)[1])).text
    assert shown(first) == trail[0]
    assert 'rel="prev"' not in first


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0.x", "é", "." * 500])
def test_forged_cursor_is_refused(client: FlaskClient, cursor: str) -> None:
    ask(client)
    answer = client.get("/mine", query_string={"cursor": cursor})
    assert answer.status_code == 422
    assert "This cursor was not made here." in answer.text


def test_cursor_of_another_visitor_is_refused(app: Flask, client: FlaskClient) -> None:
    app.config["PAGE_SIZE"] = 1
    ask(client)
    ask(client)
    cursor = html.unescape(re.search(r'href="([^"]+)" rel="next"', client.get("/mine").text)[1])
    other = app.test_client()
    ask(other)
    assert other.get(cursor).status_code == 422


def test_walks_made_through_the_api_belong_to_their_tokens(app: Flask, client: FlaskClient) -> None:
    own = ask(client)
    asked = validate({"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]})
    walk, _ = intake.place(asked, visitor_key="somebody", owner="a program's token")
    assert shown(client.get("/mine").text) == [own]
    lifecycle.cancel(walk)
    db.session.rollback()
