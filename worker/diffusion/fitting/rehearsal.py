"""Passes and pictures of a loaded model, to be measured before anything is asked of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from worker.diffusion import tuning as machine
from worker.diffusion.fitting import devices
from worker.diffusion.model import Model
from worker.diffusion.prepared_walk import draw_noises


class NoNumbers(RuntimeError):
    """What a network made in a precision is infinite, or no number."""


class Rehearsal:
    """One pass of a model's network on its own size, guided where that takes a second one; or a whole picture."""

    def __init__(self, model: Model) -> None:
        """Encode no words."""
        self._model = model
        texts = [text for text in model.encode("", "")[: 1 + model.is_guided] if text is not None]
        self._states = torch.from_numpy(np.stack([text.states for text in texts])).to(model.device)
        vectors = [text.pooled for text in texts if text.pooled is not None]
        self._pooled = torch.from_numpy(np.stack(vectors)).to(model.device) if vectors else None
        self._noise = torch.from_numpy(draw_noises(0, 1, model.latent_shape)).to(model.device)

    @torch.inference_mode()
    def __call__(self, setting: machine.Setting) -> torch.Tensor:
        """Make a pass under a setting; return what the network predicts."""
        torch.set_num_threads(setting.threads)
        unet, _ = self._model.networks(setting.precision, setting.memory_format)
        noise = self._model.with_sketches(self._noise, None)
        latents = noise.expand(len(self._states) * setting.batch, *noise.shape[1:])
        states = self._states.repeat_interleave(setting.batch, 0)
        pooled = None if self._pooled is None else self._pooled.repeat_interleave(setting.batch, 0)
        return self._model.predict(unet, latents, 500, states, pooled, memory_format=setting.memory_format)

    def decode(self, setting: machine.Setting) -> Callable[[int, int], None]:
        """Return what decodes so many pictures beside a network under a setting, with as many pixels at once."""
        model = self._model
        vae = model.vae(model.decoder(setting.precision) or setting.precision)

        @torch.inference_mode()
        def decode(pictures: int, pixels: int) -> None:
            model.decode(vae, self._noise.expand(pictures, *self._noise.shape[1:]), pixels=pixels)

        return decode

    @torch.inference_mode()
    def whole(self, setting: machine.Setting) -> None:
        """Make a pass and decode a picture, after which new walks are decoded in float32 if that overflowed.

        A small model on a CPU, which is never short of memory or range, makes the pass alone. Raises NoNumbers.
        """
        model, precision = self._model, setting.precision
        if not torch.isfinite(self(setting)).all():
            raise NoNumbers(f"the network's numbers overflow in {precision}")
        if model.is_small and not devices.is_gpu(model.device):
            return
        vae = model.vae(model.decoder(precision) or precision)
        if np.isfinite(model.decode(vae, self._noise)).all():
            return
        if next(vae.parameters()).dtype is not torch.float32:
            model.upcast()
            if np.isfinite(model.decode(model.vae(), self._noise)).all():
                return
        raise NoNumbers(f"the decoder's numbers overflow in {precision} and in float32")
