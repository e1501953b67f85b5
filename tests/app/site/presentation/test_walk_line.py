import itertools
from dataclasses import dataclass

import pytest

from app.site.presentation import walk_line
from worker.planning import frame_schedule


@dataclass(frozen=True)
class Frame:
    index: int
    position: float
    rank: int


def halved(depth):
    """Make the frames of one leg, halved ``depth`` times."""
    count = 2**depth
    ranks = {0: 0, count: 0}
    for rank in range(1, depth + 1):
        step = count >> rank
        ranks |= dict.fromkeys(range(step, count, 2 * step), rank)
    return [Frame(place, place / count, ranks[place]) for place in sorted(ranks)]


def test_stops_stand_at_equal_distances_and_end_marks_stay_within_the_line():
    first, middle, last = walk_line.stop_marks(3)
    assert (first.x, middle.x, last.x) == (0, 50, 100)
    assert (first.shift, middle.shift, last.shift) == (0, -1.5, -3)


def test_marks_shrink_with_rank():
    sizes = [(mark.width, mark.height) for mark in (walk_line.mark(50, rank) for rank in range(7))]
    assert sizes == [(3, 25), (2, 19), (1, 15), (1, 11), (1, 7), (1, 5), (1, 5)]


def test_every_length_is_odd_so_that_marks_are_even_about_the_line():
    assert all(length % 2 for length in (*walk_line.LENGTHS, *walk_line.CAPTION_LENGTHS))


def test_each_frame_has_a_mark_and_early_ones_are_drawn_last():
    marks = walk_line.frame_marks(halved(3), 2)
    assert len(marks) == 9
    assert [mark.rank for mark in marks] == sorted((mark.rank for mark in marks), reverse=True)


def test_the_ruler_shows_stops_that_are_not_painted_yet():
    marks = walk_line.ruler([Frame(0, 0.0, 0)], 3)
    assert sorted(mark.x for mark in marks) == [0, 50, 100]


def test_a_caption_marks_ends_middle_and_quarters():
    marks = walk_line.caption_marks(2)
    assert sorted((mark.x, mark.width, mark.height) for mark in marks) == [
        (0, 2, 13),
        (25, 1, 5),
        (50, 1, 9),
        (75, 1, 5),
        (100, 2, 13),
    ]


@pytest.mark.parametrize("stops", range(2, 9))
def test_a_caption_marks_every_stop(stops):
    tall = [mark.x for mark in walk_line.caption_marks(stops) if mark.height == 13]
    assert tall == [mark.x for mark in walk_line.stop_marks(stops)]


def test_pictures_of_the_first_five_ranks_have_their_sizes_and_the_last_is_not_for_phones():
    shown = walk_line.thumbnails(halved(4), 2)
    by_place = {picture.x: picture.side for picture in shown}
    assert (by_place[0], by_place[50], by_place[25], by_place[12.5]) == (88, 80, 64, 48)
    assert {picture.side for picture in shown} == {88, 80, 64, 48, 36}
    assert not any(picture.on_phones for picture in shown if picture.side == 36)
    assert walk_line.thumbnails([Frame(0, 0.5, 5)], 2) == []


@pytest.mark.parametrize("stops", range(2, 9))
@pytest.mark.parametrize("frames", [24, 60, 240])
def test_pictures_on_the_wall_never_touch(stops, frames):
    painted = [Frame(i, position, i % 5) for i, position in enumerate(frame_schedule.positions(stops, frames))]
    shown = walk_line.thumbnails(painted, stops)
    for room, scale, pictures in (
        (walk_line.WIDE, 1, shown),
        (walk_line.PHONE, 0.5, [picture for picture in shown if picture.on_phones]),
    ):
        for left, right in itertools.pairwise(pictures):
            assert (right.x - left.x) * room / 100 >= scale * (left.side + right.side) / 2


def test_ends_win_the_room_from_pictures_beside_them():
    crowded = [Frame(0, 0.0, 0), Frame(1, 0.04, 1), Frame(2, 1.0, 0)]
    assert [picture.frame.index for picture in walk_line.thumbnails(crowded, 2)] == [0, 2]


def test_chart_has_a_stroke_a_step_and_its_mean_stands_at_the_same_height_in_each():
    for strides in ([2.0, 3.0, 4.0], [20.0, 30.0, 40.0]):
        strokes = walk_line.chart(strides)
        assert [(stroke.x, stroke.height, stroke.y) for stroke in strokes] == [
            (16.667, 28, 43), (50.0, 42, 29), (83.333, 56, 15)
        ]  # fmt: skip


def test_chart_holds_the_largest_step_and_a_film_that_stands_still():
    strokes = walk_line.chart([1.0] * 20 + [30.0])
    assert max(stroke.height for stroke in strokes) == walk_line.CHART - 1
    assert min(stroke.y for stroke in strokes) == 0
    assert [stroke.height for stroke in walk_line.chart([0.0, 0.0])] == [0, 0]
    assert walk_line.chart([]) == []
