"""The legs of a live wall: painted from the first frame on, without films, and joined into walks that are kept."""

import io

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from app.collection.gallery import exhibitions
from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import FINISHED, Frame, Walk
from app.storage.wall_models import Wall
from app.wall import director, programme, stretches
from tests.support import placing
from tests.support.fake_painter import FakePainter
from tests.support.walls import fresh, legs, opened, said, walk_of, walk_on
from tests.support.worker_rows import read
from worker import job

pytestmark = pytest.mark.slow


@pytest.fixture
def wall(app: Flask, painter: FakePainter, monkeypatch: pytest.MonkeyPatch) -> Wall:
    monkeypatch.setattr(director, "FPS_MAX", 1e9)
    return opened()


def pictures(walk: Walk) -> list[NDArray[np.uint8]]:
    store = media_store.store()
    return [np.asarray(Image.open(io.BytesIO(store.read_bytes(frame.path)))) for frame in walk.painted]


def at_hand(wall: Wall) -> int:
    return len(programme.playable_frames(walk_of(legs(wall)[0])))


@pytest.mark.databases
def test_leg_is_painted_from_its_first_frame_on(wall: Wall, painter: FakePainter) -> None:
    director.advance(wall, 0)
    job.work()
    first, last, *between = painter.painted
    assert (first, last) == (0.0, 1.0)
    assert between == sorted(between)


def test_leg_has_its_frames_and_no_films(wall: Wall, painter: FakePainter) -> None:
    director.advance(wall, 0)
    job.work()
    walk = read(str(legs(wall)[0].walk_id))
    assert (walk.state, len(walk.painted), dict(walk.media)) == (FINISHED, 35, {})


@pytest.mark.databases
def test_screens_get_the_frames_without_a_gap_as_they_come(wall: Wall, painter: FakePainter) -> None:
    director.advance(wall, 0)
    events = []
    painter.on_paint = lambda _number: events.append(at_hand(wall))
    job.work()
    events.append(at_hand(wall))
    assert events == sorted(events)
    assert {0, 1, 35} < set(events)


def test_two_legs_join_at_the_same_picture(wall: Wall) -> None:
    said(wall, "a fox")
    said(wall, "an owl")
    walk_on(wall, 2)
    first, second, *_ = (pictures(walk_of(leg)) for leg in legs(wall))
    np.testing.assert_array_equal(first[-1], second[0])


def test_seven_legs_are_kept_as_one_walk_with_their_pictures(wall: Wall) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 8)
    shown = [picture for leg in legs(wall)[:7] for picture in pictures(walk_of(leg))[1 if leg.number > 1 else 0 :]]
    assert stretches.preserve_shown(wall) == 1
    job.work()
    kept = db.session.scalars(select(Walk).where(Walk.frames == 239)).one()
    kept = read(kept.id)
    assert (kept.state, len(kept.stops), {*kept.media}) == (FINISHED, 8, {"card", "gif", "mp4", "webp", "poster"})
    for ours, theirs in zip(pictures(kept), shown, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all(frame.path.startswith(media_store.walk_folder(kept.id)) for frame in kept.painted)


def test_kept_walk_is_in_the_evenings_exhibition_and_not_among_the_newest(wall: Wall) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 8)
    stretches.preserve_shown(wall)
    job.work()
    hall = exhibitions.at(str(fresh(wall).evening))
    (kept,) = exhibitions.walks_of(hall)
    assert (kept.frames, kept.unlisted) == (239, True)
    assert hall.title.startswith("Lobby, ")


def test_kept_walk_is_painted_again_by_its_recipe(wall: Wall, painter: FakePainter) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 8)
    stretches.preserve_shown(wall)
    job.work()
    kept = read(db.session.scalars(select(Walk.id).where(Walk.frames == 239)).one())
    wanted, pinned = recipe.request_of(recipe.parse_recipe(recipe.dumps(kept).encode()))
    again, _ = placing.place(wanted, visitor_key="ann", pinned=pinned, skip_cache=True)
    job.work()
    for ours, theirs in zip(pictures(read(again.id)), pictures(kept), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_legs_go_once_they_are_kept(wall: Wall) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 8)
    folders = [media_store.walk_folder(str(leg.walk_id)) for leg in legs(wall)[:6]]
    stretches.preserve_shown(wall)
    stretches.delete_superfluous(wall)
    assert len([leg for leg in legs(wall)[:7] if leg.walk_id]) == 7  # till the films are there
    job.work()
    stretches.delete_superfluous(fresh(wall))
    assert [leg.walk_id is None for leg in legs(wall)[:7]] == [True] * 6 + [False]  # screens may still ask for that
    assert not any(media_store.store().files(folder) for folder in folders)


@pytest.mark.databases
def test_unsteered_legs_are_not_kept_and_go(wall: Wall) -> None:
    wall = walk_on(wall, 9)
    assert stretches.preserve_shown(wall) == 0
    stretches.delete_superfluous(fresh(wall))
    assert [leg.walk_id for leg in legs(wall)[:7]] == [None] * 7


@pytest.mark.databases
def test_closing_keeps_what_is_shorter(wall: Wall) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 3)
    assert stretches.preserve_shown(wall, all_of_it=True) == 1
    job.work()
    kept = read(db.session.scalars(select(Walk.id).where(Walk.frames == 3 * 34 + 1)).one())
    assert kept.state == FINISHED


def test_frames_of_a_leg_that_are_lost_are_painted_again_for_the_kept_walk(wall: Wall) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 3)
    lost = walk_of(legs(wall)[1])
    whole = pictures(lost)
    media_store.store().delete(lost.painted[9].path)
    stretches.preserve_shown(wall, all_of_it=True)
    job.work()
    kept = read(db.session.scalars(select(Walk.id).where(Walk.frames == 3 * 34 + 1)).one())
    np.testing.assert_array_equal(pictures(kept)[34 + 9], whole[9])


def test_a_walk_with_all_its_frames_waits_for_no_passes(wall: Wall) -> None:
    said(wall, "a fox")
    wall = walk_on(wall, 8)
    stretches.preserve_shown(wall)
    kept = db.session.scalars(select(Walk).where(Walk.frames == 239)).one()
    assert kept.cost == 0
    assert len(db.session.scalars(select(Frame).where(Frame.walk_number == kept.number)).all()) == 239
