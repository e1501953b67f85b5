"""Colours by lightness, chroma and hue (Oklab, by Björn Ottosson), and palettes, as tensors."""

from __future__ import annotations

import math

import torch
from torch import Tensor

TURN = 2 * math.pi
_TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_FROM_LMS = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def _times(matrix: tuple[tuple[float, ...], ...], x: Tensor) -> Tensor:
    """Return colours (n, 3, …) multiplied by a matrix (3, 3)."""
    flat = torch.tensor(matrix, device=x.device, dtype=x.dtype) @ x.flatten(2)
    return flat.view(x.shape)


def lab(rgb: Tensor) -> Tensor:
    """Return sRGB (n, 3, …) converted to Oklab: lightness 0…1, a and b about ±0.3."""
    shape, rgb = rgb.shape, rgb.flatten(2).clamp(0, 1)
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055).clamp(min=0) ** 2.4)
    return _times(_TO_LAB, _times(_TO_LMS, linear).clamp(min=0) ** (1 / 3)).view(shape)


def rgb(lab_: Tensor) -> Tensor:
    """Return Oklab (n, 3, …) converted to sRGB, clipped to 0…1."""
    shape = lab_.shape
    linear = _times(_FROM_LMS, _times(_FROM_LAB, lab_.flatten(2)) ** 3).clamp(0, 1)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).view(shape)


def polar(lab_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return lightness, chroma and hue (radians) of Oklab (n, 3, …), each (n, 1, …)."""
    lightness, a, b = lab_[:, :1], lab_[:, 1:2], lab_[:, 2:]
    return lightness, torch.hypot(a, b), torch.atan2(b, a)


def colour(lightness: Tensor, chroma: Tensor, hue: Tensor) -> Tensor:
    """Return sRGB (n, 3, …) for lightness, chroma and hue in radians, each (n, 1, …)."""
    return rgb(torch.cat([lightness, chroma * torch.cos(hue), chroma * torch.sin(hue)], 1))


def tuned(
    picture: Tensor,
    *,
    lightness: float | Tensor = 1.0,
    chroma: float | Tensor = 1.0,
    turn: float | Tensor = 0.0,
    lift: float | Tensor = 0.0,
) -> Tensor:
    """Return sRGB (n, 3, …) with lightness and chroma scaled, hue rotated by ``turn`` radians, then ``lift`` added."""
    light, strength, hue = polar(lab(picture))
    return colour((light * lightness + lift).clamp(0, 1), strength * chroma, hue + turn)


def table(*hexes: str, like: Tensor) -> Tensor:
    """Return colours given as texts such as ``e4002b``: sRGB (k, 3), 0…1."""
    values = [[int(each[i : i + 2], 16) / 255 for i in (0, 2, 4)] for each in hexes]
    return torch.tensor(values, device=like.device, dtype=like.dtype)


def nearest(picture: Tensor, palette: Tensor) -> Tensor:
    """Return for each pixel of sRGB (n, 3, h, w) the index of the nearest colour of a palette: (n, h, w).

    The palette is (k, 3) for all pictures, or (n, k, 3).
    """
    own = palette if palette.dim() == 3 else palette.expand(len(picture), *palette.shape)
    a, b = lab(picture).flatten(2).transpose(1, 2), lab(own.transpose(1, 2)).transpose(1, 2)
    return torch.cdist(a, b).argmin(2).view(len(picture), *picture.shape[2:])


def look_up(palette: Tensor, labels: Tensor) -> Tensor:
    """Return the colours (n, 3, h, w) of labels (n, h, w) in palettes (n, k, 3)."""
    flat = labels.flatten(1)[..., None].expand(-1, -1, 3)
    return palette.gather(1, flat).transpose(1, 2).reshape(len(labels), 3, *labels.shape[1:])
