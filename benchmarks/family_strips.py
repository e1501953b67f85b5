"""A strip of a walk by a tiny model of each family: ``python -m benchmarks.family_strips FILE``.

The models have random weights, so nothing can be recognised in them; what is to be seen is that a walk begins and ends
in pictures that the family's own pipeline paints, and turns evenly from one to the other. Prints a table in Markdown:
the passes of the network for the walk, how far the first and the last frame are from the pipeline's own (in levels of
255), and how even the steps between neighbours are (the largest over the mean).
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from app.generation import presets
from app.models import facts
from tests.support import flow_calls, tiny_flow
from tests.support.whole_walk import WholeWalk
from worker.diffusion.model import Model
from worker.diffusion.painter import Painter
from worker.diffusion.rendering import StopInput
from worker.diffusion.tuning import Setting

TITLES = {
    "schnell": "FLUX.1 schnell", "dev": "FLUX.1 dev", "sd3": "Stable Diffusion 3.5", "z-image": "Z-Image Turbo",
    "klein": "FLUX.2 klein",
}  # fmt: skip
STOPS = (("a lemon on a blue table", 5), ("a bear", 6))
FRAMES, TILE, GAP = 9, 64, 4
WALL = (247, 245, 240)


def walk(folder: Path) -> tuple[list[NDArray[np.uint8]], int, int]:
    """Paint a walk by the usual preset; return its frames, the passes, and the distance of its ends."""
    told = facts.read(str(folder))
    sampling = presets.resolve(presets.DEFAULT, told)
    painter = Painter(Model.load(str(folder), device="cpu"), Setting("float32", "contiguous", 1, 4))
    stops = [StopInput(prompt, "", seed) for prompt, seed in STOPS]
    painted = WholeWalk(painter, painter.prepare(stops, painter.rendering(sampling)), sampling)
    painted.paint(frames=FRAMES, easing=True)
    pictures = [*painted.pictures.values()]
    own = [_own(folder, *stop, sampling) for stop in STOPS]
    ends = max(int(np.abs(a.astype(int) - b).max()) for a, b in zip((pictures[0], pictures[-1]), own, strict=True))
    return pictures, painter.passes, ends


def _own(folder: Path, prompt: str, seed: int, sampling: dict[str, Any]) -> NDArray[np.uint8]:
    guidance = sampling["guidance"]
    options = {"max_sequence_length": 256} if folder.name == "schnell" else {}
    called = guidance if guidance > 1 else 0.0  # where there is none
    picture = flow_calls.own_call(folder, prompt, seed=seed, steps=sampling["steps"], guidance=called, **options)
    return (picture * 255).round().astype(np.uint8)


def strip(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Lay frames side by side, with some wall around them."""
    sheet = np.full((TILE + GAP, FRAMES * (TILE + GAP), 3), WALL, np.uint8)
    for place, picture in enumerate(pictures):
        left = place * (TILE + GAP)
        sheet[:TILE, left : left + TILE] = picture
    return sheet


def main() -> None:
    """Paint a walk by each, hang the strips under one another, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.family_strips", description=__doc__)
    parser.add_argument("file", type=Path, help="where the picture goes (.webp, .png)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print("| family | passes | ends, levels of 255 | largest step over mean |\n|---|---|---|---|")
    strips = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in tiny_flow.save(Path(folder), *TITLES).items():
            pictures, passes, ends = walk(path)
            steps = [float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(pictures)]
            print(f"| {TITLES[name]} | {passes} | {ends} | {max(steps) / (sum(steps) / len(steps)):.2f} |")
            strips.append(strip(pictures))
    sheet = Image.fromarray(np.concatenate(strips))
    sheet.save(asked.file, lossless=False, quality=70) if asked.file.suffix == ".webp" else sheet.save(asked.file)


if __name__ == "__main__":
    main()
