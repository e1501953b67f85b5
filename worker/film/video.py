"""Encode frames as video with ffmpeg: MP4 (H.264, AAC) and WebM (VP9, Opus), with or without sound.

Every frame is shown for the same time, and a picture for longer by being repeated: a repeated frame costs a few bytes,
and plays on its time everywhere. Films are written frame by frame, so that a writer holds one picture.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Self

import imageio_ffmpeg
import numpy as np

from worker.film import scratch
from worker.film.encoding import Frame
from worker.film.sound import Sound

COLOURS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=smpte170m"
"""The filter that tags an MP4's colours: the primaries and transfer of BT.709, the matrix of BT.601.

ffmpeg 9.0.2 takes the tags from frames, and ignores the options ``-color_primaries`` and ``-color_trc``, which 7.0.2
obeyed. Without these two, Chromium 156 shows a film by BT.601 whatever its matrix says. The matrix is BT.601's because
Chromium's arithmetic is within two levels of it, and up to twelve levels off BT.709's in saturated blue and green.
"""

ENCODER_TIMEOUT_S = 120.0
"""How long ffmpeg may take no input, or finish a film, before it is killed."""

AT_ONCE = 50
"""How many repeats of a frame share that time: a picture may be held for two minutes."""

FFMPEG_NAMES, FFMPEG_SPECIAL = {"recipe": "description"}, re.compile(r"[=;#\\\n]")


class EncoderTimeout(RuntimeError):
    """ffmpeg made no progress and was killed; the film is not known to be the cause."""


def mp4(frames: Sequence[Frame], fps: float | Fraction, *, metadata: Mapping[str, str]) -> bytes:
    """Return an MP4 by :class:`Mp4Writer`; raise ValueError without frames."""
    with Mp4Writer(fps, metadata=metadata) as writer:
        for frame in frames:
            writer.add(frame)
        return writer.finish()


class VideoWriter:
    """A film for browsers: yuv420p, tagged colours, index in front, exactly the frames given, and maybe sound.

    Each frame is shown for 1 / `fps` seconds, and for longer by being repeated. An odd width or height is extended by
    repeating the last column or row, as the codecs require. `metadata` has title, comment, copyright and recipe, which
    becomes the description. `sound` must be as long as the film. With `is_held`, pictures are shown for many frames
    each, and each change stays on its own frame. Leaving the context kills ffmpeg, finished or not.
    Methods raise RuntimeError with ffmpeg's message when it fails, EncoderTimeout when it makes no progress for
    ENCODER_TIMEOUT_S, and ScratchFull when the temporary folder is full.
    """

    NAME: ClassVar[str]
    VIDEO: ClassVar[tuple[str, ...]]
    HELD: ClassVar[tuple[str, ...]] = ()
    AUDIO: ClassVar[tuple[str, ...]]
    CONTAINER: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        fps: float | Fraction,
        *,
        metadata: Mapping[str, str],
        sound: Sound | None = None,
        is_held: bool = False,
    ) -> None:
        self._fps = fps
        self._held = self.HELD if is_held else ()
        self._sound = sound
        self._tags = [f"{FFMPEG_NAMES.get(key, key)}={_escaped(value)}" for key, value in metadata.items()]
        self._ffmpeg: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with scratch.room():
            self._scratch = tempfile.TemporaryDirectory()
        self._folder = Path(self._scratch.name)
        return self

    def __exit__(self, *_: object) -> None:
        if self._ffmpeg is not None:
            self._ffmpeg.kill()
            self._ffmpeg.communicate()
        self._scratch.cleanup()

    def add(self, frame: Frame, ms: int = 0, repeats: int = 1) -> None:  # noqa: ARG002 - one rate for the whole film
        """Append a frame `repeats` times; codecs store a repeated one as no change. `ms` is ignored."""
        height, width, _ = frame.shape
        pixels = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if self._ffmpeg is None:
            self._ffmpeg = self._started(pixels.shape[1], pixels.shape[0])
        data = pixels.tobytes()
        for first in range(0, repeats, AT_ONCE):
            with self._time_limit(self._ffmpeg):
                for _ in range(first, min(first + AT_ONCE, repeats)):
                    self._ffmpeg.stdin.write(data)  # type: ignore[union-attr]

    def finish(self) -> bytes:
        """Return the file; raise ValueError without frames."""
        if self._ffmpeg is None:
            raise ValueError("a film needs at least one frame")
        with self._time_limit(self._ffmpeg):
            self._ffmpeg.stdin.close()  # type: ignore[union-attr]
            self._ffmpeg.wait()
        return (self._folder / self.NAME).read_bytes()

    def _started(self, width: int, height: int) -> subprocess.Popen[bytes]:
        tags = self._folder / "tags"  # a recipe may be longer than an argument
        with scratch.room():
            tags.write_text("\n".join([";FFMETADATA1", *self._tags, ""]), "utf-8")
        sound = self._sound
        heard = [*("-map", "2:a:0", "-af", sound.filters(), *self.AUDIO, "-map_metadata:s", "-1")] if sound else []
        command = [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y"),
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(self._fps), "-i", "pipe:0"),
            *("-f", "ffmetadata", "-i", str(tags), *(sound.source() if sound else ())),
            *("-map", "0:v", *heard, "-map_metadata", "1"),
            *("-vf", f"scale=out_color_matrix=smpte170m:out_range=tv:flags=accurate_rnd+full_chroma_int,{COLOURS}"),
            *(*self.VIDEO, *self._held, "-pix_fmt", "yuv420p"),
            # the index can only be moved to the front of a file, not of a pipe
            *(*self.CONTAINER, str(self._folder / self.NAME)),
        ]
        with (self._folder / "log").open("wb") as log:  # an unread pipe could fill up
            return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)

    @contextmanager
    def _time_limit(self, ffmpeg: subprocess.Popen[bytes]) -> Iterator[None]:
        """Kill ffmpeg when the block takes too long, which blocks this process too; raise its errors."""
        ended = threading.Event()

        def end() -> None:
            ended.set()
            ffmpeg.kill()

        timer = threading.Timer(ENCODER_TIMEOUT_S, end)
        timer.start()
        try:
            yield
            is_broken = bool(ffmpeg.poll())
        except BrokenPipeError:
            ffmpeg.wait()
            is_broken = True
        finally:
            timer.cancel()
        if ended.is_set():
            raise EncoderTimeout(f"ffmpeg did nothing for {ENCODER_TIMEOUT_S:g} seconds, and was ended")
        if is_broken:
            message = (self._folder / "log").read_text("utf-8", "replace").strip()
            scratch.check()  # ffmpeg cannot always report a full disk, because its log is on it
            raise RuntimeError(f"ffmpeg could not write the film: {message}")


class Mp4Writer(VideoWriter):
    """An MP4 with H.264, and AAC where it has sound. Its edit list hides the delay of the AAC encoder.

    Held pictures are written without B-frames, which blend a small change over the frames before it.
    """

    NAME = "film.mp4"
    VIDEO = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18")
    HELD = ("-bf", "0")
    AUDIO = ("-c:a", "aac", "-b:a", "192k")
    CONTAINER = ("-movflags", "+faststart")


class WebmWriter(VideoWriter):
    """A WebM with VP9, and Opus where it has sound."""

    NAME = "film.webm"
    VIDEO = ("-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "5", "-row-mt", "1", "-crf", "24", "-b:v", "0")
    AUDIO = ("-c:a", "libopus", "-b:a", "128k")
    CONTAINER = ("-cues_to_front", "1")


def _escaped(value: str) -> str:
    """Return a value escaped for ffmpeg's metadata files."""
    return FFMPEG_SPECIAL.sub(r"\\\g<0>", value)
