"""Going on from another walk's last stop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.collection.moderation import curation
from app.core.errors import InvalidInput
from app.requests.walk_requests.validation import validate
from app.site.presentation import walk_description
from app.storage.database import db, writing
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle, lineage
from tests.conftest import Maker
from tests.support import placing
from tests.support.house import NAME

LAST = "Stop 1 must be the last stop of the walk to go on from: “a kite”, seed 7."


@pytest.fixture
def parent(publish: Maker) -> Walk:
    """Publish a walk to go on from."""
    return publish("a fox", "a kite", seed=7)


@pytest.fixture
def go_on(parent: Walk) -> Maker:
    """Return a function that goes on from it, with what is to be otherwise."""

    def ask(first: dict[str, Any] | None = None, **fields: Any) -> Walk:
        stops = [{"prompt": "a kite"} | (first or {}), {"prompt": "the sea"}]
        wanted = validate({"stops": stops, "continues": parent.id, **fields})
        return placing.place(wanted, visitor_key="ben", skip_cache=True)[0]

    return ask


def refusal(ask: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        ask()
    return {error.field: error.message for error in refused.value.errors}


def set_columns(walk: Walk, **values: object) -> None:
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(**values))
    db.session.refresh(walk)


def test_walk_goes_on_with_the_seed_of_the_last_stop(parent: Walk, go_on: Maker) -> None:
    child = go_on()
    assert (child.continues, child.seed) == (parent.id, 7)
    assert child.seed_of(child.stops[0]) == parent.seed_of(parent.stops[-1])


def test_seed_of_the_last_stop_may_be_its_own(publish: Maker) -> None:
    parent = publish(stops=[{"prompt": "a fox"}, {"prompt": "a kite", "seed": 3}], seed=7)
    stops = [{"prompt": "a kite"}, {"prompt": "the sea"}]
    wanted = validate({"stops": stops, "continues": parent.id})
    assert placing.place(wanted, visitor_key="ben")[0].seed == 3


@pytest.mark.parametrize(("first", "fields"), [({"seed": 7}, {}), ({}, {"seed": 7}), ({"seed": 7}, {"seed": 9})])
def test_seed_may_be_said_as_long_as_it_is_the_same(
    go_on: Maker, first: dict[str, Any], fields: dict[str, Any]
) -> None:
    child = go_on(first, **fields)
    assert child.seed_of(child.stops[0]) == 7


@pytest.mark.parametrize(
    ("first", "fields"),
    [
        ({"prompt": "a fox"}, {}), ({"prompt": "A kite"}, {}), ({"seed": 8}, {}), ({}, {"seed": 8}),
        ({"hand": "linocut"}, {}), ({"negative_prompt": "rain"}, {}), ({"seed": 8}, {"seed": 7}),
    ],
)  # fmt: skip
def test_first_stop_must_be_the_last_of_that_walk(go_on: Maker, first: dict[str, Any], fields: dict[str, Any]) -> None:
    assert refusal(lambda: go_on(first, **fields)) == {"continues": LAST}


def test_what_the_first_stop_must_be_is_said_in_full(publish: Maker) -> None:
    last = {"prompt": "a kite", "hand": "linocut", "negative_prompt": "rain", "seed": 3}
    parent = publish(stops=[{"prompt": "a fox"}, last])
    asked = {"stops": [{"prompt": "a kite"}, {"prompt": "the sea"}], "continues": parent.id}
    assert refusal(lambda: validate(asked))["continues"].endswith("“a kite”, style linocut, without “rain”, seed 3.")
    assert validate(asked | {"stops": [last, {"prompt": "the sea"}]}).continues == parent.id


@pytest.mark.parametrize("state", ["queued", "painting", "failed", "cancelled", "refused"])
def test_walk_that_is_not_finished_cannot_be_gone_on_from(parent: Walk, go_on: Maker, state: str) -> None:
    set_columns(parent, state=state)
    assert refusal(go_on) == {"continues": f"The walk to go on from is not finished; it is {state}."}


@pytest.mark.parametrize("take", [lifecycle.delete_walk, curation.hide])
def test_walk_that_was_taken_down_cannot_be_gone_on_from(
    parent: Walk, go_on: Maker, take: Callable[[Walk], None]
) -> None:
    take(parent)
    gone = {"continues": "The walk to go on from is not here: it may have been deleted, or its id mistyped."}
    assert refusal(go_on) == gone
    stops = [{"prompt": "a kite"}, {"prompt": "the sea"}]
    assert refusal(lambda: validate({"stops": stops, "continues": "a" * 16})) == gone


def test_settings_are_the_parents_unless_others_are_asked_for(publish: Maker) -> None:
    parent = publish("a fox", "a kite", seed=7, preset="exact", steps=10, guidance=3.0)
    stops = [{"prompt": "a kite"}, {"prompt": "the sea"}]

    def settings(**fields: Any) -> tuple[str, int, float]:
        walk, _ = placing.place(validate({"stops": stops, "continues": parent.id, **fields}), visitor_key="ben")
        return walk.preset, walk.sampler_steps, walk.guidance

    assert settings() == ("exact", 10, 3.0)
    assert settings(steps=30) == ("exact", 30, 3.0)
    assert settings(preset="exact") == ("exact", 12, 1.0)


def test_model_is_the_parents_as_long_as_it_is_on_offer(parent: Walk, go_on: Maker) -> None:
    assert go_on().model == NAME
    set_columns(parent, model_name="no longer here")
    assert go_on().model is None


def test_another_model_takes_its_own_steps_unless_others_are_asked_for(
    app: Flask, tmp_path: Path, publish: Maker
) -> None:
    (tmp_path / "lcm" / "scheduler").mkdir(parents=True)
    (tmp_path / "lcm" / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "LCMScheduler"}')
    app.config["MODELS"] = [str(tmp_path / "lcm")]
    parent = publish("a fox", "a kite", seed=7, steps=60, guidance=2.0)
    stops = [{"prompt": "a kite"}, {"prompt": "the sea"}]
    wanted = {"stops": stops, "continues": parent.id}
    walk, _ = placing.place(validate({**wanted, "model": "lcm"}), visitor_key="ben")
    assert (walk.model, walk.sampler_steps, walk.guidance) == ("lcm", 4, 1.0)
    set_columns(parent, model_name="lcm")
    assert refusal(lambda: validate({**wanted, "steps": 51})) == {"steps": "Steps must be a whole number from 1 to 50."}


@pytest.mark.databases
def test_page_finds_public_parent_and_children(parent: Walk, go_on: Maker) -> None:
    listed, unlisted, waiting = go_on(), go_on(unlisted=True), go_on()
    for child in (listed, unlisted):
        set_columns(child, state="finished", finished_at=parent.finished_at)
    assert [child.id for child in lineage.children_of(parent, 4)] == [listed.id]
    assert lineage.parent_of(waiting).id == parent.id
    assert walk_description.describe(waiting)["continues"] == parent.id
    assert lineage.parent_of(parent) is None


@pytest.mark.databases
def test_newest_children_are_shown_first_and_not_too_many(parent: Walk, go_on: Maker) -> None:
    children = [go_on() for _ in range(3)]
    for child in children:
        set_columns(child, state="finished", finished_at=parent.finished_at)
    assert [child.id for child in lineage.children_of(parent, 2)] == [children[2].id, children[1].id]


@pytest.mark.parametrize("values", [{"unlisted": True}, {"hidden_at": "now"}, {"deleted_at": "now"}])
def test_parent_that_is_not_public_is_named_to_no_one(parent: Walk, go_on: Maker, values: dict[str, Any]) -> None:
    child = go_on()
    set_columns(parent, **{name: parent.finished_at if value == "now" else value for name, value in values.items()})
    assert walk_description.describe(child)["continues"] is None
    assert lineage.parent_of(child) is None


def test_unlisted_walk_may_be_gone_on_from_by_who_knows_it(parent: Walk, go_on: Maker) -> None:
    set_columns(parent, unlisted=True)
    assert go_on().continues == parent.id
