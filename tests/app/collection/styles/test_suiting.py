"""Which styles suit what is shown, and the one that is chosen for a whole walk."""

import pytest

from app.collection.styles import suiting
from app.core.config import ROOT
from app.reading.lexicon import Lexicon
from studio.styles.registry import HANDS

HOUSE = ROOT / "models" / "house"
ALL = [hand.words for hand in HANDS.values() if hand.marks]
KINDS = sorted({concept.kind for concept in Lexicon.load(HOUSE).concepts})
GRAPHIC = [hand.words for hand in HANDS.values() if hand.is_graphic]


def test_table_knows_every_style_that_composes() -> None:
    assert (
        set(suiting.SUITS) == set(ALL) >= {*suiting.LEGIBLE, *suiting.COLOURLESS, *suiting.FAVOURED, *suiting.PLACING}
    )


@pytest.mark.parametrize(
    ("words", "suits", "does_not"),
    [
        ("stained glass", {"animal-bird", "animal-mammal"}, {"place-building"}),
        ("batik", {"animal-bird", "clothing"}, {"unheard-of"}),
        ("mosaic", {"place-building", "person-role"}, {"tool"}),
        ("etching", {"place-building"}, {"food-fruit"}),
        ("constructivist poster", {"tool", "office"}, {"place-building"}),
        ("pop art", {"animal-mammal"}, {"tool"}),
        ("op art lines", {"food-fruit"}, {"place-building"}),
    ],
)
def test_style_suits_some_kinds_and_not_others(words: str, suits: set[str], does_not: set[str]) -> None:
    assert suiting.is_suited(words, suits) and not suiting.is_suited(words, does_not)


@pytest.mark.parametrize("words", ["planes of primary colour", "charcoal", "layered paper", "gouache", "tapestry"])
def test_style_without_a_group_suits_nothing_even_where_nothing_is_shown(words: str) -> None:
    assert not suiting.is_suited(words, {"animal-bird"}) and not suiting.is_suited(words, set())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_drawing_has_a_choice_of_styles(kind: str) -> None:
    assert len([words for words in ALL if suiting.is_suited(words, {kind})]) >= 3


@pytest.mark.parametrize("kind", sorted(suiting.SIGNS))
def test_signs_suit_graphic_styles_alone(kind: str) -> None:
    suited = {words for words in ALL if suiting.is_suited(words, {kind})}
    assert suited and suited <= set(GRAPHIC)


def test_retired_styles_are_known_and_never_chosen_where_there_is_another() -> None:
    assert set(ALL) > suiting.RETIRED
    assert not any(suiting.SUITS[words] for words in suiting.RETIRED)
    mediums = {
        words for texts in (["a painting"], ["a drawing"], ["a print"]) for words in suiting.of_medium(texts, ALL)
    }
    assert mediums and not mediums & suiting.RETIRED


def test_walk_gets_a_style_that_suits_all_its_stops() -> None:
    stops = [{"animal-bird"}, {"plant-flower"}, {"food-fruit"}]
    chosen = {suiting.choose(stops, ALL, seed=seed) for seed in range(40)}
    assert len(chosen) > 2
    assert all(suiting.is_suited(words, kinds) for words in chosen for kinds in stops)


@pytest.mark.parametrize("seed", range(20))
def test_style_stays_where_another_stop_changes_and_it_suits_that_too(seed: int) -> None:
    words = suiting.choose([{"animal-bird"}, {"animal-bug"}], ALL, seed=seed)
    assert suiting.choose([{"animal-bird"}, {"animal-mammal"}], ALL, seed=seed) == words


def test_favoured_styles_are_chosen_twice_as_often() -> None:
    drawn = [suiting.choose([{"animal-bird"}], ["linocut", "batik"], seed=seed) for seed in range(900)]
    assert 1.7 < drawn.count("linocut") / drawn.count("batik") < 2.3


def test_what_nothing_suits_gets_some_style_and_no_styles_give_none() -> None:
    assert suiting.choose([{"unheard-of"}], ALL, seed=1) in ALL
    assert suiting.choose([{"animal-bird"}], [], seed=1) == ""


@pytest.mark.parametrize("seed", range(20))
def test_what_nothing_suits_gets_no_style_that_few_would_show(seed: int) -> None:
    few = [words for words in ALL if not suiting.SUITS[words]]
    assert suiting.choose([{"unheard-of"}], ALL, seed=seed) not in few
    assert suiting.choose([{"animal-bird"}], few, seed=seed) in few


def test_medium_leaves_styles_of_its_own() -> None:
    assert suiting.of_medium(["a painting of"], ALL) == ["pointillist", "swirling brushstrokes"]
    assert "linocut" in suiting.of_medium(["ein druck von"], ALL)
    assert suiting.of_medium(["a photo of"], ALL) == ALL
    assert suiting.of_medium(["a painting of"], ["linocut"]) == ["linocut"]
