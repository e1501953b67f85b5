"""Colours of other primaries than those of sRGB, by matrices in linear light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_D65, _DCI = (0.3127, 0.3290), (0.314, 0.351)
PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
"""The chromaticities of red, green, blue and white, by the code points of H.273, table 2."""


def to_srgb(picture: Image.Image, primaries: int, gamma: float | None) -> Image.Image:
    """Return an RGB picture of these primaries in sRGB; colours beyond sRGB are clipped.

    :param primaries: a code point of H.273, table 2.
    :param gamma: the exponent of its transfer function; ``None`` for that of sRGB.
    """
    levels = (np.arange(256) / 255).astype(np.float32)
    linear = _linear(levels) if gamma is None else levels**gamma
    matrix = np.linalg.inv(_to_xyz(1)) @ _adapted(primaries)
    light = linear[np.asarray(picture)] @ matrix.T.astype(np.float32)
    return Image.fromarray(np.round(_encoded(light.clip(0, 1)) * 255).astype(np.uint8))


def _linear(share: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encoded(light: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


def _xyz(chromaticity: tuple[float, float]) -> NDArray[np.float64]:
    x, y = chromaticity
    return np.array([x / y, 1, (1 - x - y) / y])


def _to_xyz(primaries: int) -> NDArray[np.float64]:
    """Return the matrix (3, 3) from linear light of some primaries to XYZ."""
    *colours, white = PRIMARIES[primaries]
    columns = np.stack([_xyz(colour) for colour in colours], axis=1)
    return np.asarray(columns * np.linalg.solve(columns, _xyz(white)), np.float64)


def _adapted(primaries: int) -> NDArray[np.float64]:
    """Return that matrix with its white brought to that of sRGB, after Bradford."""
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    source, target = cone @ _xyz(PRIMARIES[primaries][3]), cone @ _xyz(_D65)
    return np.asarray(np.linalg.inv(cone) @ np.diag(target / source) @ cone @ _to_xyz(primaries), np.float64)
