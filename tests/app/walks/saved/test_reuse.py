"""Repeated requests: answered at once with the pictures there are, whose files live as long as the last of them."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.collection.moderation import curation
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.validation import validate
from app.site.presentation import walk_description
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import FINISHED, QUEUED, Walk
from app.upkeep.archives import backup, database_dump
from app.upkeep.maintenance import media_losses, media_upkeep
from app.walks.queue import fair_queue
from app.walks.saved import lifecycle, reuse
from app.walks.saved.lookup import any_walk
from tests.conftest import Maker, make_app
from tests.support import placing
from tests.support.house import NAME
from tests.support.recipes import RENDERING
from tests.support.rows import change

SEED = 7


@pytest.fixture
def original(publish: Maker) -> Walk:
    """Publish a walk with a seed that was given."""
    return publish(seed=SEED)


@pytest.fixture
def again(request_walk: Maker) -> Maker:
    """Return a function that asks for the same walk again, as another visitor unless one is given."""

    def ask(*prompts: str, **fields: Any) -> Walk:
        return request_walk(*prompts, **{"seed": SEED, "frames": 2, "visitor": "ben", **fields})

    return ask


def are_there(walk: Walk) -> bool:
    """Return whether every file that a walk's rows name is in the store."""
    db.session.expire_all()
    files = [*walk.painted, *walk.media.values()]
    return len(files) == 6 and all(media_store.store().exists(file.path) for file in files)


# Answered at once


@pytest.mark.databases
def test_repeated_request_is_finished_at_once_with_the_same_files(original: Walk, again: Maker) -> None:
    repeat = again()
    assert (repeat.state, repeat.painted_count, repeat.repeat_of) == (FINISHED, 2, original.id)
    assert {kind: medium.path for kind, medium in repeat.media.items()} == {
        kind: medium.path for kind, medium in original.media.items()
    }
    assert [frame.path for frame in repeat.painted] == [frame.path for frame in original.painted]
    assert repeat.created_at == repeat.finished_at
    assert repeat.created_at >= original.finished_at


def test_repeat_has_an_id_a_number_and_an_owner_of_its_own(original: Walk, again: Maker) -> None:
    repeat = again()
    assert repeat.id != original.id
    assert repeat.number > original.number
    assert (repeat.visitor, repeat.owner_hash != original.owner_hash) == ("ben", True)
    assert not media_store.store().exists(media_store.walk_folder(repeat.id))


def test_repeat_says_what_was_measured_but_took_no_time(original: Walk, again: Maker) -> None:
    change(original, hold=13)
    repeat = again()
    description, before = walk_description.describe(repeat), walk_description.describe(original)
    assert repeat.hold == 13
    for name in ("recipe", "smoothness", "stops", "frames", "preset", "ending"):
        assert description[name] == before[name]  # type: ignore[literal-required]
    assert (description["repeat_of"], description["paint_seconds"], description["passes"]) == (original.id, None, 0)
    assert description["media"]["gif"] == f"/walks/{description['id']}.gif"


@pytest.mark.databases
def test_repeats_do_not_count_for_the_pace_of_painting(original: Walk, again: Maker) -> None:
    pace = fair_queue.load_worker_pool().pace
    again()
    assert fair_queue.load_worker_pool().pace == pace


def test_repeat_is_visited_like_any_walk(original: Walk, again: Maker, client: FlaskClient) -> None:
    repeat = again()
    assert client.get(f"/walks/{repeat.id}").status_code == 200
    assert client.get(f"/walks/{repeat.id}.gif").data == b"gif"
    assert client.get(f"/walks/{repeat.id}/frames/1.png").data == b"frame"
    assert {walk["id"] for walk in client.get("/api/v1/walks").json["walks"]} == {repeat.id, original.id}


def test_worker_is_not_notified_of_a_repeat(original: Walk, again: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[int] = []
    monkeypatch.setattr("app.walks.queue.jobs.notify_workers", lambda: rings.append(1))
    again()
    assert rings == []
    again(seed=SEED + 1)
    assert rings == [1]


def test_repeat_keeps_what_the_eye_found(original: Walk, again: Maker) -> None:
    original.stops[1].detected_style = "linocut"
    db.session.commit()
    assert [stop.detected_style for stop in again().stops] == ["", "linocut"]


def test_repeat_keeps_its_own_notes_of_reading_beside_the_worker_s(original: Walk, again: Maker) -> None:
    for stop in original.stops:
        stop.note = "tags ignored; cut"
    db.session.commit()
    assert [stop.note for stop in again().stops] == ["cut", "cut"]


def test_stops_own_seeds_count_not_where_they_were_written(original: Walk) -> None:
    stops = [{"prompt": stop.prompt, "seed": SEED, "scene": stop.scene} for stop in original.stops]
    repeat, _ = placing.place(validate({"stops": stops, "seed": 99, "frames": 2}), visitor_key="ben")
    assert repeat.repeat_of == original.id


@pytest.mark.databases
def test_stops_that_the_walks_seed_composes_otherwise_are_painted(original: Walk) -> None:
    stops = [{"prompt": stop.prompt, "seed": SEED} for stop in original.stops]
    other, _ = placing.place(validate({"stops": stops, "seed": 99, "frames": 2}), visitor_key="ben")
    assert other.repeat_of is None


@pytest.mark.parametrize(
    "other",
    [
        {"seed": SEED + 1}, {"seed": None}, {"frames": 3}, {"ending": "back"}, {"ending": "round"}, {"easing": True},
        {"preset": "fast"}, {"preset": "exact"}, {"steps": 3}, {"guidance": 2.0},
        {"stops": [{"prompt": "a fox"}, {"prompt": "a kite", "seed": 8}]},
        {"stops": [{"prompt": "a fox"}, {"prompt": "a kite", "negative_prompt": "rain"}]},
        {"stops": [{"prompt": "a fox"}, {"prompt": "a kite", "hand": "linocut"}]},
        {"stops": [{"prompt": "a fox"}, {"prompt": "A kite"}]},
        {"stops": [{"prompt": "a kite"}, {"prompt": "a fox"}]},
    ],
)  # fmt: skip
def test_walk_that_differs_in_anything_is_painted(original: Walk, other: dict[str, Any]) -> None:
    stops = [{"prompt": "a fox"}, {"prompt": "a kite"}]
    walk, _ = placing.place(validate({"stops": stops, "seed": SEED, "frames": 2} | other), visitor_key="ben")
    assert (walk.state, walk.repeat_of, walk.media) == (QUEUED, None, {})


def test_other_settings_of_the_site_make_another_walk(original: Walk, instance: Path) -> None:
    for name, value in (("STEPS", 3), ("FPS", 25.0)):
        with make_app(instance, **{name: value}).app_context():
            walk, _ = placing.place(
                validate({"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}], "seed": SEED, "frames": 2}),
                visitor_key="ben",
            )
            db.session.remove()
            db.engine.dispose()
        assert walk.state == QUEUED


def test_recipe_is_painted_whatever_was_painted_before(request_walk: Maker, publish: Maker) -> None:
    pinned = PinnedSettings.model_validate(RENDERING)
    publish(seed=SEED, frames=3, pinned=pinned)
    publish(seed=SEED, frames=3)
    assert request_walk(seed=SEED, frames=3, pinned=pinned).state == QUEUED


def test_recipe_that_was_painted_answers_nothing(request_walk: Maker, publish: Maker) -> None:
    publish(seed=SEED, frames=3, pinned=PinnedSettings.model_validate(RENDERING))
    assert request_walk(seed=SEED, frames=3).state == QUEUED


def test_walk_may_be_painted_again(original: Walk) -> None:
    stops = [{"prompt": "a fox"}, {"prompt": "a kite"}]
    wanted = validate({"stops": stops, "seed": SEED, "frames": 2})
    assert placing.place(wanted, visitor_key="ben", skip_cache=True)[0].state == QUEUED
    assert placing.place(wanted, visitor_key="ben")[0].state == FINISHED


def test_site_may_do_without(original: Walk, app: Flask, again: Maker) -> None:
    app.config["CACHE"] = False
    assert again().state == QUEUED


@pytest.mark.parametrize("state", ["queued", "painting", "failed", "cancelled", "refused", "hidden", "deleted"])
def test_walk_that_is_not_shown_answers_nothing(original: Walk, again: Maker, state: str) -> None:
    act = {"hidden": curation.hide, "deleted": lifecycle.delete_walk}.get(state, partial(change, state=state))
    act(original)
    assert again().state == again(visitor="ann").state == QUEUED


@pytest.mark.databases
def test_repeat_counts_as_a_tenth_of_a_usual_walk(instance: Path, original: Walk) -> None:
    with make_app(instance, HOURLY_WALKS=1, HOURLY_WALKS_ADDRESS=1).app_context() as context:
        client = context.app.test_client()
        asked = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}], "seed": SEED, "frames": 2}
        answers = [client.post("/api/v1/walks", json=asked) for _ in range(11)]
        db.session.remove()
        db.engine.dispose()
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert (answers[0].json["state"], answers[0].json["repeat_of"]) == ("finished", original.id)


@pytest.mark.databases
def test_same_key_makes_one_repeat(original: Walk) -> None:
    stops = [{"prompt": "a fox"}, {"prompt": "a kite"}]
    wanted = validate({"stops": stops, "seed": SEED, "frames": 2})
    first, second = (placing.place(wanted, visitor_key="ben", idempotency_key="once") for _ in range(2))
    assert (first[0].id, first[1], second[1]) == (second[0].id, True, False)


# The model's revision


def worker(model: str = NAME, revision: str = "3f9a2c1d0e5b") -> dict[str, str]:
    return {"model": model, "revision": revision}


@pytest.mark.parametrize(
    ("workers", "state"),
    [
        ([], FINISHED),
        ([worker()], FINISHED),
        ([worker(), worker()], FINISHED),
        ([worker(), worker("another", "0")], FINISHED),
        ([worker("another", "0")], FINISHED),
        ([worker(revision="newer")], QUEUED),
        ([worker(), worker(revision="newer")], QUEUED),
        ([worker("first") | {"models": {"first": "0123", NAME: "3f9a2c1d0e5b"}}], FINISHED),
        ([worker("first") | {"models": {"first": "3f9a2c1d0e5b", NAME: "newer"}}], QUEUED),
        ([worker("first") | {"models": {"first": "0123", NAME: None}}], FINISHED),
    ],
)
def test_living_workers_know_the_models_revision_else_its_newest_picture(
    original: Walk, again: Maker, monkeypatch: pytest.MonkeyPatch, workers: list[dict[str, str]], state: str
) -> None:
    monkeypatch.setattr("app.walks.queue.jobs.workers", lambda: workers)
    assert again().state == state


@pytest.mark.databases
def test_walk_of_an_earlier_revision_is_painted_again(original: Walk, publish: Maker, again: Maker) -> None:
    change(publish("the sea", "a boat"), model_revision="newer")
    assert again().state == QUEUED


def test_repeat_says_nothing_of_the_present_revision(original: Walk, publish: Maker, again: Maker) -> None:
    old = publish("the sea", "a boat", pinned=PinnedSettings.model_validate(RENDERING), frames=3)
    change(old, model_revision="older")
    assert again().state == FINISHED


def test_redis_is_asked_only_if_there_is_a_repeat(request_walk: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.walks.queue.jobs.workers", lambda: pytest.fail("asked"))
    assert request_walk(seed=SEED).state == QUEUED


# Who may see what


def test_unlisted_original_is_not_shown_to_others(publish: Maker, again: Maker) -> None:
    publish(seed=SEED, unlisted=True)
    assert again().state == QUEUED


def test_unlisted_original_serves_its_owner(publish: Maker, again: Maker, client: FlaskClient) -> None:
    original = publish(seed=SEED, unlisted=True)
    repeat = again(visitor="ann")
    assert (repeat.state, repeat.unlisted) == (FINISHED, False)
    for address in ("/api/v1/walks", f"/api/v1/walks/{repeat.id}", f"/walks/{repeat.id}", f"/walks/{repeat.id}.json"):
        assert original.id not in client.get(address).text
    assert reuse.original_of(repeat) is None


def test_repeat_may_be_unlisted(original: Walk, again: Maker, client: FlaskClient) -> None:
    repeat = again(unlisted=True)
    assert (repeat.state, reuse.original_of(repeat)) == (FINISHED, original)
    assert repeat.id not in client.get("/api/v1/walks").text
    assert repeat.id not in client.get(f"/walks/{original.id}").text


@pytest.mark.databases
def test_repeats_are_hidden_and_restored_together(original: Walk, again: Maker, publish: Maker) -> None:
    repeat, other = again(), publish("the sea", "a boat")
    for chosen in (original, repeat):
        curation.hide(chosen)
        db.session.expire_all()
        assert [walk.hidden_at is None for walk in (original, repeat, other)] == [False, False, True]
        curation.unhide(chosen)
        db.session.expire_all()
        assert all(walk.is_public for walk in (original, repeat, other))


# The files


@pytest.mark.databases
@pytest.mark.parametrize("first", ["original", "repeat"])
def test_delete_of_the_last_repeat_takes_the_files(original: Walk, again: Maker, first: str) -> None:
    repeat = again()
    gone, stays = (original, repeat) if first == "original" else (repeat, original)
    lifecycle.delete_walk(gone)
    assert are_there(stays)
    assert (gone.painted, gone.media) == ([], {})
    lifecycle.delete_walk(stays)
    assert not media_store.store().exists(media_store.walk_folder(original.id))


def test_what_the_repeat_does_not_show_goes_with_the_original(original: Walk, again: Maker) -> None:
    repeat = again()
    leftover = f"{media_store.walk_folder(original.id)}/stages/0.webp"
    media_store.store().write(leftover, b"stages")
    lifecycle.delete_walk(original)
    assert not media_store.store().exists(leftover)
    assert are_there(repeat)


@pytest.mark.databases
def test_repeat_of_a_repeat_outlives_both(original: Walk, again: Maker, client: FlaskClient) -> None:
    second = again()
    lifecycle.delete_walk(original)
    third = again(visitor="cleo")
    assert third.state == FINISHED
    lifecycle.delete_walk(second)
    assert are_there(third)
    assert client.get(f"/walks/{third.id}.gif").data == b"gif"
    assert client.get(f"/api/v1/walks/{third.id}").json["repeat_of"] is None
    lifecycle.delete_walk(third)
    assert not media_store.store().exists(media_store.walk_folder(original.id))


@pytest.mark.databases
def test_prune_and_verify_know_that_files_are_shared(original: Walk, again: Maker) -> None:
    repeat = again()
    repeat_id, gif = repeat.id, repeat.media["gif"].path
    lifecycle.delete_walk(original)
    assert media_upkeep.prune(young_seconds=-60) == []
    assert [loss for _, found in media_losses.verify() for loss in found if loss.flaw == "is missing"] == []
    media_store.store().delete(gif)
    missing = [loss for _, found in media_losses.verify() for loss in found if loss.flaw == "is missing"]
    assert [(loss.of, loss.id) for loss in missing] == [("walk", repeat_id)]


def test_backup_holds_shared_files_once_for_both_walks(original: Walk, again: Maker, tmp_path: Path) -> None:
    ids = [original.id, again().id]
    report = backup.create(tmp_path / "backup.tar")
    assert (report.walks, report.files, report.lost) == (2, 7, [])
    media_store.store().delete("walks")
    backup.restore(tmp_path / "backup.tar", force=True)
    assert all(are_there(any_walk(walk_id)) for walk_id in ids)


def test_repeat_whose_files_were_deleted_during_the_backup_is_forgotten_too(
    original: Walk, again: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat = again()
    ids = (original.id, repeat.id)
    copy = database_dump.copy

    def copy_then_delete(*asked: Any) -> Any:
        found = copy(*asked)
        for walk in (original, repeat):
            lifecycle.delete_walk(walk)
        return found

    monkeypatch.setattr(database_dump, "copy", copy_then_delete)
    monkeypatch.setattr(backup, "COPIES_MAX", 1)
    backup.create(tmp_path / "backup.tar")
    backup.restore(tmp_path / "backup.tar", force=True)
    assert [any_walk(walk_id) for walk_id in ids] == [None, None]
