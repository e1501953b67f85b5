"""What the painter is told is English, with articles and plurals."""

from __future__ import annotations

import pytest

from app.reading import telling
from app.reading.reading import BY_NAME, Found
from sketch.arrangement import Wish
from sketch.sketchbook import Drawing


def found(name: str, count: int = 1, colour: str = "") -> Found:
    return Found(Drawing(name, name), (), name, (0, 1), BY_NAME, count, colour)


@pytest.mark.parametrize(
    ("items", "wish", "said"),
    [
        ([], Wish(), ""),
        ([found("fox")], Wish(), "a fox"),
        ([found("owl", 1, "brown")], Wish(ground="orange"), "a brown owl on an orange background"),
        ([found("grapes")], Wish(), "grapes"),
        ([found("mouse", 3)], Wish(kind="table"), "three mice, on a table"),
        ([found("bowl with spoon", 2)], Wish(), "two bowls with spoon"),
        ([found("fox", 2), found("tree")], Wish(relation="below", time="night"), "two foxes under a tree, at night"),
        ([found("fox"), found("owl"), found("bus", 20)], Wish(), "a fox, an owl and 20 buses"),
        ([found("lemon")], Wish(composition="pattern"), "a pattern of lemons"),
    ],
)
def test_scenes_are_told_in_english(items: list[Found], wish: Wish, said: str) -> None:
    assert telling.words(items, wish) == said
