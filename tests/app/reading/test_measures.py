"""Numbers count only things: no ages, percentages, times, measures, years, and no parts of names and compounds."""

import pytest

from app.reading.reader import Reader

COUNTED = {
    "three apples": [3],
    "3 red apples": [3],
    "drei Äpfel": [3],
    "zwei rote Boote": [2],
    "a pair of penguins": [2],
    "3x tomato and garlic x2": [3, 2],
    "a clown juggling 4 balloons": [1, 4],
    "two 90 year old women": [2],
    "five sheep": [5],
    "Noah 2 dogs": [2],
    "100 birds": [24],
    "1,000 roses": [24],
    "10.000 Rosen": [24],
}
SINGLE = (
    "100% cotton shirt",
    "a 20 year old tree",
    "a 20-year-old tree",
    "ein 5-jähriger Hund",
    "ein 80 Jahre alter Baum",
    "a clock at 12 oclock",
    "a 2 metre shark",
    "a 2.5 metre shark",
    "Hund, 3 Meter lang",
    "a three-legged dog",
    "a six-string guitar",
    "five-storey hotel",
    "ein dreibeiniger Hund",
    "Apollo 11 rocket",
    "route 66 sign",
    "Route 66 Schild",
    "the 3rd house",
    "a castle in 1904",
    "Rakete 7 am Himmel",
    "a $5 hamburger",
    "a 3 wheeled bicycle",
)


@pytest.mark.parametrize(("prompt", "counts"), COUNTED.items())
def test_number_before_several_things_counts_them(reader: Reader, prompt: str, counts: list[int]) -> None:
    assert [item.count for item in reader.read(prompt).items] == counts


@pytest.mark.parametrize("prompt", SINGLE)
def test_number_that_counts_nothing_leaves_one_thing(reader: Reader, prompt: str) -> None:
    assert [item.count for item in reader.read(prompt).items] == [1]


def test_word_of_a_measure_is_no_thing(reader: Reader) -> None:
    (item,) = reader.read("a dog, 12 inches high").items
    assert item.drawing.name.startswith("dog")
