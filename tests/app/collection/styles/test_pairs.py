"""The table of styles that go together is whole, and answers for the model that it was measured with alone."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from app.collection.styles import pairs
from app.collection.styles.pairs import APART, IN_PLACE, TOGETHER, Pair
from app.core.config import ROOT
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from tests.conftest import inside, make_app


@pytest.fixture
def house(instance: Path) -> Iterator[Offer]:
    with inside(make_app(instance, MODEL=str(ROOT / "models" / "house"))):
        yield offers.first()


def test_table_holds_every_pair_of_the_shipped_models_styles(house: Offer) -> None:
    styles = [style.words for style in house.styles]
    table = json.loads((ROOT / "models/styles/pairs.json").read_text("utf-8"))
    assert table["model"] == house.name
    assert table["pairs"].keys() | {other for row in table["pairs"].values() for other in row} == {*styles}
    for first, last in combinations(styles, 2):
        measured = pairs.find(first, last, house)
        assert measured is not None and measured == pairs.find(last, first, house)
        assert 0 < measured.direct < 3 and 0 < measured.in_place < 3


def test_partners_are_a_style_itself_and_those_that_go_with_it(house: Offer) -> None:
    styles = [style.words for style in house.styles]
    for words in styles:
        going = pairs.partners(words, styles, house)
        fits = {other: pairs.find(words, other, house).fit for other in styles if other != words}
        assert going == [each for each in styles if each == words or fits[each] == TOGETHER]


def test_styles_that_were_not_measured_are_all_partners(house: Offer) -> None:
    assert pairs.find("watercolour", "felt", house) is None
    assert pairs.partners("felt", ["watercolour", "mosaic"], house) == ["watercolour", "mosaic"]


def test_another_model_has_no_pairs(instance: Path, led_folder: Path) -> None:
    with inside(make_app(instance, MODEL=str(led_folder))):
        other = offers.first()
        assert pairs.find("watercolour", "pop art", other) is None
        assert pairs.partners("watercolour", ["pop art"], other) == ["pop art"]


@pytest.mark.parametrize(
    ("direct", "in_place", "fit"),
    [(0.9, 0.1, TOGETHER), (1.4, 1.2, TOGETHER), (0.899, 0.9, IN_PLACE), (0.5, 0.899, APART)],
)
def test_fit_follows_from_the_sharpness_of_the_middle(direct: float, in_place: float, fit: str) -> None:
    assert Pair(direct, in_place).fit == fit
