"""My walks: all of one's own, of every state, in pages, and no one else's."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.auth import rate_limits
from app.collection.moderation import curation, reports
from app.requests.walk_requests.validation import validate
from app.site.pages import my_walks
from app.storage import media_store
from app.storage.database import db
from app.storage.house_models import Report
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, REFUSED, Frame, Stop, Walk
from app.walks.saved import lifecycle
from tests.conftest import make_app
from tests.support import placing
from tests.support.cookies import cookie_name
from tests.support.html import walks_on
from tests.support.rows import Maker, change


def ask(client: FlaskClient, *prompts: str, **fields: Any) -> str:
    """Request a walk on the page; return its id."""
    answer = client.post("/walks", data={"prompt": list(prompts) or ["a fox", "a kite"], **fields})
    assert answer.status_code == 303
    return answer.headers["Location"].split("/")[-1].partition("-")[0]


def test_stranger_learns_that_nothing_is_theirs(client: FlaskClient, walk: Walk) -> None:
    answer = client.get("/mine")
    assert answer.status_code == 200
    assert "Nothing here is yours yet." in answer.text
    assert walks_on(answer.text) == []
    assert "Set-Cookie" not in answer.headers


def test_own_walks_of_every_state_are_shown_newest_first_with_their_state(client: FlaskClient) -> None:
    ids = [ask(client, "a fox", f"kite {number}", unlisted="1") for number in range(5)]
    states = {ids[0]: PAINTING, ids[1]: FAILED, ids[2]: CANCELLED, ids[3]: REFUSED}
    for walk_id, state in states.items():
        change(Walk, Walk.id == walk_id, state=state)
    page = client.get("/mine").text
    assert walks_on(page) == ids[::-1]
    for words in ("Being painted, 0 of 24", "Failed, can be painted on", "Cancelled", "Refused", "First in line"):
        assert words in page


def test_finished_walks_say_when_they_were_painted_and_whether_public(app: Flask, publish: Maker) -> None:
    for unlisted, ending in ((False, "2026"), (True, "unlisted")):
        walk = publish(unlisted=unlisted, visitor=f"ann {unlisted}")
        words = my_walks.state_words(walk, my_walks.fair_queue.find_estimate(walk))
        assert words.startswith("Painted on ")
        assert words.endswith(", unlisted") == (ending == "unlisted")


def test_larger_film_says_its_size(app: Flask, publish: Maker) -> None:
    usual, larger = publish(), publish("a moth", "a star")
    change(larger, sampling={"enlarged": 2, "frame": [256, 256]}, width=256, height=256)
    for walk, has_size in ((usual, False), (larger, True)):
        words = my_walks.state_words(walk, my_walks.fair_queue.find_estimate(walk))
        assert words.endswith(". 256 × 256 pixels") == has_size


def test_photo_without_words_is_named_at_its_end_of_the_walk(client: FlaskClient, walk: Walk) -> None:
    change(Stop, Stop.walk_number == walk.number, Stop.position == 1, prompt="")
    page = client.get("/gallery").text
    assert '<bdi class="from">fox</bdi> <bdi class="to">photo</bdi>' in page


def test_walks_of_others_are_never_shown(app: Flask, client: FlaskClient, publish: Maker) -> None:
    publish(visitor="ben")
    own = ask(client)
    assert walks_on(client.get("/mine").text) == [own]
    assert walks_on(app.test_client().get("/mine").text) == []


def test_walk_taken_down_is_no_longer_mine(client: FlaskClient) -> None:
    first, second = ask(client), ask(client)
    client.post(f"/walks/{first}/delete")
    assert walks_on(client.get("/mine").text) == [second]


def test_page_is_kept_by_no_cache_and_found_by_no_robot(client: FlaskClient) -> None:
    headers = client.get("/mine").headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in headers["Vary"]
    assert headers["X-Robots-Tag"] == "noindex"


def test_navigation_of_every_page_leads_there(client: FlaskClient) -> None:
    for address in ("/", "/gallery", "/about", "/mine"):
        assert re.search(r'<nav .*<a href="/mine"[^>]*>My walks</a>.*</nav>', client.get(address).text, re.DOTALL)


def test_pages_lead_back_and_forth_over_all_walks_once(app: Flask, client: FlaskClient) -> None:
    app.config["PAGE_SIZE"] = 3
    ids = [ask(client, "a fox", f"kite {number}") for number in range(8)][::-1]
    address, seen, trail = "/mine", [], []
    while address:
        page = client.get(address).text
        trail.append(walks_on(page))
        seen += trail[-1]
        older = re.search(r'href="([^"]+)" rel="next"', page)
        newer = re.search(r'href="([^"]+)" rel="prev"', page)
        address = html.unescape(older[1]) if older else ""
    assert seen == ids
    assert [len(part) for part in trail] == [3, 3, 2]
    back = client.get(html.unescape(newer[1])).text
    assert walks_on(back) == trail[1]
    first = client.get(html.unescape(re.search(r'href="([^"]+)" rel="prev"', back)[1])).text
    assert walks_on(first) == trail[0]
    assert 'rel="prev"' not in first


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
    walk, _ = placing.place(asked, visitor_key="somebody", owner="a program's token")
    assert walks_on(client.get("/mine").text) == [own]
    lifecycle.cancel(walk)
    db.session.rollback()


SURE = {"sure": "1"}


def owner_of(client: FlaskClient) -> str:
    """Return the hash by which walks know the visitor."""
    walk_id = ask(client, "an owl", "a lamp")
    owner = db.session.scalar(select(Walk.owner_hash).where(Walk.id == walk_id))
    assert owner
    return owner


def given(walk: Walk, owner: str) -> Walk:
    """Set a walk's owner."""
    change(walk, owner_hash=owner)
    return walk


def test_form_that_deletes_all_asks_whether_one_is_sure_and_needs_no_script(client: FlaskClient) -> None:
    assert "/mine/delete" not in client.get("/mine").text, "a stranger has nothing to delete"
    own = ask(client)
    page = client.get("/mine").text
    assert '<form method="post" action="/mine/delete">' in page
    assert 'name="sure" value="1" required' in page
    answer = client.post("/mine/delete")
    assert answer.status_code == 422
    assert "Tick that you are sure: this cannot be undone." in html.unescape(answer.text)
    assert walks_on(answer.text) == [own]
    assert walks_on(client.get("/mine").text) == [own]


def test_all_own_walks_are_deleted(client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    owner, strangers = owner_of(client), publish("a bear", "a lamp")
    states = [*(given(publish("a fox", "a kite", seed=seed), owner) for seed in range(4))]
    for walk, state in zip(states, (PAINTING, FAILED, CANCELLED, REFUSED), strict=True):
        change(walk, state=state)
    unlisted, hidden = given(publish(unlisted=True), owner), given(publish("a pear", "a plum"), owner)
    curation.hide(hidden)
    client.post(f"/walks/{strangers.id}/report", data={"reason": "other", "words": "it hurts"})
    own = db.session.scalars(select(Walk).where(Walk.owner_hash == owner)).all()
    assert len(own) == 7
    answer = client.post("/mine/delete", data=SURE)
    assert answer.status_code == 200
    assert "7 walks and 1 report of yours are gone." in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    for walk in own:
        db.session.refresh(walk)
        assert walk.deleted_at is not None
        assert walk.state not in (PAINTING, "queued")
        assert not media_store.store().exists(media_store.walk_folder(walk.id))
        assert client.get(f"/walks/{walk.id}").status_code == 410
    assert db.session.scalar(select(Report)) is None
    assert "Nothing here is yours yet." in client.get("/mine").text
    assert client.get(strangers.url).status_code == 200
    assert "The operator of this site deleted it." in client.get(f"/walks/{hidden.id}").text, "whoever deleted it then"
    assert unlisted.deleted_at is not None


def test_deleting_all_again_finds_nothing(app: Flask, client: FlaskClient) -> None:
    ask(client)
    assert "Gone: 1 walk of yours." in client.post("/mine/delete", data=SURE).text
    assert "There was nothing of yours to delete." in client.post("/mine/delete", data=SURE).text
    answer = app.test_client().post("/mine/delete", data=SURE)
    assert "There was nothing of yours to delete." in answer.text
    assert "Set-Cookie" not in answer.headers, "a stranger stays one"


def test_what_others_made_from_it_stays_whole(client: FlaskClient, publish: Maker, request_walk: Maker) -> None:
    owner = owner_of(client)
    first = given(publish("a fox", "a kite", seed=5, frames=2), owner)
    after = publish("a kite", "the sea", continues=first.id, seed=5)
    remix = publish("a fox", "a pear", remix_of=first.id)
    repeat = request_walk("a fox", "a kite", seed=5, frames=2, visitor="ben")
    assert (repeat.state, repeat.repeat_of) == (FINISHED, first.id)
    assert client.post("/mine/delete", data=SURE).status_code == 200
    for walk in (after, remix, repeat):
        assert client.get(walk.url).status_code == 200
        assert first.id not in client.get(walk.url).text
        for frame in db.session.scalars(select(Frame).where(Frame.walk_number == walk.number)):
            assert media_store.store().read_bytes(frame.path) == b"frame"
        for kind in ("gif", "mp4", "webp"):
            with client.get(f"/walks/{walk.id}.{kind}") as film:
                assert film.data == kind.encode()
    assert client.get(f"/api/v1/walks/{after.id}").json["continues"] is None


def test_walks_of_others_and_of_tokens_stay(app: Flask, client: FlaskClient, publish: Maker) -> None:
    ask(client)
    other = app.test_client()
    theirs = ask(other)
    program = client.post("/api/v1/walks", json={"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}).json["id"]
    client.post("/mine/delete", data=SURE)
    assert walks_on(other.get("/mine").text) == [theirs]
    assert client.get(f"/walks/{program}").status_code == 200


def test_deleting_all_is_counted_by_the_hour(client: FlaskClient) -> None:
    most = rate_limits.DELETION.most[0]
    own = ask(client)
    for _ in range(most):
        assert client.post("/mine/delete").status_code == 422, "who is not sure is not counted"
    statuses = [client.post("/mine/delete", data=SURE).status_code for _ in range(most)]
    assert statuses == [200] * most
    kept = ask(client)
    answer = client.post("/mine/delete", data=SURE)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "10 attempts within an hour are as many as we take from one visitor." in answer.text
    assert walks_on(answer.text) == [kept] != [own]


def test_reports_of_before_a_change_of_the_secret_are_found(instance: Path, app: Flask, publish: Maker) -> None:
    walk, client = publish(), app.test_client()
    client.post(f"/walks/{walk.id}/report", data={"reason": "other", "words": "it hurts"})
    assert reports.count() == 1
    changed = make_app(instance, SECRET_KEY="another secret, long enough", SECRET_KEY_FALLBACKS=[app.secret_key])
    later = changed.test_client()
    later.set_cookie(name := cookie_name(app, "visitor"), client.get_cookie(name).value)
    assert "0 walks and 1 report of yours are gone." in later.post("/mine/delete", data=SURE).text
    assert reports.count() == 0
