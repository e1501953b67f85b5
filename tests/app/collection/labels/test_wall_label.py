"""Wall labels, part by part."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collection.labels import captions, wall_label
from tests.app.collection.labels.test_captions import about

prompts = st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=2, max_size=8)


def test_label_reads_as_those_of_museums() -> None:
    film = about("a lemon", "the sun", styles=("woodcut", "neon"))
    assert wall_label.compose(film).lines() == [
        "A lemon into the sun, 2026",
        "Film, colour, silent; style: woodcut and neon",
        "Walk 7, open edition",
        "A walk through “a lemon” and “the sun”, in 24 frames.",
    ]
    assert wall_label.compose(film, "de").lines()[:3] == [
        "A lemon – the sun, 2026",
        "Film, Farbe, ohne Ton; Stil: woodcut und neon",
        "Spaziergang 7, offene Auflage",
    ]


def test_title_is_its_owners_where_they_gave_one_and_names_three_stops_at_most() -> None:
    assert wall_label.compose(about("a fox", "rain", title="After the storm")).title == "After the storm"
    assert wall_label.compose(about("a fox", "rain", "ice")).title == "A fox into rain into ice"
    assert wall_label.compose(about("a fox", "rain", "ice", "tea")).title == "A fox into tea"
    assert wall_label.compose(about("", "tea")).title == "A photo into tea"


def test_film_without_a_hand_has_a_medium_too() -> None:
    assert wall_label.compose(about("a fox", "tea")).medium == "Film, colour, silent"


@pytest.mark.parametrize("language", list(captions.LANGUAGES))
@given(prompts, st.lists(st.sampled_from(["woodcut", "pop art", "neon"]), unique=True, max_size=3))
def test_whatever_is_walked_through_each_part_is_one_line(language: str, stops: list[str], hands: list[str]) -> None:
    label = wall_label.compose(about(*stops, styles=tuple(hands)), language)
    for line in label.lines():
        assert line.strip() == line != ""
        assert not re.search(r"[\n{}]", re.sub(r"“[^”]*”|„[^“]*“", "", line if line == label.sentence else ""))
    assert not label.medium.endswith(".")
    assert label.sentence.endswith(".")
