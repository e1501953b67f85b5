"""Requests for walks: what is saved, once, and who is notified."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, event, func, select, text

from app.access.auth import visitors
from app.core.errors import InvalidInput
from app.offer.generation import offers, presets
from app.offer.generation.limits import SEED_MAX
from app.requests.walk_requests.validation import validate
from app.storage.database import db, is_sqlite
from app.storage.walk_models import QUEUED, Stop, Walk
from app.walks.saved.lookup import any_walk
from tests.conftest import Maker, make_app
from tests.support import placing


def asked(*prompts: str, **fields: Any) -> dict[str, Any]:
    return {"stops": [{"prompt": prompt} for prompt in prompts or ("a fox", "a kite")], **fields}


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Walk)) or 0


@pytest.mark.databases
def test_walk_is_saved_with_all_that_was_asked(app: Flask) -> None:
    stops = [{"prompt": "a fox", "negative_prompt": "rain", "seed": 3}, {"prompt": "a kite"}]
    walk, is_new = placing.place(
        validate({"stops": stops, "seed": 11, "frames": 30, "unlisted": True}), visitor_key="ann", owner="hers"
    )
    db.session.remove()
    walk = any_walk(walk.id)
    assert is_new
    assert [(stop.position, stop.prompt, stop.negative_prompt, stop.seed) for stop in walk.stops] == [
        (0, "a fox", "rain", 3),
        (1, "a kite", "", None),
    ]
    assert (walk.seed, walk.frames, walk.fps, walk.unlisted, walk.state) == (11, 30, 12.5, True, QUEUED)
    assert (walk.preset, walk.ending, walk.easing, walk.model, walk.is_pinned) == (
        "balanced",
        "stop",
        False,
        None,
        False,
    )
    assert visitors.owns("hers", walk)
    assert "hers" not in (walk.visitor, walk.owner_hash)


@pytest.mark.parametrize("preset", presets.NAMES)
def test_preset_is_resolved_and_recorded_with_the_walk(request_walk: Maker, preset: str) -> None:
    walk = request_walk(preset=preset)
    settings = presets.resolve(preset, offers.first().facts)
    assert (walk.preset, walk.sampling) == (preset, settings)
    assert (walk.scheduler, walk.sampler_steps, walk.guidance) == tuple(
        settings[name] for name in ("scheduler", "steps", "guidance")
    )


def test_preset_is_balanced_when_none_is_given(request_walk: Maker) -> None:
    assert request_walk().sampling == presets.resolve("balanced", offers.first().facts)


def test_steps_and_guidance_that_are_given_stand_above_the_site_s_and_these_above_the_preset_s(
    instance: Path,
) -> None:
    with make_app(instance, STEPS=30, GUIDANCE=2.0).app_context():
        found = []
        for own in ({}, {"steps": 12}, {"guidance": 0.0}):
            walk, _ = placing.place(validate(asked(preset="exact", **own)), visitor_key="ann")
            found.append((walk.sampler_steps, walk.guidance))
            assert walk.sampling == presets.resolve(
                "exact", offers.first().facts, steps=found[-1][0], guidance=found[-1][1]
            )
        db.session.remove()
        db.engine.dispose()
    assert found == [(30, 2.0), (12, 2.0), (30, 0.0)]


@pytest.mark.parametrize(("fps", "shown"), [(None, 12.5), (12.5, 12.5), (30, 33.333), (50, 50), (1, 1)])
def test_frame_rate_is_recorded_as_a_gif_can_say_it(request_walk: Maker, fps: float | None, shown: float) -> None:
    assert request_walk(fps=fps).fps == shown


def test_seed_is_drawn_and_recorded_when_not_given(request_walk: Maker) -> None:
    seeds = {request_walk().seed for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed <= SEED_MAX for seed in seeds)


def test_seed_zero_is_a_seed(request_walk: Maker) -> None:
    assert request_walk(seed=0).seed == 0


def test_frames_are_24_when_not_given_but_never_fewer_than_stops(instance: Path) -> None:
    with make_app(instance, FRAMES_DEFAULT=3).app_context():
        frames = [placing.place(validate(asked(*prompts)), visitor_key="ann")[0].frames for prompts in ("ab", "abcde")]
        db.engine.dispose()
    assert frames == [3, 5]


@pytest.mark.databases
def test_repeat_with_the_same_key_makes_one_walk(app: Flask) -> None:
    first, is_new = placing.place(validate(asked()), visitor_key="ann", idempotency_key="once")
    second, is_new_again = placing.place(validate(asked()), visitor_key="ann", idempotency_key="once")
    assert (first.id, is_new, is_new_again) == (second.id, True, False)
    assert count() == 1


@pytest.mark.databases
def test_key_used_for_another_walk_is_refused(app: Flask) -> None:
    placing.place(validate(asked(seed=1)), visitor_key="ann", idempotency_key="once")
    with pytest.raises(InvalidInput, match="was used for another walk"):
        placing.place(validate(asked(seed=2)), visitor_key="ann", idempotency_key="once")
    assert count() == 1


def test_same_key_of_another_visitor_is_another_key(app: Flask) -> None:
    for name in ("ann", "ben"):
        placing.place(validate(asked()), visitor_key=name, idempotency_key="once")
    assert count() == 2


def test_no_key_means_a_walk_each_time(app: Flask) -> None:
    for _ in range(2):
        placing.place(validate(asked()), visitor_key="ann")
    assert count() == 2


@pytest.mark.databases
def test_nothing_is_half_saved_when_the_database_fails(app: Flask) -> None:
    fails = "CREATE TRIGGER full BEFORE INSERT ON stops BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    if not is_sqlite():
        fails = 'ALTER TABLE stops ADD CONSTRAINT "disk full" CHECK (position < 1)'
    db.session.execute(text(fails))
    db.session.commit()
    with pytest.raises(Exception, match="disk full"):
        placing.place(validate(asked()), visitor_key="ann", idempotency_key="once")
    assert count() == 0
    assert db.session.scalars(select(Stop)).all() == []


@pytest.mark.databases
def test_walk_is_committed_before_the_worker_is_notified(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    elsewhere = create_engine(app.config["DATABASE_URL"], poolclass=NullPool)

    def ring() -> bool:
        with elsewhere.connect() as other:
            seen.append(other.execute(text("SELECT count(*) FROM stops")).scalar_one())
        return True

    monkeypatch.setattr("app.walks.queue.jobs.notify_workers", ring)
    placing.place(validate(asked()), visitor_key="ann")
    assert seen == [2]


def test_two_who_save_the_same_key_at_once_make_one_walk(app: Flask) -> None:
    """As on Postgres, where no lock keeps the second from looking before the first has saved."""
    first, _ = placing.place(validate(asked()), visitor_key="ann", idempotency_key="once")
    looks: list[str] = []

    def look_too_early(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if "walks.idempotency_key = ?" in statement and not looks:
            looks.append(statement)
            return statement, ("nothing yet",)
        return statement, parameters

    event.listen(db.engine, "before_cursor_execute", look_too_early, retval=True)
    second, is_new = placing.place(validate(asked()), visitor_key="ann", idempotency_key="once")
    assert looks
    assert (second.id, is_new, count()) == (first.id, False, 1)
