"""What is known of a track: read from JSON, cut, and asked for its changes."""

from typing import Any

import pytest

from worker.planning.music import Music

TRACK = Music(
    10, (1.0, 2.0, 6.0), (1.0, 5.98), (0.5, 2.0), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 4.0, 4.0, 4.0, 4.0), 1.0
)


def test_music_is_read_from_the_json_of_an_analysis() -> None:
    stored = {"seconds": 10, "beats": [1, 2, 6], "onsets": [1, 5.98], "strengths": [0.5, 2],
              "loudness": [0] * 6 + [4] * 5, "step": 1, "tempo": 60}  # fmt: skip
    assert Music.from_json(stored) == TRACK
    assert Music.from_json({"seconds": 3}) == Music(3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"beats": [2, 1]},
        {"beats": [1, 1]},
        {"beats": [11]},
        {"onsets": [-1], "strengths": [1]},
        {"onsets": [1]},
        {"onsets": [1], "strengths": [float("nan")]},
        {"loudness": [-1]},
        {"seconds": 0},
        {"seconds": float("inf")},
        {"step": 0},
    ],
)
def test_analysis_that_no_track_has_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|strengths"):
        Music.from_json({"seconds": 10} | wrong)


def test_part_counts_from_its_own_beginning() -> None:
    part = TRACK.part(1.5, 5.0)
    assert part.seconds == 5 and part.beats == (0.5, 4.5)
    assert part.onsets == (pytest.approx(4.48),) and part.strengths == (2.0,)
    assert part.loudness_at([0, 4, 5]) == pytest.approx([0, 2, 4])


def test_part_beyond_the_end_is_silent() -> None:
    part = TRACK.part(8, 6)
    assert part.loudness_at([1.0, 3.0, 5.0]) == pytest.approx([4, 0, 0]) and not part.beats


def test_loudness_of_a_track_without_a_curve_is_nothing() -> None:
    assert Music(3).part(1, 1).loudness_at([0.5]) == [0]


def test_change_is_where_an_onset_is_and_where_it_becomes_louder() -> None:
    assert TRACK.changes([1.0, 2.0, 6.0]) == pytest.approx([0.25, 0.0, 2.0], abs=0.05)
