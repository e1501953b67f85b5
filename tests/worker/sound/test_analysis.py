"""What is heard in sounds whose beats are known."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from app.walks.uploads.sound_analysis import SoundAnalysis
from tests.support import sounds
from worker.sound.analysis import PEAKS, analyse

RATE = 22_050


def distances(times: NDArray[np.float64], heard: tuple[float, ...]) -> NDArray[np.float64]:
    """Return how far the nearest heard time is from each time."""
    return np.abs(times[:, None] - np.array(heard)[None]).min(axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [8_000, 44_100])
@pytest.mark.parametrize("bpm", [60, 97, 174])
def test_beats_of_a_click_track_are_on_the_clicks_to_the_end(bpm: float, rate: int) -> None:
    heard = analyse(sounds.clicks(bpm, 120, rate), rate)
    times = sounds.click_times(bpm, 120)
    assert heard.seconds == 120 and heard.tempo == pytest.approx(bpm, abs=0.05)
    assert len(heard.beats) == len(heard.onsets) == len(times)
    assert distances(times, heard.beats).max() < 0.004
    assert distances(times, heard.onsets).max() < 0.004


@pytest.mark.slow
def test_tempo_that_changes_is_followed() -> None:
    slow, fast = sounds.clicks(100, 30), sounds.clicks(108, 30)
    heard = analyse(np.concatenate([slow, fast]), RATE)
    times = np.concatenate([sounds.click_times(100, 30), 30 + sounds.click_times(108, 30)])
    assert np.mean(distances(times, heard.beats) < 0.02) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("metre", [3, 4])
def test_downbeats_are_given_where_they_are_accented(metre: int) -> None:
    heard = analyse(sounds.clicks(100, 40, accent=metre), RATE)
    firsts = sounds.click_times(100, 40)[::metre]
    assert len(heard.downbeats) == len(firsts)
    assert distances(firsts, heard.downbeats).max() < 0.02
    assert set(heard.downbeats) <= set(heard.beats)


@pytest.mark.slow
def test_downbeats_are_not_guessed_where_all_beats_are_alike() -> None:
    assert analyse(sounds.clicks(100, 40), RATE).downbeats == ()


@pytest.mark.slow
@pytest.mark.parametrize("sound", ["noise", "tone"])
def test_sound_without_a_pulse_has_no_beats(sound: str) -> None:
    time = np.arange(20 * RATE) / RATE
    noise = 0.3 * np.random.default_rng(1).standard_normal(len(time))
    samples = (noise if sound == "noise" else 0.5 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)
    heard = analyse(samples, RATE)
    assert (heard.tempo, heard.beats, heard.downbeats) == (None, (), ())


def test_two_seconds_are_enough_and_the_lists_are_bounded() -> None:
    heard = analyse(sounds.clicks(120, 2), RATE)
    assert len(heard.peaks) == PEAKS and len(heard.loudness) == 21 and heard.seconds == 2
    assert all(0 <= time <= 2 for time in (*heard.beats, *heard.onsets))
    assert max(heard.strengths) == 1


def test_loudness_is_the_root_mean_square_and_peaks_are_those_of_the_sound() -> None:
    time = np.arange(4 * RATE) / RATE
    sound = np.where(time < 2, 0.8, 0.1) * np.sin(2 * np.pi * 441 * time)
    heard = analyse(sound.astype(np.float32), RATE)
    assert heard.loudness[10] == pytest.approx(0.8 / np.sqrt(2), abs=0.01)
    assert heard.loudness[30] == pytest.approx(0.1 / np.sqrt(2), abs=0.01)
    assert max(heard.peaks[:490]) == pytest.approx(0.8, abs=0.01) and max(heard.peaks[510:]) < 0.11


@pytest.mark.slow
def test_strong_onsets_count_more_than_weak_ones() -> None:
    sound = sounds.clicks(60, 10)
    sound[: 5 * RATE] *= 0.05
    heard = analyse(sound, RATE)
    early = [strength for time, strength in zip(heard.onsets, heard.strengths, strict=True) if time < 4.9]
    late = [strength for time, strength in zip(heard.onsets, heard.strengths, strict=True) if time > 5.2]
    assert max(early) < min(late)


@pytest.mark.slow
def test_hiss_has_no_onsets_and_hides_none() -> None:
    hiss = np.random.default_rng(1).normal(0, 1, 60 * RATE)
    assert len(analyse((0.1 * hiss).astype(np.float32), RATE).onsets) <= 2
    times, sound = np.arange(1.0, 59, 2.5), 0.0005 * hiss
    for number, time in enumerate(times):
        begin, clock = round(time * RATE), np.arange(2000) / RATE
        sound[begin : begin + 2000] += 0.02 / (1 + number % 2) * np.sin(2 * np.pi * 400 * clock) * np.exp(-clock / 0.02)
    heard = analyse(sound.astype(np.float32), RATE)
    assert distances(times, heard.onsets).max() < 0.015
    assert len(heard.onsets) <= len(times) + 3, "more than a hundred were taken of the hiss before"


def test_sound_that_is_cut_out_of_another_has_no_onset_at_its_ends() -> None:
    hiss = 0.01 * np.random.default_rng(2).standard_normal(6 * RATE).astype(np.float32)
    heard = analyse(sounds.clicks(60, 6) + hiss, RATE)
    assert len(heard.onsets) == len(sounds.click_times(60, 6))


def test_site_reads_the_stored_form() -> None:
    heard = analyse(sounds.clicks(120, 4), RATE)
    stored = json.loads(json.dumps(heard.to_json()))
    assert asdict(SoundAnalysis.from_json(stored)) == asdict(heard)
