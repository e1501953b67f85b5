"""The language of a prompt, by small words alone and by the names of things."""

import pytest

from app.reading import prompt_language
from app.reading.reader import Reader


@pytest.mark.parametrize(
    ("prompt", "language"),
    [("a fox", "en"), ("ein Fuchs", "de"), ("the sun", "en"), ("die Sonne", "de"), ("Bär", "de"), ("fox", "hint")],
)
def test_small_words_and_umlauts_decide_without_a_vocabulary(prompt: str, language: str) -> None:
    assert prompt_language.find(prompt, "hint") == language


@pytest.mark.parametrize(("prompt", "language"), [("Leuchtturm", "de"), ("lighthouse", "en"), ("zorp", "hint")])
def test_names_of_things_decide_where_they_are_known(reader: Reader, prompt: str, language: str) -> None:
    assert reader.language_of(prompt, "hint") == language
