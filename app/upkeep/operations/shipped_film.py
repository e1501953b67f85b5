"""Films as they are shipped: the worker's MP4, compressed more, with the same frames, times and recipe."""

from __future__ import annotations

from app.upkeep.operations import ffmpeg

CRF = "24"
"""The constant rate factor of x264; the worker's films have 18 and are more than twice as large."""
SOUND_RATE = "64k"
"""The bit rate of a film's sound, which is mono; the worker's films have 192k."""


def compress(film: bytes) -> bytes:
    """Return a worker's MP4 at :data:`CRF`, with its metadata, its colour tags, its sound and its index in front.

    :raises MomaError: when ffmpeg cannot convert it.
    """
    coding = ("-c:v", "libx264", "-preset", "slower", "-crf", CRF, "-pix_fmt", "yuv420p")
    return ffmpeg.convert(film, ("-fps_mode", "passthrough", *coding, "-c:a", "aac", "-b:a", SOUND_RATE))
