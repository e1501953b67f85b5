"""The end of a film, picture by picture: ``python -m benchmarks.last_second FILM ...`` (GIF, WebP, MP4).

For each file it prints how many pictures it has, how long it lasts, for how long the first one is shown, and when each
of those begins that is shown within the last second and a half, with its time on the screen. GIF and WebP are read by
Pillow, MP4 by ffmpeg.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

LAST = 1.5
SAME = 0.3
"""How far pictures of a video may be apart, in levels of 256, that count as one: it stores them with losses."""


def shown_seconds(film: Path) -> list[float]:
    """Return for how long each picture of a film is shown; one that is repeated unchanged counts as one."""
    if film.suffix == ".mp4":
        return _of_video(film)
    with Image.open(film) as opened:
        seconds = []
        for frame in range(getattr(opened, "n_frames", 1)):
            opened.seek(frame)
            opened.load()
            seconds.append(opened.info["duration"] / 1000)
    return seconds


def _of_video(film: Path) -> list[float]:
    """Return the same of an MP4, whose pictures are repeated for as long as they are shown."""
    read = imageio_ffmpeg.read_frames(film)
    about = next(read)
    seconds, before = list[float](), None
    for data in read:
        picture = np.frombuffer(data, np.uint8).astype(np.int16)
        if before is not None and np.abs(picture - before).mean() < SAME:
            seconds[-1] += 1 / about["fps"]
        else:
            seconds.append(1 / about["fps"])
        before = picture
    return seconds


def row(film: Path) -> str:
    """Return a row of the table."""
    seconds = shown_seconds(film)
    total, at, ends = sum(seconds), 0.0, []
    for number, lasts in enumerate(seconds, 1):
        if at + lasts > total - LAST:
            ends.append(f"{number} at {at:.2f} for {lasts:.2f}")
        at += lasts
    return f"| {film.suffix[1:]} | {len(seconds)} | {total:.2f} | {seconds[0]:.2f} | {', '.join(ends)} |"


def main() -> None:
    """Print a row for each film."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.last_second", description=__doc__)
    parser.add_argument("films", nargs="+", type=Path)
    print("| format | pictures | seconds | the first, s | shown in the last second and a half, s |")
    for film in parser.parse_args().films:
        print(row(film))


if __name__ == "__main__":
    main()
