"""A prompt goes through the passes of the parser in one direction: none is entered again after another one."""

import sys
from pathlib import Path
from types import FrameType

import pytest

from app.reading.reader import Reader

PASSES = (
    "tokens", "negations", "scene_words", "measures", "phrases", "unwanted", "ranking",
)  # fmt: skip
"""The modules of the passes in their order; all others are tables that are looked up, or hold data."""

PROMPTS = (
    "two red apples and a black cat on a table at night, without a dog",
    "a blue, not red, car beside 3 trees, watercolour",
    "what shines at night",
    "ein alter Mann mit Hut und drei Hunde, aber keine Katze",
    "any fruit but an apple",
)


def entered(reader: Reader, prompt: str) -> list[str]:
    """Return the passes in the order in which they are entered."""
    order: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.parent.name == "reading" and path.stem in PASSES and order[-1:] != [path.stem]:
            order.append(path.stem)

    sys.setprofile(note)
    try:
        reader.read(prompt)
    finally:
        sys.setprofile(None)
    return order


@pytest.mark.parametrize("prompt", PROMPTS)
def test_each_pass_is_entered_once(reader: Reader, prompt: str) -> None:
    assert entered(reader, prompt) == list(PASSES)


def test_a_prompt_in_another_language_goes_through_the_passes_twice(reader: Reader) -> None:
    order = entered(reader, "雪の中の狐")
    assert [order.count(name) for name in PASSES] == [2] * len(PASSES)
