"""Pictures as diffusers' own call of a rectified-flow pipeline paints them, to compare the engine's with."""

import inspect
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from numpy.typing import NDArray

from tests.support.own_calls import pipeline

Picture = NDArray[np.float32]  # height x width x 3, 0 to 1


def own_call(
    folder: Path,
    prompt: str,
    *,
    seed: int,
    steps: int,
    guidance: float,
    negative_prompt: str = "",
    size: int | tuple[int, int] = 64,
    output: str = "np",
    **options: Any,
) -> Picture:
    """Paint one picture by the pipeline's own call, its noise drawn from `seed` on the CPU.

    `output` "latent" leaves out decoding and returns latents as a walk holds them (channels x height x width); klein's
    are those that its VAE decodes (32 x height / 8 x width / 8).

    `guidance` is the call's ``guidance_scale`` and means what the pipeline makes of it: an input of the network
    (FLUX.1 [dev]), nothing (schnell, a distilled klein), or the weight of guidance (Stable Diffusion 3 above 1,
    Z-Image above 0). Klein takes no negative prompt, and FLUX.1 uses none. `size` is a side, or height
    and width. `options` go to the call as they are.
    """
    call = pipeline(folder).__call__
    if "negative_prompt" in inspect.signature(call).parameters:
        options = {"negative_prompt": negative_prompt} | options
    noise = torch.Generator("cpu").manual_seed(seed)
    return _painted(folder, steps, guidance, size, output, prompt=prompt, generator=noise, **options)


def own_call_from(
    folder: Path,
    states: dict[str, Any],
    *,
    latents: torch.Tensor,
    steps: int,
    guidance: float,
    size: int = 64,
    output: str = "np",
    **options: Any,
) -> Picture:
    """Paint one picture by the pipeline's own call from text states as `encode` and noise as `noise` returns them.

    `output` is as in `own_call`.
    """
    pipe = pipeline(folder)
    if isinstance(pipe, diffusers.FluxPipeline):  # the call draws them first and folds them then
        latents = pipe._pack_latents(latents, *latents.shape)
    return _painted(folder, steps, guidance, size, output, latents=latents, **states, **options)


@torch.no_grad()
def encode(folder: Path, prompt: str, *, negative_prompt: str = "", **options: Any) -> dict[str, Any]:
    """Return the text states of a prompt as keyword arguments of the pipeline's call, by its own `encode_prompt`.

    FLUX.1: ``prompt_embeds`` (1 x 512 x width) and ``pooled_prompt_embeds`` (1 x width). Stable Diffusion 3: both
    (1 x (77 + 256) x width), and both for the negative prompt, ``negative_prompt_embeds`` and
    ``negative_pooled_prompt_embeds``. Klein: ``prompt_embeds`` (1 x 512 x width). Z-Image: ``prompt_embeds`` and
    ``negative_prompt_embeds``, each a list of one tensor (tokens x width), as long as the prompt. `options` go to
    `encode_prompt` as they are.
    """
    pipe = pipeline(folder)
    if isinstance(pipe, diffusers.FluxPipeline):
        return dict(zip(("prompt_embeds", "pooled_prompt_embeds"), pipe.encode_prompt(prompt, **options), strict=False))
    if isinstance(pipe, diffusers.Flux2KleinPipeline):
        return {"prompt_embeds": pipe.encode_prompt(prompt, **options)[0]}
    names = ["prompt_embeds", "negative_prompt_embeds"]
    if isinstance(pipe, diffusers.ZImagePipeline):
        encoded = pipe.encode_prompt(prompt, negative_prompt=negative_prompt, **options)
        return dict(zip(names, encoded, strict=True))
    names += ["pooled_prompt_embeds", "negative_pooled_prompt_embeds"]
    encoded = pipe.encode_prompt(prompt, None, None, negative_prompt=negative_prompt, **options)
    return dict(zip(names, encoded, strict=True))


def noise(folder: Path, seed: int, *, size: int = 64) -> torch.Tensor:
    """Return the noise that the pipeline's own call draws first from a seed, before FLUX.1's call folds it.

    1 x 16 x height / 8 x width / 8; klein's is already folded: 1 x 128 x height / 16 x width / 16.
    """
    pipe = pipeline(folder)
    side = size // pipe.vae_scale_factor
    channels = pipe.vae.config.latent_channels
    shape = (1, channels, side, side)
    if isinstance(pipe, diffusers.Flux2KleinPipeline):
        shape = (1, 4 * channels, side // 2, side // 2)
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def _painted(
    folder: Path, steps: int, guidance: float, size: int | tuple[int, int], output: str, **arguments: Any
) -> Picture:
    torch.set_num_threads(1)
    pipe = pipeline(folder)
    height, width = (size, size) if isinstance(size, int) else size
    painted = pipe(
        num_inference_steps=steps, guidance_scale=guidance, height=height, width=width, output_type=output, **arguments
    ).images
    if output == "latent" and isinstance(pipe, diffusers.FluxPipeline):
        painted = pipe._unpack_latents(painted, height, width, pipe.vae_scale_factor)
    return np.asarray(painted[0], dtype=np.float32)
