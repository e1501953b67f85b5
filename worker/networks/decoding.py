"""Decode latents to pictures, a few at a time: by the autoencoder, or by a decoder that is given the scenes."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from decoder import GUIDE
from worker.networks import thread_lanes

DECODED_PIXELS = 2**16
"""How many pixels are decoded in one batch.

More do not fit into a CPU's caches (twice as slow for 24 pictures of the built-in model), and the decoder of a large
model needs kilobytes of memory for each.
"""

SCENES = "scene_decoder"
"""The name of an autoencoder's part that is given scenes, where it has one."""

Guides = Sequence[NDArray[np.float32] | None]
"""What a decoder is given of each picture's scene (4 x half its height x half its width); None where there is none."""


def join(vae: Any, scene_decoder: torch.nn.Module) -> None:
    """Make a scene decoder a part of the autoencoder, so that both are copied, placed and cast together."""
    vae.add_module(SCENES, scene_decoder.requires_grad_(False).eval())


def decodes_scenes(vae: Any) -> bool:
    """Return whether an autoencoder has a decoder that is given scenes."""
    return getattr(vae, SCENES, None) is not None


def finest(vae: Any) -> int:
    """Return the largest multiple of the usual size that pictures can be decoded to: 2 with a finer stage, else 1."""
    return 2 if decodes_scenes(vae) and getattr(vae, SCENES).finer is not None else 1


def decode(
    vae: Any, latents: torch.Tensor, guides: Guides | None, *, scale: int, lanes: bool, pixels: int = DECODED_PIXELS
) -> NDArray[np.float32]:
    """Decode latents, scaled as the VAE expects, into pictures (frames x height x width x 3, 0-1).

    `scale` is the ratio of the pictures' width to the latents'. A batch has up to `pixels`, but at least one picture.
    Pixels whose numbers overflow are NaN. With `lanes`, threads decode batches side by side. A scene decoder, where the
    autoencoder has one, decodes all pictures: with a blank guide for those without `guides`, and the average of a guide
    that is finer.
    """
    if not decodes_scenes(vae):
        return _decoded(partial(_plain, vae), vae, latents, scale=scale, lanes=lanes, pixels=pixels)
    height, width = (scale // 2 * side for side in latents.shape[-2:])
    shown = [_shown(guide, height, width) for guide in guides or [None] * len(latents)]
    guide_batch = torch.stack(shown).to(latents.device)
    return _decoded(partial(_after_scenes, vae), vae, latents, guide_batch, scale=scale, lanes=lanes, pixels=pixels)


def strengthen_detail(latents: torch.Tensor, positions: Sequence[float], most: float) -> torch.Tensor:
    """Return latents with stronger fine detail: by `most` midway between stops, falling to nothing at stops."""
    between = np.modf(positions)[0]
    share = torch.tensor(most * 2 * np.sqrt(between * (1 - between)), dtype=latents.dtype, device=latents.device)
    soft = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(latents, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return latents + share[:, None, None, None] * (latents - soft)


def unscaled(config: Any, latents: torch.Tensor) -> torch.Tensor:
    """Return latents as the VAE decodes them, from latents scaled to the variance of noise, as the pipelines do."""
    mean, spread = (getattr(config, name, None) for name in ("latents_mean", "latents_std"))
    own = latents / float(config.scaling_factor)
    if mean is None or spread is None:
        return own
    mean, spread = (latents.new_tensor(values).view(1, -1, 1, 1) for values in (mean, spread))
    return torch.addcmul(mean, own, spread)


def scaled(config: Any, latents: torch.Tensor) -> torch.Tensor:
    """Return the autoencoder's latents, scaled to the variance of noise, as in training."""
    mean, spread = (getattr(config, name, None) for name in ("latents_mean", "latents_std"))
    if mean is not None and spread is not None:
        mean, spread = (latents.new_tensor(values).view(1, -1, 1, 1) for values in (mean, spread))
        latents = (latents - mean) / spread
    return latents * float(config.scaling_factor)


def _shown(guide: NDArray[np.float32] | None, height: int, width: int) -> torch.Tensor:
    if guide is None:
        return torch.zeros(GUIDE, height, width)
    shown = torch.from_numpy(guide)
    return torch.nn.functional.avg_pool2d(shown, len(guide[0]) // height) if len(guide[0]) > height else shown


def _decoded(
    work: Callable[..., torch.Tensor],
    vae: Any,
    latents: torch.Tensor,
    *guides: torch.Tensor,
    scale: int,
    lanes: bool,
    pixels: int,
) -> NDArray[np.float32]:
    dtype = next(vae.parameters()).dtype
    tensors = [each.to(dtype, memory_format=torch.channels_last) for each in (latents, *guides)]
    count = max(1, pixels // (scale**2 * latents.shape[-1] * latents.shape[-2]))
    if lanes:
        count = min(count, math.ceil(len(latents) / thread_lanes.count_parts(len(latents), least=1)))
    parts = [*zip(*(torch.split(each, count) for each in tensors), strict=True)]
    pictures = torch.cat(thread_lanes.run_in_lanes(work, parts) if lanes else [work(*part) for part in parts])
    if not torch.isfinite(pictures.sum()):  # clamping would turn infinite numbers white
        pictures = torch.where(torch.isfinite(pictures), pictures, torch.nan)
    return (pictures / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()


def _plain(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    pictures: torch.Tensor = vae.decode(latents, return_dict=False)[0]
    return pictures.float()


def _after_scenes(vae: Any, latents: torch.Tensor, guides: torch.Tensor) -> torch.Tensor:
    pictures: torch.Tensor = getattr(vae, SCENES)(latents, guides)
    return pictures.float()
