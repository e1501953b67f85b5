"""Search: words in any script are found by how they begin, and no query does harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app import gallery, search
from app.errors import InvalidInput
from app.models import Walk

pytestmark = pytest.mark.databases

Hanger = Callable[..., Walk]


def found(query: str) -> list[str]:
    return sorted(walk.stops[0].prompt for walk in gallery.page(query).walks)


def test_prompts_are_folded_into_words() -> None:
    assert search.words_of(["A Red  Fox!", "crème brûlée"]) == " a red fox creme brulee "
    assert search.words_of(["ÉTÉ, straße"]) == " ete strasse "
    assert search.words_of(["🦊🪁"]) == " 🦊 🪁 "


def test_rows_are_fused_by_reciprocal_rank() -> None:
    assert search.fused([1, 2, 3]) == [1, 2, 3]
    assert search.fused([1, 2, 3], [3]) == [3, 1, 2]
    assert search.fused([1, 2], [4, 2]) == [2, 1, 4]
    assert search.fused([1, 2], [2, 1]) == [1, 2]
    assert search.fused([], [7, 7, 8], limit=1) == [7]
    assert search.fused() == []


def test_rankers_are_those_of_their_application(app: Flask) -> None:
    assert search.rankers() == []
    search.add_ranker(app, lambda query: [len(query)])
    assert [ranker("fox") for ranker in search.rankers()] == [[3]]


FINDS = {
    "fox": ["a red fox"],
    "FOX": ["a red fox"],
    "red fo": ["a red fox"],
    "fox red": ["a red fox"],
    "kite": ["a red fox"],
    "ox": [],
    "fox cat": [],
    "brulee": ["crème brûlée"],
    "Crème": ["crème brûlée"],
    "cre\u0300me": ["crème brûlée"],
    "狐": ["红色的狐狸"],
    "狐狸": ["红色的狐狸"],
    "红色的狐狸": ["红色的狐狸"],
    "太阳": [],
    "ねこ": ["黒いねこ"],
    "лис": ["Рыжая лиса"],
    "РЫЖАЯ": ["Рыжая лиса"],
    "ثعلب": ["ثعلب أحمر"],
    "🦊": ["🦊 dancing"],
    "🐻": [],
}


def test_words_are_found_by_their_beginnings(hung: Hanger) -> None:
    for prompt in ("a red fox", "crème brûlée", "红色的狐狸", "黒いねこ", "Рыжая лиса", "ثعلب أحمر", "🦊 dancing"):
        hung(prompt, "a kite" if prompt == "a red fox" else "x", seed=1)
    assert {query: found(query) for query in FINDS} == FINDS


def test_number_finds_seeds_and_words(hung: Hanger) -> None:
    hung("by seed", "x", seed=42)
    hung("by word 42", "x", seed=7)
    hung("neither", "x", seed=421)
    assert found("42") == ["by seed", "by word 42"]
    assert found("0042") == ["by seed"]
    assert found("9999999999") == []
    assert found("99999999999999999999") == []


def test_wildcards_and_quotes_mean_nothing(hung: Hanger) -> None:
    hung("a fox", "a kite")
    plain = {"fox*": ["a fox"], "a%": ["a fox"], "a\\": ["a fox"]}
    queries = ["%", "_", "%%", "\\", "' OR 1=1 --", '"', "*", "fox*", "a%", "f_x", "a\\"]
    assert {query: found(query) for query in queries} == {query: plain.get(query, []) for query in queries}


@pytest.mark.parametrize("query", ["NEAR(fox kite)", "fox AND kite", "fox OR", "NOT fox", "words:fox", "^fox", "-fox"])
def test_operators_are_words(hung: Hanger, query: str) -> None:
    hung("a fox", "a kite")
    assert found(query) == (["a fox"] if query in ("^fox", "-fox") else [])


@pytest.mark.parametrize("query", ["...", "?!", "—", '""', "\0", "()", "\u0301"])
def test_punctuation_alone_finds_nothing(hung: Hanger, query: str) -> None:
    hung("a fox", "a kite")
    page = gallery.page(query)
    assert (page.walks, page.found, page.newer, page.older) == ([], 0, None, None)


@pytest.mark.parametrize("query", ["", " ", "\n"])
def test_empty_query_shows_everything(hung: Hanger, query: str) -> None:
    hung("a fox", "a kite")
    page = gallery.page(query)
    assert len(page.walks) == 1
    assert page.found is None


def test_overlong_query_is_refused_with_the_limit(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refused:
        gallery.page("fox " * 2500)
    assert [error.field for error in refused.value.errors] == ["q"]
    assert str(refused.value) == "A search is at most 300 characters long; this one has 10000."


@pytest.mark.parametrize("query", ["\ufdfa" * 300, "a " * 150, "🦊" * 300, "".join(map(chr, range(0x3300, 0x342C)))])
def test_longest_queries_are_answered(hung: Hanger, query: str) -> None:
    hung("a fox", "a kite")
    assert found(query) in ([], ["a fox"])


@given(query=st.text(st.characters(codec=None), max_size=300))
def test_search_never_fails(app: Flask, query: str) -> None:
    assert gallery.page(query).walks == []


@given(prompt=st.text(st.characters(categories=("L", "N", "S", "M", "P")), min_size=1, max_size=30))
def test_every_word_of_a_prompt_would_find_it(prompt: str) -> None:
    words = search.words_of([prompt])
    assert all(f" {word}" in words for word in search._words(prompt))
    assert search._words(words) == words.split()
