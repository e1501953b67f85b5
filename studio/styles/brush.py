"""Image operations shared by the styles: blurs, edges, noise, cells, strokes, screens.

Tensors are batches (n, c, h, w). ``like`` is a tensor whose number of pictures, size and device the result gets.
Lengths are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from studio.styles.dice import HashRng


def blur(x: Tensor, sigma: float) -> Tensor:
    """Return ``x`` blurred by a Gaussian of ``sigma`` pixels; a large ``sigma`` is applied to a smaller copy."""
    if sigma > 4 and min(x.shape[2:]) >= 32:
        small = F.avg_pool2d(x, 2)
        return F.interpolate(blur(small, sigma / 2), size=x.shape[2:], mode="bilinear", align_corners=False)
    radius = max(1, math.ceil(2.5 * sigma))
    at = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, -1, 1)
    n, c, h, w = x.shape
    flat = F.pad(x.reshape(n * c, 1, h, w), (radius, radius, radius, radius), mode="replicate")
    # For pictures of this size, a CPU is up to ten times as fast channel by channel, with identical results.
    singly = flat.device.type == "cpu" and h * w >= 1 << 16
    parts = torch.split(flat, 1) if singly else (flat,)
    return torch.cat([F.conv2d(F.conv2d(part, kernel), kernel.transpose(2, 3)) for part in parts]).view(n, c, h, w)


def step(x: Tensor, low: float | Tensor, high: float | Tensor) -> Tensor:
    """Return a smooth step from 0 at ``low`` to 1 at ``high``; falling when ``low`` is larger."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def over(top: Tensor, cover: Tensor, bottom: Tensor) -> Tensor:
    """Return ``top`` blended over ``bottom`` with the opacity ``cover``, 0…1."""
    return bottom + (top - bottom) * cover


def slopes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of ``x`` to the right and downwards, per pixel (central differences)."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return (p[..., 1:-1, 2:] - p[..., 1:-1, :-2]) / 2, (p[..., 2:, 1:-1] - p[..., :-2, 1:-1]) / 2


def steepness(x: Tensor) -> Tensor:
    """Return the magnitude of the gradient over all channels: (n, 1, h, w)."""
    dx, dy = slopes(x)
    return (dx**2 + dy**2).sum(1, keepdim=True).sqrt()


def places(like: Tensor) -> tuple[Tensor, Tensor]:
    """Return x and y of each pixel's centre, in pixels: (1, 1, h, w) each."""
    h, w = like.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(h, device=like.device, dtype=like.dtype) + 0.5,
        torch.arange(w, device=like.device, dtype=like.dtype) + 0.5,
        indexing="ij",
    )
    return x[None, None], y[None, None]


def sample(picture: Tensor, x: Tensor, y: Tensor, mode: str = "bilinear") -> Tensor:
    """Return ``picture`` (n, c, h, w) sampled at x, y (n, 1, h', w'): (n, c, h', w'); the border continues outside."""
    h, w = picture.shape[2:]
    at = torch.cat([x * (2 / w) - 1, y * (2 / h) - 1], 1).permute(0, 2, 3, 1)
    at = at.expand(len(picture), -1, -1, -1)
    return F.grid_sample(picture, at, mode=mode, padding_mode="border", align_corners=False)


def shifted(picture: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Return ``picture`` displaced: each pixel shows what is dx, dy pixels away, (n, 1, h, w) or numbers."""
    x, y = places(picture)
    return sample(picture, x + dx, y + dy)


def cloud(rng: HashRng, like: Tensor, cell: float, octaves: int = 3, channels: int = 1) -> Tensor:
    """Return soft noise (n, channels, h, w) in spots of about ``cell`` pixels, mean 0 and deviation about 1.

    Each octave has half the scale and weight of the one before.
    """
    h, w = like.shape[2:]
    total = torch.zeros(len(like), channels, h, w, device=like.device)
    for octave in range(octaves):
        size = max(1.0, cell / 2**octave)
        rows, columns = max(2, math.ceil(h / size)) + 3, max(2, math.ceil(w / size)) + 3
        grain = rng.normal(channels, rows, columns)
        x, y = places(like)
        total = total + _spread(grain, x / size + 1.5, y / size + 1.5) * 0.5**octave
    return total * 1.35 / math.sqrt(sum(0.25**octave for octave in range(octaves)))


def _spread(grain: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return a coarse table (n, c, rows, columns) interpolated smoothly at the columns x and rows y."""
    h, w = grain.shape[2:]
    at = torch.cat([x * (2 / w) - 1, y * (2 / h) - 1], 1).permute(0, 2, 3, 1).expand(len(grain), -1, -1, -1)
    return F.grid_sample(grain, at, mode="bicubic", padding_mode="border", align_corners=False)


def grain(rng: HashRng, like: Tensor, channels: int = 1) -> Tensor:
    """Return independent uniform noise for each pixel (n, channels, h, w), mean 0 and deviation 1."""
    return (rng.uniform(channels, *like.shape[2:]) - 0.5) * math.sqrt(12)


def paper(rng: HashRng, like: Tensor, depth: float = 0.03) -> Tensor:
    """Return the relief of paper (n, 1, h, w) as factors around 1 that deviate by about ``depth``."""
    return 1 + depth * (0.6 * cloud(rng, like, 3, 2) + 0.35 * grain(rng, like))


def along(texture: Tensor, vx: Tensor, vy: Tensor, length: float, steps: int = 8) -> Tensor:
    """Return ``texture`` smeared over ``length`` pixels along the unit vectors vx, vy (n, 1, h, w).

    This is line integral convolution (Cabral and Leedom 1993).
    """
    x0, y0 = places(texture)
    total, stride = texture, length / (2 * steps)
    field = torch.cat([vx, vy], 1)
    for sign in (1.0, -1.0):
        x, y = x0.expand(len(texture), -1, -1, -1), y0.expand(len(texture), -1, -1, -1)
        for _ in range(steps):
            v = sample(field, x, y, "nearest")
            x, y = x + sign * stride * v[:, :1], y + sign * stride * v[:, 1:]
            total = total + sample(texture, x, y)
    return total / (2 * steps + 1)


def directions(x: Tensor, sigma: float, fallback: Tensor) -> tuple[Tensor, Tensor]:
    """Return unit vectors, two (n, 1, h, w), along the contours of ``x``; where it is flat, at the angle ``fallback``.

    They are those of the structure tensor blurred by ``sigma`` pixels.
    """
    dx, dy = slopes(x)
    xx, yy, xy = (blur(part.sum(1, keepdim=True), sigma) for part in (dx * dx, dy * dy, dx * dy))
    flat = 2e-5
    cosine = (yy - xx) + flat * torch.cos(2 * fallback)
    sine = -2 * xy + flat * torch.sin(2 * fallback)
    angle = torch.atan2(sine, cosine) / 2
    return torch.cos(angle), torch.sin(angle)


def cells(points: Tensor, features: Tensor, chunk: int = 8) -> Tensor:
    """Return for each pixel of ``features`` (n, f, h, w) the index of the nearest point (n, k, f): labels (n, h, w).

    ``chunk`` pictures are computed at a time.
    """
    n, f, h, w = features.shape
    labels = torch.empty(n, h * w, dtype=torch.int64, device=features.device)
    for start in range(0, n, chunk):
        p, x = points[start : start + chunk], features[start : start + chunk].reshape(-1, f, h * w)
        score = torch.baddbmm((p * p).sum(2, keepdim=True), p, x, alpha=-2.0)
        labels[start : start + chunk] = score.argmin(1)
    return labels.view(n, h, w)


def means(picture: Tensor, labels: Tensor, count: int, weight: Tensor | None = None) -> Tensor:
    """Return the mean of ``picture`` (n, c, h, w) over the pixels of each of ``count`` labels (n, h, w): (n, count, c).

    Pixels count by their ``weight`` (n, 1, h, w) if it is given.
    """
    n, c = picture.shape[:2]
    values = picture.flatten(2).transpose(1, 2)
    shares = torch.ones_like(values[..., :1]) if weight is None else weight.flatten(2).transpose(1, 2)
    values = torch.cat([values * shares, shares], 2)
    total = torch.zeros(n, count, c + 1, device=picture.device)
    total.scatter_add_(1, labels.flatten(1)[..., None].expand(-1, -1, c + 1), values)
    return total[..., :c] / total[..., c:].clamp(min=1e-6)


def borders(labels: Tensor) -> Tensor:
    """Return a mask (n, 1, h, w), 1 at pixels whose right or lower neighbour has another label, else 0."""
    right = F.pad(labels[:, :, 1:] != labels[:, :, :-1], (0, 1))
    below = F.pad(labels[:, 1:] != labels[:, :-1], (0, 0, 0, 1))
    return (right | below)[:, None].float()


def line(marks: Tensor, width: float) -> Tensor:
    """Return one-pixel marks (n, 1, h, w) thickened to soft-edged lines of ``width`` pixels."""
    sigma = max(0.8, width / 2.2)
    spread = blur(marks, sigma)
    level = math.exp(-((width / 2) ** 2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    return step(spread, level * 0.72, level * 1.28)


def jittered(rng: HashRng, like: Tensor, rows: int, amount: float = 0.85) -> Tensor:
    """Return rows × rows points (n, rows², 2) as x, y in pixels, each at random within its own cell of a grid.

    ``amount``, 0…1, is the share of the cell in which a point may lie.
    """
    h, w = like.shape[2:]
    at = (torch.arange(rows, device=like.device) + 0.5) / rows
    y, x = torch.meshgrid(at, at, indexing="ij")
    shake = rng.uniform(rows * rows, 2, low=-0.5, high=0.5) * amount / rows
    return (torch.stack([x.flatten(), y.flatten()], 1)[None] + shake) * torch.tensor([w, h], device=like.device)


class Marks:
    """Marks on a jittered grid, about ``pitch`` pixels apart: their ``x``, ``y``, and ``own``, four numbers 0…1 each.

    Values of marks have the shape (n, c, rows, columns). :meth:`around` brings them to the pixels within ``reach``
    cells.
    """

    def __init__(self, rng: HashRng, like: Tensor, pitch: float, reach: int = 1) -> None:
        self.h, self.w = like.shape[2:]
        self.pitch, self.reach, self.like = pitch, reach, like
        rows, columns = math.ceil(self.h / pitch) + 2 * reach, math.ceil(self.w / pitch) + 2 * reach
        drawn = rng.uniform(6, rows, columns)
        row = torch.arange(rows, device=like.device)[:, None] - reach
        column = torch.arange(columns, device=like.device)[None, :] - reach
        self.x = (column + 0.15 + 0.7 * drawn[:, :1]) * pitch
        self.y = (row + 0.15 + 0.7 * drawn[:, 1:2]) * pitch
        self.own = drawn[:, 2:]

    def seen(self, picture: Tensor) -> Tensor:
        """Return ``picture`` (n, c, h, w) sampled at the marks: (n, c, rows, columns)."""
        return sample(picture, self.x, self.y)

    def around(self, fields: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield, for each of the (2 reach + 1)² marks around a pixel, its offset dx, dy from the mark, and ``fields``.

        ``fields`` (n, c, rows, columns) are values of marks; those yielded are (n, c, h, w).
        """
        x, y = places(self.like)
        row = (y[0, 0, :, 0] / self.pitch).long() + self.reach
        column = (x[0, 0, 0] / self.pitch).long() + self.reach
        values = torch.cat([self.x, self.y, fields], 1)
        for down in range(-self.reach, self.reach + 1):
            for across in range(-self.reach, self.reach + 1):
                numbers = values[:, :, row + down][:, :, :, column + across]
                yield x - numbers[:, :1], y - numbers[:, 1:2], numbers[:, 2:]


def screen(like: Tensor, pitch: float | Tensor, angle: float | Tensor) -> Tensor:
    """Return the height of a halftone screen at each pixel, uniform in 0…1; ink lies where it exceeds 1 − tone.

    ``pitch`` is the distance of its dots in pixels, ``angle`` its rotation in radians.
    """
    x, y = places(like)
    cosine, sine = _trig(angle, like)
    u, v = (x * cosine + y * sine) * (2 * math.pi / pitch), (y * cosine - x * sine) * (2 * math.pi / pitch)
    wave = (torch.cos(u) + torch.cos(v)) / 4 + 0.5
    return step(wave, -0.1, 1.1)


def _trig(angle: float | Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cosine and the sine of an angle in radians, as tensors."""
    turned = angle if isinstance(angle, Tensor) else torch.tensor(angle, device=like.device)
    return torch.cos(turned), torch.sin(turned)


def ink(tone: Tensor, height: Tensor, softness: float = 0.12) -> Tensor:
    """Return the coverage of ink, 0…1 with soft edges, that prints ``tone``, 0…1, by a screen of this ``height``."""
    return step(tone - (1 - height), -softness, softness)
