"""The gallery: newest first, page by page in both directions, and only what is public."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer

from app.collection.gallery import catalogue
from app.core.errors import InvalidInput, WalkNotFound
from app.walks.saved import lifecycle, lookup
from tests.conftest import SECRET, Maker, make_app
from tests.support.rows import change


def ids(page: catalogue.CataloguePage) -> list[str]:
    return [walk.id for walk in page.walks]


def all_pages(query: str = "", *, limit: int = 3) -> list[catalogue.CataloguePage]:
    """Turn the pages from the newest to the oldest."""
    pages = [catalogue.page(query, limit=limit)]
    while pages[-1].older:
        pages.append(catalogue.page(query, cursor=pages[-1].older, limit=limit))
    return pages


@pytest.fixture
def seven(publish: Maker) -> list[str]:
    """Publish seven walks, the newest first; three of them were finished in the same instant."""
    made = [publish(f"walk {index}", "x", minutes_ago=index) for index in range(7)]
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    for walk in made[3:6]:
        change(walk, finished_at=instant)
    change(made[6], finished_at=datetime(2025, 1, 1, tzinfo=UTC))
    return [walk.id for walk in (*made[:3], *reversed(made[3:6]), made[6])]


def test_empty_gallery_has_one_empty_page(app: Flask) -> None:
    page = catalogue.page()
    assert (page.walks, page.newer, page.older) == ([], None, None)
    assert catalogue.total() == 0


@pytest.mark.databases
def test_very_many_walks_are_counted_once_a_minute(publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "TOTAL_COUNTED", 2)
    publish()
    assert catalogue.total() == 1
    for expected in (2, 2):  # as it was a moment ago
        publish()
        assert catalogue.total() == expected
    monkeypatch.setattr(catalogue, "TOTAL_SECONDS", -1.0)
    assert catalogue.total() == 3


@pytest.mark.databases
def test_pages_hold_every_walk_once_even_those_of_the_same_instant(seven: list[str]) -> None:
    for limit in (1, 2, 3, 4, 7, 8):
        pages = all_pages(limit=limit)
        assert [name for page in pages for name in ids(page)] == seven
        assert pages[0].newer is None
        assert all(len(page.walks) == limit for page in pages[:-1])


@pytest.mark.databases
def test_each_walk_is_listed_beside_the_next_newer_and_older_one(seven: list[str]) -> None:
    walks = catalogue.page(limit=7).walks
    beside = [catalogue.beside(walk) for walk in walks]
    assert [newer for newer, _ in beside] == [None, *seven[:-1]]
    assert [older for _, older in beside] == [*seven[1:], None]


def test_unlisted_walk_has_no_neighbours(publish: Maker, seven: list[str]) -> None:
    walk = publish("a fox", "x")
    change(walk, unlisted=True)
    assert catalogue.beside(walk) == (None, None)


@pytest.mark.databases
def test_pages_are_the_same_on_the_way_back(seven: list[str]) -> None:
    for limit in (1, 2, 3, 4):
        page = all_pages(limit=limit)[-1]
        back: list[str] = []
        kept = len(page.walks)
        while page.newer:
            page = catalogue.page(cursor=page.newer, limit=limit)
            back = [*ids(page), *back]
        assert back == seven[: 7 - kept]
        assert page.older is not None


@pytest.mark.databases
def test_page_stays_in_place_while_new_walks_are_published(seven: list[str], publish: Maker) -> None:
    second = catalogue.page(limit=3).older
    expected = ids(catalogue.page(cursor=second, limit=3))
    publish("a late comer", "x")
    assert ids(catalogue.page(cursor=second, limit=3)) == expected


def test_page_goes_on_where_a_deleted_walk_was(seven: list[str]) -> None:
    first = catalogue.page(limit=3)
    lifecycle.delete_walk(first.walks[-1])
    assert ids(catalogue.page(cursor=first.older, limit=3)) == seven[3:6]


@pytest.mark.databases
def test_pages_of_a_search_hold_only_what_it_found(seven: list[str], publish: Maker) -> None:
    foxes = [publish("a fox", f"kite {index}", minutes_ago=100 + index).id for index in range(4)]
    pages = all_pages("fox")
    assert [name for page in pages for name in ids(page)] == foxes
    assert {page.hit_count for page in pages} == {4}


def test_page_size_is_a_setting(seven: list[str], instance: Path) -> None:
    with make_app(instance, PAGE_SIZE=2).app_context():
        assert len(catalogue.page().walks) == 2


def test_walk_is_not_its_own_neighbour(publish: Maker) -> None:
    walk, other = publish(), publish(minutes_ago=1)
    assert [near.id for near in catalogue.with_numbers(catalogue.recent_numbers(5, excluding=walk))] == [other.id]


def test_walk_is_found_with_and_without_its_slug(request_walk: Maker) -> None:
    walk = request_walk()
    for name in (walk.id, f"{walk.id}-a-fox-a-kite", f"{walk.id}-another-slug", f"{walk.id}-"):
        assert lookup.walk_at_address(name).number == walk.number


@pytest.mark.parametrize(
    "name", ["", "-", "a" * 16, "1", "%", "' OR 1=1", "\0", "\ud800", "x" * 10_000, "A" * 16, "狐" * 16]
)
def test_unknown_address_is_not_found(request_walk: Maker, name: str) -> None:
    request_walk()
    with pytest.raises(WalkNotFound):
        lookup.walk_at_address(name)


def signed(value: object, *, secret: str = SECRET, salt: str = "gallery") -> str:
    text = URLSafeSerializer(secret, salt=salt).dumps(value)
    return text if isinstance(text, str) else text.decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "1", "....", "\0", "狐", "x" * 10_000,
        signed([False, "2026-01-01T00:00:00+00:00", 1], secret="another secret, long enough"),
        signed([False, "2026-01-01T00:00:00+00:00", 1], salt="visitor"),
        signed("a visitor"), signed([]), signed([False, "yesterday", 1]), signed([False, 7, 1]), signed({}),
        signed([False, "2026-01-01T00:00:00+00:00", None]),
    ],
)  # fmt: skip
def test_forged_cursor_is_refused(app: Flask, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        catalogue.page(cursor=cursor)
    assert [error.field for error in refused.value.errors] == ["cursor"]


def test_cursor_made_before_the_key_was_changed_is_still_good(instance: Path, seven: list[str]) -> None:
    cursor = catalogue.page(limit=3).older
    new = make_app(instance, SECRET_KEY="another secret, long enough", SECRET_KEY_FALLBACKS=[SECRET])
    with new.app_context():
        assert ids(catalogue.page(cursor=cursor, limit=3)) == seven[3:6]


@pytest.mark.databases
def test_page_says_how_far_back_in_time_it_is(publish: Maker) -> None:
    for minutes in range(5):
        publish(f"a fox {minutes}", "a kite", minutes_ago=minutes)
    first = catalogue.page(limit=2)
    second = catalogue.page(cursor=first.older, limit=2)
    third = catalogue.page(cursor=second.older, limit=2)
    assert [round(page.offset, 2) for page in (first, second, third)] == [0, 0.5, 1]
    assert round(catalogue.page(cursor=third.newer, limit=2).offset, 2) == 0.5


@pytest.mark.parametrize(
    "written",
    ["{id}", " {id} ", "{id}-a-title-of-before", "/walks/{id}-a-fox-a-kite", "https://example.org/moma/walks/{id}",
     "http://localhost/walks/{id}.gif", "http://localhost/walks/{id}/embed?x=1#film"],
)  # fmt: skip
def test_walk_is_found_by_its_id_or_address(publish: Maker, written: str) -> None:
    walk, _ = publish("a fox", "a kite"), publish("a bat", "a kite")
    found = catalogue.page(written.format(id=walk.id))
    assert ([each.id for each in found.walks], found.hit_count) == ([walk.id], 1)


def test_id_of_no_public_walk_is_a_word_like_any_other(publish: Maker) -> None:
    walk, other = publish("a fox", "a kite", unlisted=True), publish("an extraterrestrial kite", "a bat")
    assert catalogue.page(walk.id).walks == []
    assert [each.id for each in catalogue.page("extraterrestrial").walks] == [other.id]
