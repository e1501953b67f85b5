"""Words of a prompt that are replaced by others."""

import pytest

from app.site.presentation.prompt_edits import inserted, with_word


@pytest.mark.parametrize(
    ("prompt", "word", "better", "language", "expected"),
    [
        ("beside a zorp", "zorp", "elephant", "en", "beside an elephant"),
        ("An elefant", "elefant", "cat", "en", "A cat"),
        ("elefant and elefants", "elefant", "elephant", "en", "elephant and elefants"),
        ("zorp, zorp", "zorp", "fox", "en", "fox, fox"),
        ("an Elefnat", "Elefnat", "Elefant", "de", "an Elefant"),  # a preposition
        ("a.b and axb", "a.b", r"\1", "en", r"\1 and axb"),
        ("a fox", "", "owl", "en", "a fox"),
    ],
)
def test_word_and_article_are_replaced(prompt: str, word: str, better: str, language: str, expected: str) -> None:
    assert with_word(prompt, word, better, language) == expected


@pytest.mark.parametrize(
    ("prompt", "word", "expected"),
    [("a zorp", "zorp", "an owl"), ("a fox, ", "zorp", "a fox, owl"), ("a fox", "", "a fox, owl"), ("  ", "x", "owl")],
)
def test_name_takes_the_place_of_the_word_or_is_added(prompt: str, word: str, expected: str) -> None:
    assert inserted(prompt, word, "owl", "en") == expected
