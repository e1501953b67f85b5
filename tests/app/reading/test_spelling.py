"""Slips of one letter are mended where the word is none otherwise; names and words of other kinds are left alone."""

from __future__ import annotations

import pytest

from app.reading.reader import Reader


def shown(reader: Reader, prompt: str, language: str = "en") -> list[str]:
    return [item.drawing.name for item in reader.read(prompt, language=language).items]


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("an umbrela", ["umbrella"]), ("an elefant", ["elephant"]), ("a buttrefly", ["butterfly"]),
        ("an octopuss and an astronat", ["octopus", "astronaut"]), ("a beutiful sunst over teh ocean", ["sunset"]),
    ],
)  # fmt: skip
def test_word_with_a_letter_too_few_too_many_changed_or_before_its_turn_is_read(
    reader: Reader, prompt: str, names: list[str]
) -> None:
    assert shown(reader, prompt) == names


def test_german_nouns_are_mended_and_what_is_written_small_beside_them_is_not(reader: Reader) -> None:
    assert shown(reader, "ein Schmeterling", "de") == ["butterfly"]
    assert shown(reader, "der schmeterling", "de") == ["butterfly"]
    assert "wheel" not in shown(reader, "Der Junge und das Mädchen reiten", "de")  # one letter from Reifen


def test_words_are_kept_as_they_were_written(reader: Reader) -> None:
    [item] = reader.read("my umbrela please").items
    assert item.words == "my umbrela"


@pytest.mark.parametrize("prompt", ["a letter from Brian", "Maggie at the sea", "a strange light"])
def test_names_and_words_of_other_kinds_are_no_slips(reader: Reader, prompt: str) -> None:
    assert not {"brain", "magpie", "stranger", "person"} & set(shown(reader, prompt))


def test_short_words_are_left_alone(reader: Reader) -> None:
    assert "boat" not in shown(reader, "a bota")
