"""Words that differ by one letter from a name are corrected, in a time that does not depend on the words."""

import itertools
import random
import string
from collections.abc import Iterator

import pytest

from app.reading import tokens
from app.reading.prompt import Prompt
from app.reading.reader import ENGLISH, Reader
from app.reading.tokens import LETTERS, Names, edit
from tests.support.raising import raising


def alike(word: str, may_replace: bool) -> Iterator[str]:
    """Yield all words that one edit leads to, the likeliest first, as the rule says it."""
    last = len(word) - 1
    for at in range(last):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(1, last):
        yield word[:at] + word[at + 1 :]
    for at in range(1, last + 1):
        for letter in LETTERS:
            yield word[:at] + letter + word[at:]
            if may_replace and at < last:
                yield word[:at] + letter + word[at + 1 :]


@pytest.mark.parametrize("word", ["giraffe", "boook", "aabab", "dinosuar"])
@pytest.mark.parametrize("may_replace", [True, False])
def test_edits_are_those_of_the_rule_in_its_order(word: str, may_replace: bool) -> None:
    reached = [each for each in dict.fromkeys(alike(word, may_replace)) if each != word]
    edits = [edit(word, each, may_replace=may_replace) for each in reached]
    assert None not in edits
    assert edits == sorted(edits)


def test_what_no_edit_leads_to_is_none() -> None:
    rng = random.Random(60)
    words = ["".join(rng.choices("abc", k=rng.randint(4, 7))) for _ in range(300)]
    for one, other in itertools.pairwise(words):
        assert (edit(one, other, may_replace=True) is not None) == (other != one and other in alike(one, True))


def test_names_near_a_word_are_all_that_an_edit_leads_to() -> None:
    rng = random.Random(61)
    names = Names({"".join(rng.choices("abcd", k=rng.randint(4, 8))): 1.0 for _ in range(2000)})
    for word in rng.sample(sorted(names.of), 100):
        typed = word[:2] + rng.choice("abcd") + word[2:]
        assert set(alike(typed, True)) & set(names.of) <= names.near(typed) | {typed}


def test_long_words_are_not_compared_with_any_name(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens.Speller, "_find_nearest", raising(AssertionError("compared")))
    words = ["".join(random.Random(seed).choices(string.ascii_lowercase, k=25)) for seed in range(4)]
    reader.read(" ".join(words))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a brid on a raod", "a bird on a road"),
        ("a woman wiht an umbrella", "a woman with an umbrella"),
        ("a boat on teh sea", "a boat on the sea"),
        ("a plam tree", "a palm tree"),
        ("a lake at nihgt", "a lake at night"),
        ("ein Hudn im Wlad", "ein Hund im Wald"),
    ],
)
def test_letters_that_changed_places_are_put_back(reader: Reader, typed: str, meant: str) -> None:
    one, two = reader.read(typed), reader.read(meant)
    assert [item.drawing for item in one.items] == [item.drawing for item in two.items] != [] and one.wish == two.wish


@pytest.mark.parametrize("word", ["zrop", "cta", "abut"])
def test_short_words_without_such_a_neighbour_are_left(reader: Reader, word: str) -> None:
    (token,) = reader._speller.correct(Prompt(word, tokens.tokenise(word, "en"), ENGLISH)).tokens
    assert token.text == word
