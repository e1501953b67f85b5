"""Which two stops are the same picture."""

from typing import Any

import pytest

from app.storage.walk_models import Stop, Walk
from app.walks.saved import still_stops

FIRST: dict[str, Any] = {
    "prompt": "a lemon", "negative_prompt": "", "requested_style": "", "seed": None, "photo": None, "cut_out": None,
    "lora": None, "lora_weight": None, "clip_skip": None, "scene": {"things": [], "words": "a lemon", "reader": 7},
}  # fmt: skip


def are_same(guidance: float = 1.0, **other: Any) -> bool:
    walk = Walk(seed=7, guidance=guidance)
    return still_stops.are_same(walk, Stop(**FIRST), Stop(**FIRST | other))


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "lemon."},
        {"seed": 7},
        {"scene": FIRST["scene"] | {"reader": 6}},
        {"negative_prompt": "people"},
        {"lora_weight": 1.0},
    ],
)
def test_stops_that_differ_in_nothing_that_is_seen_are_the_same(other: dict[str, Any]) -> None:
    assert are_same(**other)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 8},
        {"requested_style": "linocut"},
        {"scene": FIRST["scene"] | {"words": "two lemons"}},
        {"photo": "0" * 64},
        {"photo": "0" * 64, "cut_out": True},
        {"lora": "ink", "lora_weight": 1.0},
        {"clip_skip": 1},
    ],
)
def test_stops_that_differ_in_what_is_seen_are_not(other: dict[str, Any]) -> None:
    assert not are_same(**other)


def test_negative_prompt_counts_where_guidance_uses_it() -> None:
    assert not are_same(guidance=3.5, negative_prompt="people")


def test_stops_that_words_alone_lead_are_not_compared() -> None:
    walk, stop = Walk(seed=7, guidance=1.0), Stop(**FIRST | {"scene": None})
    assert not still_stops.are_same(walk, stop, stop)
