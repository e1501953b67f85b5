"""Latent previews: thumbnails of latents without the decoder, to measure how fast a film changes.

The decoder costs as much as several UNet evaluations, and these thumbnails are never displayed. A ridge regression on
random features (Rahimi and Recht, 2007) learns, for whatever decoder the model has, the mean colour of the pixels that
a latent stands for from that latent and its eight neighbours. It follows the decoder where that saturates; the usual
latent preview, a linear map of the channels, does not (decision 15 has the figures).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion.fitting import devices
from worker.diffusion.model import Model

PICTURES = 24
"""How many pictures the regression learns from; each gives some hundred points."""

SIDE = 16
"""The side of those pictures, in latents."""

SPREAD = 1.4
"""The standard deviation of their channels: somewhat more than noise has, as in finished pictures."""

GRAIN = 0.3
"""The standard deviation of the noise that is added to them."""

FEATURES = 512

RIDGE = 0.1

FINER = 4
"""The shapes are drawn at this multiple of the latents' resolution, so that their edges are soft."""


@dataclass(frozen=True, slots=True)
class LatentPreview:
    """Turns clean latents into thumbnails, by random features and learnt weights."""

    directions: NDArray[np.float32]  # (9 * channels, FEATURES)
    offsets: NDArray[np.float32]  # (FEATURES,)
    weights: NDArray[np.float32]  # (9 * channels + 1 + FEATURES, 3)

    @classmethod
    def fit(cls, model: Model) -> "LatentPreview":
        """Return a preview fitted to what the model's decoder makes of random shapes."""
        channels = model.latent_shape[0]
        random = np.random.default_rng(1)
        directions = (random.normal(size=(9 * channels, FEATURES)) / np.sqrt(9 * channels)).astype(np.float32)
        offsets = (0.7 * random.normal(size=FEATURES)).astype(np.float32)
        shapes = np.stack([_shapes(random, channels) for _ in range(PICTURES)])
        with torch.inference_mode():
            pictures = model.decode(model.vae(), torch.from_numpy(shapes).to(model.device))
        colours = pictures.reshape(PICTURES, SIDE, model.scale, SIDE, model.scale, 3).mean((2, 4))
        points = _features(shapes, directions, offsets).reshape(PICTURES * SIDE * SIDE, -1).astype(np.float64)
        square = points.T @ points + RIDGE * np.eye(points.shape[1])
        weights = np.linalg.solve(square, points.T @ colours.reshape(-1, 3))
        return cls(directions, offsets, weights.astype(np.float32))

    def __call__(self, latents: torch.Tensor) -> NDArray[np.float32]:
        """Return thumbnails (frames x height x width x 3, 0-1) of clean latents, one pixel for each latent.

        Pixels whose numbers overflow are NaN. On a GPU the thumbnails are computed there, and only they are copied to
        the CPU.
        """
        if devices.is_gpu(latents.device):
            return _checked(self._on_device(latents.float()).cpu().numpy())
        with np.errstate(over="ignore", invalid="ignore"):  # overflow is checked afterwards
            points = _features(latents.float().cpu().numpy(), self.directions, self.offsets)
            return _checked(points @ self.weights)

    def _on_device(self, latents: torch.Tensor) -> torch.Tensor:
        """Return unclipped thumbnails, computed by torch on the latents' device."""
        directions, offsets, weights = (
            torch.from_numpy(each).to(latents.device) for each in (self.directions, self.offsets, self.weights)
        )
        height, width = latents.shape[-2:]
        padded = torch.nn.functional.pad(latents, (1, 1, 1, 1), mode="replicate")
        shifted = [padded[:, :, i : i + height, j : j + width] for i in range(3) for j in range(3)]
        around = torch.cat(shifted, 1).movedim(1, -1)
        random = (around @ directions + offsets).clamp(min=0)
        return torch.cat([around, torch.ones_like(around[..., :1]), random], -1) @ weights


def _checked(thumbnails: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clip thumbnails to 0-1; infinite values become NaN, or they would be clipped to white."""
    if not np.isfinite(thumbnails.sum()):
        thumbnails = np.where(np.isfinite(thumbnails), thumbnails, np.float32(np.nan))
    clipped: NDArray[np.float32] = thumbnails.clip(0, 1)
    return clipped


def _shapes(random: np.random.Generator, channels: int) -> NDArray[np.float32]:
    """Draw ellipses on a shaded ground, as latents (channels x SIDE x SIDE): flat parts, edges and slopes."""
    fine = SIDE * FINER
    y, x = np.mgrid[:fine, :fine] / fine
    towards = random.normal(size=2)
    shade = (towards[0] * x + towards[1] * y - min(towards[0], 0) - min(towards[1], 0)) / np.abs(towards).sum()
    first, last = SPREAD * random.normal(size=(2, channels))
    drawn = first + (last - first) * shade[..., None]
    for _ in range(int(random.integers(4, 12))):
        (across, down), radius, stretch = random.random(2), random.uniform(0.05, 0.35), random.uniform(0.4, 2.5)
        drawn[np.hypot((x - across) * stretch, (y - down) / stretch) < radius] = SPREAD * random.normal(size=channels)
    soft = drawn.reshape(SIDE, FINER, SIDE, FINER, channels).mean((1, 3))
    latents: NDArray[np.float32] = np.moveaxis(soft + GRAIN * random.normal(size=soft.shape), -1, 0).astype(np.float32)
    return latents


def _features(
    latents: NDArray[np.float32], directions: NDArray[np.float32], offsets: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return each latent and its neighbours, a 1, and their random features (frames x height x width x features)."""
    height, width = latents.shape[-2:]
    padded = np.pad(latents, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    shifted = [padded[:, :, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    around = np.moveaxis(np.concatenate(shifted, axis=1), 1, -1)
    random = np.maximum(around @ directions + offsets, 0)
    features: NDArray[np.float32] = np.concatenate([around, np.ones_like(around[..., :1]), random], axis=-1)
    return features
