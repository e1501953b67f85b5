"""Retired styles: pages leave them out, and everything that names them works as before."""

import json

import pytest

from app.collection.styles import shipped, suiting
from app.collection.styles import style as styles
from app.core.config import ROOT
from app.offer.generation.model_styles import ModelStyle, find, find_mentioned

SHIPPED = json.loads((ROOT / "models/house/house.json").read_text())["hands"]
HANDS = tuple(ModelStyle(hand["words"], hand["title"], hand["marks"], tuple(hand["also"])) for hand in SHIPPED)
KNOWN = shipped.of_model_styles(HANDS)


def test_pages_offer_all_styles_but_the_retired_ones() -> None:
    offered = {style.model_style.words for style in shipped.offered(KNOWN)}
    assert offered == {hand.words for hand in HANDS} - suiting.RETIRED


def test_retired_style_that_a_form_has_chosen_stays_in_its_place() -> None:
    offered = [style.model_style.words for style in shipped.offered(KNOWN, chosen=("gouache",))]
    assert "gouache" in offered and "tapestry" not in offered
    assert offered == [style.model_style.words for style in KNOWN if style.model_style.words in offered]


def test_style_of_another_model_with_the_name_of_a_retired_one_is_offered() -> None:
    known = shipped.of_model_styles((ModelStyle("watercolour", "Watercolour"),))
    assert shipped.offered(known) == known


@pytest.mark.parametrize("words", sorted(suiting.RETIRED))
def test_retired_style_is_found_by_requests_prompts_and_addresses(words: str) -> None:
    assert styles.find(words, KNOWN) is not None
    assert find(words, HANDS) == find_mentioned(f"a fox, {words}", HANDS)
