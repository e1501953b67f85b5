"""The reader keeps its marks in the half of its exam that may be seen."""

import json
from collections import defaultdict
from typing import Any

import pytest

from app.core.config import ROOT
from app.core.text.embedding import Embedding
from app.reading.lexicon import Lexicon
from app.reading.reader import Reader
from benchmarks import reading
from sketch.sketchbook import Drawing, digest_of


@pytest.fixture(scope="module")
def reader() -> Reader:
    lexicon = Lexicon.load(ROOT / "models/house")
    drawn = [Drawing(digest_of(each.name), each.name, kind=each.kind) for each in lexicon.concepts]
    return Reader(lexicon, drawn, Embedding.load(ROOT / "models/meaning"))


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (reading.FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def read_right(reader: Reader, name: str) -> dict[str, list[bool]]:
    """Return which prompts of a file are read without a flaw, by their class."""
    right: dict[str, list[bool]] = defaultdict(list)
    for row in rows(name):
        right[row["class"]].append(not reading.flaw(reader.read(row["prompt"]), row, shown=False))
    return right


def test_every_class_reaches_its_aim(reader: Reader) -> None:
    right = read_right(reader, "seen")
    assert set(right) == set(reading.AIMS)
    assert [name for name, aim in reading.AIMS.items() if sum(right[name]) < aim * len(right[name])] == []


def test_what_is_not_wanted_reaches_its_aim_in_each_class(reader: Reader) -> None:
    right = read_right(reader, "negations")
    assert sum(map(len, right.values())) > 150
    assert [name for name, listed in right.items() if sum(listed) < reading.NEGATED * len(listed)] == []


REPORTED = {"number": 0.95, "tag": 0.95, "silence": 0.9}
"""The least share that is right of the classes of the prompts that were reported."""

VISITORS = {"visitors_named": 38, "visitors_new": 32}
"""The least number of the fifty prompts of visitors that is read as a person would accept."""


def test_numbers_tags_and_foreign_scripts_reach_their_aims(reader: Reader) -> None:
    right = read_right(reader, "reported")
    assert [name for name, aim in REPORTED.items() if sum(right[name]) < aim * len(right[name])] == []


@pytest.mark.parametrize("half", VISITORS)
def test_prompts_of_visitors_are_read_as_well_as_before(reader: Reader, half: str) -> None:
    right = [each for listed in read_right(reader, half).values() for each in listed]
    assert len(right) == 50 and sum(right) >= VISITORS[half]


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({}, ""),
        ({"things": [["owl"], ["hat"]]}, "no owl"),
        ({"colours": ["red", ""]}, "fox is not red"),
        ({"numbers": [2, 1]}, "1 fox, not 2"),
        ({"unwanted": ["top hat"]}, "top hat is not wanted"),
        ({"unwanted": ["blue"]}, "blue is not wanted"),
        ({"unwanted": ["night"]}, "night is not wanted"),
        ({"setting": "sea"}, "nowhere, not sea"),
        ({"relation": "in"}, "wearing, not in"),
    ],
)
def test_flaws_are_named(reader: Reader, change: dict[str, object], flaw: str) -> None:
    row = {
        "class": "two", "things": [["fox"], ["top hat"]], "colours": ["", ""], "numbers": [1, 1], "ground_colour": "",
        "setting": "", "relation": "", "unwanted": [],
    }  # fmt: skip
    assert reading.flaw(reader.read("a fox in a blue top hat at night"), row | change, shown=False) == flaw


@pytest.mark.parametrize(
    ("prompt", "note", "flaw"),
    [
        ("a fox", None, ""),
        ("a fox, 8k", True, ""),
        ("a fox, 8k", None, "noted tags ignored"),
        ("a fox", True, "nothing is noted"),
    ],
)
def test_note_is_due_where_the_row_says_so(reader: Reader, prompt: str, note: bool | None, flaw: str) -> None:
    row = {
        "class": "tag", "things": [["fox"]], "colours": [""], "numbers": [1], "ground_colour": "", "setting": "",
        "relation": "", "unwanted": [], "note": note,
    }  # fmt: skip
    assert reading.flaw(reader.read(prompt), row, shown=False) == flaw


def test_silence_about_what_was_not_read_is_broken(reader: Reader) -> None:
    noted = [row["prompt"] for row in rows("reported") if row["note"]]
    assert len(noted) > 40
    assert [prompt for prompt in noted if not reader.read(prompt).notes] == []
