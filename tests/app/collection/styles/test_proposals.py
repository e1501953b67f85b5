"""Styles for a prompt, by the phrases that are shipped and the table of meaning."""

import json
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from app.collection.styles import proposals, samples, shipped
from app.collection.styles.style import Style, find
from app.core.config import ROOT
from app.core.i18n import foreign_messages
from app.offer.generation.model_styles import ModelStyle
from tests.conftest import inside, make_app

HANDS = tuple(
    ModelStyle(hand["words"], hand["title"])
    for hand in json.loads((ROOT / "models/house/house.json").read_text())["hands"]
)


pytestmark = pytest.mark.settings(MEANING=str(ROOT / "models/meaning"))


@pytest.mark.parametrize(
    ("prompt", "style"),
    [("a city at night", "scratchboard"), ("saints in a chapel", "stained glass"),
     ("a sumo wrestler, woodcut", "woodcut"), ("plan of a submarine", "cyanotype"), ("a ballerina", "chalk pastel"),
     ("emptiness", "ink wash")],
)  # fmt: skip
def test_style_that_suits_a_prompt_comes_first(app: Flask, prompt: str, style: str) -> None:
    assert proposals.nearest(prompt, shipped.of_model_styles(HANDS))[0].style.model_style.words == style


def test_reason_is_the_phrase_that_says_what_the_prompt_does(app: Flask) -> None:
    assert proposals.nearest("a city at night", shipped.of_model_styles(HANDS))[0].because == "the city at night"


def test_as_many_are_proposed_as_are_wanted_the_best_first(app: Flask) -> None:
    found = proposals.nearest("a fox in the snow", shipped.of_model_styles(HANDS), limit=5)
    assert len({one.style for one in found}) == 5
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


def test_prompt_of_which_no_word_is_known_gets_none(app: Flask) -> None:
    assert proposals.nearest("🜁", shipped.of_model_styles(HANDS)) == []


def test_model_without_hands_gets_none(app: Flask) -> None:
    assert proposals.nearest("a fox", ()) == []


def test_without_a_table_nothing_is_proposed(instance: Path, tmp_path: Path) -> None:
    with inside(make_app(instance, MEANING=str(tmp_path))):
        assert proposals.nearest("a fox", shipped.of_model_styles(HANDS)) == []


def test_hand_of_another_model_is_found_by_its_words_alone(app: Flask) -> None:
    prints = ModelStyle("our prints", "Our prints")
    (style,) = shipped.of_model_styles((prints,))
    assert style == Style(prints, "", "", ())
    assert [one.because for one in proposals.nearest("prints of a harbour", (style,))] == ["our prints"]


def test_every_shipped_hand_is_written_about_translated_and_has_a_picture() -> None:
    for style in shipped.of_model_styles(HANDS):
        assert len(style.phrases) >= 15, style.name
        assert {style.suits, style.subject} <= foreign_messages.KNOWN
        path = samples.path(style)
        assert path is not None, style.name
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("WEBP", (256, 256))


def test_style_is_found_by_name_words_and_title() -> None:
    styles = shipped.of_model_styles(HANDS)
    assert {find(text, styles) for text in ("paper-cut-out", "Paper cut-out", "CUT PAPER")} == {styles[1]}
    assert find("grid", styles) is None
