"""Latents as a sketch-conditioned model generates them, paired with the picture they come from.

A picture's latents are noised half-way and denoised by the model with the picture's sketch (SDEdit: Meng et al., arXiv
2108.01073). They differ from the encoder's as a model's output does, while the picture is known: this is what a decoder
needs for training. Latents generated from noise alone depend on the picture only through its sketch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.errors import StudioError
from studio.scenes.subjects import Subject
from studio.training import autoencoder, diffusion, pipeline

STEPS = 5
"""Sampling steps for a model without defaults."""


class Repainter:
    """A sketch-conditioned model that generates the latents of known pictures again."""

    def __init__(self, model: Path, vae: Any, *, from_noise: bool = False, device: str = "cpu") -> None:
        """Load the model at ``model``, whose latents must be those of ``vae``.

        ``from_noise`` generates from noise in the usual steps; otherwise only the last half of twice as many steps is
        run.

        :raises StudioError: when the model is not sketch-conditioned, or its autoencoder is another.
        """
        self._pipe = pipeline.pipeline(pipeline.part_folders(model), device=device)
        if diffusion.sketch_side(self._pipe.unet.config) is None:
            raise StudioError(f"--painter: {model} is not sketch-conditioned.")
        if not _encodes_alike(self._pipe.vae, vae):
            raise StudioError(f"--painter: {model} uses other latents than --vae.")
        usual = pipeline.facts(model).get("defaults", {})
        steps, self._guidance = int(usual.get("steps", STEPS)), float(usual.get("guidance", 2.5))
        self._first, self._steps = (0, steps) if from_noise else (steps, 2 * steps)

    @torch.no_grad()
    def paint(self, latents: Tensor, sketches: Tensor, subjects: Sequence[Subject], rng: torch.Generator) -> Tensor:
        """Return scaled latents (n, c, s, s), generated again from ``latents``.

        Sketches are (n, 4, side, side). The prompt is the first caption of each scene of a subject.
        """
        pipe = self._pipe
        captions = [
            [subject.first.texts[0] for subject in subjects],
            [(subject.last or subject.first).texts[0] for subject in subjects],
        ]
        begins, ends, nothing = (pipe.encode_prompt(texts, pipe.device, 1, False)[0] for texts in (*captions, [""]))
        shares = torch.tensor([subject.t for subject in subjects]).view(-1, 1, 1).to(begins)
        noise = torch.randn(latents.shape, generator=rng).to(latents)
        return diffusion.sample(
            pipe.unet,
            pipe.scheduler,
            torch.lerp(begins, ends, shares),
            nothing,
            self._begun(latents, noise),
            steps=self._steps,
            first=self._first,
            guidance=self._guidance,
            sketches=sketches.to(latents),
        )

    def _begun(self, latents: Tensor, noise: Tensor) -> Tensor:
        """Return the start of sampling: latents noised to the level of the first step, or the noise alone."""
        if not self._first:
            return noise
        scheduler = self._pipe.scheduler
        scheduler.set_timesteps(self._steps)
        at = scheduler.timesteps[self._first : self._first + 1]
        begun: Tensor = scheduler.add_noise(latents, noise, at.expand(len(latents)))
        return begun


@torch.no_grad()
def _encodes_alike(one: Any, other: Any) -> bool:
    """Return whether two autoencoders make the same latents, apart from half-precision rounding."""
    side = 64
    chance = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(0))
    first, second = (autoencoder.scaled_latents(vae, chance.to(vae.device)).cpu() for vae in (one, other))
    return first.shape == second.shape and torch.allclose(first, second, atol=0.01 * float(second.std()))
