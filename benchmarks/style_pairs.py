"""Measure which styles of the built-in model go together in one walk: ``python -m benchmarks.style_pairs``.

For every pair of styles, the picture half way between two stops is painted twice: from one subject to another while
the style changes (``direct``), and of one subject while the style changes (``in_place``). Each is compared with its
ends by :func:`benchmarks.measures.local_sharpness`. A run stops after ``--minutes`` of processor time, and the next one
continues; ``--write`` writes the table that the site reads, and the tables of docs/research/style-pairs.md.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations_with_replacement, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.collection.styles.pairs import APART, IN_PLACE, TOGETHER, Pair
from app.core.models.facts import ModelFacts, load_facts
from app.offer.generation import presets
from benchmarks import measures
from benchmarks.asking import Asking
from benchmarks.site import ROOT
from benchmarks.store import Store
from sketch.compositions.composition import PAINTED, SOFT, TORN
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

Picture = NDArray[np.uint8]

HOUSE = ROOT / "models" / "house"
PAGE = ROOT / "docs" / "research" / "style-pairs.md"
BEGIN, END = "<!-- pairs -->", "<!-- /pairs -->"
TABLE = ROOT / "models" / "styles" / "pairs.json"
ROUNDS = (("a fox", "a sailboat"), ("a teapot", "an owl"), ("a guitar", "a lighthouse"))
"""The subjects of a round: its walks lead from the first to the second."""

COMPARED = "watercolour"
"""The painterly style with which both edges are compared."""

SEED = 20261130
MIDDLE = 0.5
SIGNS = {TOGETHER: "●", IN_PLACE: "○", APART: "·"}
"""How the page shows that styles go together, that the style should change first, and that they do not."""

Ratios = dict[tuple[str, str], list[tuple[float, float]]]
"""For each two styles the ratios of both middles, of each round."""


class Bench:
    """The loaded model, its styles, and what was painted so far."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.painter = WalkPipeline.load(str(folder))
        self.store = store
        facts = load_facts(str(folder))
        self.styles = [hand["words"] for hand in facts.hands]
        self.graphic = [hand["words"] for hand in facts.hands if hand.get("marks", PAINTED) != PAINTED]
        self._asking = Asking(self.painter, folder)
        self._sampling = presets.resolve(presets.DEFAULT, facts)
        if not store.has("about", revision=self.painter.revision):
            if store.records:
                raise SystemExit(f"{store.folder} holds pictures of another model; choose another --run")
            store.add("about", revision=self.painter.revision)

    def paint(self, stops: Sequence[tuple[str, str]], positions: Sequence[float], edge: str = TORN) -> list[Picture]:
        """Return the pictures at some positions of a walk, whose stops are subjects with their styles.

        ``edge`` is that of painted scenes, where they turn into graphic ones.
        """
        asked = [_with_edge(self._asking.stop(subject, SEED, style), edge) for subject, style in stops]
        prepared = self.painter.prepare(asked, self.painter.rendering(self._sampling))
        painted = self.painter.paint(prepared, positions)
        return [one.picture for one in painted if one.picture is not None]

    def measure_end(self, subject: str, style: str) -> None:
        """Paint one stop and store its sharpness."""
        (picture,) = self.paint([(subject, style)] * 2, [0.0])
        self._add(picture, "end", subject=subject, style=style)

    def measure_pair(self, number: int, first: str, last: str, edge: str = TORN) -> None:
        """Paint both middles of a pair of styles in one round; rounds lead from each of the two in turn."""
        subject, other = ROUNDS[number]
        one, two = (first, last) if number % 2 == 0 else (last, first)
        stops = [(other, two), (subject, one), (subject, two)]
        direct, in_place = self.paint(stops, [MIDDLE, 1 + MIDDLE], edge)
        before = "" if edge == TORN else f"{edge}_"
        self._add(direct, f"{before}direct", round=number, first=first, last=last)
        self._add(in_place, f"{before}in_place", round=number, first=first, last=last)

    def _add(self, picture: Picture, part: str, **names: str | int) -> None:
        Image.fromarray(picture).save(self.store.folder / _file(part, **names), lossless=True, method=0)
        self.store.add(part, **names)


def _with_edge(stop: StopInput, edge: str) -> StopInput:
    """Return a stop whose scene, if it is painted, has this edge."""
    scene = stop.scene
    if scene is None or scene.composition is None or scene.composition.is_graphic:
        return stop
    return replace(stop, scene=replace(scene, composition=replace(scene.composition, edge=edge)))


def _file(part: str, **names: str | int) -> str:
    return "-".join([part, *(str(name).replace(" ", "_") for name in names.values())]) + ".webp"


def run(bench: Bench, *, minutes: float, rounds: int) -> bool:
    """Measure what is missing, round by round; return whether all is there when the time is up."""
    until = time.process_time() + 60 * minutes
    for work in _missing(bench, rounds):
        if time.process_time() > until:
            return False
        match work:
            case (str(subject), str(style)):
                bench.measure_end(subject, style)
            case (int(number), str(first), str(last), str(edge)):
                bench.measure_pair(number, first, last, edge)
    return True


def _missing(bench: Bench, rounds: int) -> Iterator[tuple[str, str] | tuple[int, str, str, str]]:
    """Yield what is not painted yet: stops, as subject and style, and pairs, as a round, two styles and an edge.

    A style is a pair with itself, for comparison. So are, in the first round, those of :data:`COMPARED` and all
    graphic styles with the soft edge of release 1.1.
    """
    has = bench.store.has
    for number in range(rounds):
        for subject, style in product(ROUNDS[number], bench.styles):
            if not has("end", subject=subject, style=style):
                yield subject, style
        for first, last in combinations_with_replacement(bench.styles, 2):
            if not has("in_place", round=number, first=first, last=last):
                yield number, first, last, TORN
    for first in bench.graphic:
        if not has("soft_in_place", round=0, first=first, last=COMPARED):
            yield 0, first, COMPARED, SOFT


def compare(store: Store) -> Ratios:
    """Return the sharpness of all middles, as shares of their ends' geometric mean: direct and in place, of each round.

    Rounds that were not painted for all pairs are left out.
    """
    files = [_file(**record) for record in store.records if record["part"] != "about"]
    sharp = {file: _sharpness(store.folder / file) for file in files}
    counts = {number: sum(1 for _ in store.select("in_place", round=number)) for number in range(len(ROUNDS))}
    whole = [number for number, count in counts.items() if count == max(counts.values())]
    ratios: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    for record in store.select("in_place"):
        number, first, last = record["round"], record["first"], record["last"]
        if number not in whole:
            continue
        subject, other = ROUNDS[number]
        one, two = (first, last) if number % 2 == 0 else (last, first)
        ends = [
            _file("end", subject=where, style=style) for where, style in ((subject, one), (other, two), (subject, two))
        ]
        start, end, changed = (sharp[name] for name in ends)
        direct, in_place = (sharp[_file(**record | {"part": part})] for part in ("direct", "in_place"))
        pair = direct / math.sqrt(start * end), in_place / math.sqrt(start * changed)
        ratios.setdefault((first, last), {})[number] = pair
    return {names: [*found.values()] for names, found in ratios.items()}


def _sharpness(path: Path) -> float:
    with Image.open(path) as picture:
        return measures.local_sharpness(np.asarray(picture.convert("RGB")))


def write(store: Store, facts: ModelFacts, revision: str) -> None:
    """Write the table that the site reads, and the tables of the page."""
    ratios = compare(store)
    rounds = {len(each) for each in ratios.values()}
    pairs: dict[str, dict[str, list[float]]] = {}
    for (first, last), found in ratios.items():
        if first != last:
            pairs.setdefault(first, {})[last] = [round(float(value), 3) for value in np.mean(found, axis=0)]
    table = {
        "made": "python -m benchmarks.style_pairs --write",
        "measured": "sharpness half way as a share of the ends: subject and style change, style alone changes",
        "date": datetime.now(UTC).date().isoformat(),
        "model": facts.name,
        "revision": revision,
        "size": facts.size,
        "preset": presets.DEFAULT,
        "seed": SEED,
        "subjects": ROUNDS[: max(rounds)],
        "pairs": pairs,
    }
    text = json.dumps(table, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^\[\]]+?)\s+\]", lambda match: f"[{' '.join(match[1].split())}]", text)
    TABLE.write_text(f"{text}\n", "utf-8")
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    titles = {hand["words"]: hand.get("title", hand["words"]) for hand in facts.hands}
    PAGE.write_text(f"{before}{BEGIN}\n{_matrix(ratios, titles)}\n{END}{after}", "utf-8")


def _matrix(ratios: Ratios, titles: Mapping[str, str]) -> str:
    """Return the page's table: how each two styles go together, and below the diagonal the ratio of direct legs."""
    styles = [*titles]
    fits = {key: Pair(*np.mean(found, axis=0)) for key, found in ratios.items()}
    lines = [
        "| | " + " | ".join(str(number) for number in range(1, len(styles) + 1)) + " |",
        "|---" * (len(styles) + 1) + "|",
    ]
    for row, first in enumerate(styles):
        cells = []
        for column in range(len(styles)):
            pair = fits[styles[min(row, column)], styles[max(row, column)]]
            cells.append(f"{pair.direct:.2f}" if column <= row else SIGNS[pair.fit])
        lines.append(f"| {row + 1} {titles[first]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, or write what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.style_pairs", description=__doc__)
    parser.add_argument("--run", default="style-pairs", help="name of the folder in benchmarks/results")
    parser.add_argument("--model", type=Path, default=HOUSE, help="a model folder")
    parser.add_argument("--minutes", type=float, default=15, help="limit of processor time")
    parser.add_argument("--rounds", type=int, default=2, choices=range(1, len(ROUNDS) + 1), help="rounds of subjects")
    parser.add_argument(
        "--write", action="store_true", help="write the tables from what is measured, and paint nothing"
    )
    options = parser.parse_args()
    store = Store(options.run)
    if options.write:
        write(store, load_facts(str(options.model)), next(store.select("about"))["revision"])
        return
    bench = Bench(options.model, store)
    began = time.process_time()
    is_whole = run(bench, minutes=options.minutes, rounds=options.rounds)
    print(f"{time.process_time() - began:.0f} s of processor time; {'all' if is_whole else 'not all'} is measured")


if __name__ == "__main__":
    main()
