"""What a reading shows and says: no more than fits, in words that captions use."""

import random

import pytest

from app.reading.reader import Reader
from app.reading.reading import BY_NAME, Found, shown
from sketch import wording
from sketch.scene import MOST_THINGS
from sketch.sketchbook import Drawing


def found(name: str, count: int = 1) -> Found:
    return Found(Drawing(name, name), (), name, (0, 1), BY_NAME, count)


@pytest.mark.parametrize("counts", [(3,), (1, 2), (24, 24), (24, 1, 24), (1, 24), (24,) * 6])
def test_no_more_is_shown_than_fits_and_one_of_each(counts: tuple[int, ...]) -> None:
    items = shown([found(f"thing {number}", count) for number, count in enumerate(counts)])
    assert [item.name for item in items] == [f"thing {number}" for number in range(len(counts))]
    assert all(1 <= item.count <= count for item, count in zip(items, counts, strict=True))
    assert sum(item.count for item in items) == min(MOST_THINGS, sum(counts))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("two foxes under a tree at night", "two foxes below a deciduous tree at night"),
        ("a pattern of lemons", "a pattern of lemons"),
        ("a fox at sunset in the snow", "a fox at sunset in the snow"),
        ("a red car on a blue background", "a red automobile on a blue background"),
        ("zwei Füchse neben einem Baum im Wald", "two foxes next to a deciduous tree in a forest"),
    ],
)
def test_painter_gets_words_that_captions_use(reader: Reader, prompt: str, said: str) -> None:
    reading = reader.read(prompt)
    captions = {
        wording.describe_scene(shown(reading.items), reading.wish, random.Random(seed).choice)[0] for seed in range(40)
    }
    assert reading.words == said and said in captions
