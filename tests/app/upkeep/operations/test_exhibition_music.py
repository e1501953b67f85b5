"""The music of the first exhibition: the same bytes each time, and beats that are heard where the score has them."""

from __future__ import annotations

import hashlib
import io
import wave

import numpy as np
import pytest
from flask import Flask

from app.upkeep.operations import exhibition_music, first_exhibition
from worker.sound import analysis


@pytest.fixture(scope="module")
def music() -> bytes:
    return exhibition_music.wav()


def samples(music: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(music)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, exhibition_music.RATE)
        assert file.getnframes() == exhibition_music.SECONDS * exhibition_music.RATE
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32_768


def test_music_is_the_one_that_the_programme_names(app: Flask, music: bytes) -> None:
    (named,) = [entry.request.sound for entry in first_exhibition.programme() if entry.request.sound]
    assert named.id == hashlib.sha256(music).hexdigest()
    assert named.length == exhibition_music.SECONDS


def test_beats_are_heard_where_the_score_has_them(music: bytes) -> None:
    heard = analysis.analyse(samples(music), exhibition_music.RATE)
    beats = exhibition_music.beats()
    assert heard.tempo == pytest.approx(60 / exhibition_music.BEAT, abs=0.1)
    assert len(heard.beats) == len(beats)
    assert np.allclose(heard.beats, beats, rtol=0, atol=0.005)
    assert np.allclose(heard.downbeats, beats[::4], rtol=0, atol=0.005)


def test_music_is_as_loud_as_it_may_be_and_ends_quietly(music: bytes) -> None:
    sound = np.abs(samples(music))
    assert sound.max() == pytest.approx(exhibition_music.LOUDEST, abs=0.001)
    assert sound[-exhibition_music.RATE // 10 :].max() < 0.05
