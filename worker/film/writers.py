"""How a film of each format is written: the kinds of ``app.walks.saved.film_formats``, and what opens their writers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from worker.film import encoding, video
from worker.film.encoding import FilmWriter
from worker.film.sound import Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmSettings:
    """What is known of a film before its first frame is written."""

    rate: Fraction
    """Frames per second."""
    metadata: Mapping[str, str]
    """Its title, comment, copyright and recipe."""
    sample: Sequence[NDArray[np.uint8]]
    """The palette samples of all frames, in their order."""
    sound: Sound | None
    is_held: bool
    """Whether pictures are shown for many frames each, as in a film that is set to a sound."""


WRITERS: Mapping[str, Callable[[FilmSettings], AbstractContextManager[FilmWriter]]] = {
    "gif": lambda film: nullcontext(encoding.GifWriter(film.sample, comment=film.metadata["recipe"])),
    "webp": lambda film: nullcontext(encoding.WebpWriter(metadata=film.metadata)),
    "mp4": lambda film: _open_video(video.Mp4Writer, film),
    "webm": lambda film: _open_video(video.WebmWriter, film),
}
"""What opens the writer of a film, by the kind of its format; leaving the context discards an unfinished film."""


def _open_video(writer: type[video.VideoWriter], film: FilmSettings) -> video.VideoWriter:
    return writer(film.rate, metadata=film.metadata, sound=film.sound, is_held=film.is_held)
