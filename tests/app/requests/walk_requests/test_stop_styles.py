"""The style that the site chooses for stops whose prompts name none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.collection.styles import pairs, suiting
from app.core.config import ROOT
from app.offer.drawings import sketchbooks
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from app.reading.reading import Found, Reading
from app.requests.walk_requests import stop_styles
from app.requests.walk_requests.stop_styles import StopFacts
from sketch.arrangement import Wish
from sketch.sketchbook import Drawing, digest_of
from tests.conftest import inside, make_app

PEPPER = Drawing(digest_of("pepper"), "bell pepper", (), "food-vegetable", "flat")


def reading(colour: str = "", hands: tuple[str, ...] = ()) -> Reading:
    """Return the interpretation of a prompt for a pepper, with a colour and the styles that it names."""
    return Reading((Found(PEPPER, (), "pepper", (0, 6), "name", 1, colour),), Wish(), "pepper", style_names=hands)


@pytest.fixture
def house(instance: Path) -> Iterator[Offer]:
    with inside(make_app(instance, MODEL=str(ROOT / "models" / "house"))):
        yield offers.first()


@pytest.mark.parametrize("leading", ["watercolour", "op art dots"])
def test_open_stop_follows_the_style_of_another(house: Offer, leading: str) -> None:
    for given in (StopFacts(reading(), style=leading), StopFacts(reading(hands=(leading,)))):
        for seed in range(8):
            stops = [StopFacts(reading()), given, StopFacts(reading())]
            assert stop_styles.choose_styles(stops, offer=house, walk_seed=seed) == [leading, "", leading]


def test_open_stop_follows_a_stop_that_is_not_among_those_asked_for(house: Offer) -> None:
    chosen = stop_styles.choose_styles([StopFacts(reading())], offer=house, walk_seed=3, beside="chalk pastel")
    assert chosen == ["chalk pastel"]


def test_open_stop_keeps_its_colour_beside_a_style_that_has_none(house: Offer) -> None:
    stops = [StopFacts(reading(), style="etching"), StopFacts(reading("green"))]
    for seed in range(8):
        style = stop_styles.choose_styles(stops, offer=house, walk_seed=seed)[1]
        assert style not in suiting.COLOURLESS
        assert pairs.find("etching", style, house).fit == pairs.TOGETHER


def test_open_stop_keeps_the_layout_that_is_asked_of_it(house: Offer) -> None:
    stops = [StopFacts(reading(), style="watercolour"), StopFacts(reading(), layout="grid")]
    style = stop_styles.choose_styles(stops, offer=house, walk_seed=3)[1]
    assert stop_styles.filter_by_layouts([style], ["grid"], house.styles) == [style]


@pytest.mark.parametrize("colour", ["", "green"])
def test_thing_whose_colour_is_named_is_painted_in_a_style_that_has_it(instance: Path, colour: str) -> None:
    shown = reading(colour)
    with inside(make_app(instance, MODEL=str(ROOT / "models" / "house"))):
        chosen = {
            words
            for seed in range(60)
            for words in stop_styles.choose_styles([StopFacts(shown)], offer=offers.first(), walk_seed=seed)
        }
    assert len(chosen) > 5
    assert bool(chosen & {*suiting.COLOURLESS}) is not bool(colour)


@pytest.mark.parametrize("wish", [Wish(), Wish(kind="sea"), Wish(weather="snow")])
def test_thing_in_a_place_is_painted_in_a_style_that_shows_it(house: Offer, wish: Wish) -> None:
    shown = replace(reading(), wish=wish)
    chosen = {
        words
        for seed in range(60)
        for words in stop_styles.choose_styles([StopFacts(shown)], offer=house, walk_seed=seed)
    }
    assert (chosen <= {*suiting.PLACING}) is bool(wish.kind or wish.weather)


def test_drawing_that_is_a_scene_itself_is_painted_in_a_style_that_shows_places(house: Offer) -> None:
    book = sketchbooks.find(house)
    assert book is not None
    scene = next(drawing for drawing in book.drawings.values() if drawing.name == "fox in the snow")
    shown = reading()
    shown = replace(shown, items=tuple(replace(item, drawing=scene) for item in shown.items))
    for seed in range(20):
        assert stop_styles.choose_styles([StopFacts(shown)], offer=house, walk_seed=seed)[0] in suiting.PLACING


@pytest.mark.parametrize("count", [1, 4])
def test_several_of_one_thing_are_painted_in_styles_that_hide_none_of_them(house: Offer, count: int) -> None:
    bird = replace(PEPPER, kind="animal-bird")
    shown = reading()
    shown = replace(shown, items=tuple(replace(item, drawing=bird, count=count) for item in shown.items))
    chosen = {
        words
        for seed in range(60)
        for words in stop_styles.choose_styles([StopFacts(shown)], offer=house, walk_seed=seed)
    }
    assert len(chosen) > 5
    assert bool(chosen & {*suiting.HIDING}) is (count == 1)
