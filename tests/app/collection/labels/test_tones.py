"""A visitor's own word for a tone."""

from pathlib import Path

import pytest
from flask import Flask

from app.collection.labels import captions, tones
from app.core.config import ROOT
from tests.conftest import inside, make_app

pytestmark = pytest.mark.settings(MEANING=str(ROOT / "models/meaning"))


def test_each_tone_has_words_of_its_own() -> None:
    assert tuple(tones.WORDS) == captions.TONES
    said = [word for words in tones.WORDS.values() for word in set(words.split())]
    assert [word for word in said if said.count(word) > 1] == []


@pytest.mark.parametrize(
    ("word", "tone"),
    [("funny", "funny"), ("Ironic", "funny"), ("lustig", "funny"), ("verträumt", "poetic"), ("VERTRAUMT", "poetic")],
)
def test_words_in_both_languages_are_known(word: str, tone: str) -> None:
    assert tones.nearest(word) == tone


@pytest.mark.parametrize(("word", "tone"), [("hopeful", "happy"), ("heartbroken", "poetic"), ("mocking", "funny")])
def test_other_words_go_to_the_tone_that_means_like_them(app: Flask, word: str, tone: str) -> None:
    assert tones.nearest(word) == tone


@pytest.mark.parametrize("word", ["xqzzt", "carburettor", ""])
def test_what_means_none_of_them_is_none(app: Flask, word: str) -> None:
    assert tones.nearest(word) is None


def test_without_a_table_of_meaning_only_known_words_are_found(instance: Path) -> None:
    with inside(make_app(instance)):
        assert tones.nearest("witty") == "funny"
        assert tones.nearest("mocking") is None
