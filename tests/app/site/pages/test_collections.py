"""The pages of collections: made and changed by their owner, seen by others without what is not in the gallery."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.collection.gallery import visitor_collections
from app.collection.moderation import curation
from app.storage.walk_models import Walk
from tests.support.cookies import at_once
from tests.support.html import walks_on
from tests.support.rows import Maker


@pytest.fixture
def other(app: Flask) -> FlaskClient:
    """Visit as another visitor, who has a cookie."""
    client = app.test_client()
    client.post("/mine/collections", data={"title": "Of another visitor"})
    return client


def make(client: FlaskClient, *walks: Walk, title: str = "Round things", **fields: str) -> str:
    """Make a collection under My walks and return its address."""
    answer = client.post("/mine/collections", data={"title": title, **fields})
    assert answer.status_code == 303
    for walk in walks:
        added = client.post(f"/walks/{walk.id}/collect", data={"collection": answer.location.split("/")[-1]})
        assert (added.status_code, added.location) == (303, f"{walk.url}#favourite")
    return answer.location


def shown(client: FlaskClient, address: str) -> list[str]:
    return walks_on(client.get(address).text)


def test_collection_is_shared_and_listed_by_owner(client: FlaskClient, other: FlaskClient, walk: Walk) -> None:
    address = make(client, walk)
    assert shown(other, address) == [walk.id]
    assert other.get(address).headers["X-Robots-Tag"] == "noindex"
    assert address not in other.get("/collections").text
    assert client.post(f"{address}/list").location == address
    assert address in other.get("/collections").text
    assert "X-Robots-Tag" not in other.get(address).headers
    client.post(f"{address}/unlist")
    assert address not in other.get("/collections").text
    assert '<a href="/collections">' in client.get("/exhibitions").text


def test_walk_page_makes_a_collection_and_says_which_ones_a_walk_is_in(client: FlaskClient, publish: Maker) -> None:
    first, second = publish("a fox", "a kite"), publish("a moth", "a star")
    assert "Set-Cookie" not in client.get(first.url).headers
    assert "/collect" not in client.get(first.url).text
    assert f'action="/walks/{first.id}/collect"' in client.get(f"/walks/{first.id}/favourite").text
    client.post(f"/walks/{first.id}/collect", data={"title": "Night <b>things</b>"})
    page = client.get(first.url).text
    address = re.search(r'In your collections: <a href="([^"]+)"><bdi>Night &lt;b&gt;things', page)[1]
    assert "<select" not in page
    assert f'<option value="{address.split("/")[-1]}">' in client.get(second.url).text
    assert shown(client, address) == [first.id]


def test_collection_is_shared_from_its_page_by_its_owner(
    client: FlaskClient, other: FlaskClient, publish: Maker
) -> None:
    address = make(client, publish(), title='A "pear" & more')
    page = client.get(address).text
    assert re.search(r'id="share" data-title="A &#34;pear&#34; &amp; more">Share…<', page)
    assert f'id="link">http://localhost{address}</li>' in page
    assert "/static/walk.js" in page
    assert 'id="share"' not in other.get(address).text


def test_order_is_changed_by_buttons(client: FlaskClient, publish: Maker) -> None:
    walks = [publish("a fox", f"kite {number}") for number in range(3)]
    address = make(client, *walks)
    page = client.get(address).text
    assert (page.count(f"{address}/up"), page.count(f"{address}/down"), page.count(f"{address}/remove")) == (2, 2, 3)
    assert client.post(f"{address}/up", data={"walk": walks[2].id}).location == f"{address}#order"
    client.post(f"{address}/down", data={"walk": walks[0].id})
    assert shown(client, address) == [walks[2].id, walks[0].id, walks[1].id]
    client.post(f"{address}/remove", data={"walk": walks[0].id})
    assert shown(client, address) == [walks[2].id, walks[1].id]


def test_strangers_get_no_controls(app: Flask, client: FlaskClient, other: FlaskClient, publish: Maker) -> None:
    walk, seen = publish("a fox", "a kite"), publish("a moth", "a star")
    address = make(client, walk, seen)
    for stranger in (other, app.test_client()):
        page = stranger.get(address).text
        assert f"{address}/" not in page.replace(f"{address}/report", "")
        for act in ("title", "list", "unlist", "up", "down", "remove", "delete"):
            answer = stranger.post(f"{address}/{act}", data={"title": "Mine now", "walk": seen.id})
            assert answer.status_code == 403, act
            assert "Not your collection" in answer.text
        added = stranger.post(f"/walks/{walk.id}/collect", data={"collection": address.split("/")[-1]})
        assert added.status_code == 403
    collection = visitor_collections.at(address.split("/")[-1])
    assert (collection.title, collection.listed_at) == ("Round things", None)
    assert shown(client, address) == [walk.id, seen.id]


@pytest.mark.parametrize("act", [curation.hide, curation.take_down])
def test_hidden_walks_do_not_leak(
    client: FlaskClient, other: FlaskClient, publish: Maker, act: Callable[[Walk], None]
) -> None:
    walk, seen = publish("a quokka", "a kite"), publish("a moth", "a star")
    address = make(client, walk, seen, listed="1")
    act(walk)
    for visitor in (client, other):
        for page in (address, "/collections", "/mine"):
            text = visitor.get(page).text
            assert "quokka" not in text
            assert walk.id not in text
    assert shown(other, address) == [seen.id]
    assert "1 walk." in other.get(address).text
    assert client.post(f"/walks/{walk.id}/collect", data={"title": "Again"}).status_code == 410


def test_unlisted_walk_is_shown_to_owner_only(client: FlaskClient, other: FlaskClient, publish: Maker) -> None:
    unlisted = publish(unlisted=True)
    address = make(client, unlisted, listed="1")
    assert "unlisted, so only you see it here" in client.get(address).text
    assert shown(client, address) == [unlisted.id]
    assert unlisted.id not in other.get(address).text
    assert address not in other.get("/collections").text


def test_refused_title_is_shown_again_with_the_rule(client: FlaskClient, publish: Maker) -> None:
    walk, long = publish(), "x" * 121
    address = make(client)
    for path in ("/mine/collections", f"{address}/title", f"/walks/{walk.id}/collect"):
        answer = client.post(path, data={"title": long})
        assert answer.status_code == 422, path
        assert "The title is 121 characters long; at most 120 are read." in answer.text
        assert f'value="{long}"' in answer.text
    assert client.post(f"{address}/title", data={"title": " Square  things "}).status_code == 303
    assert "<bdi>Square things</bdi></h1>" in client.get(address).text


def test_deleted_collection_is_gone_and_its_walks_stay(client: FlaskClient, walk: Walk) -> None:
    address = make(client, walk)
    assert client.post(f"{address}/delete").location == "/mine#collections"
    answer = client.get(address)
    assert answer.status_code == 404
    assert "No collection has this address." in answer.text
    assert client.get("/collections/none").status_code == 404
    assert client.get(walk.url).status_code == 200


def test_deleting_all_data_takes_the_collections_along(client: FlaskClient, other: FlaskClient, publish: Maker) -> None:
    address = make(client, publish())
    assert "Your collections are gone." in client.post("/mine/delete", data={"sure": "1"}).text
    assert client.get(address).status_code == 404
    assert "Of another visitor" in other.get("/mine").text


@pytest.mark.databases
def test_limits_hold_at_once(app: Flask, client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_collections, "COLLECTIONS_MAX", 2)
    monkeypatch.setattr(visitor_collections, "WALKS_MAX", 2)
    answers = at_once(app, client, [("/mine/collections", {"title": f"No. {number}"}) for number in range(6)])
    assert sorted(answers) == [303] * 2 + [409] * 4
    chosen = re.findall(r'href="/collections/(\w{16})"', client.get("/mine").text)[0]
    walks = [publish("a fox", f"a kite no. {number}") for number in range(6)]
    answers = at_once(app, client, [(f"/walks/{walk.id}/collect", {"collection": chosen}) for walk in walks])
    assert sorted(answers) == [303] * 2 + [409] * 4
