"""The music of the first exhibition: the same bytes each time, and beats that are heard where the scores have them."""

import hashlib
import io
import wave

import numpy as np
import pytest
from flask import Flask

from app.upkeep.operations import exhibition_music, first_exhibition
from app.upkeep.operations.exhibition_instruments import RATE
from app.upkeep.operations.exhibition_music import BAND, MACHINE, SCORES, WALTZ, Score
from worker.sound import analysis

PIECES = {BAND: "band", WALTZ: "waltz", MACHINE: "machine"}


@pytest.fixture(scope="module", params=PIECES, ids=PIECES.values())
def score(request: pytest.FixtureRequest) -> Score:
    piece: Score = request.param
    return piece


@pytest.fixture(scope="module")
def music(score: Score) -> bytes:
    return score.wav()


def samples(music: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(music)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() == exhibition_music.SECONDS * RATE
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32_768


def test_a_piece_is_the_one_that_is_written_down(score: Score, music: bytes) -> None:
    assert SCORES[hashlib.sha256(music).hexdigest()] is score


def test_a_piece_is_also_found_as_another_processor_rounds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(BAND.wav()).hexdigest()
    monkeypatch.setattr(exhibition_music, "SCORES", {"1" * 64: WALTZ, "2" * 64: BAND})
    assert (exhibition_music.find(digest), exhibition_music.find("2" * 64)) == (BAND, BAND)
    assert exhibition_music.find("0" * 64) is None


def test_programme_sets_a_walk_to_each_piece_and_plays_it_whole(app: Flask) -> None:
    named = [entry.request.sound for entry in first_exhibition.programme() if entry.request.sound]
    assert [SCORES[sound.id] for sound in named] == [BAND, WALTZ, MACHINE]
    assert [sound.length for sound in named] == [exhibition_music.SECONDS, None, None]


def test_beats_are_heard_where_the_score_has_them(score: Score, music: bytes) -> None:
    heard = analysis.analyse(samples(music), RATE)
    beats = score.beats()
    assert heard.tempo == pytest.approx(60 / score.beat, abs=0.1)
    assert len(heard.beats) == len(beats)
    assert np.allclose(heard.beats, beats, rtol=0, atol=0.04)  # a frame of a film


@pytest.mark.parametrize("score", [BAND, WALTZ], indirect=True, ids=["band", "waltz"])
def test_first_beats_of_bars_are_heard_where_the_bass_marks_them(score: Score, music: bytes) -> None:
    heard = analysis.analyse(samples(music), RATE)
    assert np.allclose(heard.downbeats, score.beats()[:: score.metre], rtol=0, atol=0.02)


def test_beats_fall_on_frames_of_a_film(score: Score) -> None:
    assert [beat * 25 for beat in score.beats()] == pytest.approx([round(beat * 25) for beat in score.beats()])


def test_music_is_as_loud_as_it_may_be_and_ends_quietly(music: bytes) -> None:
    sound = np.abs(samples(music))
    assert sound.max() == pytest.approx(exhibition_music.LOUDEST, abs=0.001)
    assert sound[-RATE // 10 :].max() < 0.05
