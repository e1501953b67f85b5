"""Compare the films' pictures with references: the same model's, in 100 guided steps, at the same positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from benchmarks import measures
from benchmarks.contenders import Film, Picture
from benchmarks.films import JUDGED, NAMES, Bench
from benchmarks.pairs import REPORT
from benchmarks.store import Store

STEPS = 100
FRAMES = 16

LEFT_OUT = ("P3",)
"""Contenders whose frames are P0b's by construction, at other positions."""

JUDGED_NAMES = tuple(name for name in NAMES if name not in LEFT_OUT)


def judge(bench: Bench, *, pairs: int, names: Sequence[str] = JUDGED_NAMES) -> None:
    """Measure the distance of random frames of each stored film to their references, which are stored too."""
    for number in range(pairs):
        for name in names:
            if bench.store.has("judged", pair=number, contender=name):
                continue
            if not bench.store.has("film", pair=number, contender=name, frames=JUDGED):
                continue
            bench.in_time()
            film = bench.store.film(name, number, JUDGED)
            drawn = _draw_frames(number, len(film.positions))
            references = _references(bench, number, [film.positions[i] for i in drawn])
            found = nearness([film.pictures[i] for i in drawn], references)
            bench.store.add("judged", contender=name, pair=number, **found)


def nearness(pictures: Sequence[Picture], references: Sequence[Picture]) -> dict[str, float]:
    """Return the distance, likeness and sharpness of a film's frames, both ends included, to their references.

    The sharpness is that of the frames between the ends, relative to their references': a picture half way between two
    things is less sharp than either however it is generated, and an even film has more of those.
    """
    both = list(zip(pictures, references, strict=True))
    sharp, should = (np.mean([measures.sharpness(each) for each in part[1:-1]]) for part in (pictures, references))
    return {
        "distance": float(np.mean([measures.rms(a, b) for a, b in both])),
        "likeness": float(np.mean([measures.ms_ssim(a, b) for a, b in both])),
        "sharpness": float(sharp / should),
    }


def fits(store: Store, *, names: Sequence[str] = JUDGED_NAMES) -> dict[str, dict[int, float]]:
    """Return how clearly each film's ends and middle show their own prompts, by contender and pair.

    Each is compared with its own reference and those of all other pairs at the same place; the mean of the three.
    """
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for name in names:
        numbers = [record["pair"] for record in store.select("judged", contender=name)]
        if len(numbers) < 2:
            continue
        films = {number: store.film(name, number, JUDGED) for number in numbers}
        references = {number: store.film("reference", number) for number in numbers}
        for place in (0, JUDGED // 2, JUDGED - 1):
            own = {n: _at(references[n], films[n].positions[place]) for n in numbers}
            for n in numbers:
                others = {str(other): picture for other, picture in own.items() if other != n}
                share = measures.fit(films[n].pictures[place], own[n], others) / 3
                found[name][n] = found[name].get(n, 0.0) + share
    return dict(found)


def _draw_frames(number: int, frames: int) -> list[int]:
    """Return random frame indices, including the ends and the middle; the same for every contender of a pair."""
    fixed = {0, frames // 2, frames - 1}
    others = [i for i in range(frames) if i not in fixed]
    drawn = np.random.default_rng(number).choice(others, FRAMES - len(fixed), replace=False)
    return sorted({*fixed, *drawn.tolist()})


def _references(bench: Bench, number: int, positions: Sequence[float]) -> list[Picture]:
    """Return the references at these positions; missing ones are generated and stored."""
    known: dict[float, Picture] = {}
    if bench.store.has("references", pair=number):
        film = bench.store.film("reference", number)
        known = dict(zip(film.positions, film.pictures, strict=True))
    missing = [position for position in positions if position not in known]
    if missing:
        sampler = bench.ours.sampler(REPORT[number], steps=STEPS)
        known |= dict(zip(missing, sampler.full(missing), strict=True))
        bench.store.keep(Film(list(known), list(known.values())), "reference", number)
        bench.store.add("references", pair=number, painted=len(missing))
    return [known[position] for position in positions]


def _at(film: Film, position: float) -> Picture:
    return film.pictures[film.positions.index(position)]
