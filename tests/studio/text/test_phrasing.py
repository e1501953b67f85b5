"""Words for pictures: articles, plurals, colours."""

from __future__ import annotations

import pytest

from studio.text import phrasing


@pytest.mark.parametrize(("name", "written"), [
    ("bear", "a bear"), ("owl", "an owl"), ("unicorn", "a unicorn"), ("sun", "the sun"), ("cherries", "cherries"),
    ("ice cream", "ice cream"), ("bus", "a bus"), ("glasses", "glasses"), ("dress", "a dress"),
    ("octopus", "an octopus"),
    ("grinning face with big eyes", "a grinning face with big eyes"), ("Santa Claus", "a Santa Claus"),
    ("1st place medal", "1st place medal"), ("face with rolling eyes", "a face with rolling eyes"),
    ("nest with eggs", "a nest with eggs"), ("rhinoceros", "a rhinoceros"), ("hourglass done", "an hourglass done"),
    ("Japanese castle", "a Japanese castle"),
])  # fmt: skip
def test_thing_has_its_article(name: str, written: str) -> None:
    assert phrasing.thing(name) == written


@pytest.mark.parametrize(("colour", "name", "written"), [
    ("blue", "cat", "a blue cat"), ("orange", "cat", "an orange cat"), ("blue", "owl", "a blue owl"),
    ("red", "sun", "the red sun"), ("green", "cherries", "green cherries"),
])  # fmt: skip
def test_colour_stands_between_article_and_thing(colour: str, name: str, written: str) -> None:
    assert phrasing.coloured(colour, name) == written
