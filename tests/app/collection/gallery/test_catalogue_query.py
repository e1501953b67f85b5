"""Filters and orders of the gallery: in the address, the form, the API and the feed, and only of public walks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.datastructures import MultiDict

from app.collection.gallery import catalogue
from app.collection.gallery import catalogue_query as choosing
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.moderation import curation
from app.collection.search import ranking, text_index
from app.core.errors import InvalidInput
from app.storage.database import db, writing
from app.storage.walk_models import GalleryEntry, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker

pytestmark = pytest.mark.slow


def change(walk: Walk, **values: object) -> Walk:
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(**values))
    return walk


def ids(**chosen: object) -> list[str]:
    return [walk.id for walk in catalogue.page(CatalogueQuery(**chosen), limit=50).walks]


def all_ids(limit: int, **chosen: object) -> list[str]:
    """Turn the pages to the last and back again; both ways hold the same."""
    page = catalogue.page(CatalogueQuery(**chosen), limit=limit)
    there = [walk.id for walk in page.walks]
    while page.older:
        page = catalogue.page(CatalogueQuery(**chosen), cursor=page.older, limit=limit)
        there += [walk.id for walk in page.walks]
    back = [walk.id for walk in page.walks]
    while page.newer:
        page = catalogue.page(CatalogueQuery(**chosen), cursor=page.newer, limit=limit)
        back = [*(walk.id for walk in page.walks), *back]
    assert back == there
    return there


@pytest.mark.databases
def test_each_filter_keeps_what_it_names(publish: Maker) -> None:
    plain = publish("a fox", "a kite", minutes_ago=5)
    three = publish("a fox", "a bear", "a kite", ending="back", frames=3, minutes_ago=4)
    blue = change(publish("a pear", "a kite", minutes_ago=3), colour="blue", model_name="old/model 1.5")
    assert ids(stops=[3]) == ids(ending=["back"]) == [three.id]
    assert ids(stops=[2, 3]) == [blue.id, three.id, plain.id]
    assert ids(colour=["blue", "red"]) == [blue.id]
    assert ids(q="fox", stops=[2]) == [plain.id]
    assert ids(q="kite -pear", ending=["stop"]) == [plain.id]
    assert ids(colour=["blue"], ending=["back"]) == []
    sought = text_index.IndexQuery(facets=((text_index.facet("m", "old/model 1.5"),),))
    assert len(text_index.finish_keys(sought, limit=9)) == 1
    assert catalogue.page(CatalogueQuery(stops=[2])).hit_count == 2


@pytest.mark.databases
def test_walks_are_kept_by_the_hand_of_any_stop(publish: Maker) -> None:
    walk, other = publish("a fox", "a kite"), publish("a bear", "a kite")
    with writing() as session:
        session.execute(
            text("UPDATE stops SET hand = 'finger painting' WHERE walk_number = :n AND position = 1"),
            {"n": walk.number},
        )
    change(walk, search_text=walk.search_text)  # as reindexing does
    sought = text_index.IndexQuery(facets=((text_index.facet("h", "finger painting"), text_index.facet("h", "neon")),))
    (place,) = text_index.finish_keys(sought, limit=9)
    assert (
        db.session.scalar(select(GalleryEntry.number).where(GalleryEntry.finish_key == place))
        == walk.number
        != other.number
    )


@pytest.mark.databases
def test_days_bound_what_is_seen_both_included(publish: Maker) -> None:
    days = [
        change(publish(), finished_at=datetime(2026, 3, day, 23, 59, 59, 999_000, tzinfo=UTC)).id for day in (1, 2, 3)
    ]
    march = {"since": "2026-03-02", "until": "2026-03-02"}
    assert ids(**march) == [days[1]]
    assert ids(until=march["until"]) == [days[1], days[0]]
    assert ids(since=march["since"], q="fox", sort="newest") == [days[2], days[1]]
    assert catalogue.page(CatalogueQuery(**march)).hit_count == 1


@pytest.mark.databases
@pytest.mark.parametrize("narrowed", [{}, {"q": "fox"}, {"stops": [2]}])
@pytest.mark.parametrize("sort", ["newest", "oldest", "walked"])
def test_days_far_off_are_days_too(publish: Maker, narrowed: dict[str, Any], sort: str) -> None:
    walk = publish("fox", "x")
    for day in ("4926-05-26", "9999-12-31"):
        assert ids(since=day, sort=sort, **narrowed) == []
        assert ids(until=day, sort=sort, **narrowed) == [walk.id]
    assert ids(since="1970-01-01", sort=sort, **narrowed) == [walk.id]
    assert ids(until="1970-01-01", sort=sort, **narrowed) == []


@pytest.fixture
def five(publish: Maker) -> list[Walk]:
    """Publish five walks, the oldest first, of which two go on from the third, and two are equally smooth."""
    made = [publish(f"fox {number}", "x", minutes_ago=9 - number) for number in range(5)]
    for walk, evenness in zip(made, (0.9, 0.95, 0.9, 0.5, None), strict=True):
        change(walk, evenness=evenness)
    change(made[3], continues=made[2].id)
    change(made[4], remix_of=made[2].id)
    return made


@pytest.mark.databases
@pytest.mark.parametrize("narrowed", [{}, {"q": "fox"}, {"stops": [2]}])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_orders_hold_every_walk_once_both_ways(five: list[Walk], limit: int, narrowed: dict[str, object]) -> None:
    name = {walk.id: number for number, walk in enumerate(five)}

    def order(sort: str, **more: object) -> list[int]:
        return [name[each] for each in all_ids(limit, sort=sort, **narrowed, **more)]

    assert order("newest") == [4, 3, 2, 1, 0]
    assert order("oldest") == [0, 1, 2, 3, 4]
    assert order("smoothest") == [1, 2, 0, 3, 4]
    assert order("walked") == [2, 4, 3, 1, 0]
    assert sorted(order("surprise", draw=2**31)) == [0, 1, 2, 3, 4]
    assert order("surprise", draw=7) == order("surprise", draw=7)
    assert len({tuple(order("surprise", draw=draw)) for draw in range(0, 2**32, 2**29)}) > 1


@pytest.mark.databases
def test_walk_is_no_longer_walked_on_when_who_did_is_hidden(five: list[Walk]) -> None:
    curation.hide(five[4])
    lifecycle.delete_walk(five[3])
    assert db.session.scalars(select(GalleryEntry.continuations)).all() == [0, 0, 0]
    curation.unhide(five[4])
    assert ids(sort="walked")[0] == five[2].id


@pytest.mark.databases
@pytest.mark.parametrize("taken_down", ["hide", "delete", "unlist"])
def test_what_is_not_public_is_in_no_order_and_no_count(five: list[Walk], taken_down: str) -> None:
    walk = five[1]
    {"hide": curation.hide, "delete": lifecycle.delete_walk, "unlist": lambda each: change(each, unlisted=True)}[
        taken_down
    ](walk)
    for sort in choosing.SORTS:
        for narrowed in ({}, {"q": "fox"}, {"stops": [2]}, {"q": str(walk.seed)}):
            assert walk.id not in ids(sort=sort, draw=1, **narrowed)
    assert catalogue.page(CatalogueQuery(q="fox")).hit_count == catalogue.total() == 4
    assert db.session.scalar(select(GalleryEntry).where(GalleryEntry.number == walk.number)) is None


def test_cursor_of_another_order_is_refused(five: list[Walk]) -> None:
    cursor = catalogue.page(CatalogueQuery(sort="smoothest"), limit=2).older
    for sort in ("newest", "walked", "surprise", "best"):
        with pytest.raises(InvalidInput, match="belongs to another order"):
            catalogue.page(CatalogueQuery(sort=sort, draw=1), cursor=cursor)


@pytest.mark.databases
def test_other_ways_of_finding_are_fused_and_filtered(app: Flask, five: list[Walk], publish: Maker) -> None:
    bear, hidden = publish("a bear", "x"), publish("a hidden bear", "x")
    curation.hide(hidden)
    ranking.add_ranker(app, lambda _: [bear.number, hidden.number, five[0].number, 10**9])
    page = catalogue.page("fox", limit=2)
    assert (page.hit_count, page.near_count) == (5, 1)
    assert set(all_ids(2, q="fox")) == {bear.id, *(walk.id for walk in five)}
    assert page.walks[0].id == five[0].id  # the only one that both find
    assert ids(q="zeppelin") == [bear.id, five[0].id]
    assert ids(q="zeppelin -bear") == [five[0].id]
    assert ids(q="zeppelin", stops=[3]) == []
    assert ids(q="zeppelin", sort="newest") == []


WRONG = {
    "hand=crayon": "hand", "stops=1": "stops", "stops=two": "stops", "stops=9": "stops", "model=other": "model",
    "ending=never": "ending", "colour=mauve": "colour", "since=2026-02-30": "since", "until=yesterday": "until",
    "since=0001-01-01": "since", "until=1969-12-31": "until",
    "sort=dearest": "sort", "draw=-1": "draw", "draw=1e3": "draw", "q=" + "x" * 301: "q",
    "cursor=forged": "cursor", "stops=2&" * 101: "stops", "hand=x&" * 5000: "hand",
}  # fmt: skip


@pytest.mark.parametrize("address", WRONG)
def test_unusable_values_are_refused_by_name(client: FlaskClient, publish: Maker, address: str) -> None:
    publish()
    page, answer = client.get(f"/gallery?{address}"), client.get(f"/api/v1/walks?{address}")
    assert (page.status_code, answer.status_code) == (422, 422)
    (error,) = answer.json["errors"]
    assert error["field"] == WRONG[address]
    assert error["message"] in page.text.replace("&#39;", "'")
    assert 'class="poster' not in page.text


def test_page_ignores_unknown_fields_and_the_api_refuses_them(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    assert walk.id in client.get("/gallery?q=&since=&until=&sort=&hand=&utm_source=x").text
    assert client.get("/api/v1/walks?utm_source=x").status_code == 422


def test_last_day_before_the_first_is_refused_on_the_page(client: FlaskClient, publish: Maker) -> None:
    publish()
    page = client.get("/gallery?since=2026-11-30&until=2026-11-01")
    assert page.status_code == 422
    assert "The first day, 30 November 2026, is after the last, 1 November 2026. Swap them." in page.text
    assert 'value="2026-11-30"' in page.text
    assert client.get("/api/v1/walks?since=2026-11-30&until=2026-11-01").json["walks"] == []
    assert client.get("/gallery?since=2026-11-30&until=2026-11-30").status_code == 200


def test_choice_stays_in_the_addresses_of_page_form_and_feed(client: FlaskClient, publish: Maker) -> None:
    for minutes in range(30):
        publish("a fox", "a kite", minutes_ago=minutes)
    page = client.get("/gallery?q=fox&stops=2&stops=3&sort=oldest").text
    assert "/gallery?q=fox&amp;stops=2&amp;stops=3&amp;sort=oldest&amp;cursor=" in page
    assert 'name="stops" value="3" checked' in page
    assert 'name="sort" value="oldest" checked' in page
    assert "/feed.xml?q=fox&amp;stops=2&amp;stops=3" in page
    assert "<mark>fox</mark>" in page
    feed = client.get("/feed.xml?q=fox&stops=2").text
    assert feed.count("<entry>") == 20
    assert client.get("/feed.xml?q=fox&stops=3").text.count("<entry>") == 0


@pytest.mark.databases
def test_surprise_gets_an_address_that_shows_the_same_to_others(client: FlaskClient, five: list[Walk]) -> None:
    answer = client.get("/gallery?sort=surprise&q=fox")
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"
    assert "draw=" in answer.location
    assert client.get(answer.location).text == client.get(answer.location).text


def test_api_lists_what_was_chosen(client: FlaskClient, five: list[Walk]) -> None:
    answer = client.get("/api/v1/walks?sort=smoothest&stops=2&limit=2").json
    assert [each["id"] for each in answer["walks"]] == [five[1].id, five[2].id]
    assert answer["found"] == 5
    more = client.get(f"/api/v1/walks?sort=smoothest&stops=2&limit=2&cursor={answer['next_cursor']}").json
    assert [each["id"] for each in more["walks"]] == [five[0].id, five[3].id]


def test_empty_page_of_filters_says_so(client: FlaskClient, publish: Maker) -> None:
    publish()
    page = client.get("/gallery?colour=red&stops=3").text
    assert "No walk matches these filters: in three stops and red." in page
    page = client.get("/gallery?colour=red&since=2026-01-01").text
    assert "No walk matches these filters: red and since 1 January 2026." in page


def test_address_leaves_out_what_is_not_chosen(app: Flask) -> None:
    chosen = choosing.from_page(MultiDict([("q", " fox "), ("stops", "2"), ("since", "2026-01-02"), ("draw", "0")]))
    assert chosen.address(sort="newest") == {
        "q": "fox",
        "stops": [2],
        "since": "2026-01-02",
        "sort": "newest",
        "draw": 0,
    }


@pytest.mark.databases
def test_walks_of_the_same_instant_have_places_of_their_own(publish: Maker) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=7)
    made = [change(publish(f"fox {number}", "x"), finished_at=moment) for number in range(3)]
    assert all_ids(1) == [walk.id for walk in reversed(made)]
