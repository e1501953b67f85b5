"""Walks between names drawn by chance, half in one style and half from style to style: how sharp, how even, how fast.

``python -m benchmarks.between --seed N`` paints each walk by every ``--way`` in turn, each a preset or what is changed
of it (``balanced``, ``'{"detail": 0.2}'``), and prints the medians, the worst jumps, and the seconds against the first
way's.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.generation import models_on_offer, presets
from benchmarks import blind, measures
from benchmarks.asking import Asking
from tests.support.whole_walk import WholeWalk
from worker.diffusion.painter import Painter
from worker.diffusion.rendering import StopInput
from worker.film import smoothness_measure

FRAMES = 24
JUMP = 1.5
"""A change between neighbours that is larger than this many times the mean one is seen as a jump."""


def main() -> None:
    """Paint the walks and print what was measured of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.between", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/house"), help="the model's folder")
    parser.add_argument("--pairs", type=int, default=100, help="how many walks")
    parser.add_argument("--seed", type=int, required=True, help="what names, styles and noise are drawn from")
    parser.add_argument("--size", type=int, help="pixels of a side; the model's own if not given")
    parser.add_argument("--way", action="append", help="a preset, or what is changed of the default one, as JSON")
    asked = parser.parse_args()
    painter = Painter.load(str(asked.model))
    facts = models_on_offer.facts(str(asked.model))
    ways = {name: way(name, facts, asked.size) for name in asked.way or [presets.DEFAULT]}
    ask = Asking(painter, asked.model)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for number, (kind, stops) in enumerate(drawn(ask, asked.model, asked.pairs, asked.seed)):
        order = list(ways) if number % 2 else list(ways)[::-1]
        for name in order:
            found[name].append({"kind": kind} | measured(painter, stops, ways[name]))
    print("\n".join(table(found)))


def way(name: str, facts: dict[str, Any], size: int | None) -> dict[str, Any]:
    """Return a preset's settings, or the default preset's with some changed."""
    if name in presets.NAMES:
        return presets.resolve(name, facts, size=size)
    changed = facts["presets"][presets.DEFAULT] | json.loads(name)
    return presets.resolve(presets.DEFAULT, facts | {"presets": {presets.DEFAULT: changed}}, size=size)


def drawn(ask: Asking, model: Path, count: int, seed: int) -> Iterator[tuple[str, list[StopInput]]]:
    """Draw walks of two names: the even ones in one style, the others from one style to another."""
    things = iter(blind.names(model, 2 * count, seed))
    styles = [style["words"] for style in models_on_offer.facts(str(model))["hands"]]
    dice = random.Random(f"between:{seed}")
    for number in range(count):
        kind = "across" if number % 2 else "within"
        both = dice.sample(styles, 2) if kind == "across" else dice.choices(styles) * 2
        yield kind, [ask.stop(next(things), seed + number, style) for style in both]


def measured(painter: Painter, stops: Sequence[StopInput], sampling: dict[str, Any]) -> dict[str, float]:
    """Paint one walk and measure it."""
    wall, processor = time.perf_counter(), time.process_time()
    walk = WholeWalk(painter, painter.prepare(stops, painter.rendering(sampling)), sampling)
    walk.paint(frames=FRAMES)
    pictures = list(walk.pictures.values())
    spent = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    smooth = smoothness_measure.smoothness(pictures)
    return spent | {
        "middle": measures.middle_sharpness(pictures),
        "ends": (measures.sharpness(pictures[0]) + measures.sharpness(pictures[-1])) / 2,
        "evenness": smooth.evenness,
        "jump": smooth.jump,
    }


def table(found: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| way | walks | middle's sharpness | ends' | evenness | jump, median, worst, over 1.5 | wall | processor |"
    yield "|---|---|---|---|---|---|---|---|"
    first = next(iter(found.values()))
    for name, rows in found.items():
        for kind in ("within", "across", "all"):
            some = [(row, base) for row, base in zip(rows, first, strict=True) if kind in (row["kind"], "all")]
            if not some:
                continue
            middle, ends, even, jump = (
                [row[what] for row, _ in some] for what in ("middle", "ends", "evenness", "jump")
            )
            wall, processor = (
                statistics.median(row[clock] / base[clock] for row, base in some) for clock in ("wall", "processor")
            )
            yield (
                f"| {name}, {kind} | {len(some)} | {statistics.median(middle):.3f} | {statistics.median(ends):.0f} "
                f"| {statistics.median(even):.3f} | {statistics.median(jump):.2f}, {max(jump):.2f}, "
                f"{sum(each > JUMP for each in jump)} | {wall:.2f} | {processor:.2f} |"
            )


if __name__ == "__main__":
    main()
