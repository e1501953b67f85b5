"""Compositions as JSON that anybody may have written: what is beyond a limit is refused by its field."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sketch import scene
from sketch.compositions import composition
from sketch.compositions.composition import Composition
from sketch.scene import Scene, SceneError, Thing

COMPOSITIONS = some.builds(
    Composition,
    marks=some.sampled_from(composition.MARKS),
    layout=some.sampled_from(composition.LAYOUTS),
    rows=some.integers(1, composition.CELLS_MOST),
    columns=some.integers(1, composition.CELLS_MOST),
    inks=some.lists(some.integers(0, 0xFFFFFF).map("{:06x}".format), min_size=2, max_size=8).map(tuple),
    tilt=some.floats(*composition.TILTS),
    scale=some.floats(*composition.SCALES),
    seed=some.integers(0, 2**31 - 1),
    edge=some.sampled_from(composition.EDGES),
)


def written(**changes: Any) -> dict[str, Any]:
    """Write a composition in linocut, with changes to it."""
    return Composition("linocut", "grid", 2, 2).as_json() | changes


@pytest.mark.slow
@given(COMPOSITIONS)
def test_composition_as_json_reads_back(made: Composition) -> None:
    document = json.loads(json.dumps(made.as_json()))
    back = composition.read_composition(document, "composition")
    assert back.as_json() == document
    assert (back.marks, back.layout, back.inks, back.seed) == (made.marks, made.layout, made.inks, made.seed)
    assert back.edge == made.edge


def test_edge_is_written_where_it_is_not_that_of_earlier_releases() -> None:
    assert "edge" not in Composition().as_json()
    assert Composition.of_painting(7).as_json()["edge"] == "torn"


def test_scene_with_a_composition_reads_back() -> None:
    whole = Scene((Thing("bear"),), composition=Composition("linocut"))
    assert scene.read_scene(whole.as_json()) == whole


def test_scene_without_a_composition_says_nothing_of_one() -> None:
    assert "composition" not in Scene((Thing("bear"),)).as_json()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"version": 2}, "scene.composition.version: 2"),
        ({"version": True}, "scene.composition.version"),
        ({"rows": 100}, "scene.composition.rows"),
        ({"columns": 10_000}, "scene.composition.columns"),
        ({"edge": "frayed"}, "scene.composition.edge"),
        ({"rows": 2.0}, "scene.composition.rows"),
        ({"rows": 0}, "scene.composition.rows"),
        ({"marks": "holograms"}, "scene.composition.marks"),
        ({"layout": "spiral"}, "scene.composition.layout"),
        ({"inks": ["ffffff"]}, "scene.composition.inks"),
        ({"inks": ["ffffff", "red"]}, "scene.composition.inks"),
        ({"inks": "ffffff"}, "scene.composition.inks"),
        ({"inks": ["ffffff"] * 10}, "scene.composition.inks"),
        ({"tilt": float("nan")}, "scene.composition.tilt"),
        ({"scale": 40}, "scene.composition.scale"),
        ({"seed": -1}, "scene.composition.seed"),
        ({"depth": 3}, "scene.composition.depth"),
    ],
)
def test_forged_composition_is_refused_by_field(changes: dict[str, Any], named: str) -> None:
    whole = Scene((Thing("bear"),)).as_json() | {"composition": written(**changes)}
    with pytest.raises(SceneError, match="^" + named.replace(".", "\\.")):
        scene.read_scene(whole)


def test_composition_without_marks_is_refused() -> None:
    document = written()
    del document["marks"]
    with pytest.raises(SceneError, match="marks"):
        composition.read_composition(document, "composition")


def test_composition_that_is_no_object_is_refused() -> None:
    with pytest.raises(SceneError, match="composition: an object"):
        composition.read_composition(["linocut"], "composition")
