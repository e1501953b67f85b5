"""Sounds to upload, made here: click tracks, silence and tones, written by ffmpeg in every format."""

import hashlib
import io
import subprocess
import wave
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from app.access.auth import visitors
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.task_kinds import SOUNDS
from app.storage.upload_models import READY, Upload
from app.storage.walk_models import new_id

Samples = NDArray[np.float32]
CLICK_SECONDS = 0.03


def click_times(bpm: float, seconds: float) -> NDArray[np.float64]:
    """Return when each click of a track sounds, in seconds."""
    return np.arange(0.5, seconds - 0.3, 60 / bpm)


def clicks(bpm: float, seconds: float, rate: int = 22_050, *, accent: int = 0) -> Samples:
    """Make a click track with a little noise; every click of number ``accent`` has a low drum under it."""
    sound = 1e-3 * np.random.default_rng(0).standard_normal(round(seconds * rate)).astype(np.float32)
    time = np.arange(round(0.1 * rate)) / rate
    click = 0.6 * np.exp(-150 * time) * np.sin(2 * np.pi * 1000 * time)
    drum = 0.8 * np.exp(-30 * time) * np.sin(2 * np.pi * 80 * time)
    for number, start in enumerate(click_times(bpm, seconds)):
        place = round(start * rate)
        sound[place : place + len(time)] += click
        if accent and number % accent == 0:
            sound[place : place + len(time)] += drum
    return np.clip(sound, -1, 1)


def analysis(bpm: float = 120.0, seconds: float = 20.0) -> dict[str, Any]:
    """Return what is heard in a click track, as a sound's row holds it; of one without a tempo there are no beats."""
    times = click_times(bpm, seconds).round(3).tolist() if bpm else []
    steps = round(seconds / 0.1) + 1
    return {
        "version": 1, "seconds": seconds, "tempo": bpm or None, "beats": times, "downbeats": times[::4],
        "onsets": times, "strengths": [1.0] * len(times), "step": 0.1, "loudness": [0.1] * steps, "peaks": [0.5] * 100,
    }  # fmt: skip


def keep(owner: str, *, bpm: float = 120.0, seconds: float = 20.0, **columns: Any) -> Upload:
    """Store a sound of an owner, given by their secret, as a worker has read it; return its row."""
    data = flac(bpm, seconds)
    path = f"sounds/{new_id()}.flac"
    media_store.store().write(path, data)
    values: dict[str, Any] = {
        "digest": hashlib.sha256(data).hexdigest(), "owner_hash": visitors.digest(owner), "path": path,
        "bytes": len(data), "seconds": seconds, "details": {"format": "wav", "rate": 22_050, "channels": 1},
        "kind": SOUNDS, "state": READY, "analysis": analysis(bpm, seconds), "expires_at": now() + timedelta(hours=1),
    }  # fmt: skip
    sound = Upload(**values | columns)
    with writing() as session:
        session.add(sound)
    db.session.refresh(sound)
    return sound


@cache
def flac(bpm: float, seconds: float, rate: int = 22_050) -> bytes:
    """Return a click track, or a hiss, as the FLAC that a worker stores."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, 1, "PCM_16", format="FLAC") as written:
        written.write(clicks(bpm or 1e-3, seconds, rate))
    return file.getvalue()


def wav(sound: Samples, rate: int = 22_050) -> bytes:
    """Write a sound as a WAV of 16 bits: samples, or samples by channels."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1 if sound.ndim == 1 else sound.shape[1])
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes((sound * 32767).astype("<i2").tobytes())
    return file.getvalue()


@cache
def track(seconds: float = 6.0, bpm: float = 120.0) -> bytes:
    """Return a click track as a WAV."""
    return wav(clicks(bpm, seconds))


def encoded(folder: Path, name: str, *options: str, sound: bytes | None = None) -> bytes:
    """Encode a sound, or a click track, by ffmpeg to a file of this name with some options; return its bytes."""
    source, target = folder / "source.wav", folder / name
    source.write_bytes(track() if sound is None else sound)
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True)
    return target.read_bytes()
