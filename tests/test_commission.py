"""Commissioning: what is accepted, what is refused and with which words, and what is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NullPool, create_engine, event, func, select, text

from app import visitor
from app.commission import ERRORS_MAX, SEED_MAX, Commission, commission, find, validate
from app.database import db, is_sqlite
from app.errors import InvalidInput
from app.models import QUEUED, Stop, Walk
from tests.conftest import make_app

pytestmark = pytest.mark.databases


def asked(*prompts: str, **fields: Any) -> dict[str, Any]:
    return {"stops": [{"prompt": prompt} for prompt in prompts or ("a fox", "a kite")], **fields}


def refusal(data: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        validate(data)
    return {error.field: error.message for error in refused.value.errors}


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Walk)) or 0


# What is accepted


def test_two_prompts_are_enough(app: Flask) -> None:
    wanted = validate(asked("a lemon", "the sun"))
    assert [stop.prompt for stop in wanted.stops] == ["a lemon", "the sun"]
    assert (wanted.seed, wanted.frames, wanted.unlisted) == (None, None, False)


def test_limits_themselves_are_accepted(app: Flask) -> None:
    longest = asked("a" * 300, *"bcdefgh", seed=SEED_MAX, frames=240)
    wanted = validate(longest)
    assert (len(wanted.stops), wanted.seed, wanted.frames) == (8, 2**32 - 1, 240)
    assert validate(asked(*"abcdefgh", seed=0, frames=8)).frames == 8


@pytest.mark.parametrize(
    "prompt", ["狐狸", "лиса", "ثعلب", "🦊", "लोमड़ी", "quote ' \" ; -- <b>", "%s {} \\n", "a" + "\u0301" * 40]
)
def test_prompts_in_any_script_are_accepted(app: Flask, prompt: str) -> None:
    assert validate(asked(prompt, "a kite")).stops[0].prompt


def test_white_space_is_tidied_and_accents_composed(app: Flask) -> None:
    wanted = validate(asked("  a \n\t red\u00a0fox ", "cafe\u0301"))
    assert [stop.prompt for stop in wanted.stops] == ["a red fox", "caf\u00e9"]


def test_length_is_counted_after_tidying(app: Flask) -> None:
    assert validate(asked("a" + " " * 400 + "b", "c")).stops[0].prompt == "a b"


def test_limits_are_settings(instance: Path) -> None:
    with make_app(instance, STOPS_MAX=2, PROMPT_MAX=5, FRAMES_MAX=30).app_context():
        assert refusal(asked("a", "b", "c")) == {"stops": "A walk has 2 to 2 stops; this one has 3."}
        assert "at most 5" in refusal(asked("a rocket", "b"))["stops.0.prompt"]
        assert "to 30." in refusal(asked("a", "b", frames=31))["frames"]


# What is refused


@pytest.mark.parametrize("prompt", ["", " ", "\n\t", "\u200b", "\u2060\ufeff", "\u00a0"])
def test_prompt_without_anything_to_see_is_refused(app: Flask, prompt: str) -> None:
    assert refusal(asked("a fox", prompt)) == {
        "stops.1.prompt": "The prompt of stop 2 is empty. Write at least one word."
    }


def test_overlong_prompt_is_refused_with_its_length(app: Flask) -> None:
    assert refusal(asked("a" * 301, "b")) == {
        "stops.0.prompt": "The prompt of stop 1 is 301 characters long; at most 300 are read."
    }


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b"])
def test_control_characters_are_refused(app: Flask, character: str) -> None:
    assert "control characters" in refusal(asked(f"a{character}fox", "b"))["stops.0.prompt"]


@pytest.mark.parametrize("character", ["\ud800", "\udfff", "\ufffd"])
def test_unreadable_characters_are_refused(app: Flask, character: str) -> None:
    assert "could not be read" in refusal(asked(f"a{character}fox", "b"))["stops.0.prompt"]


def test_what_to_leave_out_obeys_the_same_rules_but_may_be_empty(app: Flask) -> None:
    stops = [{"prompt": "a fox", "negative_prompt": ""}, {"prompt": "a kite", "negative_prompt": "x" * 301}]
    message = "The list of what to leave out of stop 2 is 301 characters long; at most 300 are read."
    assert refusal({"stops": stops}) == {"stops.1.negative_prompt": message}


@pytest.mark.parametrize("number", [0, 1, 9, 100])
def test_too_few_and_too_many_stops_are_refused(app: Flask, number: int) -> None:
    stops = [{"prompt": f"stop {index}"} for index in range(number)]
    assert refusal({"stops": stops}) == {"stops": f"A walk has 2 to 8 stops; this one has {number}."}


@pytest.mark.parametrize("seed", [True, 2.5, 2.0, float("nan"), float("inf"), "7", -1, 2**32, 10**400, [], {}])
def test_seed_that_is_no_whole_number_in_range_is_refused(app: Flask, seed: Any) -> None:
    assert refusal(asked(seed=seed)) == {"seed": "The seed must be a whole number from 0 to 4294967295."}
    stops = [{"prompt": "a fox", "seed": seed}, {"prompt": "a kite"}]
    assert list(refusal({"stops": stops})) == ["stops.0.seed"]


@pytest.mark.parametrize("frames", [True, 2.5, float("nan"), "24", -24, 0, 1, 241, 10**400])
def test_frames_that_are_no_whole_number_in_range_are_refused(app: Flask, frames: Any) -> None:
    assert refusal(asked(frames=frames)) == {
        "frames": "Frames must be a whole number from 2 (one for each stop) to 240."
    }


def test_fewer_frames_than_stops_are_refused(app: Flask) -> None:
    assert refusal(asked("a", "b", "c", frames=2)) == {
        "frames": "Frames must be a whole number from 3 (one for each stop) to 240."
    }


@pytest.mark.parametrize("unlisted", ["true", 1, 0, None, "on"])
def test_unlisted_is_true_or_false(app: Flask, unlisted: Any) -> None:
    assert refusal(asked(unlisted=unlisted)) == {"unlisted": "unlisted must be true or false."}


@pytest.mark.parametrize("stops", [None, "a fox", 7, {}, {"prompt": "a fox"}, True])
def test_stops_must_be_a_list(app: Flask, stops: Any) -> None:
    assert refusal({"stops": stops}) == {"stops": "stops must be a list of 2 to 8 stops."}


@pytest.mark.parametrize("stop", [None, "a fox", 7, ["a fox"]])
def test_stop_must_be_an_object(app: Flask, stop: Any) -> None:
    assert refusal({"stops": [{"prompt": "a"}, stop]}) == {
        "stops.1": 'Stop 2 must be an object such as {"prompt": "a lemon"}.'
    }


@pytest.mark.parametrize("data", [None, [], "a fox", 7, True])
def test_walk_must_be_an_object(app: Flask, data: Any) -> None:
    assert refusal(data) == {"": 'A walk must be an object such as {"stops": […]}.'}


def test_missing_stops_and_missing_prompts_are_refused(app: Flask) -> None:
    assert list(refusal({})) == ["stops"]
    assert list(refusal({"stops": [{}, {"prompt": "b"}]})) == ["stops.0.prompt"]


def test_unknown_fields_are_refused_at_both_levels(app: Flask) -> None:
    stops = [{"prompt": "a", "promt": "b"}, {"prompt": "c"}]
    assert refusal({"stops": stops, "sede": 7}) == {
        "stops.0.promt": "promt is not a field of a walk.",
        "sede": "sede is not a field of a walk.",
    }


def test_same_stop_twice_in_a_row_is_refused(app: Flask) -> None:
    assert list(refusal(asked("a fox", "a  fox"))) == ["stops.1.prompt"]


def test_same_prompt_with_another_seed_or_further_on_is_a_walk(app: Flask) -> None:
    stops = [{"prompt": "a fox", "seed": 1}, {"prompt": "a fox", "seed": 2}]
    assert len(validate({"stops": stops}).stops) == 2
    assert len(validate(asked("a fox", "a kite", "a fox")).stops) == 3


def test_every_wrong_field_is_named_at_once(app: Flask) -> None:
    assert set(refusal({"stops": [{"prompt": ""}, {"prompt": 7}], "seed": -1, "frames": "x"})) == {
        "stops.0.prompt", "stops.1.prompt", "seed", "frames",
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [{f"field{i}": 1 for i in range(5000)}, {"stops": [{"prompt": ""}] * 5000}, {"stops": [{"prompt": "a"}] * 5000}],
)
def test_hostile_request_is_answered_in_few_words(app: Flask, data: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(data)
    assert len(refused.value.errors) == ERRORS_MAX
    assert len(str(refused.value)) < 10_000


TEXT = st.text(st.characters(codec=None), max_size=20)  # lone surrogates as well
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
STOP = st.dictionaries(st.sampled_from(["prompt", "negative_prompt", "seed", "hand"]), JSON, max_size=4) | JSON
WALK = st.fixed_dictionaries(
    {"stops": st.lists(STOP, max_size=10) | JSON}, optional=dict.fromkeys(("seed", "frames", "unlisted", "x"), JSON)
)


@given(data=WALK | JSON)
def test_validation_raises_nothing_but_invalid_input(app: Flask, data: Any) -> None:
    try:
        wanted = validate(data)
    except InvalidInput as refused:
        assert all(error.message for error in refused.errors)
        assert str(refused).encode() + "".join(error.pointer for error in refused.errors).encode()
        return
    assert 2 <= len(wanted.stops) <= 8


@given(prompt=st.text(st.characters(codec=None), min_size=1, max_size=320))
def test_accepted_prompt_can_be_kept_and_is_accepted_again(app: Flask, prompt: str) -> None:
    try:
        kept = validate(asked(prompt, "a kite that flies")).stops[0].prompt
    except InvalidInput:
        return
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert len(kept) <= 300
    assert "\0" not in kept
    assert validate(asked(kept, "a kite that flies")).stops[0].prompt == kept


# What is saved


def test_walk_is_saved_with_all_that_was_asked(app: Flask) -> None:
    stops = [{"prompt": "a fox", "negative_prompt": "rain", "seed": 3}, {"prompt": "a kite"}]
    walk, is_new = commission(
        validate({"stops": stops, "seed": 11, "frames": 30, "unlisted": True}), visitor_key="ann", owner="hers"
    )
    db.session.remove()
    walk = find(walk.id)
    assert is_new
    assert [(stop.position, stop.prompt, stop.negative_prompt, stop.seed) for stop in walk.stops] == [
        (0, "a fox", "rain", 3),
        (1, "a kite", "", None),
    ]
    assert (walk.seed, walk.frames, walk.fps, walk.unlisted, walk.state) == (11, 30, 12.5, True, QUEUED)
    assert (walk.sampler_steps, walk.guidance, walk.is_pinned) == (20, 3.5, False)
    assert visitor.owns("hers", walk)
    assert "hers" not in (walk.visitor, walk.owner_hash)


def test_seed_is_drawn_and_recorded_when_not_given(commissioned: Callable[..., Walk]) -> None:
    seeds = {commissioned().seed for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed <= SEED_MAX for seed in seeds)


def test_seed_zero_is_a_seed(commissioned: Callable[..., Walk]) -> None:
    assert commissioned(seed=0).seed == 0


def test_frames_are_24_when_not_given_but_never_fewer_than_stops(instance: Path) -> None:
    with make_app(instance, FRAMES_DEFAULT=3).app_context():
        frames = [commission(validate(asked(*prompts)), visitor_key="ann")[0].frames for prompts in ("ab", "abcde")]
        db.engine.dispose()
    assert frames == [3, 5]


def test_repeat_with_the_same_key_makes_one_walk(app: Flask) -> None:
    first, is_new = commission(validate(asked()), visitor_key="ann", idempotency_key="once")
    second, is_new_again = commission(validate(asked()), visitor_key="ann", idempotency_key="once")
    assert (first.id, is_new, is_new_again) == (second.id, True, False)
    assert count() == 1


def test_key_used_for_another_walk_is_refused(app: Flask) -> None:
    commission(validate(asked(seed=1)), visitor_key="ann", idempotency_key="once")
    with pytest.raises(InvalidInput, match="was used for another walk"):
        commission(validate(asked(seed=2)), visitor_key="ann", idempotency_key="once")
    assert count() == 1


def test_same_key_of_another_visitor_is_another_key(app: Flask) -> None:
    for name in ("ann", "ben"):
        commission(validate(asked()), visitor_key=name, idempotency_key="once")
    assert count() == 2


def test_no_key_means_a_walk_each_time(app: Flask) -> None:
    for _ in range(2):
        commission(validate(asked()), visitor_key="ann")
    assert count() == 2


def test_nothing_is_half_saved_when_the_database_fails(app: Flask) -> None:
    fails = "CREATE TRIGGER full BEFORE INSERT ON stops BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    if not is_sqlite():
        fails = 'ALTER TABLE stops ADD CONSTRAINT "disk full" CHECK (position < 1)'
    db.session.execute(text(fails))
    db.session.commit()
    with pytest.raises(Exception, match="disk full"):
        commission(validate(asked()), visitor_key="ann", idempotency_key="once")
    assert count() == 0
    assert db.session.scalars(select(Stop)).all() == []


def test_walk_is_committed_before_the_worker_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    elsewhere = create_engine(app.config["DATABASE_URL"], poolclass=NullPool)

    def ring() -> bool:
        with elsewhere.connect() as other:
            seen.append(other.execute(text("SELECT count(*) FROM stops")).scalar_one())
        return True

    monkeypatch.setattr("app.queue.ring", ring)
    commission(validate(asked()), visitor_key="ann")
    assert seen == [2]


@pytest.mark.sqlite
def test_two_who_save_the_same_key_at_once_make_one_walk(app: Flask) -> None:
    """As on Postgres, where no lock keeps the second from looking before the first has saved."""
    first, _ = commission(validate(asked()), visitor_key="ann", idempotency_key="once")
    looks: list[str] = []

    def look_too_early(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if "walks.idempotency_key = ?" in statement and not looks:
            looks.append(statement)
            return statement, ("nothing yet",)
        return statement, parameters

    event.listen(db.engine, "before_cursor_execute", look_too_early, retval=True)
    second, is_new = commission(validate(asked()), visitor_key="ann", idempotency_key="once")
    assert looks
    assert (second.id, is_new, count()) == (first.id, False, 1)


def test_commission_is_equal_to_itself_after_a_round_trip(app: Flask) -> None:
    wanted = validate(asked("a fox", "a kite", seed=4, frames=12))
    assert Commission.model_validate_json(wanted.model_dump_json()) == wanted
