"""Make strips of frames from some walks by several contenders, unlabelled and in random order.

``python -m benchmarks.strips FOLDER`` uses the stored films of a run and writes a picture for each walk, and separately
``key.json``, which names the contender of each strip. The persons who rank them see only the pictures.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.contenders import Film
from benchmarks.films import JUDGED
from benchmarks.pairs import REPORT
from benchmarks.store import Store

NAMES = ("balanced", "P1", "P2", "P3")
WALKS = 5
FRAMES = 9
TILE = 96
GAP = 4
WALL = (247, 245, 240)
LIMIT = 100_000
COLOURS = (256, 128, 64)


def main() -> None:
    """Write the strips of the run's first walks, and the key."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strips", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the pictures")
    parser.add_argument("--key", type=Path, default=Path("key.json"), help="file for the contender of each strip")
    parser.add_argument("--run", default="painting", help="the run whose films are used")
    parser.add_argument("--shuffle", type=int, default=None, help="seed of the random order")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    store, chance = Store(options.run), random.Random(options.shuffle)
    key = {}
    for number in range(WALKS):
        order = chance.sample(NAMES, len(NAMES))
        path = options.folder / f"walk-{number + 1}.png"
        path.write_bytes(picture([store.film(name, number, JUDGED) for name in order]))
        key[path.name] = {"prompts": REPORT[number], "from top to bottom": order}
    options.key.write_text(json.dumps(key, indent=2) + "\n", "utf-8")
    print(f"{WALKS} pictures in {options.folder}, the key in {options.key}")


def picture(films: Sequence[Film]) -> bytes:
    """Return one strip of each film, below each other, as a PNG of at most 100 kB."""
    sheet = Image.fromarray(np.concatenate([strip(film.pictures) for film in films]))
    for colours in COLOURS:
        out = io.BytesIO()
        sheet.quantize(colours, Image.Quantize.MEDIANCUT).save(out, "PNG", optimize=True)
        if len(out.getvalue()) <= LIMIT:
            break
    return out.getvalue()


def strip(pictures: Sequence[NDArray[np.uint8]], *, side: int = TILE) -> NDArray[np.uint8]:
    """Return frames of a film at equal times side by side, each of some pixels a side, with gaps."""
    indices = np.linspace(0, len(pictures) - 1, FRAMES).round().astype(int)
    shown = np.full((side + GAP, FRAMES * (side + GAP), 3), WALL, np.uint8)
    for place, index in enumerate(indices):
        tile = Image.fromarray(pictures[index]).resize((side, side), Image.Resampling.LANCZOS)
        left = place * (side + GAP)
        shown[:side, left : left + side] = np.asarray(tile)
    return shown


if __name__ == "__main__":
    main()
