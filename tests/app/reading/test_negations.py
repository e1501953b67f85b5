"""Where what is not wanted begins and ends, and what only sounds so."""

import pytest

from app.reading import negations
from app.reading.prompt import Prompt
from app.reading.reader import GRAMMARS, Reader
from app.reading.tokens import Speller, tokenise


def tokenised(reader: Reader, prompt: str, language: str = "en") -> Prompt:
    tokens = tokenise(prompt, language)
    return Prompt(prompt, tokens, GRAMMARS[language], names=reader.wordbook.names(tokens, GRAMMARS[language]))


def unwanted(reader: Reader, prompt: str, language: str = "en") -> list[str]:
    found = negations.find(tokenised(reader, prompt, language), reader.wordbook)
    return [" ".join(token.text for token in said) for _, said in found if said]


@pytest.mark.parametrize(
    ("prompt", "language", "said"),
    [
        ("a garden without flowers", "en", ["flowers"]),
        ("no cars in the street", "en", ["cars"]),
        ("a fox, not in a forest", "en", ["forest"]),
        ("a mountain not covered in snow", "en", ["covered snow"]),
        ("instead of a violin a guitar", "en", ["violin"]),
        ("no cats and a dog", "en", ["cats"]),
        ("no cats and dogs", "en", ["cats dogs"]),
        ("no cats, small dogs or birds", "en", ["cats dogs birds"]),
        ("no cats, a dog or two", "en", ["cats"]),
        ("no cats, no dogs", "en", ["cats", "dogs"]),
        ("no sun, only rain clouds", "en", ["sun"]),
        ("a chair with nobody on it and a lamp", "en", ["people"]),
        ("a cloudless sky", "en", ["cloud"]),
        ("a car-free street", "en", ["car"]),
        ("a not-blue fish", "en", ["blue"]),
        ("all but the mouse", "en", ["mouse"]),
        ("snakes are out, a lizard", "en", ["snakes"]),
        ("a lizard; snakes are not allowed", "en", ["snakes"]),
        ("a crab? yes. a lobster? no.", "en", ["a lobster"]),
        ("rather a cat than a dog", "en", ["dog"]),
        ("I prefer a cat to a dog", "en", ["dog"]),
        ("never show me a clown", "en", ["clown"]),
        ("under no circumstances a clown", "en", ["clown"]),
        ("leave the clown out", "en", ["clown"]),
        ("a fox far from any forest", "en", ["forest"]),
        ("cat -dog", "en", ["dog"]),
        ("a fox beneath a tree, not beneath a rock", "en", ["rock"]),
        ("a hat, no top hat", "en", ["top hat"]),
        ("a blue, not red car", "en", ["red"]),
        ("a not scary ghost", "en", ["scary"]),
        ("any fruit but an apple", "en", ["apple"]),
        ("a car in any colour but yellow", "en", ["yellow"]),
        ("zero birds", "en", ["birds"]),
        ("a missing cat poster", "en", []),
        ("a careless fox", "en", []),
        ("keine Katze, sondern ein Hund", "de", ["katze"]),
        ("anstelle einer Geige eine Gitarre", "de", ["geige"]),
        ("weder Hund noch Katze", "de", ["hund katze"]),
        ("eine menschenleere Straße", "de", ["menschen"]),
        ("ein Boot, in dem niemand sitzt", "de", ["menschen"]),
        ("lieber einen Bären als einen Löwen", "de", ["loewen"]),
        ("Hunde verboten, eine Katze", "de", ["hunde"]),
        ("ein blaues, nicht rotes Auto", "de", ["rotes"]),
        ("nicht nur ein Hund", "de", []),
        ("nichts als eine Rose", "de", []),
        ("ohne Zweifel ein Löwe", "de", []),
        ("nicht ohne meinen Regenschirm", "de", []),
    ],
)
def test_unwanted_words_end_where_others_begin(reader: Reader, prompt: str, language: str, said: list[str]) -> None:
    assert unwanted(reader, prompt, language) == said


@pytest.mark.parametrize(
    "prompt",
    [
        "nothing but a rose", "not only a cat but also a dog", "without a doubt a lion", "an elephant, no doubt",
        "not without my umbrella", "you cannot have a party without balloons", "no fewer than four ducks",
        "not not a cat", "why not a penguin?", "no one but a penguin", "a not very large elephant", "a knot",
        "a never-ending road", "a tree without leaves", "a forget-me-not", "last but not least a fox",
        "never forget the elephant", "don't leave out the moon", "nothing beats a pizza",
        "no dog is complete without a bone",
    ],
)  # fmt: skip
def test_what_only_sounds_like_not_negates_nothing(reader: Reader, prompt: str) -> None:
    assert unwanted(reader, prompt) == []
    assert reader.read(prompt).items


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("wihtout", "without"),
        ("witout", "without"),
        ("withhout", "without"),
        ("exept", "except"),
        ("nither", "neither"),
    ],
)
def test_a_misspelled_word_for_not_is_read_as_meant(reader: Reader, word: str, right: str) -> None:
    corrected = Speller(reader.wordbook).correct(tokenised(reader, f"a cat {word} a dog"))
    assert [token.text for token in corrected.tokens] == ["a", "cat", right, "a", "dog"]


@pytest.mark.parametrize("word", ["instep", "leather", "feather", "weather"])
def test_a_word_of_its_own_is_not_taken_for_a_misspelled_one(reader: Reader, word: str) -> None:
    prompt = tokenised(reader, f"a {word}")
    assert Speller(reader.wordbook).correct(prompt) == prompt
