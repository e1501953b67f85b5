"""Favourites: kept once, in pages, without walks that are hidden or deleted."""

import pytest
from flask import Flask
from sqlalchemy import insert, select

from app.collection.gallery import favourites
from app.collection.moderation import curation
from app.core.errors import Conflict, InvalidInput
from app.storage.collection_models import Favourite
from app.storage.database import db, writing
from app.storage.walk_models import QUEUED, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.rows import change

ANN, BEN = "a" * 64, "b" * 64


def star(*walks: Walk, owner: str = ANN) -> None:
    for walk in walks:
        favourites.add(walk, owner, admit=lambda: None)


def refuse() -> None:
    raise AssertionError("a request that changes nothing was counted")


def ids(owner: str = ANN) -> list[str]:
    return [walk.id for walk in favourites.page(owner).rows]


@pytest.mark.databases
def test_favourites_are_listed_last_marked_first_for_their_visitor_only(publish: Maker) -> None:
    first, second, other = publish("a fox", "a kite"), publish("a moth", "a star"), publish("a bee", "a rose")
    star(second, first)
    star(other, owner=BEN)
    assert ids() == [first.id, second.id]
    assert ids(BEN) == [other.id]
    assert favourites.is_favourite(first, ANN)
    assert not favourites.is_favourite(first, BEN)
    assert not favourites.is_favourite(first)


@pytest.mark.databases
def test_add_twice_keeps_one_and_is_not_counted(publish: Maker) -> None:
    walk = publish()
    star(walk)
    favourites.add(walk, ANN, admit=refuse)
    assert ids() == [walk.id]
    favourites.remove(walk, ANN)
    favourites.remove(walk, ANN)
    assert ids() == []


def test_walk_that_is_painted_again_is_not_shown_meanwhile(publish: Maker) -> None:
    walk = publish()
    star(walk)
    change(Walk, state=QUEUED)
    assert ids() == []


def test_add_unfinished_walk_is_refused(request_walk: Maker) -> None:
    with pytest.raises(Conflict, match="Only a walk that is painted"):
        favourites.add(request_walk(), ANN, admit=refuse)


def test_add_beyond_the_limit_is_refused_by_name(publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favourites, "FAVOURITES_MAX", 2)
    first, second, third = publish("a fox", "a kite"), publish("a moth", "a star"), publish("a bee", "a rose")
    star(first, second)
    with pytest.raises(Conflict, match="2 favourites are as many as a visitor can have"):
        favourites.add(third, ANN, admit=refuse)
    star(third, owner=BEN)


@pytest.mark.databases
def test_hidden_walk_is_left_out_and_comes_back_when_it_is_shown_again(publish: Maker) -> None:
    walk, other = publish("a fox", "a kite"), publish("a moth", "a star")
    star(walk, other)
    curation.hide(walk)
    assert ids() == [other.id]
    assert favourites.page(ANN).total == 1
    curation.unhide(walk)
    assert ids() == [other.id, walk.id]


@pytest.mark.databases
def test_deleted_walk_takes_its_stars_along(publish: Maker) -> None:
    walk, other = publish("a fox", "a kite"), publish("a moth", "a star")
    star(walk, other)
    star(walk, owner=BEN)
    lifecycle.delete_walk(walk)
    assert ids() == [other.id]
    assert db.session.scalars(select(Favourite.walk_number)).all() == [other.number]
    favourites.add(walk, BEN, admit=lambda: None)  # a click that was under way
    assert db.session.scalars(select(Favourite.walk_number)).all() == [other.number]


def test_thousands_of_favourites_are_read_in_pages(app: Flask, publish: Maker) -> None:
    walk = publish(unlisted=True)  # so that the search index stays small
    copies = {column.key: getattr(walk, column.key) for column in Walk.__mapper__.column_attrs}
    stop = {column.key: getattr(walk.stops[0], column.key) for column in walk.stops[0].__mapper__.column_attrs}
    numbers = range(walk.number + 1, walk.number + 10_001)
    with writing() as session:
        own = {"idempotency_key": None, "request_hash": ""}
        session.execute(insert(Walk), [{**copies, **own, "number": n, "id": f"{n:016}"} for n in numbers])
        session.execute(insert(type(walk.stops[0])), [{**stop, "walk_number": n} for n in numbers])
        session.execute(insert(Favourite), [{"owner_hash": ANN, "walk_number": n} for n in numbers])
    first = favourites.page(ANN)
    assert (first.total, first.newer, len(first.rows)) == (10_000, None, app.config["PAGE_SIZE"])
    second = favourites.page(ANN, cursor=first.older)
    assert second.rows[0].number == first.rows[-1].number - 1
    assert second.behind == app.config["PAGE_SIZE"]
    assert [walk.number for walk in favourites.page(ANN, cursor=second.newer).rows] == [
        walk.number for walk in first.rows
    ]


def test_cursor_of_another_visitor_or_list_is_refused(publish: Maker) -> None:
    star(publish("a fox", "a kite"), publish("a moth", "a star"))
    cursor = favourites.page(ANN, limit=1).older
    for owner, text in ((BEN, cursor), (ANN, "forged")):
        with pytest.raises(InvalidInput):
            favourites.page(owner, cursor=text)
