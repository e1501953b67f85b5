"""Tags and syntax of other tools are taken out of a prompt, and what is left keeps its places."""

import pytest

from app.core.text.tool_tags import TaggedPrompt, has_weights, split, tags

IGNORED = {
    "masterpiece, best quality, a fox in the forest": ("masterpiece", "best quality"),
    "a fox, 8k uhd, ultra-detailed": ("8k uhd", "ultra-detailed"),
    "((masterpiece)), (best quality:1.4), a fox": ("((masterpiece))", "(best quality:1.4)"),
    "1girl, solo, score_9, rating_safe, a fox": ("1girl", "solo", "score_9", "rating_safe"),
    "a fox <lora:ink:0.8> and __animal__, embedding:bad-hands": ("<lora:ink:0.8>", "__animal__", "embedding:bad-hands"),
    "a fox --ar 16:9 --v 6, snow::2": ("--ar 16:9", "--v 6", "::2"),
    "a fox BREAK an owl AND a bear": ("BREAK", "AND"),
    "a fox, Steps: 20, Sampler: Euler a, CFG scale: 7": ("Steps: 20", "Sampler: Euler a", "CFG scale: 7"),
    "a fox #wildlife @painter_7 https://example.org/fox?x=1": (
        "#wildlife",
        "@painter_7",
        "https://example.org/fox?x=1",
    ),
    "Meisterwerk, ein Fuchs, beste Qualität": ("Meisterwerk", "beste Qualität"),
}
KEPT = (
    "a fox",
    "a masterpiece in a museum",
    "the quality of mercy",
    "a house #1",
    "mail to fox@example.org",
    "rock and roll",
    "a safe",
    "safe",
    "",
    "12:30 at the station",
    "a girl and two boys",
)


@pytest.mark.parametrize(("prompt", "ignored"), IGNORED.items())
def test_tags_and_syntax_are_taken_out_and_listed(prompt: str, ignored: tuple[str, ...]) -> None:
    found = split(prompt)
    assert sorted(found.ignored) == sorted(ignored)
    assert len(found.text) == len(prompt)
    for word in ("fox", "owl", "bear", "Fuchs", "snow"):
        assert found.text.find(word) == (prompt.find(word) if word not in "".join(ignored) else found.text.find(word))


@pytest.mark.parametrize("prompt", KEPT)
def test_words_of_a_prompt_stay(prompt: str) -> None:
    assert split(prompt) == TaggedPrompt(prompt)


def test_weights_are_ignored_but_are_no_tags() -> None:
    found = split("(fox:1.3), (snow:0.8), best quality")
    assert found.ignored == ("best quality", "1.3", "0.8")
    assert (tags(found.ignored), has_weights(found.ignored)) == (("best quality",), True)
    assert split("a match (3 to 1)").ignored == ()


def test_what_separates_or_names_a_negative_prompt_is_no_tag() -> None:
    found = split("A FOX AND A BEAR, 8k, 8k. Negative prompt: trees")
    assert (tags(found.ignored), has_weights(found.ignored)) == (("8k",), False)


def test_first_of_alternatives_is_kept() -> None:
    assert split("a {fox|bear|owl} at night").text.split() == ["a", "fox", "at", "night"]


def test_negative_prompt_within_a_prompt_is_taken_apart() -> None:
    found = split("a fox, snow. Negative prompt: trees, <lora:x:1> houses.")
    assert (found.text.strip(), found.negative.split()) == ("a fox, snow.", ["trees,", "houses"])
    assert found.ignored == ("Negative prompt:",)


@pytest.mark.parametrize("part", ["<lora:", "{a|", "--a ", "__a", "((", "masterpiece ", "steps:"])
def test_long_prompt_of_open_syntax_keeps_its_length(part: str) -> None:
    prompt = f"a fox {part * 800}"
    assert len(split(prompt).text) == len(prompt)
