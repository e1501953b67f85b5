"""Measure how close branched walks come to walks generated in full, and their UNet evaluations per frame.

``python -m benchmarks.branching --model FOLDER --seed N`` generates walks between names of the vocabulary of a model
without sketch conditioning, each in every way: the default preset, that of release 1.0.0 (its passes at shares of the
steps), and passes at other noise levels, which give the curve. Some frames of each film are generated again in full,
from their noise, at the same positions. Printed are the distance to those (root mean square, 0-255), evaluations per
frame, morph of both, evenness and jump, and the mean step between neighbours by the image encoder. ``--low`` and
``--high`` give the half log-SNR of other noise levels than the model's own: Stable Diffusion's range from -2.68 to 3.

``--sheets FOLDER`` writes sheets for reviewers: for each walk the frames of the default preset and a cross-fade of its
stops, one above the other in random order, with the solution in ``key.json`` beside the folder. ``--strips FOLDER``
writes the first two ways and the film in full. ``--plot FILE`` draws the curve.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from app.offer.generation import models_on_offer, presets
from benchmarks import branching_curve, contenders, measures, strips
from image_encoder import ImageEncoder
from tests.support.whole_walk import WholeWalk
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import smoothness_measure

Picture = NDArray[np.uint8]

COMPARED = 20
"""The number of a film's frames that are also generated in full."""

AT_ONCE = 8
TILE = 128
DEFAULT, FIRST_RELEASE = "balanced", "balanced of 1.0.0"
CURVE: dict[str, list[list[int]]] = {
    "σ 4.1": [[2, 8]],
    "σ 4.1, 1.17": [[2, 5], [4, 10]],
    "σ 4.1, 0.62": [[2, 5], [5, 10]],
    "σ 4.1, 0.17": [[2, 5], [7, 10]],
    "σ 0.33": [[6, 10]],
}
"""Schedules of ten steps at Stable Diffusion's noise levels, named by the levels of their passes."""


@dataclass(frozen=True, slots=True)
class Film:
    """A walk generated in one way: its frames by position, and the number of UNet evaluations."""

    pictures: dict[float, Picture]
    passes: int


def main() -> None:
    """Generate the walks and print the measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.branching", description=__doc__)
    parser.add_argument(
        "--model", type=Path, required=True, help="folder of a model without sketch conditioning, with a vocabulary"
    )
    parser.add_argument("--walks", type=int, default=10, help="number of walks")
    parser.add_argument("--frames", type=int, default=60, help="number of frames per walk")
    parser.add_argument("--seed", type=int, required=True, help="seed of names, styles and noise")
    parser.add_argument("--low", type=float, default=-5.0, help="half log-SNR of the first step")
    parser.add_argument("--high", type=float, default=3.0, help="half log-SNR of the last step")
    parser.add_argument("--own-seeds", action="store_true", help="use separate noise for each stop")
    parser.add_argument("--threads", type=int, help="number of the network's threads; by default as measured")
    parser.add_argument("--curve", action="store_true", help="also measure other noise levels")
    parser.add_argument("--eye", type=Path, default=Path("models/eye"), help="the image encoder's folder")
    parser.add_argument("--sheets", type=Path, help="folder for reviewers' sheets")
    parser.add_argument("--strips", type=Path, help="folder for strips of both ways and the full film")
    parser.add_argument("--plot", type=Path, help="file for the curve, as SVG")
    options = parser.parse_args()
    painter = WalkPipeline.load(str(options.model))
    if options.threads:
        painter._setting = replace(painter._setting, threads=options.threads)
    facts = models_on_offer.facts(str(options.model))
    ways = dict(list_ways(facts, (options.low, options.high), curve=options.curve))
    eye = ImageEncoder.load(options.eye)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for number, stops in enumerate(draw_walks(facts, options.walks, options.seed, own_seeds=options.own_seeds)):
        films = {}
        for name, sampling in ways.items():
            prepared = painter.prepare(stops, painter.rendering(sampling))
            films[name] = paint(painter, prepared, sampling, options.frames)
            full = paint_in_full(painter, prepared, films[name])
            found[name].append(measure(films[name], full, eye))
        if options.strips:
            _write(options.strips / f"walk-{number + 1}.png", [*list(films.values())[:2], Film(full, 0)])
        if options.sheets:
            _write_sheet(options.sheets, number, films[DEFAULT], options.seed)
    print("\n".join(table(found)))
    if options.plot:
        points = {name: (_mean(rows, "passes"), _mean(rows, "distance")) for name, rows in found.items()}
        options.plot.write_text(branching_curve.drawing(points), "utf-8")


def list_ways(
    facts: Mapping[str, Any], spacing: tuple[float, float], *, curve: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the ways by name: the default preset with these noise levels first, then that of release 1.0.0."""
    changed = {presets.DEFAULT: {"spacing": spacing}}
    now = presets.resolve(presets.DEFAULT, {**facts, "presets": changed})
    steps = now["steps"]
    yield DEFAULT, now
    yield FIRST_RELEASE, now | {"ladder": [[round(0.6 * steps), 5], [round(0.9 * steps), 10]], "mixing": 1}
    for name, ladder in CURVE.items() if curve else ():
        yield name, now | {"ladder": ladder}


def draw_walks(
    facts: Mapping[str, Any], count: int, seed: int, *, own_seeds: bool = False
) -> Iterator[list[StopInput]]:
    """Yield random walks between two names of the model's vocabulary, both in one of its styles."""
    rng = random.Random(f"branching:{seed}")
    styles = [style["words"] for style in facts.get("hands", [])] or [""]
    for number in range(count):
        style = rng.choice(styles)
        names = rng.sample(list(facts["vocabulary"]), 2)
        seeds = (rng.randrange(2**32), rng.randrange(2**32)) if own_seeds else (seed + number,) * 2
        prompts = [f"{name}, {style}" if style else name for name in names]
        yield [StopInput(prompt, "", of_stop) for prompt, of_stop in zip(prompts, seeds, strict=True)]


def paint(painter: WalkPipeline, prepared: PreparedWalk, sampling: Mapping[str, Any], frames: int) -> Film:
    """Generate a walk pass by pass, as workers do, and return its film."""
    before = painter.passes
    walk = WholeWalk(painter, prepared, sampling)
    walk.paint(frames=frames)
    return Film(walk.pictures, painter.passes - before)


def paint_in_full(painter: WalkPipeline, prepared: PreparedWalk, film: Film) -> dict[float, Picture]:
    """Return some of a film's frames by position, generated in full from their noise."""
    positions = list(film.pictures)
    places = sorted({round(place) for place in np.linspace(0, len(positions) - 1, COMPARED)})
    chosen = [positions[place] for place in places]
    parts = [painter.paint(prepared, chosen[at : at + AT_ONCE]) for at in range(0, len(chosen), AT_ONCE)]
    return {one.position: np.asarray(one.picture) for part in parts for one in part}


def measure(film: Film, full: Mapping[float, Picture], eye: ImageEncoder) -> dict[str, float]:
    """Return a film's measures and its distance from the full one; distances are taken between stops only."""
    smooth = smoothness_measure.smoothness(film.pictures.values())
    inner = [position for position in full if not position.is_integer()]
    return {
        "distance": statistics.fmean(measures.rms(film.pictures[each], full[each]) for each in inner),
        "passes": film.passes / len(film.pictures),
        "morph": _morph(film.pictures),
        "morph in full": _morph(full),
        "evenness": smooth.evenness,
        "jump": smooth.jump,
        "seen": _perceptual_step(list(film.pictures.values()), eye),
    }


def cross_fade(film: Film) -> Film:
    """Return a cross-fade of the stops of a film of two, at equal times."""
    first, *_, last = film.pictures.values()
    times = np.linspace(0, 1, len(film.pictures)).tolist()
    return Film(dict(zip(times, contenders.fade(first, last, times), strict=True)), 0)


def table(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[str]:
    """Yield a Markdown table: means of distance and evaluations, medians of the rest, and the worst jump."""
    yield "| way | walks | distance to full | share of 1.0.0's | passes a frame | morph, of full's | evenness | jump, worst | encoder's step |"  # noqa: E501 - a row
    yield "|---|---|---|---|---|---|---|---|---|"
    base = _mean(found[FIRST_RELEASE], "distance")
    for name, rows in found.items():
        share = statistics.median(row["morph"] / row["morph in full"] for row in rows)
        middle = {what: statistics.median(row[what] for row in rows) for what in rows[0]}
        yield (
            f"| {name} | {len(rows)} | {_mean(rows, 'distance'):.2f} | {_mean(rows, 'distance') / base:.2f} "
            f"| {_mean(rows, 'passes'):.2f} | {middle['morph']:.3f}, {share:.3f} | {middle['evenness']:.3f} "
            f"| {middle['jump']:.2f}, {max(row['jump'] for row in rows):.2f} | {middle['seen']:.4f} |"
        )


def _write(path: Path, films: Sequence[Film]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [strips.strip(list(film.pictures.values()), side=TILE) for film in films]
    Image.fromarray(np.concatenate(rows)).save(path)


def _write_sheet(folder: Path, number: int, ours: Film, seed: int) -> None:
    """Write a walk's sheet, and note in the key beside the folder which row is ours."""
    is_first = random.Random(f"sheet:{seed}:{number}").random() < 0.5
    rows = [ours, cross_fade(ours)] if is_first else [cross_fade(ours), ours]
    _write(folder / f"walk-{number + 1}.png", rows)
    path = folder.with_name("key.json")
    key = json.loads(path.read_text("utf-8")) if path.exists() else {}
    key[f"walk-{number + 1}"] = "A" if is_first else "B"
    path.write_text(json.dumps(key, indent=1) + "\n", "utf-8")


def _morph(pictures: Mapping[float, Picture]) -> float:
    small = [smoothness_measure.box_averaged(each, smoothness_measure.MORPH_SIDE) for each in pictures.values()]
    return smoothness_measure.morph(small, list(pictures), stops=2) or 0.0


def _perceptual_step(pictures: Sequence[Picture], eye: ImageEncoder) -> float:
    seen, _ = eye.encode(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255)
    return float((1 - (seen[1:] * seen[:-1]).sum(1)).mean())


def _mean(rows: Sequence[Mapping[str, float]], what: str) -> float:
    return statistics.fmean(row[what] for row in rows)


if __name__ == "__main__":
    main()
