"""Every token says where in the prompt it stands."""

import re

from hypothesis import given
from hypothesis import strategies as st

from app.reading.prompt import EMOJI, MARK, WORD, Line
from app.reading.tokens import LONGEST, tokenise


def test_words_marks_and_emoji_are_distinguished() -> None:
    assert [(token.text, token.kind) for token in tokenise("A fox, 👩🏽‍🚀 & 2 T-shirts", "en")] == [
        ("a", WORD), ("fox", WORD), (",", MARK), ("👩\u200d🚀", EMOJI), ("and", MARK), ("2", WORD), ("t", WORD),
        ("shirts", WORD),
    ]  # fmt: skip


def test_owners_and_capitals_are_kept() -> None:
    witch, broom = tokenise("Witch’s broom", "en")
    assert (witch.text, witch.owner, witch.capital) == ("witch", True, True)
    assert not broom.owner


def test_words_behind_a_hyphen_are_joined() -> None:
    assert [token.joined for token in tokenise("car-free - sky, T-shirt, -x", "en") if token.kind == WORD] == [
        False, True, False, False, True, False,
    ]  # fmt: skip


def test_patterns_are_found_as_places_of_tokens() -> None:
    listed = tokenise("a fox, no cats", "en")
    line = Line(listed)
    assert line.text == " a fox , no cats "
    assert [span[:2] for span in line.spans(re.compile("(?<= )fox|no cats(?= )"))] == [(1, 2), (3, 5)]
    assert list(line.spans(re.compile("$"))) == []


@given(st.text(max_size=100), st.sampled_from(("en", "de")))
def test_places_lie_within_the_prompt_in_order(prompt: str, language: str) -> None:
    found = tokenise(prompt, language)
    assert all(0 <= token.start < token.end <= len(prompt) for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


def test_of_an_endless_prompt_the_beginning_is_read() -> None:
    assert len(tokenise("a " * 100_000, "en")) == LONGEST // 2
