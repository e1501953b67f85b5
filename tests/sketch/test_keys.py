"""Keys have neither case nor marks; words are found under their plain forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch import keys


@given(st.text(max_size=40), st.sampled_from(("en", "de")))
def test_key_of_a_key_is_itself(text: str, language: str) -> None:
    key = keys.key(text, language)
    assert keys.key(key.removeprefix(keys.prefix(language)), language) == key


def test_keys_have_neither_case_nor_accents_nor_marks() -> None:
    assert keys.key("Rescue worker’s Helmet") == "rescue worker helmet"
    assert keys.key("piñata") == "pinata"
    assert keys.key("Bär", "de") == keys.key("Baer", "de") == "de:baer"


@pytest.mark.parametrize(
    ("word", "language", "plain"),
    [("foxes", "en", "fox"), ("berries", "en", "berry"), ("knives", "en", "knife"), ("mice", "en", "mouse"),
     ("haeuser", "de", "haus"), ("voegel", "de", "vogel"), ("katzen", "de", "katze"), ("loewinnen", "de", "loewin")],
)  # fmt: skip
def test_plurals_have_their_singular_among_their_forms(word: str, language: str, plain: str) -> None:
    assert plain in keys.forms(word, language)
