"""Films are shown by a browser in the colours in which they were painted, whatever their format."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from app.operations import first_exhibition
from worker.film import encoding

pytestmark = pytest.mark.server

Picture = NDArray[np.uint8]

WRITERS: dict[str, Callable[[list[Picture]], bytes]] = {
    "image/gif": lambda frames: encoding.gif(frames, 100, comment=""),
    "image/webp": lambda frames: encoding.webp(frames, 100, metadata={}),
    "video/mp4": lambda frames: encoding.mp4(frames, 10, metadata={}),
}
FLAT = [(200, 40, 40), (40, 160, 60), (0, 0, 255), (230, 190, 40), (250, 250, 245), (20, 20, 24)]
SHOW = """async (address) => {
    const isVideo = address.startsWith('data:video')
    const film = isVideo ? document.createElement('video') : new Image()
    const drawn = new Promise((ready) => { film.onload = film.onseeked = ready })
    film.src = address
    if (isVideo) film.currentTime = 0.01  // a video that has not sought or played is drawn black
    await drawn
    const canvas = document.createElement('canvas')
    canvas.width = film.videoWidth || film.naturalWidth
    canvas.height = film.videoHeight || film.naturalHeight
    const context = canvas.getContext('2d')
    context.drawImage(film, 0, 0)
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height)
    return [pixels.height, pixels.width, Array.from(pixels.data)]
}"""


@pytest.fixture(scope="module")
def show(browser: Browser) -> Callable[[str, bytes], Picture]:
    """Return a function that gives the first picture of a film as the browser shows it."""
    page = browser.new_page()

    def first(kind: str, film: bytes) -> Picture:
        height, width, values = page.evaluate(SHOW, f"data:{kind};base64,{b64encode(film).decode()}")
        return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]

    return first


@pytest.mark.parametrize("kind", WRITERS)
def test_flat_colours_are_shown_as_they_are(show: Callable[[str, bytes], Picture], kind: str) -> None:
    for colour in FLAT:
        painted = np.full((64, 64, 3), colour, np.uint8)
        seen = show(kind, WRITERS[kind]([painted, painted])).mean((0, 1))
        assert np.abs(seen - colour).max() <= 2, f"{colour} is shown as {seen.round(1)}"


def blocks(picture: Picture, side: int = 16) -> NDArray[np.float64]:
    """Return the mean colours of blocks, which fine texture does not change."""
    rows, columns = (length // side for length in picture.shape[:2])
    return picture.astype(float).reshape(rows, side, columns, side, 3).mean((1, 3))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_painted_picture_has_its_colours_in_each_format(show: Callable[[str, bytes], Picture], kind: str) -> None:
    painted = first_exhibition.shipped_walks()[0].frames()[0]
    seen = show(kind, WRITERS[kind]([painted, painted]))
    assert np.abs(blocks(seen) - blocks(painted)).mean() <= 0.7


def test_shipped_films_have_the_colours_of_their_frames(show: Callable[[str, bytes], Picture]) -> None:
    for piece in first_exhibition.shipped_walks():
        painted, seen = blocks(piece.frames()[0]), blocks(show("video/mp4", piece.film()))
        assert np.abs(seen - painted).mean() <= 2.2, piece.folder.name
