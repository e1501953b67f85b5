"""A batch of transparent drawings with images derived from them: extended colours, contours, flat regions."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from studio.errors import StudioError
from studio.styles import brush, colour
from studio.styles.dice import HashRng


class Drawing:
    """A batch of motifs: things (n, 4, h, w), float 0…1, straight alpha, with images derived from them and cached.

    ``ground`` (n, 3, h, w), 0…1, is the opaque background, if there is one. ``unit`` is 1/256 of the height in pixels.
    """

    def __init__(self, motifs: Tensor, ground: Tensor | None = None) -> None:
        self.given = ground
        self.alpha = motifs[:, 3:]
        self.unit = motifs.shape[2] / 256
        self.rgb = self._spread(motifs[:, :3])

    def __len__(self) -> int:
        return len(self.alpha)

    def before(self, ground: Tensor) -> Drawing:
        """Return the same motifs in front of another background (n, 3, h, w), 0…1."""
        return Drawing(torch.cat([self.rgb, self.alpha], 1), ground)

    def _spread(self, rgb: Tensor) -> Tensor:
        """Return the colours extended beyond the edge of the motifs, so that a moved or soft edge shows no black."""
        near = brush.blur(rgb * self.alpha, 2) / (brush.blur(self.alpha, 2) + 1e-4)
        wide = brush.blur(rgb * self.alpha, 14) / (brush.blur(self.alpha, 14) + 1e-4)
        beyond = torch.where(brush.blur(self.alpha, 2) > 0.02, near, wide)
        return torch.where(self.alpha > 0.6, rgb, beyond).clamp(0, 1)

    @cached_property
    def luma(self) -> Tensor:
        """Return the Oklab lightness (n, 1, h, w)."""
        return colour.lab(self.rgb)[:, :1]

    @cached_property
    def mean(self) -> Tensor:
        """Return the motif's mean colour in Oklab (n, 3, 1, 1)."""
        weight = self.alpha.sum((2, 3), keepdim=True) + 1e-4
        return (colour.lab(self.rgb) * self.alpha).sum((2, 3), keepdim=True) / weight

    @cached_property
    def inner(self) -> Tensor:
        """Return how strongly colours change within the motif (n, 1, h, w), 0…1."""
        smooth = brush.blur(colour.lab(self.rgb), 0.8 * self.unit)
        return (brush.steepness(smooth) * 9).clamp(0, 1) * self.alpha

    @cached_property
    def outline(self) -> Tensor:
        """Return how near the motif's edge is (n, 1, h, w), 0…1."""
        return (brush.steepness(brush.blur(self.alpha, 0.8 * self.unit)) * 3).clamp(0, 1)

    @cached_property
    def edges(self) -> Tensor:
        """Return the contours, inner and outer (n, 1, h, w), 0…1."""
        return torch.maximum(self.inner, self.outline)

    def regions(self, count: int, smooth: float = 1.2) -> tuple[Tensor, Tensor]:
        """Return the motif in ``count`` flat colours, by k-means in Oklab: labels (n, h, w), sRGB (n, count, 3).

        Labels are ordered from dark to light; ``smooth`` is how far shapes are rounded, in units.
        """
        return parted(self.rgb, self.alpha, count, smooth * self.unit)

    @property
    def ground(self) -> Tensor:
        """Return the background (n, 3, h, w).

        :raises StudioError: when none was given.
        """
        if self.given is None:
            raise StudioError("The drawing has no background.")
        return self.given

    @cached_property
    def whole(self) -> Tensor:
        """Return the motifs in front of their background (n, 3, h, w).

        :raises StudioError: when there is no background.
        """
        return brush.over(self.rgb, self.alpha, self.ground)

    @cached_property
    def lines(self) -> Tensor:
        """Return the contours, inner and outer (n, 1, h, w), 0…1; unlike :attr:`edges`, alike at any picture size."""
        smooth = brush.blur(colour.lab(self.rgb), 0.8 * self.unit)
        inner = brush.steepness(smooth) * (9 * self.unit) * self.alpha
        outer = brush.steepness(brush.blur(self.alpha, 0.8 * self.unit)) * (3 * self.unit)
        return torch.maximum(inner, outer).clamp(0, 1)

    @cached_property
    def seams(self) -> Tensor:
        """Return the edges in the background (n, 1, h, w), 0…1: a horizon is one, a gradient or soft shadow is not."""
        unit, lab = self.unit, colour.lab(self.ground)
        near, far = (brush.steepness(brush.blur(lab, sigma * unit)) * unit for sigma in (1.0, 3.0))
        # A blur weakens a sharp edge more than the soft edge of a shadow.
        sharp = brush.step(near / (far + 1e-4), 1.6, 2.2)
        sharp = torch.nn.functional.max_pool2d(sharp, 5, 1, 2)
        return brush.step(near, 0.014, 0.045) * sharp * (1 - self.alpha)

    def parted_motifs(self, count: int, smooth: float, lightness: float = 0.75) -> tuple[Tensor, Tensor]:
        """Return the motifs in flat colours as :meth:`regions` does, divided less by light and shade."""
        return parted(self.rgb, self.alpha, count, smooth * self.unit, lightness)

    def parted_ground(self, count: int, smooth: float) -> tuple[Tensor, Tensor]:
        """Return the whole background in flat colours as :meth:`regions` does, alike wherever a motif stands."""
        return parted(self.ground, torch.ones_like(self.alpha), count, smooth * self.unit)


def parted(rgb: Tensor, weight: Tensor, count: int, sigma: float, lightness: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return a picture (n, 3, h, w) in ``count`` flat colours (k-means in Oklab): labels (n, h, w), sRGB (n, count, 3).

    Labels are ordered from dark to light; ``weight`` (n, 1, h, w), 0…1, is how far a pixel counts; ``sigma`` is how far
    shapes are rounded, in pixels. With a ``lightness`` below 1, light and shade on one thing divide it less.
    """
    scale = torch.tensor([lightness, 1.0, 1.0], device=rgb.device)[:, None, None]
    lab = colour.lab(rgb) * scale
    points = lab[:, :, :: max(1, lab.shape[2] // 64), :: max(1, lab.shape[3] // 64)].flatten(2).transpose(1, 2)
    weight = weight[:, :, :: max(1, lab.shape[2] // 64), :: max(1, lab.shape[3] // 64)].flatten(2)[:, 0]
    centres = _starts(points, weight, count)
    for _ in range(8):
        near = torch.cdist(points, centres).argmin(2)
        mine = torch.nn.functional.one_hot(near, count).float() * weight[..., None]
        total = mine.sum(1)[..., None]
        centres = torch.where(total > 0.5, mine.transpose(1, 2) @ points / total.clamp(min=0.5), centres)
    order = centres[..., 0].argsort(1)
    centres = centres.gather(1, order[..., None].expand(-1, -1, 3))
    labels = torch.cdist(lab.flatten(2).transpose(1, 2), centres).argmin(2).view(len(lab), *lab.shape[2:])
    labels = rounded(labels, count, sigma)
    return labels, colour.rgb(centres.transpose(1, 2) / scale[:, :, 0]).transpose(1, 2)


def _starts(points: Tensor, weight: Tensor, count: int) -> Tensor:
    """Return initial centres for k-means (n, count, 3): the mean, then repeatedly the point furthest from them."""
    mean = (points * weight[..., None]).sum(1, keepdim=True) / weight.sum(1)[:, None, None].clamp(min=1e-4)
    chosen = [mean]
    far = torch.cdist(points, mean)[..., 0]
    for _ in range(count - 1):
        at = (far * (weight > 0.9)).argmax(1)
        chosen.append(points.gather(1, at[:, None, None].expand(-1, 1, 3)))
        far = torch.minimum(far, torch.cdist(points, chosen[-1])[..., 0])
    return torch.cat(chosen, 1)


def rounded(labels: Tensor, count: int, sigma: float) -> Tensor:
    """Return labels (n, h, w) with rounder shapes: each pixel gets the label that prevails within ``sigma`` pixels."""
    layers = torch.nn.functional.one_hot(labels, count).permute(0, 3, 1, 2).float()
    return brush.blur(layers, sigma).argmax(1)


def soft(labels: Tensor, palette: Tensor) -> Tensor:
    """Return the picture (n, 3, h, w) of labels (n, h, w) in colours of palettes (n, k, 3), with antialiased edges."""
    layers = torch.nn.functional.one_hot(labels, palette.shape[1]).permute(0, 3, 1, 2).float()
    shares = brush.blur(layers, 0.7)
    return torch.einsum("nkhw,nkc->nchw", shares, palette)


def ground_hue(drawing: Drawing, rng: HashRng, spread: float = 0.9) -> Tensor:
    """Return a random hue in radians (n, 1, 1, 1) for a background, mostly far from the motif's; any for a grey motif.

    It deviates from the opposite hue by up to ``spread`` radians, or in about half of the pictures by up to 2.1.
    """
    _, chroma, hue = colour.polar(drawing.mean)
    free = rng.uniform(1, 1, 1, high=colour.TURN)
    wide = torch.where(rng.uniform(1, 1, 1) < 0.55, max(spread, 2.1), spread)
    shaken = hue + torch.pi + wide * rng.uniform(1, 1, 1, low=-1, high=1)
    return torch.where(chroma > 0.035, shaken, free)
