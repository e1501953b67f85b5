"""How far films are from their frames as a browser shows them: ``python -m benchmarks.film_colours [--chromium PATH]``.

For each walk of the first exhibition and six flat colours, the frames are written as GIF, WebP and MP4, and decoded by
Chromium. The floor is what halving the resolution of colour (4:2:0) alone costs, without any compression.
"""

from __future__ import annotations

import argparse
import time
from base64 import b64encode
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from app.upkeep.operations import first_exhibition
from worker.film import encoding, video

Picture = NDArray[np.uint8]


def _video(writer_class: type[video.VideoWriter], frames: Sequence[Picture]) -> bytes:
    with writer_class(10, metadata={}) as writer:
        for frame in frames:
            writer.add(frame)
        return writer.finish()


FLAT = ((200, 40, 40), (40, 160, 60), (30, 60, 190), (230, 190, 40), (250, 250, 245), (20, 20, 24))
WRITERS: dict[str, Callable[[Sequence[Picture]], bytes]] = {
    "image/gif": lambda frames: encoding.gif(frames, 100, comment=""),
    "image/webp": lambda frames: encoding.webp(frames, 100, metadata={}),
    "video/mp4": lambda frames: _video(video.Mp4Writer, frames),
    "video/webm": lambda frames: _video(video.WebmWriter, frames),
}
SHOW = """async (address) => {
    const isVideo = address.startsWith('data:video')
    const film = isVideo ? document.createElement('video') : new Image()
    const once = (event) => new Promise((ready) => film.addEventListener(event, ready, {once: true}))
    const loaded = once(isVideo ? 'canplaythrough' : 'load')
    film.src = address
    await loaded
    // A video that has not sought or played is drawn black, one whose picture is not there yet not at all; a seek to a
    // picture that is shown already says nothing.
    for (let tries = 0, isShown = !isVideo; !isShown; tries += 1) {
        if (tries === 30) throw new Error('the video shows no picture')
        const shown = new Promise((ready) => film.requestVideoFrameCallback(() => ready(true)))
        film.currentTime = 0.01 + tries / 1000
        isShown = await Promise.race([shown, new Promise((ready) => setTimeout(ready, 1000, false))])
    }
    const canvas = new OffscreenCanvas(film.videoWidth || film.naturalWidth, film.videoHeight || film.naturalHeight)
    const context = canvas.getContext('2d')
    context.drawImage(film, 0, 0)
    const pixels = Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data)
    return [canvas.height, canvas.width, pixels]
}"""
COLUMNS = ("MP4/WebP mean", "MP4/WebP > 16", "4:2:0 mean", "4:2:0 > 16", "GIF 4×4", "GIF mean ±", "GIF ms")


def show(page: Page, kind: str, film: bytes) -> Picture:
    """Return the first picture of a film as the browser shows it."""
    height, width, pixels = page.evaluate(SHOW, f"data:{kind};base64,{b64encode(film).decode()}")
    return np.array(pixels, np.uint8).reshape(height, width, 4)[..., :3]


def subsampled(picture: Picture) -> Picture:
    """Return a picture whose colour has half the resolution, by Pillow's conversion and box filter."""
    light, *colours = Image.fromarray(picture).convert("YCbCr").split()
    half = (light.width // 2, light.height // 2)
    smooth = [each.resize(half, Image.Resampling.BOX).resize(light.size, Image.Resampling.BILINEAR) for each in colours]
    return np.asarray(Image.merge("YCbCr", (light, *smooth)).convert("RGB"))


def differences(one: Picture, other: Picture) -> tuple[float, float]:
    """Return the mean difference in levels, and the share of pixels (percent) with a channel off by more than 16."""
    apart = np.abs(one.astype(int) - other)
    return float(apart.mean()), float((apart.max(-1) > 16).mean() * 100)


def block_error(one: Picture, other: Picture) -> float:
    """Return the mean difference of the means of 4 × 4 blocks, in levels."""
    height, width = (side // 4 for side in one.shape[:2])
    apart = one[: 4 * height, : 4 * width].astype(float) - other[: 4 * height, : 4 * width]
    return float(np.abs(apart.reshape(height, 4, width, 4, 3).mean((1, 3))).mean())


def measure(page: Page, frames: Sequence[Picture]) -> tuple[float, ...]:
    """Return the figures of :data:`COLUMNS` for a film's first frame."""
    began = time.process_time()
    gif = WRITERS["image/gif"](frames)
    milliseconds = (time.process_time() - began) * 1000 / len(frames)
    films = {"image/gif": gif} | {kind: WRITERS[kind](frames) for kind in ("image/webp", "video/mp4")}
    seen = {kind: show(page, kind, film) for kind, film in films.items()}
    signed = float((seen["image/gif"].astype(float) - frames[0]).mean())
    return (
        *differences(seen["video/mp4"], seen["image/webp"]),
        *differences(subsampled(frames[0]), frames[0]),
        block_error(seen["image/gif"], frames[0]),
        signed,
        milliseconds,
    )


def main() -> None:
    """Print a line for each film, and the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.film_colours", description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    asked = parser.parse_args()
    films = {piece.folder.name: piece.frames() for piece in first_exhibition.shipped_walks()}
    films |= {str(colour): [np.full((256, 256, 3), colour, np.uint8)] * 2 for colour in FLAT}
    print(f"{'':45} {'  '.join(COLUMNS)}")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox"]).new_page()
        found = {name: measure(page, frames) for name, frames in films.items()}
    found["worst"] = tuple(max(column, key=abs) for column in zip(*found.values(), strict=True))
    found["mean"] = tuple(float(np.mean(column)) for column in zip(*list(found.values())[:-1], strict=True))
    for name, figures in found.items():
        cells = (f"{figure:{len(title)}.2f}" for figure, title in zip(figures, COLUMNS, strict=True))
        print(f"{name:45} {'  '.join(cells)}")


if __name__ == "__main__":
    main()
