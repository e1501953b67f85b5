"""Scenes as JSON that anybody may have written: what is beyond a limit is named, all else comes back."""

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sketch import scene
from sketch.scene import Scene, SceneError, Setting, Thing

SETTINGS = some.builds(
    Setting,
    kind=some.sampled_from(scene.KINDS),
    horizon=some.floats(0, 1),
    tones=some.tuples(*[some.integers(0, 0xFFFFFF).map("{:06x}".format)] * scene.TONES),
    light=some.floats(-1, 1),
    seed=some.integers(0, 2**31 - 1),
    time=some.sampled_from(scene.TIMES),
    weather=some.sampled_from(scene.WEATHERS),
)
THINGS = some.builds(
    Thing,
    drawing=some.text("0123456789abcdef", min_size=1, max_size=64),
    x=some.floats(*scene.PLACES),
    y=some.floats(*scene.PLACES),
    size=some.floats(*scene.SIZES),
    turn=some.floats(-math.pi, math.pi),
    mirrored=some.booleans(),
    colour=some.sampled_from(("", *scene.COLOURS)),
)
SCENES = some.builds(Scene, some.lists(THINGS, max_size=scene.MOST_THINGS).map(tuple), SETTINGS)


def scene_json(**changes: Any) -> dict[str, Any]:
    """Write a scene of one thing, with changes to it by field: ``x``, ``setting_kind``."""
    written = Scene((Thing("bear"),)).as_json()
    for name, value in changes.items():
        if name.startswith("setting_"):
            written["setting"][name.removeprefix("setting_")] = value
        else:
            written["things"][0][name] = value
    return written


@given(SCENES)
def test_every_scene_comes_back_from_json_as_near_as_can_be_seen(drawn: Scene) -> None:
    written = json.loads(json.dumps(drawn.as_json()))
    back = scene.read_scene(written)
    assert back.as_json() == written
    assert back.setting.tones == drawn.setting.tones and len(back.things) == len(drawn.things)
    for one, other in zip(drawn.things, back.things, strict=True):
        assert (one.drawing, one.mirrored, one.colour) == (other.drawing, other.mirrored, other.colour)
        assert max(abs(getattr(one, name) - getattr(other, name)) for name in ("x", "y", "size", "turn")) <= 5.1e-5


@pytest.mark.parametrize("turn", [math.pi, -math.pi])
def test_half_a_turn_survives_rounding(turn: float) -> None:
    assert scene.read_scene(Scene((Thing("bear", turn=turn),)).as_json()).things[0].turn == pytest.approx(
        turn, abs=1e-4
    )


def test_what_is_not_said_is_as_usual() -> None:
    read = scene.read_scene({"version": 1, "things": [{"drawing": "bear"}], "setting": {}})
    assert read == Scene((Thing("bear"),), Setting())


BAD = [
    ("x", float("nan")), ("x", float("inf")), ("x", True), ("x", "0.5"), ("x", None), ("x", 1.51), ("x", -0.51),
    ("x", 10**400), ("y", [0.5]), ("y", 2), ("size", 0), ("size", 0.039), ("size", 2.01), ("size", False),
    ("turn", 3.15), ("turn", float("-inf")), ("mirrored", 1), ("mirrored", "no"), ("colour", "beige"),
    ("colour", None), ("colour", ["red"]), ("drawing", ""), ("drawing", "../../etc"), ("drawing", "a" * 65),
    ("drawing", 7), ("drawing", "bär"), ("drawing", "bear\n"), ("drawing", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda value: repr(value)[:20])
def test_thing_beyond_a_limit_is_named_by_its_field(name: str, value: object) -> None:
    with pytest.raises(SceneError, match=rf"^scene\.things\[0\]\.{name}: "):
        scene.read_scene(scene_json(**{name: value}))


BAD_SETTINGS = [
    ("kind", "moon"), ("kind", 3), ("kind", ["sea"]), ("kind", "sea "), ("horizon", -0.01), ("horizon", 1.01),
    ("horizon", True), ("horizon", float("nan")), ("light", 1.5), ("light", "left"), ("seed", -1), ("seed", 2**31),
    ("seed", 1.0), ("seed", True), ("time", "noon"), ("time", ""), ("weather", "hail"), ("weather", None),
    ("tones", []), ("tones", None), ("tones", "abcde"), ("tones", ["d8d2c4"] * 4), ("tones", ["d8d2c4"] * 6),
    ("tones", ["d8d2c4"] * 4 + ["url(x)"]), ("tones", ["d8d2c4"] * 4 + ["d8d2c"]), ("tones", [0xD8D2C4] * 5),
    ("tones", ["d8d2c4"] * 4 + ["٣٣٣٣٣٣"]), ("tones", ["d8d2c4"] * 4 + [" d8d2c"]), ("tones", {"a": 1}),
    ("tones", ["d8d2c4"] * 4 + ["+8d2c4"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD_SETTINGS, ids=lambda value: repr(value)[:24])
def test_setting_beyond_a_limit_is_named_by_its_field(name: str, value: object) -> None:
    with pytest.raises(SceneError, match=rf"^scene\.setting\.{name}: "):
        scene.read_scene(scene_json(**{f"setting_{name}": value}))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "scene.version: 2"), ({"version": None}, "scene.version"),
        ({"version": True}, "scene.version"),
        ({"version": "9" * 9_000}, "scene.version"),
        ({"things": [{"drawing": "bear"}] * 10_000}, "scene.things: 10000 things, at most 24"),
        ({"things": "bear"}, "scene.things: a list"), ({"things": None}, "scene.things: a list"),
        ({"things": {"drawing": "bear"}}, "scene.things: a list"),
        ({"things": ["bear"]}, "scene.things[0]: an object"),
        ({"things": [{"drawing": "bear"}, None]}, "scene.things[1]: an object"),
        ({"things": [{"drawing": "bear", "script": 1}]}, "scene.things[0].script: there is no such field"),
        ({"things": [{"drawing": "bear", "z" * 9_000: 1}]}, "scene.things[0].zzz"),
        ({"setting": None}, "scene.setting: an object"), ({"setting": []}, "scene.setting: an object"),
        ({"setting": {"wind": 1}}, "scene.setting.wind: there is no such field"), ({"more": 1}, "scene.more"),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_forged_scene_is_refused_in_one_short_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SceneError) as caught:
        scene.read_scene(scene_json() | changes)
    assert str(caught.value).startswith(says) and len(str(caught.value)) < 300


@pytest.mark.parametrize("whole", [None, 7, "scene", [], [scene_json()], b"{}", float("nan")])
def test_what_is_no_object_is_no_scene(whole: object) -> None:
    with pytest.raises(SceneError, match=r"^scene: an object"):
        scene.read_scene(whole)


FIELDS = some.sampled_from(("version", "things", "setting", "drawing", "tones", "x"))
PLAIN = some.none() | some.booleans() | some.floats() | some.text(max_size=4) | some.integers()


@given(some.recursive(PLAIN, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(FIELDS, inner)))
def test_no_json_makes_anything_else_than_a_scene_or_a_scene_error(whole: object) -> None:
    try:
        assert isinstance(scene.read_scene(whole), Scene)
    except SceneError as error:
        assert str(error).startswith("scene")


def test_most_things_there_may_be_are_read_in_their_order() -> None:
    names = [f"d{number}" for number in range(scene.MOST_THINGS)]
    random.Random(1).shuffle(names)
    whole = {"version": 1, "things": [{"drawing": name} for name in names], "setting": {}}
    assert [thing.drawing for thing in scene.read_scene(whole).things] == names
