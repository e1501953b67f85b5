"""The contenders' films: generated in turn and in alternating order, timed, counted and measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from app.offer.generation import presets
from benchmarks import contenders, measures
from benchmarks.contenders import Film
from benchmarks.counting import count_work, find_networks
from benchmarks.ours import PRESETS, Ours
from benchmarks.pairs import REPORT
from benchmarks.store import Store
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding as films
from worker.film import smoothness_measure

NAMES = (*contenders.CONTENDERS, *PRESETS)
SIZES = (16, 60)
LONG = 240
LONG_NAMES = tuple(name for name in NAMES if name != "exact")
"""The contenders of the long films; 'exact' would only repeat P0b's cost."""

USUAL_FRAMES = 8
JUDGED = 60
"""The number of frames of the films whose pictures are stored for judging."""

EVEN_FRAMES = 24


class OutOfTime(Exception):
    """The time limit of the run is reached; results so far are stored."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all films are generated with, where results are stored, and the time limit."""

    painter: WalkPipeline
    ours: Ours
    store: Store
    until: float

    def in_time(self) -> None:
        """Raise :class:`OutOfTime` if the time limit is reached."""
        if time.monotonic() > self.until:
            raise OutOfTime

    def paint(self, name: str, pair: tuple[str, str], frames: int) -> Film:
        """Return the film of a contender."""
        if name in PRESETS:
            return self.ours.film(pair, frames, name)
        return contenders.CONTENDERS[name](self.ours.sampler(pair), frames)


@contextmanager
def time_block(found: dict[str, Any]) -> Iterator[None]:
    """Store the wall and CPU seconds of the block in a dict."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    found["wall"] = time.perf_counter() - wall
    found["processor"] = time.process_time() - processor


def race(bench: Bench, *, pairs: int, sizes: Sequence[int] = SIZES, names: Sequence[str] = NAMES) -> None:
    """Generate every pair's films with all contenders, in alternating order (A B B A).

    P0 is timed before and after them, on half of its frames each.
    """
    pipe = None
    if not bench.painter.model.sketch_side:
        pipe = contenders.usual_pipeline(str(bench.ours.folder))
        contenders.usual(pipe, _pair(bench, 0), [0.5], seed=bench.ours.seed, guidance=bench.ours.guidance)
    for number, size in product(range(pairs), sizes):
        order = names if number % 2 else names[::-1]
        missing = [name for name in order if not bench.store.has("film", pair=number, frames=size, contender=name)]
        for half in (0, 1):
            if half == 1:
                for name in missing:
                    bench.in_time()
                    _film(bench, name, number, size)
            if not bench.store.has("usual", pair=number, half=half):
                bench.in_time()
                _usual(bench, pipe, number, half)


def _pair(bench: Bench, number: int) -> tuple[str, str]:
    """Return a pair as the worker passes it to the model: with the prefix, because neither names a style."""
    one, other = REPORT[number]
    return bench.ours.painter.prefix + one, bench.ours.painter.prefix + other


def _usual(bench: Bench, pipe: Any, number: int, half: int) -> None:
    """Time P0 on half of its frames; by the benchmark's loop for a model that needs sketches."""
    found: dict[str, Any] = {}
    positions = np.linspace(0, 1, USUAL_FRAMES)[half::2].tolist()
    networks = find_networks(bench.painter) if pipe is None else (pipe.unet, pipe.vae.decoder)
    with count_work(*networks) as work, time_block(found):
        if pipe is None:
            sampler = bench.ours.sampler(REPORT[number], steps=contenders.P0_STEPS)
            for position in positions:
                sampler.full([position])
        else:
            contenders.usual(pipe, _pair(bench, number), positions, seed=bench.ours.seed, guidance=bench.ours.guidance)
    each = {name: value / len(positions) for name, value in found.items()}
    bench.store.add("usual", pair=number, half=half, passes=work.passes / len(positions), **each)


def _film(bench: Bench, name: str, number: int, size: int) -> None:
    found: dict[str, Any] = {}
    with count_work(*find_networks(bench.painter)) as work, time_block(found):
        film = bench.paint(name, REPORT[number], size)
    if size == JUDGED:
        bench.store.keep(film, name, number, size)
    found |= {"passes": work.passes, "decodes": work.decodes, **measure_film(film)}
    bench.store.add("film", contender=name, pair=number, frames=size, **found)


def measure_film(film: Film) -> dict[str, Any]:
    """Return the measures of a film's written GIF, and the counts of defective frames."""
    read = smoothness_measure.smoothness(smoothness_measure.read_frames(films.gif(film.pictures, 80, comment="")))
    return {
        "evenness": read.evenness,
        "jump": read.jump,
        "sharpness": measures.middle_sharpness(film.pictures),
        "black": measures.black_frames(film.pictures),
        "doubled": measures.doubled_frames(read.steps),
    }


def measure_evenness(bench: Bench, *, pairs: int) -> None:
    """Measure evenness and jumps of the default preset over many pairs."""
    for number in range(pairs):
        if not bench.store.has("even", pair=number, contender=presets.DEFAULT):
            bench.in_time()
            found = measure_film(bench.paint(presets.DEFAULT, REPORT[number], EVEN_FRAMES))
            bench.store.add("even", pair=number, contender=presets.DEFAULT, **found)
