"""Latents as a led model paints them: a picture's own, noised half of the way and painted again after its sketch.

They are off from the encoder's in the way a model's are, and the picture is known that they come from: what a decoder
needs to learn to decode what it will be given (SDEdit: Meng et al., arXiv 2108.01073). Painted from noise alone they
are as a walk's are, and only the sketch says of which picture.
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
"""Steps in which a model of no defaults paints a whole picture."""


class Repainter:
    """A led model that paints again what is known."""

    def __init__(self, model: Path, vae: Any, *, from_noise: bool = False, device: str = "cpu") -> None:
        """Load the model at ``model``, whose latents must be those of ``vae``.

        ``from_noise`` paints whole pictures in the usual steps, and not the last half of twice as many.

        :raises StudioError: where no sketches lead it, or its autoencoder is another.
        """
        self._pipe = pipeline.pipeline(pipeline.of_folder(model), device=device)
        if diffusion.sketch_side(self._pipe.unet.config) is None:
            raise StudioError(f"--painter: {model} is not led by sketches.")
        if not _encodes_alike(self._pipe.vae, vae):
            raise StudioError(f"--painter: {model} paints other latents than --vae makes.")
        usual = pipeline.facts(model).get("defaults", {})
        steps, self._guidance = int(usual.get("steps", STEPS)), float(usual.get("guidance", 2.5))
        self._first, self._steps = (0, steps) if from_noise else (steps, 2 * steps)

    @torch.no_grad()
    def paint(self, latents: Tensor, sketches: Tensor, subjects: Sequence[Subject], dice: torch.Generator) -> Tensor:
        """Paint scaled latents (n, c, s, s) again.

        Sketches are of (n, 4, side, side); of a subject's captions the first of each end is said.
        """
        pipe = self._pipe
        said = [[subject.first.texts[0] for subject in subjects],
                [(subject.last or subject.first).texts[0] for subject in subjects]]  # fmt: skip
        begins, ends, nothing = (pipe.encode_prompt(texts, pipe.device, 1, False)[0] for texts in (*said, [""]))
        shares = torch.tensor([subject.t for subject in subjects]).view(-1, 1, 1).to(begins)
        noise = torch.randn(latents.shape, generator=dice).to(latents)
        return diffusion.paint(
            pipe.unet, pipe.scheduler, torch.lerp(begins, ends, shares), nothing, self._begun(latents, noise),
            steps=self._steps, first=self._first, guidance=self._guidance, sketches=sketches.to(latents),
        )  # fmt: skip

    def _begun(self, latents: Tensor, noise: Tensor) -> Tensor:
        """Return what is painted on: the latents as far noised as the first step finds them, or the noise alone."""
        if not self._first:
            return noise
        scheduler = self._pipe.scheduler
        scheduler.set_timesteps(self._steps)
        at = scheduler.timesteps[self._first : self._first + 1]
        begun: Tensor = scheduler.add_noise(latents, noise, at.expand(len(latents)))
        return begun


@torch.no_grad()
def _encodes_alike(one: Any, other: Any) -> bool:
    """Tell whether two autoencoders make the same latents, but for the half precision in which models are published."""
    side = 64
    chance = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(0))
    first, second = (autoencoder.scaled_latents(vae, chance.to(vae.device)).cpu() for vae in (one, other))
    return first.shape == second.shape and torch.allclose(first, second, atol=0.01 * float(second.std()))
