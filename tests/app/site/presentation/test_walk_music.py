from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.site.presentation import walk_music
from app.storage.walk_models import Walk
from tests.support.heard import HEARD

pytestmark = pytest.mark.usefixtures("in_request")


def walk(**changes: Any) -> Walk:
    """Return a walk set to ten seconds of music from second 4, as its row has it."""
    music = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(HEARD).items()}
    columns: dict[str, Any] = {
        "sound_start": 4.0, "sound_length": 10.0, "sound_way": "pulse", "music": music,
        "positions": [0.0, 0.5, 1.0, 1.5, 2.0], "holds": [50, 50, 25, 100, 25],
    }  # fmt: skip
    return cast(Walk, SimpleNamespace(**columns | changes))


def music_of(**changes: Any) -> walk_music.WalkMusic:
    music = walk_music.of_walk(walk(**changes))
    assert music is not None
    return music


def test_walk_without_a_sound_has_no_music() -> None:
    assert walk_music.of_walk(walk(sound_length=None)) is None


def test_label_names_the_part_and_the_way() -> None:
    assert music_of().label == "Set to music, from 0:04 to 0:14. The film moves on with each beat."
    assert music_of(sound_way="").label == "Set to music, from 0:04 to 0:14."


def test_beats_and_stops_are_times_of_the_film() -> None:
    music = music_of()
    assert music.beats[:2] == [0.5, 1.5] and len(music.beats) == 10
    assert music.stops == (0.0, 40.0, 90.0)
    assert music_of(holds=None).stops == ()


def test_captions_say_where_the_music_becomes_loud_quiet_or_silent() -> None:
    captions = music_of(sound_start=0.0, sound_length=20.0).captions
    assert [(each.time, each.text) for each in captions] == [
        ("0:00", "Quiet music, 60 beats a minute"), ("0:04", "Loud music"), ("0:14", "Silence"),
    ]  # fmt: skip


def test_short_pause_is_no_caption() -> None:
    loudness = (0.3,) * 40 + (0.0,) * 10 + (0.3,) * 50
    heard = replace(HEARD, seconds=10.0, loudness=loudness, tempo=None)
    music = replace(music_of(), start=0.0, heard=heard)
    assert [(each.second, each.text) for each in music.captions] == [(0, "Loud music")]


def test_player_gets_seconds_beats_and_captions() -> None:
    data = music_of().for_player()
    assert (data["seconds"], data["beats"][0], data["captions"][0]) == (10.0, 0.5, [0, "Loud music, 60 beats a minute"])


def test_music_of_which_nothing_is_known_has_a_label_alone() -> None:
    music = music_of(music=None)
    assert (str(music.waveform), music.beats, music.captions) == ("", [], [])
    assert music.label.startswith("Set to music, from 0:04")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (64.04, "1:04"), (12.5, "0:12.5"), (59.96, "1:00")])
def test_clock_has_minutes_and_seconds(seconds: float, text: str) -> None:
    assert walk_music.clock(seconds) == text
