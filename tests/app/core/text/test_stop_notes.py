"""Notes on a stop: in their order, in one text, and back."""

from app.core.text import stop_notes


def test_notes_are_joined_in_their_order_and_split_again() -> None:
    text = stop_notes.joined([stop_notes.NO_CLIP_SKIP, "", stop_notes.UNKNOWN_WORDS, stop_notes.NO_CLIP_SKIP])
    assert text == "unknown words; clip skip ignored"
    assert stop_notes.split(text) == ["unknown words", "clip skip ignored"]
    assert stop_notes.joined([]) == "" and stop_notes.split("") == []


def test_all_notes_at_once_fit_into_the_column() -> None:
    assert len(stop_notes.joined(stop_notes.EVERY)) <= stop_notes.LENGTH


def test_worker_s_notes_join_those_of_the_request_and_replace_its_own() -> None:
    stored = stop_notes.joined([stop_notes.TAGS, stop_notes.NOT_READ, stop_notes.CUT])
    assert stop_notes.with_worker_notes(stored, stop_notes.NO_WEIGHTS) == "not read; tags ignored; weights ignored"
    assert stop_notes.with_worker_notes(stored, "") == "not read; tags ignored"
    assert stop_notes.with_worker_notes("", "") == ""
    assert stop_notes.with_worker_notes("new seed; slowed", "") == "new seed"


def test_note_is_added_once_in_its_place() -> None:
    assert stop_notes.with_note("not read; slowed", stop_notes.CUT) == "not read; cut; slowed"
    assert stop_notes.with_note("cut", stop_notes.CUT) == "cut" == stop_notes.with_note("", stop_notes.CUT)
