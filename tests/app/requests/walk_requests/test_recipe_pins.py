"""What a recipe fixes: bounded, and true to itself; a refusal says what was altered."""

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe
from app.storage.database import db, writing
from app.storage.walk_models import Walk
from tests.conftest import Maker
from tests.support.house import NAME
from tests.support.recipes import VALUE, painted_in_levels, refusal

SCHEDULE = "its schedule must fit its 9 steps, with at most 128 intermediate samples between stops"
SAMPLING = {"steps": 9, "guidance": 3.5, "gain": 1.12, "detail": 0.2, "guided": [1, 6], "ladder": [[6, 8], [7, 40]]}


@pytest.fixture
def branched(request_walk: Maker) -> dict[str, Any]:
    """Write down the recipe of a walk painted in levels, by settings that no change of a preset moves."""
    walk = request_walk("a fox", "a kite", seed=7, frames=60)
    with writing() as session:
        row = session.get(Walk, walk.number)
        row.sampling, row.sampler_steps = row.sampling | SAMPLING, SAMPLING["steps"]
    db.session.refresh(walk)
    return dict(json.loads(recipe.dumps(painted_in_levels(walk))))


def set_at(place: Any, path: tuple[Any, ...], value: Any) -> None:
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value


ROUND_LEVEL = {"kind": "knots", "until": 6, "positions": [0.5], "batches": [[0]], "pad": 1}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("preset",), "slow", "preset must be one of fast, balanced and exact."),
        (("ending",), "loop", "ending must be one of stop, back and round."),
        (("easing",), 1, "easing must be true or false."),
        (("sampler", "more"), 1, "its sampling cannot be used"),
        (("sampler", "branches"), 1, "its sampling cannot be used"),
        (("sampler", "guided"), [0], "its sampling cannot be used"),
        (("sampler", "guided"), [5, 4], "its guided steps must lie within its 9 steps"),
        (("sampler", "guided"), [0, 10], "its guided steps must lie within its 9 steps"),
        (("sampler", "gain"), 11.0, "its sampling cannot be used"),
        (("sampler", "gain"), float("nan"), "its sampling cannot be used"),
        (("sampler", "detail"), 3.0, "its sampling cannot be used"),
        (("sampler", "decoder"), "int8", "its sampling cannot be used"),
        (("sampler", "gpu"), {"decoded_pixels": 2**29, "switches": []}, "its sampling cannot be used"),
        (("sampler", "gpu"), {"decoded_pixels": 0, "switches": ["warp"]}, "its sampling cannot be used"),
        (("sampler", "gpu"), {"decoded_pixels": 0}, "its sampling cannot be used"),
        (("sampler", "spacing"), [3.0, -5.0], "the spacing of its steps must rise"),
        (("sampler", "spacing"), [float("nan"), 3.0], "its sampling cannot be used"),
        (("sampler", "spacing"), [-1e9, 3.0], "its sampling cannot be used"),
        (("sampler", "ladder"), [], "its sampling cannot be used"),
        (("sampler", "ladder"), [[6, 10**9]], "its sampling cannot be used"),
        (("sampler", "ladder"), [[6, 200]], SCHEDULE),
        (("sampler", "ladder"), [[10, 8]], SCHEDULE),
        (("sampler", "ladder"), [[7, 8], [6, 40]], "its schedule must fit its 9 steps"),
        (("sampler", "ladder"), [[5, 8]], "the depths of its intermediate samples must be those of its schedule"),
        (("sampler", "steps"), 8, "its stops and frames must be painted to the last step, 8"),
        (("levels",), None, "its passes are missing"),
        (("levels",), [], "its passes are missing"),
        (("levels",), {}, "its levels cannot be used"),
        (("levels",), [ROUND_LEVEL] * 65, "its levels cannot be used"),
        (("levels", 0, "kind"), "film", "its levels cannot be used"),
        (("levels", 0, "kind"), "frames", "its passes must be the stops, then intermediate samples, then frames"),
        (("levels", 1, "kind"), "stops", "its passes must be the stops, then intermediate samples, then frames"),
        (("levels", 0, "positions"), [0.0, 0.5], "its first pass must contain the 2 stops"),
        (("levels", 0, "positions"), [1.0, 0.0], "its first pass must contain the 2 stops"),
        (("levels", 0, "until"), 8, "its stops and frames must be painted to the last step, 9"),
        (("levels", 0, "until"), 10**9, "its levels cannot be used"),
        (("levels", 0, "pad"), 0, "its levels cannot be used"),
        (("levels", 0, "pad"), 10**6, "its levels cannot be used"),
        (("levels", 0, "more"), 1, "its levels cannot be used"),
        (("levels", 0, "batches"), [[0, 1], []], "its levels cannot be used"),
        (("levels", -1), {"kind": "frames", "until": 9, "positions": [], "batches": []}, "its levels cannot be used"),
        (("levels", 0, "batches"), [[0]], "the batches of pass 0 must contain each of its positions once"),
        (("levels", 0, "batches"), [[0, 1], [1]], "the batches of pass 0 must contain each of its positions once"),
        (("levels", 0, "batches"), [[0, 2]], "the batches of pass 0 must contain each of its positions once"),
        (("levels", 0, "batches"), [[True, 0]], "its levels cannot be used"),
        (("levels", 1, "batches"), [list(range(65))], "its levels cannot be used"),
        (("levels", 1, "until"), 5, "the depths of its intermediate samples must be those of its schedule"),
        (("levels", 1, "positions", 0), float("nan"), "the positions of pass 1 must differ and lie on the walk"),
        (("levels", 1, "positions", 0), -0.5, "the positions of pass 1 must differ and lie on the walk"),
        (("levels", 1, "positions", 0), 1.5, "the positions of pass 1 must differ and lie on the walk"),
        (("levels", 1, "positions", 0), 10**400, "its levels cannot be used"),
        (("levels", 1, "positions", 0), 0.0, "a stop is listed among its intermediate samples"),
        (("levels", -1, "positions", 0), 0.5001, "its passes must contain each frame once"),
        (("positions", 1), 1e-9, "its passes must contain each frame once"),
    ],
)
def test_altered_levels_are_refused_with_what_was_altered(
    branched: dict[str, Any], path: tuple[Any, ...], value: Any, message: str
) -> None:
    set_at(branched, path, value)
    assert message in refusal(json.dumps(branched).encode())


def test_recipe_enlarged_to_what_the_model_does_not_paint_is_refused(branched: dict[str, Any]) -> None:
    branched["sampler"]["enlarged"] = 8
    assert "its size cannot be used" in refusal(json.dumps(branched).encode())


def test_recipe_keeps_the_precision_of_its_decoder_and_one_without_has_none(branched: dict[str, Any]) -> None:
    _, without = recipe.request_of(branched)
    branched["sampler"]["decoder"] = "float16"
    _, with_it = recipe.request_of(branched)
    assert with_it.columns()["sampling"] == without.columns()["sampling"] | {"decoder": "float16"}


@pytest.mark.parametrize("name", ["gain", "detail"])
def test_recipe_from_before_there_was_such_a_setting_is_kept_as_it_was_written(
    name: str, branched: dict[str, Any]
) -> None:
    _, with_it = recipe.request_of(branched)
    del branched["sampler"][name]
    _, without = recipe.request_of(branched)
    assert with_it.columns()["sampling"][name] == SAMPLING[name]
    assert list(without.columns()["sampling"]) == [key for key in with_it.columns()["sampling"] if key != name]


def test_same_position_twice_in_a_level_is_refused(branched: dict[str, Any]) -> None:
    branched["levels"][1]["positions"][1] = branched["levels"][1]["positions"][0]
    assert "the positions of pass 1 must differ" in refusal(json.dumps(branched).encode())


def test_batch_of_knots_that_begin_at_different_depths_is_refused(branched: dict[str, Any]) -> None:
    branched["sampler"]["branches"] = False
    first, second = branched["levels"][1:3]
    known = [i for i, position in enumerate(second["positions"]) if position in first["positions"]]
    new = [i for i in range(len(second["positions"])) if i not in known]
    second["batches"] = [known, new]
    assert recipe.request_of(branched)
    second["batches"] = [[*known, new[0]], new[1:]]
    assert "must start either from earlier ones or from noise, not from both" in refusal(json.dumps(branched).encode())


def test_too_many_knots_are_refused(branched: dict[str, Any]) -> None:
    many = [index / 1000 for index in range(1, 400)]
    branched["levels"][1] |= {"positions": many, "batches": [[index] for index in range(399)]}
    assert "more than 128 intermediate samples between two stops" in refusal(json.dumps(branched).encode())


def test_device_cannot_bring_in_what_has_its_own_place(branched: dict[str, Any]) -> None:
    branched["device"] |= {"levels": [], "positions": [0.0], "sampler_steps": 200}
    assert recipe.request_of(branched)[1].sampler_steps == 9


def test_enormous_forgery_is_refused_quickly(branched: dict[str, Any]) -> None:
    branched["levels"][1]["positions"] = [0.5] * 2_000_000
    with pytest.raises(InvalidInput, match="its levels cannot be used"):
        recipe.request_of(branched)
    branched["levels"] = [branched["levels"][0]] * 2_000_000
    with pytest.raises(InvalidInput, match="its levels cannot be used"):
        recipe.request_of(branched)


def test_recipe_of_a_round_leads_nowhere_else(request_walk: Maker) -> None:
    walk = painted_in_levels(request_walk("a fox", "a kite", seed=7, frames=12, ending="round"))
    written = json.loads(recipe.dumps(walk))
    assert "its positions must rise from 0 to 1, one for each frame" in refusal(
        json.dumps(written | {"ending": "stop"}).encode()
    )
    written["positions"][-1] = written["levels"][-1]["positions"][-1] = 2.0
    assert "its positions must rise from 0 to below 2, one for each frame" in refusal(json.dumps(written).encode())


@given(data=st.data())
def test_using_an_altered_recipe_of_levels_fails_with_invalid_input_only(app: Flask, data: st.DataObject) -> None:
    level = {"kind": "stops", "until": 1, "positions": [0.0, 1.0], "batches": [[0, 1]], "pad": 2}
    sampler = {"scheduler": "x", "steps": 1, "guidance": 1.0, "guided": [0, 1], "spacing": None, "ladder": [[1, 1]]}
    whole: dict[str, Any] = {
        "version": 2, "stops": [{"prompt": "a"}, {"prompt": "b"}], "seed": 1, "frames": 2, "positions": [0.0, 1.0],
        "size": [8, 8], "model": {"name": NAME, "revision": "1"}, "sampler": sampler | {"branches": True},
        "device": {"precision": "float32", "memory_format": "contiguous", "threads": 1, "batch": 1},
        "preset": "fast", "ending": "stop", "easing": False, "levels": [level],
    }  # fmt: skip
    assert recipe.request_of(whole)
    inner = data.draw(st.sampled_from([whole, whole["sampler"], level]))
    inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(VALUE)
    try:
        wanted, pinned = recipe.request_of(whole)
    except InvalidInput:
        return
    assert len(pinned.positions) == wanted.frames
