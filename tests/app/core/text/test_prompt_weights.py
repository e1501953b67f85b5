"""The weights of a prompt's words: what their brackets say, and what is read as text."""

import time

import pytest

from app.core.text import prompt_weights
from app.core.text.prompt_weights import Span, WeightedPrompt, parse, plain


def weights(prompt: str) -> list[tuple[str, float]]:
    return [(span.text, round(span.weight, 4)) for span in parse(prompt).spans]


@pytest.mark.parametrize(
    ("prompt", "spans"),
    [
        ("a fox", [("a fox", 1.0)]),
        ("", [("", 1.0)]),
        ("a (fox) here", [("a ", 1.0), ("fox", 1.1), (" here", 1.0)]),
        ("((fox))", [("fox", 1.21)]),
        ("[fox]", [("fox", 0.9091)]),
        ("[(fox)]", [("fox", 1.0)]),
        ("a (red fox:1.3)", [("a ", 1.0), ("red fox", 1.3)]),
        ("((x:1.5)y)", [("x", 1.65), ("y", 1.1)]),
        ("((fox):1.2)", [("fox", 1.32)]),
        ("(fox : .5 )", [("fox ", 0.5)]),
        ("(fox:\N{MINUS SIGN}1)", [("fox", 0.0)]),
        ("(4:3)", [("4", 2.0)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("[a:0.5]", [("a:0.5", 0.9091)]),
        (r"\(fox\) \[x\] a\\b", [("(fox) [x] a\\b", 1.0)]),
        (r"(fox \(red\):1.2)", [("fox (red)", 1.2)]),
        ("a(b)c", [("a", 1.0), ("b", 1.1), ("c", 1.0)]),
        ("() fox", [(" fox", 1.0)]),
    ],
)
def test_brackets_and_numbers_give_weights(prompt: str, spans: list[tuple[str, float]]) -> None:
    assert weights(prompt) == spans


@pytest.mark.parametrize(
    "prompt", ["(fox", "fox)", "(a] b", "[a) b", "(((", ")(", ":)", "a :( b", "(a:1.2", "()", "[]"]
)
def test_brackets_that_do_not_pair_are_text(prompt: str) -> None:
    assert parse(prompt) == WeightedPrompt((Span(prompt, 1.0),))
    assert plain(prompt) == prompt


@pytest.mark.parametrize(
    ("said", "weight", "is_clamped", "has_refused"),
    [
        ("0", 0.0, False, False),
        ("-1", 0.0, True, False),
        ("100", 2.0, True, False),
        ("9" * 400, 2.0, True, False),
        ("inf", 2.0, True, False),
        ("-inf", 0.0, True, False),
        ("NaN", 1.0, False, True),
        ("2", 2.0, False, False),
    ],
)
def test_weights_out_of_bounds_are_set_and_noted(said: str, weight: float, is_clamped: bool, has_refused: bool) -> None:
    found = parse(f"a (fox:{said})")
    assert found.spans[-1] == Span("a fox" if weight == 1 else "fox", weight)
    assert (found.is_clamped, found.has_refused) == (is_clamped, has_refused)


def test_brackets_many_times_nested_reach_the_limit_and_are_noted() -> None:
    found = parse("(" * 8 + "fox" + ")" * 8)
    assert found.spans == (Span("fox", prompt_weights.MOST),)
    assert found.is_clamped
    assert not parse("(" * 7 + "fox" + ")" * 7).is_clamped


@pytest.mark.parametrize(
    "prompt",
    [
        "(" * 2500 + "x" + ")" * 2500,
        "[" * 2500 + "x" + "]" * 2500,
        "(" * 5000,
        "\\" * 5000,
        "(x:1.2)" * 714,
        "(" * 1250 + "x" + ":1.9)" * 1250,
        "((x:0)" + "(:2)" * 1000 + ")",
        ":" * 5000,
    ],
)
def test_long_prompts_are_read_in_no_time(prompt: str) -> None:
    began = time.perf_counter()
    found = parse.__wrapped__(prompt)  # without what is remembered
    assert time.perf_counter() - began < 0.5
    assert all(prompt_weights.LEAST <= span.weight <= prompt_weights.MOST for span in found.spans)


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a fox (red)", "a fox (red)"),
        ("a fox:1.2", "a fox:1.2"),
        ("a (fox:1.2)  here", "a fox here"),
        ("((fox)) [cat]", "fox cat"),
        (r"\(fox\)", r"\(fox\)"),
    ],
)
def test_models_without_weights_read_the_text_where_weights_are_meant(prompt: str, read: str) -> None:
    assert plain(prompt) == read
    assert parse(prompt).is_explicit == (read != prompt)
