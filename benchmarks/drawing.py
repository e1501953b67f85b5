"""Measure how long a worker draws what leads a frame: each style, a stop and a frame between two, at 128 pixels.

It prints milliseconds of one processor's time, which others that use the machine lengthen less than those on the wall,
and how many times as long as a scene of 1.0 a style takes in the same run, which differs less from machine to machine.
Run it with ``OMP_NUM_THREADS=1``: else BLAS adds up the time of its threads.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sketch import colour, mixing, parts, rendering, sketchbook
from sketch.arrangement import Item, Wish
from sketch.compositions import composing, layouts
from sketch.compositions.register import STYLES
from sketch.marks.field import Field
from sketch.scene import Scene
from sketch.sketchbook import Sketchbook
from sketch.styling import styled

SIDE = 128
BOOK = Path("models/house/sketchbook.zip")
PLAIN, PAINTED = "1.0", "painted"
ASKED = (
    (("sailboat",), Wish(kind="sea")),
    (("fox", "mushroom"), Wish(kind="forest")),
    (("guitar",), Wish()),
    (("teapot", "lemon", "pear"), Wish(kind="table")),
    (("owl",), Wish(kind="window", time="night")),
)
"""What scenes show: names of drawings, and where."""

SEEDS = (1, 2)
"""Each seed lays all scenes of a style out in another way."""


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of one style in milliseconds: a stop, a frame between two, and of a stop layout, fields and marks."""

    style: str
    stop: float
    between: float
    layout: float = 0.0
    fields: float = 0.0
    marks: float = 0.0


def scenes(style: str, book: Sketchbook) -> list[Scene]:
    """Arrange what is asked for in a style, those of one seed alike."""
    marks = "" if style == PLAIN else style
    return [
        styled.arrange(
            [_item(name, book) for name in names],
            wish,
            100 * seed + number,
            marks=marks,
            book=book,
            walk_seed=seed,
        )
        for seed in SEEDS
        for number, (names, wish) in enumerate(ASKED)
    ]


def _item(name: str, book: Sketchbook) -> Item:
    found = next(each for each in book.drawings.values() if each.name == name)
    return Item(found.digest, found.name, found.kind, look=book.look(found.digest))


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Return the median time that something takes, after a first time that does not count."""
    work()
    return 1000 * statistics.median(_timed(work) for _ in range(times))


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measured(style: str, book: Sketchbook, *, times: int, side: int = SIDE) -> Row:
    """Measure a style."""
    found, taken = scenes(style, book), parts.Taken(book, side=side)
    stops = [milliseconds(partial(rendering.draw, each, book, side), times) for each in found]
    between = [_between(mixing.Mixture(*ends, book, taken), times, side) for ends in itertools.pairwise(found)]
    shares = [_shares(each, book, times, side) for each in found if each.composition and each.composition.is_graphic]
    medians = [statistics.median(each) for each in zip(*shares, strict=True)] if shares else [0.0] * 3
    return Row(style, statistics.median(stops), statistics.median(between), *medians)


def _between(mixture: mixing.Mixture, times: int, side: int) -> float:
    mixture.at(0.5, side)
    # Never the same frame twice: a walk asks for each once.
    return 1000 * statistics.median(_timed(partial(mixture.at, t, side)) for t in np.linspace(0.2, 0.8, times))


def _shares(scene: Scene, book: Sketchbook, times: int, side: int) -> tuple[float, float, float]:
    """Return what laying a scene out, looking into it, and its marks alone take."""
    composition, drawn = scene.composition, rendering.layered(scene, book, side)
    assert composition is not None
    inks = np.stack([colour.parsed(ink) for ink in composition.inks])

    def lay() -> layouts.Laid:
        return layouts.lay(drawn.things, drawn.ground, drawn.numbers, composition)

    laid, draw, place = lay(), STYLES[composition.marks].draw, composing.place_share(scene.setting.kind)
    made = [
        Field(
            laid.things, laid.ground, laid.cells, inks, scene.setting.light, place, composition.scale, composition.seed
        )
        for _ in range(times)
    ]
    whole, alone = ([1000 * _timed(partial(draw, each)) for each in made] for _ in range(2))
    marks = statistics.median(alone)
    return milliseconds(lay, times), max(0.0, statistics.median(whole) - marks), marks


def written(rows: Sequence[Row]) -> str:
    """Write a table; a style's time beside that of a scene of 1.0."""
    plain = rows[0]
    head = f"{'style':16}{'stop':>8}{'':>7}{'between':>10}{'':>7}{'layout':>9}{'fields':>8}{'marks':>8}"
    lines = [
        f"{row.style:16}{row.stop:8.1f}{row.stop / plain.stop:6.1f}x"
        f"{row.between:10.1f}{row.between / plain.between:6.1f}x{row.layout:9.1f}{row.fields:8.1f}{row.marks:8.1f}"
        for row in rows
    ]
    return "\n".join([head, *lines])


def main() -> None:
    """Measure all styles, or some, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("styles", nargs="*", default=[PAINTED, *STYLES], help="names of styles; by default all")
    parser.add_argument("--times", type=int, default=7, help="how often each scene is drawn")
    parser.add_argument("--book", type=Path, default=BOOK, help="the sketchbook")
    asked = parser.parse_args()
    book = sketchbook.load(asked.book)
    print(written([measured(style, book, times=asked.times) for style in [PLAIN, *asked.styles]]))


if __name__ == "__main__":
    main()
