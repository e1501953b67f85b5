"""Trial evaluations of a loaded model, to be measured before it renders walks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from worker.diffusion import tuning as machine
from worker.diffusion.fitting import devices
from worker.diffusion.model import Model
from worker.diffusion.prepared_walk import draw_noises


class NoNumbers(RuntimeError):
    """A network's output in some precision is infinite or NaN."""


class Rehearsal:
    """Trial evaluations of a model at its own size, guided where that takes a second one, and trial decodings."""

    def __init__(self, model: Model) -> None:
        """Encode the empty prompt, and draw noise."""
        self._model = model
        texts = [text for text in model.encode("", "")[: 1 + model.is_guided] if text is not None]
        self._states = torch.from_numpy(np.stack([text.states for text in texts])).to(model.device)
        vectors = [text.pooled for text in texts if text.pooled is not None]
        self._pooled = torch.from_numpy(np.stack(vectors)).to(model.device) if vectors else None
        self._noise = torch.from_numpy(draw_noises(0, 1, model.latent_shape)).to(model.device)

    @torch.inference_mode()
    def __call__(self, setting: machine.Setting) -> torch.Tensor:
        """Make one UNet evaluation of a batch under a setting, and return the prediction."""
        machine.use_threads(setting.threads)
        unet, _ = self._model.networks(setting.precision, setting.memory_format)
        noise = self._model.with_sketches(self._noise, None)
        latents = noise.expand(len(self._states) * setting.batch, *noise.shape[1:])
        states = self._states.repeat_interleave(setting.batch, 0)
        pooled = None if self._pooled is None else self._pooled.repeat_interleave(setting.batch, 0)
        return self._model.predict(unet, latents, 500, states, pooled, memory_format=setting.memory_format)

    def decode(self, setting: machine.Setting) -> Callable[[int, int], None]:
        """Return a function that decodes a number of pictures, in batches of so many pixels."""
        model = self._model
        vae = model.vae(model.decoder(setting.precision) or setting.precision)

        @torch.inference_mode()
        def decode(pictures: int, pixels: int) -> None:
            model.decode(vae, self._noise.expand(pictures, *self._noise.shape[1:]), pixels=pixels)

        return decode

    @torch.inference_mode()
    def whole(self, setting: machine.Setting) -> None:
        """Make one UNet evaluation and decode a picture; if that overflows, new walks are decoded in float32.

        A small model on a CPU, which has enough memory and range, makes the evaluation alone.

        :raises NoNumbers: when the network overflows, or the decoder in float32 too.
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
