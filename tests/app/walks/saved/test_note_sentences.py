"""Notes on a stop as sentences."""

import pytest
from flask import Flask

from app.core.text import stop_notes
from app.storage.walk_models import Stop, Walk
from app.walks.saved import note_sentences


def test_each_note_has_a_sentence() -> None:
    assert {*note_sentences.NOTES, stop_notes.SLOWED} == set(stop_notes.EVERY)
    for note in note_sentences.NOTES:
        assert note_sentences.describe(note, "a fox, 8k").endswith(".")


def test_notes_are_listed_in_their_order_and_unknown_ones_left_out() -> None:
    text = note_sentences.describe("not read; of a later release; cut", "a fox")
    assert text.startswith("Nothing in it was recognised") and text.endswith("the end was left out.")


def test_film_that_was_slowed_down_gives_the_fastest_safe_rate(app: Flask) -> None:
    walk = Walk(fps=10.5, stops=[Stop(note="cut; slowed"), Stop(note="cut")])
    with app.test_request_context("/"):
        assert "more than 10.5 frames a second" in note_sentences.describe_film(walk)
    assert note_sentences.describe_film(Walk(fps=10.0, stops=[Stop(note="cut")])) == ""
    assert note_sentences.describe("slowed", "a fox") == ""  # it is said of the film, not of the stop


@pytest.mark.parametrize("tags", ["masterpiece", "<lora:a%sb:1>", "--ar 3:2"])
def test_tags_that_were_ignored_are_named(tags: str) -> None:
    assert note_sentences.describe(stop_notes.TAGS, f"{tags}, a fox") == f"Tags for other tools were left out: {tags}."


def test_tags_are_named_up_to_a_number() -> None:
    prompt = ", ".join(f"{number}girls" for number in range(40)) + ", a fox"
    assert note_sentences.describe(stop_notes.TAGS, prompt).count("girls") == note_sentences.TAGS_MAX
