"""Walks between texts of unequal length with a Z-Image transformer: ``python -m benchmarks.unequal_texts``.

Z-Image's text encoder returns as many states as a text has tokens, so there is no direct interpolation. Each way of
:mod:`benchmarks.text_blends` generates walks between pairs of texts from one noise, with a tiny trained transformer
(:mod:`benchmarks.toy_texts`), and with two of random weights. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from benchmarks import text_blends, toy_texts
from benchmarks.text_blends import Pair, Way

STEPS, SHIFT = 8, 3.0
LENGTHS = {"unequal": ((9, 26), (12, 45), (40, 7), (20, 58)), "equal": ((12, 12), (26, 26), (40, 40), (58, 58))}
"""The lengths of a pair's two texts in words; Z-Image pads each text to a multiple of 32."""

LARGER = {
    "in_channels": 16, "dim": 512, "n_layers": 8, "n_refiner_layers": 2, "n_heads": 8, "n_kv_heads": 8,
    "cap_feat_dim": 512, "axes_dims": [16, 24, 24],
}  # fmt: skip


def sample(network: Any, way: Way, noise: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Return pictures generated from noise by Euler's steps along the flow, as Z-Image's pipeline does."""
    sigmas = torch.linspace(1, 0, STEPS + 1)
    sigmas = SHIFT * sigmas / (1 + (SHIFT - 1) * sigmas)
    pictures = noise
    for sigma, after in itertools.pairwise(sigmas):
        times = (1 - sigma).expand(len(noise))
        pictures = pictures - (after - sigma) * way(network, pictures, times, pairs, amounts)
    return pictures


def plain(network: Any, noise: Tensor, text: Tensor) -> Tensor:
    """Return the picture of one text by the transformer's unmodified calls."""
    return sample(network, _first, noise, [(text, text)], torch.zeros(1))


def _first(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], _amounts: Tensor) -> Tensor:
    return text_blends.plain(network, pictures, times, [text for text, _ in pairs])


def rms(found: Tensor) -> float:
    """Return the root mean square of a tensor."""
    return float(found.square().mean().sqrt())


def residual(middle: Tensor, ends: Sequence[Tensor]) -> float:
    """Return the residual of a picture after the best linear fit of two others, relative to their difference."""
    basis = torch.stack([end.flatten() for end in ends], 1)
    fit = basis @ torch.linalg.lstsq(basis, middle.flatten()[:, None]).solution
    return rms(middle.flatten() - fit[:, 0]) / rms(ends[0] - ends[1])


def walk(network: Any, way: Way, noise: Tensor, pair: Pair, frames: int) -> Tensor:
    """Return the frames of a walk between two texts from one noise."""
    return sample(network, way, noise.expand(frames, -1, -1, -1), [pair] * frames, torch.linspace(0, 1, frames))


def measure(network: Any, way: Way, noise: Tensor, pair: Pair, frames: int, has_learned: bool) -> dict[str, Any]:
    """Return the measures of one walk, and its middle picture."""
    ends = [plain(network, noise, text)[0] for text in pair]
    painted = walk(network, way, noise, pair, frames)
    steps = [rms(one - other) for one, other in zip(painted[1:], painted[:-1], strict=True)]
    middle = painted[frames // 2]
    found = {
        "exact": max(float((painted[0] - ends[0]).abs().max()), float((painted[-1] - ends[1]).abs().max())),
        "apart": rms(ends[0] - ends[1]) / rms(ends[0]),
        "jump": max(steps) / statistics.mean(steps),
        "path": sum(steps) / rms(ends[0] - ends[1]),
        "left": residual(middle, ends),
        "middle": middle,
        "difference": rms(ends[0] - ends[1]),
    }
    if has_learned:
        found["one_thing"] = statistics.mean(toy_texts.residual(each) for each in painted[frames // 4 : -frames // 4])
        found["one_thing_ends"] = statistics.mean(toy_texts.residual(each) for each in ends)
    return found


def invariance(network: Any, way: Way, noise: Tensor, pairs: Sequence[Pair]) -> float:
    """Return how much a prediction differs between a row alone and in a batch of rows of other lengths."""
    times, amounts = torch.full((len(pairs),), 0.4), torch.full((len(pairs),), 0.3)
    noise = noise.expand(len(pairs), -1, -1, -1)
    together = way(network, noise, times, pairs, amounts)
    alone = [way(network, noise[:1], times[:1], [pair], amounts[:1]) for pair in pairs]
    return float((together - torch.cat(alone)).abs().max())


def seconds(network: Any, way: Way, noise: Tensor, pair: Pair, repeats: int = 3) -> float:
    """Return the least CPU seconds of one picture's prediction, of some repeats."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        way(network, noise, torch.full((1,), 0.4), [pair], torch.full((1,), 0.5))
        found.append(time.process_time() - began)
    return min(found)


def learned_pairs(kind: str, seed: int) -> list[Pair]:
    """Return pairs of texts about two subjects each, as states."""
    rng = random.Random(f"{kind}:{seed}")
    found = []
    for lengths in LENGTHS[kind]:
        texts = [toy_texts.states(toy_texts.words(toy_texts.subject(rng), length, rng)) for length in lengths]
        found.append((texts[0], texts[1]))
    return found


def random_pairs(kind: str, width: int) -> list[Pair]:
    """Return pairs of random states."""
    rng = torch.Generator().manual_seed(3)
    return [
        (torch.randn(one, width, generator=rng), torch.randn(other, width, generator=rng))
        for one, other in LENGTHS[kind]
    ]


def table(
    network: Any,
    kind: str,
    pairs: Sequence[Pair],
    noises: Sequence[Tensor],
    frames: int,
    has_things: bool,
    others: Sequence[Pair],
) -> Iterator[str]:
    """Yield the lines of a Markdown table: each way's medians over the pairs."""
    ways = dict(text_blends.WAYS) | ({"states": text_blends.states} if kind == "equal" else {})
    rows = {
        name: [
            measure(network, way, noise, pair, frames, has_things) for pair, noise in zip(pairs, noises, strict=True)
        ]
        for name, way in ways.items()
    }
    apart = statistics.median(row["apart"] for row in next(iter(rows.values())))
    things = ""
    if has_things:
        ends = statistics.median(row["one_thing_ends"] for row in next(iter(rows.values())))
        things = f"; of the ends {ends:.3f} is not one thing"
    alone = invariance(network, _first, noises[0], others)
    yield (f"Texts of {kind} length, {len(pairs)} walks of {frames} frames; ends {apart:.2f} apart{things}. "
           f"A plain row alone or in a batch: {alone:.1e}.")  # fmt: skip
    yield ""
    yield ("| way | ends off by | largest step / mean | path / straight | left after cross-fade | not one thing "
           "| from states | row alone or in a batch |")  # fmt: skip
    yield "|---|---|---|---|---|---|---|---|"
    for name, found in rows.items():
        jump, path, left = (statistics.median(row[what] for row in found) for what in ("jump", "path", "left"))
        thing = f"{statistics.median(row['one_thing'] for row in found):.3f}" if has_things else ""
        off = ""
        if kind == "equal" and name != "states":
            both = [*zip(found, rows["states"], strict=True)]
            far = (rms(row["middle"] - base["middle"]) / row["difference"] for row, base in both)
            off = f"{statistics.median(far):.3f}"
        batch = invariance(network, ways[name], noises[0], others)
        worst = max(row["exact"] for row in found)
        yield (f"| {name} | {worst:.1e} | {jump:.2f} | {path:.2f} | {left:.3f} | {thing} | {off} | {batch:.1e} |")


def times(network: Any, side: int, width: int) -> Iterator[str]:
    """Yield the lines of a Markdown table: the CPU seconds of one prediction by each way, in one thread."""
    torch.set_num_threads(1)
    noise = torch.randn(1, network.config.in_channels, side, side, generator=torch.Generator().manual_seed(5))
    yield f"One prediction of {side * side // 4} tokens of a picture, texts of 20 and 50 words."
    yield ""
    yield "| way | CPU seconds | of a plain call |"
    yield "|---|---|---|"
    rng = torch.Generator().manual_seed(4)
    pair = torch.randn(20, width, generator=rng), torch.randn(50, width, generator=rng)

    base = seconds(network, _first, noise, pair[::-1])
    yield f"| plain | {base:.3f} | 1 |"
    for name, way in text_blends.WAYS.items():
        spent = seconds(network, way, noise, pair)
        yield f"| {name} | {spent:.3f} | {spent / base:.2f} |"


def main() -> None:
    """Train, measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="file of the trained transformer; written if it does not exist")
    parser.add_argument("--steps", type=int, default=800, help="number of training steps")
    parser.add_argument("--frames", type=int, default=17)
    parser.add_argument("--walks", type=int, default=4, help="number of walks for each kind of lengths and each model")
    parser.add_argument("--way", choices=text_blends.WAYS, action="append", help="measure only these ways")
    parser.add_argument("--model", choices=("learned", "random", "larger", "times"), action="append")
    options = parser.parse_args()
    for name in {*text_blends.WAYS} - {*(options.way or text_blends.WAYS)}:
        del text_blends.WAYS[name]
    chosen = options.model or ["learned", "random", "larger", "times"]
    trained = toy_texts.train(options.weights, options.steps) if "learned" in chosen else None
    torch.manual_seed(0)
    larger = diffusers.ZImageTransformer2DModel(**LARGER).eval()
    networks = {"learned": trained, "random": toy_texts.network().eval(), "larger": larger}
    with torch.inference_mode():
        for name in chosen:
            if name == "times":
                print("\n## Seconds\n", *times(larger, 64, 512), "", sep="\n")
                continue
            print(f"\n## {name.capitalize()}\n")
            for kind in LENGTHS:
                network, side = networks[name], 16
                pairs = [pair for seed in range(-(-options.walks // 4)) for pair in learned_pairs(kind, seed)]
                if name != "learned":
                    pairs = random_pairs(kind, network.config.cap_feat_dim)
                others, pairs = pairs, pairs[: options.walks]
                rng = torch.Generator().manual_seed(11)
                noises = torch.randn(len(pairs), 1, network.config.in_channels, side, side, generator=rng)
                print(
                    "\n".join(table(network, kind, pairs, [*noises], options.frames, name == "learned", others)),
                    "\n",
                    flush=True,
                )


if __name__ == "__main__":
    main()
