"""Which leg a wall walks next, and that nothing is requested without viewers."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.storage.database import db, now
from app.storage.walk_models import FAILED, FINISHED, Walk
from app.storage.wall_models import PAUSED, Wall, WallLeg, WallWords
from app.wall import director, walls, words
from tests.support.rows import Maker, change, store
from tests.support.walls import fresh, generate, legs, opened, said, walk_of


def advanced(wall: Wall, walked: int) -> Wall:
    generate(wall)
    director.advance(fresh(wall), walked)
    return fresh(wall)


def test_wall_without_viewers_has_nothing_painted(wall: Wall) -> None:
    said(wall, "a fox")
    assert db.session.scalars(select(Walk)).all() == []


def test_first_look_requests_one_leg_and_further_looks_none(wall: Wall) -> None:
    for _ in range(3):
        wall = advanced(wall, 0)
    (leg,) = legs(wall)
    assert (leg.number, walk_of(leg).frames, walk_of(leg).unlisted) == (1, 35, True)


def test_leg_leads_to_what_was_written(wall: Wall) -> None:
    said(wall, "a fox in the snow")
    wall = advanced(wall, 0)
    assert walk_of(legs(wall)[0]).stops[-1].prompt == "a fox in the snow"


def test_next_leg_begins_where_the_last_one_ends_with_the_same_seed(wall: Wall) -> None:
    said(wall, "a fox")
    said(wall, "an owl")
    wall = advanced(advanced(wall, 0), 1)
    first, second = (walk_of(leg) for leg in legs(wall))
    assert [stop.prompt for stop in second.stops] == ["a fox", "an owl"]
    assert second.seed_of(second.stops[0]) == first.seed_of(first.stops[-1])
    assert second.continues == first.id


def test_without_words_it_walks_among_the_stops_of_the_gallery(publish: Maker, wall: Wall) -> None:
    publish("a plum tree", "a lantern")
    wall = advanced(wall, 0)
    prompts = {stop.prompt for stop in walk_of(legs(wall)[0]).stops}
    assert prompts & {"a plum tree", "a lantern"}


def test_in_an_empty_house_it_walks_among_examples(wall: Wall) -> None:
    wall = advanced(wall, 0)
    first, last = (stop.prompt for stop in walk_of(legs(wall)[0]).stops)
    assert first and last and first != last


def test_lead_goes_on_no_faster_than_one_can_walk(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = advanced(advanced(wall, 0), 1)
    monkeypatch.setattr(director, "FPS_MAX", 12.5)
    assert advanced(wall, 2).lead == 1
    change(wall, lead_at=now() - timedelta(seconds=34 / 12.5))
    assert advanced(wall, 2).lead == 2


def test_advance_past_a_leg_that_is_not_generated_stays_there(wall: Wall) -> None:
    wall = advanced(advanced(wall, 0), 1)
    second = legs(wall)[1].walk_id
    change(Walk, Walk.id == second, painted_count=0)
    director.advance(fresh(wall), 2)
    assert fresh(wall).lead == 1, "there is no picture of leg 2"
    change(Walk, Walk.id == second, painted_count=12)
    director.advance(fresh(wall), 2)
    wall = fresh(wall)
    assert (wall.lead, len(legs(wall))) == (2, 3)
    change(Walk, Walk.id == legs(wall)[2].walk_id, painted_count=35)
    director.advance(fresh(wall), 3)
    assert fresh(wall).lead == 2, "leg 2 is not whole"


def test_wall_with_its_hourly_legs_requests_no_more(app: Flask, wall: Wall) -> None:
    app.config["HOURLY_LEGS"] = 3
    for number in range(6):
        wall = advanced(wall, number)
    assert [leg.number for leg in legs(wall)] == [1, 2, 3]
    change(WallLeg, WallLeg.number == 1, created_at=now() - timedelta(hours=1))
    wall = advanced(wall, 3)
    assert [leg.number for leg in legs(wall)] == [1, 2, 3, 4]


def test_lead_goes_on_one_leg_at_a_time_however_far_a_screen_says_it_is_and_never_back(wall: Wall) -> None:
    wall = advanced(wall, 0)
    assert [advanced(wall, at).lead for at in (999, 0, 999)] == [1, 1, 2]


def test_paused_wall_has_nothing_painted_and_takes_words(wall: Wall) -> None:
    walls.set_state(wall, PAUSED)
    said(fresh(wall), "a fox")
    wall = advanced(wall, 0)
    assert legs(wall) == []
    assert words.count(wall) == 1


def test_leg_that_failed_is_skipped_and_the_wall_goes_another_way(wall: Wall) -> None:
    said(wall, "a fox")
    wall = advanced(advanced(wall, 0), 1)
    change(walk_of(legs(wall)[1]), state=FAILED)
    wall = advanced(wall, 1)
    first, second, third = legs(wall)
    assert (first.skipped, second.skipped, third.skipped) == (False, True, False)
    assert walk_of(third).continues == first.walk_id


def test_words_that_a_curator_skips_have_the_wall_turn_round(wall: Wall) -> None:
    row = said(wall, "a fox")
    wall = advanced(wall, 0)
    words.skip(db.session.get_one(WallWords, row.number))
    wall = advanced(wall, 0)
    first, second = legs(wall)
    assert (first.skipped, second.skipped) == (True, False)
    assert walk_of(second).continues is None  # nothing was walked before


def test_leg_whose_maker_was_killed_is_requested_by_another(wall: Wall) -> None:
    store(WallLeg(wall_number=wall.number, number=1, created_at=now() - 2 * director.PATIENCE))
    wall = advanced(wall, 0)
    (leg,) = legs(wall)
    assert walk_of(leg).frames == 35


def test_new_evening_starts_empty(wall: Wall) -> None:
    wall = advanced(advanced(wall, 0), 1)
    change(Walk, state=FINISHED)
    walls.set_state(wall, "closed")
    wall = opened()
    wall = advanced(wall, 1)
    latest = legs(wall)[-1]
    assert latest.number == wall.first_leg == 3
    assert walk_of(latest).continues is None
