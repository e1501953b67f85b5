"""What museum mode shows: its order, its parts, and what may be asked of it."""

import pytest
from flask import Flask

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest, NoExhibition
from app.core.errors import InvalidInput
from app.site.slideshow import films as slideshow
from app.site.slideshow.films import SlideshowRequest, UnusableSlideshow
from app.storage.database import writing
from app.storage.walk_models import Medium, Walk
from tests.support import walk_rows
from tests.support.rows import change


@pytest.fixture
def films(app: Flask) -> list[Walk]:
    """Publish seven films."""
    made = []
    for number in range(7):
        walk = walk_rows.request_walk(f"a lemon {number}", "the sun", frames=5)
        change(walk, positions=[0, 0.25, 0.5, 0.75, 1], fps=8.0)
        walk_rows.paint(walk, [0, 0.25, 0.5, 0.75, 1], 0)
        walk_rows.finish(walk)
        made.append(walk)
    return made


def shown(wanted: SlideshowRequest, *, limit: int = 3) -> list[str]:
    """Leaf through all parts; return the ids."""
    ids, cursor = [], None
    while True:
        part = slideshow.load_part(wanted, cursor=cursor, limit=limit)
        ids += [walk.id for walk in part.walks]
        cursor = part.after
        if cursor is None:
            return ids


def test_exhibition_keeps_its_order(films: list[Walk]) -> None:
    order = [films[index].id for index in (3, 0, 6, 2, 5)]
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", walks=order))
    assert shown(SlideshowRequest(exhibition="hall")) == order


def test_everything_comes_once_before_anything_comes_again_in_an_order_that_is_drawn(films: list[Walk]) -> None:
    rounds = [shown(SlideshowRequest(), limit=2) for _ in range(12)]
    assert all(sorted(each) == sorted(walk.id for walk in films) for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1


def test_search_shows_what_it_finds_and_nothing_else(films: list[Walk]) -> None:
    assert shown(SlideshowRequest(q='"lemon 4"')) == [films[4].id]
    assert sorted(shown(SlideshowRequest(q="lemon"))) == sorted(walk.id for walk in films)
    assert shown(SlideshowRequest(q="hippopotamus")) == []


def test_walk_without_a_poster_is_left_out(films: list[Walk]) -> None:
    with writing() as session:
        session.delete(session.get(Medium, (films[0].number, "poster")))
    assert films[0].id not in shown(SlideshowRequest())


def test_unknown_exhibition_is_not_found(app: Flask) -> None:
    with pytest.raises(NoExhibition):
        slideshow.load_part(SlideshowRequest(exhibition="none"))


def test_cursor_of_another_order_is_refused(films: list[Walk]) -> None:
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", walks=[walk.id for walk in films]))
    cursor = slideshow.load_part(SlideshowRequest(), limit=2).after
    with pytest.raises(InvalidInput):
        slideshow.load_part(SlideshowRequest(exhibition="hall"), cursor=cursor)


@pytest.mark.parametrize("quiet", ["22:00-08:00", "00:00-23:59", "12:30-13:30", ""])
def test_quiet_hours_are_taken(app: Flask, quiet: str) -> None:
    assert slideshow.parse({"quiet": quiet}).quiet == quiet


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [("quiet", "24:00-08:00", "00:00 to 23:59"), ("quiet", "22-8", "22:00-08:00"),
     ("quiet", "08:00-08:00", "different"),
     ("quiet", "٢٢:00-08:00", "00:00 to 23:59"), ("seconds", "4", "5 to 3600"), ("seconds", "3601", "5 to 3600"),
     ("seconds", "1e2", "5 to 3600"), ("seconds", "-5", "5 to 3600"), ("q", "x" * 1_000, "at most 300")],
)  # fmt: skip
def test_unusable_parameter_is_refused_with_its_name_and_limit(app: Flask, field: str, value: str, limit: str) -> None:
    with pytest.raises(UnusableSlideshow) as refused:
        slideshow.parse({field: value})
    assert [error.field for error in refused.value.errors] == [field]
    assert limit in str(refused.value)


def test_all_that_is_wrong_is_said_at_once(app: Flask) -> None:
    with pytest.raises(UnusableSlideshow) as refused:
        slideshow.parse({"exhibition": "hall", "q": "sea", "seconds": "0", "quiet": "always"})
    assert [error.field for error in refused.value.errors] == ["q", "seconds", "quiet"]


def test_address_names_only_what_was_chosen() -> None:
    assert SlideshowRequest(q="sea", seconds=30, quiet="22:00-08:00").address(at=None) == {
        "q": "sea", "seconds": 30, "quiet": "22:00-08:00"
    }  # fmt: skip
    assert SlideshowRequest().address() == {}
