"""The main colour of a picture, as one of eleven basic colour names."""

from __future__ import annotations

import io
from collections import Counter

from PIL import Image

from app.core.i18n.gettext import N_

COLOURS = (
    N_("red"),
    N_("orange"),
    N_("yellow"),
    N_("green"),
    N_("blue"),
    N_("purple"),
    N_("pink"),
    N_("brown"),
    N_("black"),
    N_("grey"),
    N_("white"),
)

SIDE = 32
TONED = 3.0
"""The weight of a pixel with a hue, compared with a black, grey or white one: a red apple on white paper is red."""


def main(picture: Image.Image | bytes) -> str:
    """Return the name of a picture's main colour, one of ``COLOURS``.

    Hues are weighted more than black, grey and white.

    :raises PIL.UnidentifiedImageError: when the bytes are not a picture.
    """
    opened = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    small = opened.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    pixels = small.convert("HSV").tobytes()
    shares: Counter[str] = Counter()
    for at in range(0, len(pixels), 3):
        name = _name(pixels[at] * 360 / 256, pixels[at + 1] / 255, pixels[at + 2] / 255)
        shares[name] += 1 if name in ("black", "grey", "white") else TONED  # type: ignore[assignment]
    return max(COLOURS, key=lambda name: shares[name])


def _name(hue: float, saturation: float, value: float) -> str:
    """Return the name of a colour, given its hue in degrees, and its saturation and value from 0 to 1."""
    if value < 0.2:
        return "black"
    if saturation < 0.15 or (saturation < 0.25 and value < 0.4):
        return "white" if value > 0.8 else "grey" if value > 0.25 else "black"
    if hue < 12 or hue >= 345:
        return "pink" if saturation < 0.5 and value > 0.7 else "red"
    if hue < 45:
        return "brown" if value < 0.6 or (saturation < 0.5 and value < 0.8) else "orange"
    if hue < 68:
        return "brown" if value < 0.4 else "yellow"
    if hue < 165:
        return "green"
    if hue < 255:
        return "blue"
    if hue < 300:
        return "purple"
    return "pink" if value > 0.5 else "purple"
