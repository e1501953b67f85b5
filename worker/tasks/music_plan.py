"""The plan of a film set to a sound: when its stops are reached, which pictures it has, how long each is shown."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.offer.generation import frame_rates
from app.storage.walk_models import ROUND, Walk
from app.walks.saved import film_times
from worker.planning import music_pictures, music_time
from worker.planning.music import Music
from worker.planning.music_pictures import Pictures


def planned_frames(walk: Walk) -> int:
    """Return with how many frames a walk's passes are planned: with a sound, its pictures at most."""
    return walk.sound_pictures or walk.frames


class MusicPlan:
    """The plan of a walk with a sound; `pictures` are those that were chosen, None before."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._fps = float(frame_rates.fraction(walk.fps))
        self._is_closed = walk.ending == ROUND
        whole = Music.from_json(walk.music or {})
        self._music = whole.part(float(walk.sound_start or 0), float(walk.sound_length or 0))
        self.pictures: Pictures | None = None

    def stop_frames(self) -> tuple[int, ...]:
        """Return the frame of the film at which each stop is reached."""
        times = [stop.at for stop in self._walk.stops]
        return music_time.stop_frames(self._music, times, fps=self._fps, closed=self._is_closed)

    def choose(self, positions: Sequence[float], thumbnails: Sequence[NDArray[np.float32]]) -> Pictures:
        """Return the pictures of the film, by the positions and thumbnails that measure its path."""
        self.pictures = music_pictures.choose(
            self._music,
            self.stop_frames(),
            frames=film_times.frames(self._walk),
            fps=self._fps,
            way=self._walk.sound_way,  # type: ignore[arg-type]  # the column holds no other text
            budget=planned_frames(self._walk),
            positions=positions,
            thumbnails=thumbnails,
            closed=self._is_closed,
        )
        return self.pictures

    @property
    def holds(self) -> tuple[int, ...] | None:
        """Return for how many frame times each chosen picture is shown."""
        return None if self.pictures is None else self.pictures.holds


def hold_painted(walk: Walk, painted: Mapping[int, float]) -> dict[int, int]:
    """Return for how many frame times each painted picture is shown in an unfinished film, in film order.

    `painted` holds positions by frame index. Before the pictures are planned, only stops are painted, whose times are
    known.
    """
    order = sorted(painted)
    if walk.holds is not None:
        begins = [0, *itertools.accumulate(walk.holds)]
        starts = [begins[index] for index in order]
    else:
        stops = MusicPlan(walk).stop_frames()
        starts = [stops[int(painted[index])] for index in order]
    holds = music_pictures.hold_until_next(starts, film_times.frames(walk))
    return {index: hold for index, hold in zip(order, holds, strict=True) if hold}
