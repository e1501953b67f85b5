"""Words around what a picture shows: lists."""

from studio.text import phrasing


def test_no_more_words_are_listed_than_are_wanted() -> None:
    assert phrasing.join_words(["red", "fur", "tail"], 2) == "red, fur"
    assert phrasing.join_words([], 2) == ""
