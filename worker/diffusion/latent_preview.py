"""See what latents will look like, small and without the decoder: that is what paces a film.

The decoder costs as much as several passes of the network, and nobody is shown these pictures. What a latent and its
eight neighbours come to, averaged over the pixels that it stands for, is learnt when it is first needed, for whatever
decoder the model has: a ridge regression on random features (Rahimi and Recht, 2007), which follow the decoder where
it saturates; a straight line of the channels, the usual latent preview, does not (docs/techniques.md has the figures).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion.fitting import devices
from worker.diffusion.model import Model

PICTURES = 24
"""How many pictures it learns from; each has some hundred points."""

SIDE = 16
"""How large those pictures are, in latents."""

SPREAD = 1.4
"""How far their channels range: somewhat more than noise, as finished pictures' do."""

GRAIN = 0.3
"""How much noise lies on them."""

FEATURES = 512

RIDGE = 0.1

FINER = 4
"""How much finer than latents the shapes are drawn, so that their edges are soft."""


@dataclass(frozen=True, slots=True)
class LatentPreview:
    """What turns clean latents into thumbnails: random features, by directions and offsets, and the weights learnt."""

    directions: NDArray[np.float32]
    offsets: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def fit(cls, model: Model) -> "LatentPreview":
        """Learn from what the model's decoder makes of random shapes."""
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
        """Return thumbnails (frames x height x width x 3, 0-1) of clean latents, one pixel to a latent.

        NaN stands where numbers overflow. On a GPU they are made there, and only they are copied to the CPU.
        """
        if devices.is_gpu(latents.device):
            return _checked(self._on_device(latents.float()).cpu().numpy())
        with np.errstate(over="ignore", invalid="ignore"):  # which is looked for afterwards
            points = _features(latents.float().cpu().numpy(), self.directions, self.offsets)
            return _checked(points @ self.weights)

    def _on_device(self, latents: torch.Tensor) -> torch.Tensor:
        """Return the same by torch, where the latents are."""
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
    """Bring thumbnails within 0 and 1; what is infinite becomes NaN, or it would pass for white."""
    if not np.isfinite(thumbnails.sum()):
        thumbnails = np.where(np.isfinite(thumbnails), thumbnails, np.float32(np.nan))
    clipped: NDArray[np.float32] = thumbnails.clip(0, 1)
    return clipped


def _shapes(random: np.random.Generator, channels: int) -> NDArray[np.float32]:
    """Draw ellipses on a shaded ground, in latents: flat parts, edges and slopes, as pictures have them."""
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
    """Return each latent and its neighbours, a 1, and the random features of them (frames x height x width x all)."""
    height, width = latents.shape[-2:]
    padded = np.pad(latents, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    shifted = [padded[:, :, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    around = np.moveaxis(np.concatenate(shifted, axis=1), 1, -1)
    random = np.maximum(around @ directions + offsets, 0)
    features: NDArray[np.float32] = np.concatenate([around, np.ones_like(around[..., :1]), random], axis=-1)
    return features
