"""The right spelling of a misspelt word, found among the names of things."""

import pytest

from app.reading import near_words
from app.reading.reader import Reader


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("lighthuoses", "en", "lighthouse"),
        ("squirl", "en", "squirrel"),
        ("brige", "en", "bridge"),
        ("kastle", "en", "castle"),
        ("buterfli", "en", "butterfly"),
        ("Leuchtrum", "de", "Leuchtturm"),
        ("Eichhörchen", "de", "Eichhörnchen"),
        ("Windmuele", "de", "Windmühle"),
        ("castel", "zz", "castle"),
    ],
)
def test_misspelt_word_is_offered_as_it_is_written(reader: Reader, word: str, language: str, expected: str) -> None:
    assert reader.near_words.suggest(word, language) == expected


@pytest.mark.parametrize("word", ["zorp", "fox", "castle", "qwertyuiop", "", "a1b2c3", "two words", "кошкаа"])
def test_known_word_and_one_that_is_near_none_get_no_offer(reader: Reader, word: str) -> None:
    assert reader.near_words.suggest(word, "en") == ""


def test_only_words_of_nearly_the_same_length_are_compared(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def note(one: str, other: str, most: int) -> int:
        compared.append((one, other))
        return most + 1

    monkeypatch.setattr(near_words, "distance", note)
    assert reader.near_words.suggest("squrrrel", "en") == ""
    assert 0 < len(compared) < 1000
    assert all(abs(len(one) - len(other)) <= 2 for one, other in compared)
    compared.clear()
    assert reader.near_words.suggest("s" * 300, "en") == ""
    assert compared == []


def test_folded_word_is_written_with_its_umlauts(reader: Reader) -> None:
    words = reader.near_words
    assert [words.written(each, "de") for each in ("windmuehle", "zorp")] == ["Windmühle", "zorp"]
    assert words.written("bridge", "en") == "bridge"
