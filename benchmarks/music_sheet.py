"""Draw a sheet of the frames of a film to music on its beats: ``python -m benchmarks.music_sheet SHEET --walk FOLDER``.

A row is a bar. Of each beat there are two frames, as decoded from the MP4 of a shipped walk: the last one before the
beat, and the one on it.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.upkeep.operations.first_exhibition import FILM, ShippedWalk
from worker.planning import music_time

BAR = 4
SIDE, MARGIN, CAPTION = 72, 10, 14
PAPER, INK = "white", "black"


def decode(film: Path) -> NDArray[np.uint8]:
    """Return the frames of a film, made smaller, as count × side × side × 3."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(film), "-vf", f"scale={SIDE}:{SIDE}"]
    written = [*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    output = subprocess.run(written, capture_output=True, check=True).stdout
    return np.frombuffer(output, np.uint8).reshape(-1, SIDE, SIDE, 3)


def draw(frames: NDArray[np.uint8], beats: Sequence[float], fps: float) -> Image.Image:
    """Return the sheet; each beat is captioned with its time in seconds."""
    width, height = 2 * SIDE + MARGIN, SIDE + CAPTION
    sheet = Image.new("RGB", (BAR * width - MARGIN, -(-len(beats) // BAR) * height), PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, beat in enumerate(beats):
        left, top = number % BAR * width, number // BAR * height
        frame = music_time.nearest_frame(beat, fps)
        for place, index in enumerate((max(frame - 1, 0), frame)):
            sheet.paste(Image.fromarray(frames[index]), (left + place * SIDE, top + CAPTION))
        pen.text((left + SIDE, top), f"{beat:.2f} s", INK)
    return sheet


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.music_sheet", description=__doc__)
    parser.add_argument("sheet", type=Path, help="the picture to write, such as beats.webp")
    parser.add_argument("--walk", type=Path, required=True, help="the folder of a shipped walk that is set to music")
    asked = parser.parse_args()
    walk = ShippedWalk(asked.walk)
    sound = walk.recipe["sound"]
    beats = [time - sound["start"] for time in walk.label["music"]["beats"]]
    inside = [beat for beat in beats if 0 <= beat < sound["length"]]
    draw(decode(asked.walk / FILM), inside, walk.recipe["fps"]).save(asked.sheet, quality=70)


if __name__ == "__main__":
    main()
