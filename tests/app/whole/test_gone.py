"""Walks that were taken down, hidden or unlisted: no address of theirs answers, and no page of others names them."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, delete, event, update

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import curation
from app.collection.search import ranking, vector_index, visual_search
from app.requests.walk_requests import walk_edits
from app.storage.database import db, now, writing
from app.storage.walk_models import CANCELLED, FAILED, PAINTING, QUEUED, REFUSED, Medium, Stop, VisualFeatures, Walk
from app.walks.saved import lifecycle, media_urls
from tests.support import routes
from tests.support.rows import Maker, change

pytestmark = pytest.mark.slow


def addresses(app: Flask, walk: Walk) -> set[str]:
    """List all that can be read of a walk, its pictures by their own hashes among it."""
    found = {
        routes.fill(rule, walk_id=walk.id)
        for rule in app.url_map.iter_rules()
        if "walk_id" in rule.arguments and "GET" in (rule.methods or ()) and not rule.rule.startswith("/curator")
    }
    films = {media_urls.film_address(walk, kind) for kind in walk.media}
    return {*found, *films, *(media_urls.still_address(walk, frame) for frame in walk.painted), walk.url}


@pytest.mark.parametrize("take_away", [lifecycle.delete_walk, curation.hide])
def test_removed_walk_is_gone(app: Flask, client: FlaskClient, walk: Walk, take_away: Callable[[Walk], None]) -> None:
    found = addresses(app, walk)
    assert len(found) > 12
    take_away(walk)
    answers = {address: client.get(address).status_code for address in found}
    assert {address: status for address, status in answers.items() if status not in (404, 410)} == {}
    assert answers[walk.url.partition("-")[0]] == 410
    assert client.get(f"/oembed?url=http://localhost/walks/{walk.id}").status_code == 404


WORD, MISSPELT = "quokka", "quokak"
SEARCHED = ("pages.gallery", "feed.feed", "api.index")
SEARCHES = (
    "", "q=sea", "q=sea&sort=newest", "q=quo*", f"q={MISSPELT}", "q=-fox", "q=5", "q=zebra", "stops=3",
    "until=2999-01-01", "sort=oldest", "sort=smoothest", "sort=walked", "sort=surprise&draw=1",
)  # fmt: skip
NAMING = {
    *SEARCHED, "pages.make", "pages.walk", "pages.live", "api.show", "alike.page", "api.list_alike", "showing.hall",
    "showing.index", "sitemap.walks", "files.recipe_file", "stored.archive", "corridors.screen", "corridors.ask",
    "slideshow.films",
}  # fmt: skip
"""What tells of other walks than the one whose address it is."""
BY_LOT = {"pages.another?", "slideshow.page?"}
"""What leads to any other walk, or begins with any, drawn by lot: with this one or not."""


@pytest.fixture
def family(app: Flask, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> tuple[Walk, list[Walk]]:
    """Publish a walk with a word of its own, and others that stand beside it in every way that pages know."""
    monkeypatch.setattr(vector_index, "REFRESH_SECONDS", 0.0)
    parent = publish("a fox", "a kite")
    walk = publish("a kite", f"a {WORD}", "the sea", frames=3, seed=5, remix_of=parent.id)
    others = [
        parent,
        publish("the sea", "a ship"),
        publish("a bear", "a lamp", remix_of=walk.id),
        publish("the sea", "a lamp", continues=walk.id, seed=5),
    ]
    curation.feature(walk)
    exhibitions.create(ExhibitionRequest("The first", slug="the-first", walks=[each.id for each in (walk, *others)]))
    with writing() as session:
        alike = visual_search.pack(np.ones((2, 64), np.float32))
        session.add_all(
            VisualFeatures(walk_number=each.number, encoder="one", frames=[0, 1], vectors=alike)
            for each in (walk, *others)
        )
    ranking.add_ranker(app, lambda _query: [walk.number])  # as a vector does that outlives its walk
    return walk, others


def naming(app: Flask, client: FlaskClient, walk: Walk, others: list[Walk]) -> set[str]:
    """Read every public address of the site, those of walks as the other walks'; name those that tell of this one."""
    found = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/curator", "/static")):
            continue
        for other in others if "walk_id" in rule.arguments else others[:1]:
            path = routes.fill(rule, walk_id=other.id, slug="the-first")
            for asked in SEARCHES if rule.endpoint in SEARCHED else ("",):
                with client.get(f"{path}?{asked}") as answer:
                    assert answer.status_code < 500, (path, asked)
                    if walk.id.encode() in answer.data or WORD.encode() in answer.data.lower():
                        found.add(f"{rule.endpoint}?{asked}")
    return found


def unlisted(walk: Walk, value: bool) -> None:
    walk_edits.apply(walk, walk_edits.validate({"unlisted": value}))


@pytest.mark.parametrize(
    ("take_away", "bring_back"),
    [
        (lifecycle.delete_walk, None),
        (curation.hide, curation.unhide),
        (lambda walk: unlisted(walk, True), lambda walk: unlisted(walk, False)),
    ],
    ids=["deleted", "hidden", "unlisted"],
)
def test_no_address_of_the_site_tells_of_it(
    app: Flask,
    client: FlaskClient,
    family: tuple[Walk, list[Walk]],
    take_away: Callable[[Walk], None],
    bring_back: Callable[[Walk], None] | None,
) -> None:
    before = naming(app, client, *family) - BY_LOT
    assert {name.partition("?")[0] for name in before} == NAMING
    assert f"pages.gallery?q={MISSPELT}" in before
    take_away(family[0])
    assert naming(app, client, *family) == set()
    if bring_back:
        bring_back(family[0])
        assert naming(app, client, *family) - BY_LOT == before


def test_unfinished_walk_is_hidden(
    app: Flask, client: FlaskClient, family: tuple[Walk, list[Walk]], publish: Maker
) -> None:
    walk, others = family
    for state in (QUEUED, PAINTING, REFUSED, FAILED, CANCELLED):
        made = walk if state == CANCELLED else publish("a kite", f"a {WORD}", "the sea", frames=3)
        change(made, state=state)
    assert naming(app, client, walk, others) == set()


MEANWHILE = (
    "/", "/gallery", "/gallery?q=sea", "/gallery?sort=smoothest", "/feed.xml", "/api/v1/walks", "/exhibitions",
    "/exhibitions/the-first", "/sitemap/1.xml", "/walks/{other}", "/walks/{id}", "/walks/{id}/embed",
    "/walks/{id}.json", "/walks/{id}/alike", "/walks/{id}/stages", "/?continues={id}&prompt=x", "/?remix_of={id}",
    "/api/v1/walks/{id}", "/oembed?url=http://localhost/walks/{id}",
)  # fmt: skip


@pytest.fixture
def deleted_meanwhile(app: Flask) -> Iterator[Callable[[Walk, int], None]]:
    """Return a function that has a walk deleted by another process, right after so many statements name walks."""
    other, numbers = create_engine(db.engine.url), list[int]()  # one for each statement, the last the walk's

    @event.listens_for(db.engine, "after_cursor_execute")
    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if numbers and re.match(r"SELECT\b.*\b(hung|walks)\b", statement, re.DOTALL):
            number = numbers.pop()
            if not numbers:
                with other.begin() as connection:
                    connection.execute(delete(Stop).where(Stop.walk_number == number))
                    connection.execute(delete(Medium).where(Medium.walk_number == number))
                    connection.execute(update(Walk).where(Walk.number == number).values(deleted_at=now()))

    yield lambda walk, statements: numbers.__setitem__(slice(None), [walk.number] * statements)
    event.remove(db.engine, "after_cursor_execute", look)
    other.dispose()


@pytest.mark.databases
@pytest.mark.parametrize("statements", [1, 2, 3, 4])
def test_walk_that_is_deleted_while_a_page_is_written_breaks_none(
    client: FlaskClient, publish: Maker, deleted_meanwhile: Callable[[Walk, int], None], statements: int
) -> None:
    other = publish("a kite", "a fox")
    exhibitions.create(ExhibitionRequest("The first", slug="the-first", walks=[other.id]))
    for path in MEANWHILE:
        walk = publish("the sea", "a kite", remix_of=other.id)
        hall = exhibitions.at("the-first")
        exhibitions.change(hall, ExhibitionRequest("The first", walks=[walk.id, other.id]))
        deleted_meanwhile(walk, statements)
        with client.get(path.format(id=walk.id, other=other.id)) as answer:
            assert answer.status_code < 500, path
        deleted_meanwhile(walk, 0)


@pytest.mark.parametrize("take_away", [lifecycle.delete_walk, curation.hide])
def test_nginx_is_not_led_to_what_was_taken_down(
    app: Flask, client: FlaskClient, publish: Maker, take_away: Callable[[Walk], None]
) -> None:
    app.config["ACCEL_PREFIX"] = "/_media/"
    walk = publish()
    found = addresses(app, walk)
    assert any("X-Accel-Redirect" in client.get(address).headers for address in found)
    take_away(walk)
    assert not any("X-Accel-Redirect" in client.get(address).headers for address in found)
