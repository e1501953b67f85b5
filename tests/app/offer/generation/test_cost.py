"""What a walk costs, estimated before it is painted."""

from app.offer.generation import cost

BALANCED = {  # ten steps, of which the second to the sixth are guided
    "steps": 10, "guidance": 3.5, "guided": [1, 6], "ladder": [[6, 8], [8, 20], [9, 60]], "branches": True,
}  # fmt: skip


def test_guided_steps_take_two_passes() -> None:
    assert cost.of_frame(BALANCED, 0, 10) == 15
    assert cost.of_frame(BALANCED, 0, 6) == 11
    assert cost.of_frame(BALANCED, 3, 8) == 8
    assert cost.of_frame(BALANCED, 6, 10) == 4
    assert cost.of_frame(BALANCED | {"guidance": 1.0}, 0, 10) == 10


def test_a_walk_is_counted_level_by_level() -> None:
    stops, knots, finer, frames = 2 * 15, 8 * 11, 20 * 2, 22 * 2
    assert cost.of_walk(BALANCED, stops=2, frames=24) == stops + knots + finer + frames
    assert cost.of_walk(BALANCED, stops=2, frames=2) == stops
    restarted = 8 * 2 + 12 * 13  # the finer rung without branching
    assert cost.of_walk(BALANCED | {"branches": False}, stops=2, frames=24) == stops + knots + restarted + 22 * 15


def test_knots_that_do_not_branch_are_counted_from_their_noise_or_from_themselves() -> None:
    exact = {"steps": 10, "guidance": 3.5, "guided": [0, 10], "ladder": [[7, 16], [9, 22]], "branches": False}
    knots = 16 * 14 + 16 * 4 + 6 * 18
    assert cost.of_walk(exact, stops=2, frames=24) == 2 * 20 + knots + 22 * 20


def test_an_odd_stop_is_painted_with_itself_and_the_way_back_to_the_first_is_a_leg() -> None:
    legs, a_leg = 3, 6  # six knots on each leg, and no finer rung
    assert cost.of_walk(BALANCED, stops=3, frames=21, closed=True) == 4 * 15 + legs * a_leg * 11 + 18 * 4


def test_pass_over_an_enlarged_picture_counts_as_its_area() -> None:
    once = cost.of_walk(BALANCED, stops=2, frames=24)
    assert cost.of_walk(BALANCED | {"enlarged": 2}, stops=2, frames=24) == 4 * once
    assert cost.of_walk(BALANCED | {"enlarged": 2, "finer": 2}, stops=2, frames=24) == once
    assert cost.of_walk(BALANCED | {"enlarged": 4, "finer": 2}, stops=2, frames=24) == 4 * once


def test_without_a_ladder_every_frame_is_painted_in_full() -> None:
    assert cost.of_walk({"steps": 20, "guidance": 3.5}, stops=2, frames=10) == 400
    assert cost.of_walk({"steps": 20, "guidance": 1.0}, stops=2, frames=10) == 200
