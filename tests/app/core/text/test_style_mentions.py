"""Names of styles in prompts: where they are such, in which spellings, and what is left of the prompt."""

import pytest

from app.core.text import style_mentions

NAMES = style_mentions.name_table([
    ("van gogh", ("van gogh", "Van Gogh")), ("leger", ("leger", "Léger")), ("muenter", ("muenter", "Gabriele Münter")),
    ("okeeffe", ("okeeffe", "O’Keeffe")), ("rose", ("rose", "Rose")),
])  # fmt: skip


def found(prompt: str) -> list[str]:
    return [mention.words for mention in style_mentions.find(prompt, NAMES)]


@pytest.mark.parametrize("prompt", [
    "a lighthouse, van gogh", "a lighthouse,VAN GOGH", "a lighthouse, Van-Gogh.", "a lighthouse, in Van Gogh style",
    "a lighthouse by Van Gogh", "a lighthouse in the style of Van Gogh on a hill", "a lighthouse, Van Gogh's style",
    "ein Leuchtturm, im Stil von Van Gogh", "ein Leuchtturm von Van Gogh", "ein Leuchtturm im Van-Gogh-Stil",
    "van gogh", "van gogh, a lighthouse", "a Van Gogh style lighthouse", "un phare à la Van Gogh",
])  # fmt: skip
def test_find_in_any_spelling_returns_the_style(prompt: str) -> None:
    assert found(prompt) == ["van gogh"]


@pytest.mark.parametrize(("prompt", "words"), [
    ("a fox, leger", "leger"), ("a fox, Léger", "leger"), ("a fox, LE\u0301GER", "leger"),
    ("ein Fuchs, gabriele munter", "muenter"), ("ein Fuchs, Gabriele Muenter", "muenter"),
    ("ein Fuchs, Gabriele Münter", "muenter"), ("a fox, O'Keeffe", "okeeffe"), ("a fox, O’Keeffe", "okeeffe"),
])  # fmt: skip
def test_find_ignores_case_accents_and_umlauts(prompt: str, words: str) -> None:
    assert found(prompt) == [words]


@pytest.mark.parametrize("prompt", [
    "a lighthouse", "portrait of van gogh", "a van, gogh", "a rose and a fox", "a house by rose bushes",
    "van gogh in a boat", "", ",,", "a lighthouse, vangogh",
])  # fmt: skip
def test_find_where_the_words_are_no_style_returns_none(prompt: str) -> None:
    assert found(prompt) == []


def test_blank_keeps_the_place_of_all_other_characters() -> None:
    prompt = "a fox, by Van Gogh, at night"
    rest = style_mentions.blank(prompt, style_mentions.find(prompt, NAMES))
    assert rest.split() == ["a", "fox,", ",", "at", "night"]
    assert (len(rest), rest.index("night")) == (len(prompt), prompt.index("night"))


def test_find_prefers_the_longest_name() -> None:
    names = style_mentions.name_table([("gogh", ("gogh",)), ("van gogh", ("van gogh",))])
    assert [each.words for each in style_mentions.find("a fox, van gogh", names)] == ["van gogh"]
