"""Paint the drawing on the about page: a plane of pictures between four prompts, with one walk across it in colour.

Run from the repository: ``.venv/bin/python docs/drawings/plane.py MODEL``. The model is one that words alone lead, for
the pictures lie between four prompts' words, not between drawings: the first house model painted what hangs there
(``git archive aede89e models/house``). It writes ``static/drawings/plane.webp``, which is transparent between the
pictures and fades with transparency, so that it hangs on the wall by day and in the hall by night. The line of the walk
is drawn by the page, underneath.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from worker.diffusion.prepared_walk import PreparedWalk  # noqa: E402 - the repository is no package on the path
from worker.diffusion.rendering import StopInput  # noqa: E402
from worker.diffusion.walk_pipeline import WalkPipeline  # noqa: E402 - the repository is no package on the path

BEGIN, END = "a fox", "a sunflower"  # the corners of the walk: bottom left and top right
TOP_LEFT, BOTTOM_RIGHT = "a penguin", "a red apple"
HAND = "paper cut-out"
SEED = 26
COLUMNS, ROWS = 15, 8
WIDTH, HEIGHT = 1184, 632  # the page's units; the file has twice as many pixels
TILE = 76
SCALE = 2


def main() -> None:
    """Paint all pictures of the plane and hang them."""
    model = Path(sys.argv[1])
    if (model / "sketch.json").exists():
        sys.exit(f"{model} is led by drawings; the plane lies between words.")
    painter = WalkPipeline.load(str(model))
    stops = [StopInput(f"{prompt}, {HAND}", "", SEED) for prompt in (BEGIN, BOTTOM_RIGHT, TOP_LEFT, END)]
    corners = painter.prepare(stops, painter.rendering(steps=20, guidance=3.5))
    sheet = Image.new("RGBA", (WIDTH * SCALE, HEIGHT * SCALE))
    for row in range(ROWS):
        painted = painter.paint(_row(corners, row / (ROWS - 1)), [column / (COLUMNS - 1) for column in range(COLUMNS)])
        for column, one in enumerate(painted):
            _hang(sheet, one.picture, column, row)
    path = ROOT / "static" / "drawings" / "plane.webp"
    sheet.save(path, quality=82, alpha_quality=90, method=6)
    print(f"{path}: {path.stat().st_size:,} bytes")


def _row(corners: PreparedWalk, v: float) -> PreparedWalk:
    """Make the walk from the left to the right edge at height ``v``: the blend is bilinear in the text states."""
    bottom_left, bottom_right, top_left, top_right = corners.prompts
    ends = np.stack([_lerp(bottom_left, top_left, v), _lerp(bottom_right, top_right, v)])
    return replace(corners, prompts=ends, negatives=corners.negatives[:2], noises=corners.noises[:2])


def _lerp(a: NDArray[np.float32], b: NDArray[np.float32], t: float) -> NDArray[np.float32]:
    return (a + (b - a) * np.float32(t)).astype(np.float32)


def _hang(sheet: Image.Image, pixels: NDArray[np.uint8], column: int, row: int) -> None:
    """Put a picture into its place: large and in colour on the walk, else grey, smaller and fainter with distance."""
    u, v = column / (COLUMNS - 1), row / (ROWS - 1)
    distance = abs(u - v)
    picture = Image.fromarray(pixels)
    on_walk = distance < 1e-6
    side = TILE if on_walk else 52 - 20 * distance
    if on_walk:
        tile = picture.convert("RGBA")
    else:
        tile = picture.convert("L").convert("RGBA")
        tile.putalpha(round(255 * (0.10 + 0.52 * (1 - distance) ** 1.6)))
    pixels_wide = round(side * SCALE)
    tile = tile.resize((pixels_wide, pixels_wide), Image.Resampling.LANCZOS)
    x = (TILE / 2 + u * (WIDTH - TILE)) * SCALE
    y = (TILE / 2 + (1 - v) * (HEIGHT - TILE)) * SCALE
    sheet.alpha_composite(tile, (round(x - pixels_wide / 2), round(y - pixels_wide / 2)))


if __name__ == "__main__":
    main()
