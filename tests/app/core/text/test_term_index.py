"""Terms are found wherever they stand, whatever other terms begin like them."""

import re
from itertools import groupby
from random import Random

import pytest

from app.core.text.term_index import Hit, TermIndex

Terms = list[tuple[str, str, int]]


def found(terms: Terms, text: str) -> set[Hit]:
    index = TermIndex()
    for term, tag, repeated in terms:
        index.add(term, tag, repeated=repeated)
    return set(index.find(text))


def searched(terms: Terms, text: str) -> set[Hit]:
    """Return the hits of regular expressions, one for each term, of whole runs of its letters."""
    hits = set()
    for term, tag, repeated in terms:
        runs = [(letter, sum(1 for _ in group)) for letter, group in groupby(term)]
        if not runs:
            continue
        longer = [f"|(?<!{letter}){letter}{{{max(repeated, count + 1)},}}(?!{letter})" for letter, count in runs]
        parts = [
            f"(?:(?<!{letter}){letter}{{{count}}}(?!{letter}){more if repeated else ''})"
            for (letter, count), more in zip(runs, longer, strict=True)
        ]
        hits |= {Hit(*match.span(1), tag) for match in re.finditer(f"(?=({''.join(parts)}))", text)}
    return hits


@pytest.mark.parametrize(
    ("terms", "text", "expected"),
    [
        (["fox"], "a fox", {(2, 5)}),
        (["fox", "foxes"], "foxes", {(0, 3), (0, 5)}),
        (["foxes", "fox"], "foxes", {(0, 3), (0, 5)}),
        (["foxes", "foxy"], "foxy fox", {(0, 4)}),
        (["foxes", "foxtail", "fox"], "foxtai", {(0, 3)}),
        (["a", "ab", "abc"], "abc", {(0, 1), (0, 2), (0, 3)}),
        (["abc", "ab", "a"], "ab", {(0, 1), (0, 2)}),
        (["fox"], "fo", set()),
        ([""], "fox", set()),
    ],
)
def test_terms_that_begin_alike_are_all_found(terms: list[str], text: str, expected: set[tuple[int, int]]) -> None:
    assert {hit[:2] for hit in found([(term, "", 0) for term in terms], text)} == expected


def test_one_term_may_have_several_tags() -> None:
    assert found([("fox", "animal", 0), ("fox", "word", 0)], "fox") == {Hit(0, 3, "animal"), Hit(0, 3, "word")}


def test_longer_runs_match_if_they_may_be_repeated() -> None:
    assert found([("fox", "x", 3)], "foooox") == {Hit(0, 6, "x")}
    assert found([("fox", "x", 3)], "foox") == set()
    assert found([("fox", "x", 0)], "foooox") == set()


def test_hits_are_those_of_a_search_for_each_term() -> None:
    draw = Random(1)
    for _ in range(300):
        lengths = [draw.randrange(6) for _ in range(draw.randrange(1, 12))]
        terms = [
            ("".join(draw.choices("ab ", k=length)), draw.choice("xy"), draw.choice((0, 2, 3))) for length in lengths
        ]
        text = "".join(draw.choices("ab ", k=draw.randrange(14)))
        assert found(terms, text) == searched(terms, text), (terms, text)
