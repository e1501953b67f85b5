"""Notes on a stop: in their order, in one text, and back."""

from __future__ import annotations

from app.presentation import wording
from app.text import stop_notes


def test_notes_are_joined_in_their_order_and_split_again() -> None:
    text = stop_notes.joined([stop_notes.NO_CLIP_SKIP, "", stop_notes.UNKNOWN_WORDS, stop_notes.NO_CLIP_SKIP])
    assert text == "unknown words; clip skip ignored"
    assert stop_notes.split(text) == ["unknown words", "clip skip ignored"]
    assert stop_notes.joined([]) == "" and stop_notes.split("") == []


def test_all_notes_at_once_fit_and_each_has_a_sentence() -> None:
    assert len(stop_notes.joined(stop_notes.EVERY)) <= stop_notes.LENGTH
    assert set(wording.NOTES) == set(stop_notes.EVERY)
