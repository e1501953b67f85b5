"""Collections: their walks in order, who sees which of them, their bounds, and what operators do to them."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.collection.gallery import visitor_collections
from app.collection.moderation import audit_log, curation, word_lists
from app.core.errors import Conflict, InvalidInput, NotOwner
from app.requests.walk_requests import walk_edits
from app.storage.collection_models import Collection, CollectionItem
from app.storage.database import db
from app.storage.walk_models import ID, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.rows import change

ANN, BEN = "a" * 64, "b" * 64


def allow() -> None:
    """Admit a request."""


def make(*walks: Walk, title: str = "Round things", owner: str = ANN, is_listed: bool = False) -> Collection:
    made = visitor_collections.create(title, owner, is_listed=is_listed, admit=allow)
    for walk in walks:
        visitor_collections.add(made, walk, admit=allow)
    return made


def seen(collection: Collection, *, by_owner: bool = False) -> list[str]:
    return [walk.id for walk in visitor_collections.walks_of(collection, even_unlisted=by_owner)]


@pytest.mark.databases
def test_walks_keep_the_order_in_which_they_are_added_and_moved(publish: Maker) -> None:
    one, two, three = publish("a fox", "a kite"), publish("a moth", "a star"), publish("a bee", "a rose")
    made = make(one, two, three, two)
    assert ID.fullmatch(made.id)
    assert seen(made) == [one.id, two.id, three.id]
    visitor_collections.move(made, three.id, upwards=True)
    assert seen(made) == [one.id, three.id, two.id]
    visitor_collections.move(made, one.id, upwards=False)
    assert seen(made) == [three.id, one.id, two.id]
    for walk_id, upwards in ((three.id, True), (two.id, False), ("nothing", True)):
        visitor_collections.move(made, walk_id, upwards=upwards)
    assert seen(made) == [three.id, one.id, two.id]
    visitor_collections.remove(made, one.id)
    visitor_collections.add(made, one, admit=allow)
    assert seen(made) == [three.id, two.id, one.id]


@pytest.mark.databases
def test_move_passes_hidden_walks(publish: Maker) -> None:
    one, hidden, three = publish("a fox", "a kite"), publish("a moth", "a star"), publish("a bee", "a rose")
    made = make(one, hidden, three)
    curation.hide(hidden)
    visitor_collections.move(made, three.id, upwards=True)
    assert seen(made) == [three.id, one.id]
    curation.unhide(hidden)
    assert seen(made) == [three.id, one.id, hidden.id]


@pytest.mark.databases
def test_others_see_what_is_in_the_gallery_only(publish: Maker) -> None:
    public, unlisted, hidden = (
        publish("a fox", "a kite"),
        publish("a moth", "a star", unlisted=True),
        publish("a bee", "a rose"),
    )
    made = make(public, unlisted, hidden)
    curation.hide(hidden)
    assert seen(made) == [public.id]
    assert seen(made, by_owner=True) == [public.id, unlisted.id]
    walk_edits.apply(public, walk_edits.validate({"unlisted": True}))
    assert seen(made) == []
    (shown,) = visitor_collections.describe([made])
    assert (shown.count, shown.first) == (0, None)


@pytest.mark.databases
def test_deleted_walk_leaves_the_collection(publish: Maker) -> None:
    walk, other = publish("a fox", "a kite"), publish("a moth", "a star")
    made = make(walk, other, is_listed=True)
    lifecycle.delete_walk(walk)
    assert seen(made, by_owner=True) == [other.id]
    assert db.session.scalars(select(CollectionItem.walk_number)).all() == [other.number]
    (shown,) = visitor_collections.describe(visitor_collections.listed().rows)
    assert (shown.count, shown.first.id) == (1, other.id)
    lifecycle.delete_walk(other)
    assert visitor_collections.listed().rows == []
    assert visitor_collections.of_owner(ANN) == [made]


@pytest.mark.databases
def test_listed_collections_are_read_in_pages_newest_first(app: Flask, publish: Maker) -> None:
    app.config["PAGE_SIZE"] = 2
    walk = publish()
    made = [make(walk, title=f"No. {number}", is_listed=True) for number in range(3)]
    make(walk, title="Unlisted")
    make(title="Empty", is_listed=True)
    first = visitor_collections.listed()
    assert [each.number for each in first.rows] == [made[2].number, made[1].number]
    assert [each.number for each in visitor_collections.listed(cursor=first.older).rows] == [made[0].number]


@pytest.mark.parametrize(
    ("title", "message"),
    [
        (" ", "The title is empty"),
        ("x" * 121, "The title is 121 characters long; at most 120 are read"),
        ("one \x07 bell", "The title contains control characters"),
        ("a Quokka on it", "The title contains “quokka”"),
    ],
)
def test_title_that_breaks_a_rule_is_refused(app: Flask, title: str, message: str) -> None:
    word_lists.BANNED.add("quokka")
    with pytest.raises(InvalidInput, match=message):
        visitor_collections.create(title, ANN, admit=allow)
    made = make()
    with pytest.raises(InvalidInput, match=message):
        visitor_collections.rename(made, title, admit=allow)
    assert [each.title for each in visitor_collections.of_owner(ANN)] == ["Round things"]


def test_bounds_are_named(publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_collections, "COLLECTIONS_MAX", 1)
    monkeypatch.setattr(visitor_collections, "WALKS_MAX", 2)
    walks = [publish("a fox", f"kite {number}") for number in range(4)]
    made = make(*walks[:2])
    with pytest.raises(Conflict, match="2 walks are as many as a collection can have"):
        visitor_collections.add(made, walks[2], admit=allow)
    with pytest.raises(Conflict, match="1 collections are as many as a visitor can have"):
        make()
    lifecycle.delete_walk(walks[0])
    visitor_collections.add(made, walks[3], admit=allow)
    assert seen(made) == [walks[1].id, walks[3].id]
    make(owner=BEN)


def test_unfinished_walk_is_refused(request_walk: Maker) -> None:
    walk = request_walk()
    with pytest.raises(Conflict, match="Only a walk that is painted"):
        make(walk)
    with pytest.raises(Conflict, match="Only a walk that is painted"):
        visitor_collections.create("Round things", BEN, walk=walk, admit=allow)
    assert visitor_collections.of_owner(BEN) == []


def test_collection_of_another_visitor_is_refused(app: Flask) -> None:
    made = make()
    for owner in (BEN, None):
        with pytest.raises(NotOwner):
            visitor_collections.owned(made.id, owner)
    assert visitor_collections.owned(made.id, ANN) == made


@pytest.mark.databases
def test_operator_unlists_allows_and_deletes_and_the_log_says_so(publish: Maker) -> None:
    made = make(publish(), is_listed=True)
    visitor_collections.bar(made)
    assert visitor_collections.listed().rows == []
    with pytest.raises(Conflict, match="A curator took this collection off the list"):
        visitor_collections.set_listed(visitor_collections.at(made.id), True)
    visitor_collections.unbar(made)
    visitor_collections.set_listed(visitor_collections.at(made.id), True)
    assert visitor_collections.listed().rows == [made]
    visitor_collections.take_down(made)
    assert visitor_collections.every().rows == []
    assert db.session.scalars(select(CollectionItem)).all() == []
    assert [(entry.what, entry.about, entry.who) for entry in audit_log.latest(3)] == [
        ("deleted collection", made.id, "curator"),
        ("allowed collection", made.id, "curator"),
        ("unlisted collection", made.id, "curator"),
    ]


def test_unlisted_collection_stays_off_the_list_if_listed_at_once(publish: Maker) -> None:
    make(publish(), is_listed=True)
    change(Collection, barred=True)
    assert visitor_collections.listed().rows == []


@pytest.mark.databases
@pytest.mark.parametrize("walk_id", ["", "\0", "none", "x" * 5000])
def test_remove_what_is_no_walk_changes_nothing(publish: Maker, walk_id: str) -> None:
    walk = publish()
    made = make(walk)
    visitor_collections.remove(made, walk_id)
    assert seen(made) == [walk.id]
