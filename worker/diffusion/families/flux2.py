"""FLUX.2 klein (Black Forest Labs, 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from diffusers.loaders import Flux2LoraLoaderMixin
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

from worker.diffusion.families.family import CLASSIFIER_FREE, UNGUIDED, Batch, Prompts, Text
from worker.diffusion.families.flow import FlowFamily, chat_tokens, even_sigmas, one_length, text
from worker.stand_ins import diffusers


class Flux2Klein(FlowFamily):
    """FLUX.2 klein: a Qwen3 text encoder; latents of 32 channels folded two by two, normalised by their statistics."""

    kinds = ("Flux2KleinPipeline",)
    pipeline = diffusers.Flux2KleinPipeline
    network_class = diffusers.Flux2Transformer2DModel
    original = "FLUX.2"
    encoders = ("text_encoder",)
    lora_loader = Flux2LoraLoaderMixin
    folded = 2

    def own_guidance(self) -> str:
        """Return CLASSIFIER_FREE for the base models, UNGUIDED for distilled ones."""
        return UNGUIDED if self.index.get("is_distilled") else CLASSIFIER_FREE

    def timestep_options(self, config: Mapping[str, Any], steps: int, tokens: int) -> dict[str, Any]:
        """Return noise levels, and the shift for the numbers of tokens and of steps."""
        del config
        return {"sigmas": even_sigmas(steps), "mu": compute_empirical_mu(image_seq_len=tokens, num_steps=steps)}

    def encode(self, pipe: Any, prompts: Prompts) -> tuple[Text, Text | None]:
        """Encode a prompt and, for a guided model, the empty prompt; the negative prompt is ignored."""
        states, _ = pipe.encode_prompt(prompt=prompts.prompt, device=prompts.device)
        known_negative = prompts.known_negative
        if self.guidance == CLASSIFIER_FREE and known_negative is None:
            known_negative = text(pipe.encode_prompt(prompt="", device=prompts.device)[0][0])
        return text(states[0]), known_negative

    def tokenizer(self, pipe: Any) -> tuple[Any, int]:
        """Return the tokenizer, and how many tokens a chat message leaves for the prompt."""
        return pipe.tokenizer, chat_tokens(pipe.tokenizer, self.kind.tokens, thinking=False)

    def predict(self, network: Any, batch: Batch) -> torch.Tensor:
        """Return the velocity for a batch, in float32."""
        latents, states, dtype = batch.latents, one_length(batch.states), network.dtype
        time = torch.as_tensor(batch.t, device=latents.device).expand(len(latents)).to(dtype)
        predicted = network(
            self.pipeline._pack_latents(latents.to(dtype)),
            encoder_hidden_states=states.to(dtype),
            timestep=time / 1000,
            guidance=None,
            img_ids=self.pipeline._prepare_latent_ids(latents).to(latents.device),
            txt_ids=self.pipeline._prepare_text_ids(states).to(latents.device),
        )
        unpacked: torch.Tensor = predicted.transpose(1, 2).reshape(latents.shape)
        return unpacked.float()

    def unscaled(self, vae: Any, latents: torch.Tensor) -> torch.Tensor:
        """Return latents denormalised, and unfolded to the VAE's resolution."""
        mean, spread = self._statistics(vae, latents)
        unfolded: torch.Tensor = self.pipeline._unpatchify_latents(latents * spread + mean)
        return unfolded

    def scaled(self, vae: Any, encoded: torch.Tensor) -> torch.Tensor:
        """Return the VAE's encoded latents, folded and normalised."""
        folded: torch.Tensor = self.pipeline._patchify_latents(encoded)
        mean, spread = self._statistics(vae, folded)
        return (folded - mean) / spread

    @staticmethod
    def _statistics(vae: Any, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean and the standard deviation of each channel (1 x channels x 1 x 1), as the VAE stores them."""
        mean = vae.bn.running_mean.view(1, -1, 1, 1).to(like.device, like.dtype)
        variance = vae.bn.running_var.view(1, -1, 1, 1) + vae.config.batch_norm_eps
        return mean, variance.sqrt().to(like.device, like.dtype)
