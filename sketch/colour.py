"""Colours with numpy: conversions to Oklab (by Björn Ottosson) and back, named colours, mean colours of drawings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# For each name: the target lightness, the chroma and the hue in degrees.
NAMED: dict[str, tuple[float, float, float]] = {
    "red": (0.58, 0.21, 27), "orange": (0.73, 0.17, 58), "yellow": (0.87, 0.17, 98), "green": (0.66, 0.18, 143),
    "blue": (0.56, 0.17, 258), "purple": (0.52, 0.19, 300), "pink": (0.79, 0.13, 355), "brown": (0.46, 0.08, 55),
    "black": (0.26, 0.01, 280), "white": (0.95, 0.01, 90), "grey": (0.66, 0.01, 260), "turquoise": (0.76, 0.12, 190),
}  # fmt: skip
DARKS = frozenset(("brown", "black", "white", "grey"))
"""Names of colours that light cannot have, as in the neon style."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_FROM_LAB = np.linalg.inv(_TO_LAB).astype(np.float32)
_FROM_LMS = np.linalg.inv(_TO_LMS).astype(np.float32)


def lab(rgb: Array) -> Array:
    """Return sRGB colours (…, 3), 0…1, converted to Oklab (…, 3): lightness 0…1, a and b about ±0.3."""
    rgb = np.clip(rgb, 0, 1)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T, np.float32)


def rgb(values: Array) -> Array:
    """Return Oklab colours (…, 3) converted to sRGB (…, 3), clipped to 0…1."""
    linear = np.clip((values @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def polar(lightness: float, chroma: float, degrees: float) -> Array:
    """Return the sRGB colour (3,), 0…1, with an Oklab lightness, chroma and hue in degrees."""
    return rgb(polar_lab(lightness, chroma, degrees))


def polar_lab(lightness: float, chroma: float, degrees: float) -> Array:
    """Return the Oklab colour (3,) with a lightness, chroma and hue in degrees."""
    hue = math.radians(degrees)
    return np.array([lightness, chroma * math.cos(hue), chroma * math.sin(hue)], np.float32)


def to_hex(colour: Array) -> str:
    """Return one sRGB colour (3,), 0…1, as the text ``rrggbb``."""
    return "".join(f"{round(float(each) * 255):02x}" for each in np.clip(colour, 0, 1))


def parse_hex(tone: str) -> Array:
    """Return the text ``rrggbb`` as an sRGB colour (3,), 0…1."""
    return np.array([int(tone[at : at + 2], 16) / 255 for at in (0, 2, 4)], np.float32)


def lightness(picture: Array) -> float:
    """Return the mean Oklab lightness, 0…1, of the visible part of a drawing (h, w, 4), straight alpha."""
    alpha = picture[..., 3]
    return float((lab(picture[..., :3])[..., 0] * alpha).sum() / (alpha.sum() + 1e-4))


@dataclass(frozen=True, slots=True)
class Appearance:
    """Appearance of a drawing: its mean colour in Oklab, and the share of its square that it covers, 0…1."""

    tone: tuple[float, float, float]
    cover: float


def measure_appearance(picture: Array) -> Appearance:
    """Return the appearance of a drawing (h, w, 4), straight alpha."""
    alpha = picture[..., 3]
    mean = (lab(picture[..., :3]) * alpha[..., None]).sum((0, 1)) / (alpha.sum() + 1e-4)
    return Appearance(_three(mean), float(alpha.mean()))


def tone(rgb: Array) -> tuple[float, float, float]:
    """Return one sRGB colour (3,), 0…1, as an Oklab colour of three floats."""
    return _three(lab(rgb))


def _three(values: Array) -> tuple[float, float, float]:
    lightness, a, b = (float(each) for each in values)
    return lightness, a, b


def recolour(picture: Array, name: str, mean: float) -> Array:
    """Return a drawing or a part of one, sRGB (h, w, 3), in a colour named in :data:`NAMED`.

    ``mean`` is the mean Oklab lightness of the whole drawing; it moves towards the lightness of the named colour. Light
    and shade are kept, and black and white stay.
    """
    lightness, chroma, degrees = NAMED[name]
    hue = math.radians(degrees)
    light = lab(picture)[..., 0]
    moved = np.clip(light + (lightness - mean) * 0.85 * (1 - (np.abs(light - 0.5) * 2) ** 4), 0.08, 0.99)
    span = np.clip(1 - ((moved - lightness) * 1.6) ** 2, 0.15, 1)
    span = span * np.clip((moved - 0.2) / 0.12, 0, 1) * np.clip((0.995 - moved) / 0.05, 0, 1)
    strength = chroma * span
    return rgb(np.stack([moved, strength * math.cos(hue), strength * math.sin(hue)], -1).astype(np.float32))
