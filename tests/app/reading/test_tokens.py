"""Every token says where in the prompt it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.reading.tokens import EMOJI, LONGEST, MARK, WORD, tokens


def test_words_marks_and_emoji_are_told_apart() -> None:
    assert [(token.text, token.kind) for token in tokens("A fox, 👩🏽‍🚀 & 2 T-shirts", "en")] == [
        ("a", WORD), ("fox", WORD), (",", MARK), ("👩\u200d🚀", EMOJI), ("and", MARK), ("2", WORD), ("t", WORD),
        ("shirts", WORD),
    ]  # fmt: skip


def test_owners_and_capitals_are_kept() -> None:
    witch, broom = tokens("Witch’s broom", "en")
    assert (witch.text, witch.owner, witch.capital) == ("witch", True, True)
    assert not broom.owner


@given(st.text(max_size=100), st.sampled_from(("en", "de")))
def test_places_lie_within_the_prompt_in_order(prompt: str, language: str) -> None:
    found = tokens(prompt, language)
    assert all(0 <= token.start < token.end <= len(prompt) for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


def test_of_an_endless_prompt_the_beginning_is_read() -> None:
    assert len(tokens("a " * 100_000, "en")) == LONGEST // 2
