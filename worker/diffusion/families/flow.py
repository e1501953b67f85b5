"""What the families that were trained by flow matching (Liu et al., arXiv 2209.03003) have in common."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift

from worker.diffusion import solvers
from worker.diffusion.families.family import CLASSIFIER_FREE, Family, States, Text


class FlowFamily(Family):
    """A transformer that predicts the velocity from picture to noise.

    Its pictures have the size of its kind, unless ``house.json`` names another `size`.
    """

    part = "transformer"
    pipeline_options: ClassVar[Mapping[str, Any]] = MappingProxyType({"transformer": None, "vae": None})
    evaluation_bytes = 600
    stores_float8 = True
    folded: ClassVar[int] = 1
    """How many of the VAE's latents, along each side, are folded into one latent of a walk."""

    def describe(self) -> None:
        """Set scale, latent shape and guidance."""
        self.scale = 2 ** (len(self.vae.block_out_channels) - 1) * self.folded
        side = int(self.house.get("size") or self.own_size()) // self.scale
        self.latent_shape = (self.channels(), side, side)
        self.guidance = self.own_guidance()

    def own_size(self) -> int:
        """Return the side of the model's pictures in pixels, where ``house.json`` names none."""
        return self.kind.size or 0

    def channels(self) -> int:
        """Return the number of channels of a walk's latents."""
        return int(self.config.in_channels)

    def own_guidance(self) -> str:
        """Return CLASSIFIER_FREE, also where no distilled model can be recognised, which then can be guided."""
        return CLASSIFIER_FREE

    def timestep_options(self, config: Mapping[str, Any], steps: int, tokens: int) -> dict[str, Any]:
        """Return noise levels, and the shift for so many tokens that the model's scheduler applies."""
        return {"sigmas": even_sigmas(steps), "mu": shift(config, tokens)}

    def tokens(self, size: tuple[int, int]) -> int:
        """Return the number of tokens of latents of this (height, width)."""
        patch = 2 // self.folded
        return (size[0] // patch) * (size[1] // patch)

    def unscaled(self, vae: Any, latents: torch.Tensor) -> torch.Tensor:
        """Return latents as the VAE decodes them; in these families they are shifted as well."""
        return latents / float(vae.config.scaling_factor) + float(getattr(vae.config, "shift_factor", None) or 0)

    def scaled(self, vae: Any, encoded: torch.Tensor) -> torch.Tensor:
        """Return the VAE's encoded latents, shifted and scaled to the variance of noise."""
        shift = float(getattr(vae.config, "shift_factor", None) or 0)
        return (encoded - shift) * float(vae.config.scaling_factor)

    def solver(
        self, scheduler: str, config: Mapping[str, Any], steps: int, size: tuple[int, int], device: torch.device
    ) -> Any:
        """Return a new solver whose time steps are shifted for latents of this (height, width)."""
        timestep_options = self.timestep_options(config, steps, self.tokens(size))
        return solvers.make(scheduler, config, steps, device, **timestep_options)


def even_sigmas(steps: int) -> Any:
    """Return evenly spaced noise levels from 1 to 1 / steps, before they are shifted."""
    return np.linspace(1.0, 1 / steps, steps)


def shift(config: Mapping[str, Any], tokens: int, most: float = 1.15) -> float:
    """Return the shift `mu` of time steps for so many tokens, according to a scheduler's configuration."""
    shifted: float = calculate_shift(
        tokens,
        config.get("base_image_seq_len", 256),
        config.get("max_image_seq_len", 4096),
        config.get("base_shift", 0.5),
        config.get("max_shift", most),
    )
    return shifted


def text(states: torch.Tensor, pooled: torch.Tensor | None = None) -> Text:
    """Return an encoded prompt from its states (tokens x width) and pooled vector (1 x width)."""
    return Text(
        states.float().cpu().numpy(),
        None if pooled is None else pooled[0].float().cpu().numpy(),
    )


def chat_tokens(tokenizer: Any, limit: int, *, thinking: bool) -> int:
    """Return how many of `limit` tokens are left for the prompt in a chat message."""
    message = tokenizer.apply_chat_template(
        [{"role": "user", "content": ""}], tokenize=False, add_generation_prompt=True, enable_thinking=thinking
    )
    return limit - len(tokenizer(message).input_ids)


def one_length(states: States) -> torch.Tensor:
    """Return states of a family whose texts all have one length, as the one tensor that they are."""
    assert isinstance(states, torch.Tensor)  # noqa: S101 - for types
    return states
