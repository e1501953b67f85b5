"""FLUX.1, schnell and dev (Black Forest Labs, 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from diffusers.loaders import FluxLoraLoaderMixin

from worker.diffusion.families.family import INPUT, UNGUIDED, Batch, Prompts, Text
from worker.diffusion.families.flow import FlowFamily, one_length, text
from worker.stand_ins import diffusers

TOKENS = {INPUT: 512, UNGUIDED: 256}
"""How many tokens of a prompt T5 reads for dev, and for schnell, according to their model cards."""


class Flux1(FlowFamily):
    """FLUX.1: a T5 and a CLIP text encoder, 16 channels, folded two by two for the network; no negative prompts."""

    kinds = ("FluxPipeline",)
    pipeline = diffusers.FluxPipeline
    pipeline_options: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {**FlowFamily.pipeline_options, "image_encoder": None, "feature_extractor": None}
    )
    network_class = diffusers.FluxTransformer2DModel
    original = "FLUX.1"
    encoders = ("text_encoder", "text_encoder_2")
    lora_loader = FluxLoraLoaderMixin
    lora_encoders = ("text_encoder",)

    def channels(self) -> int:
        """Return the VAE's number of channels, a quarter of the network's."""
        return int(self.config.in_channels) // 4

    def own_guidance(self) -> str:
        """Return INPUT for dev, which was distilled with guidance as an input; UNGUIDED for schnell."""
        return INPUT if self.config.guidance_embeds else UNGUIDED

    def lora_options(self) -> dict[str, Any]:
        """Return the option that also loads alphas, which some files have beside diffusers' names."""
        return {"return_alphas": True}

    def encode(self, pipe: Any, prompts: Prompts) -> tuple[Text, Text | None]:
        """Encode a prompt: T5's states, and CLIP's pooled vector; the negative prompt is ignored."""
        states, pooled, _ = pipe.encode_prompt(
            prompt=prompts.prompt, prompt_2=None, device=prompts.device, max_sequence_length=TOKENS[self.guidance]
        )
        return text(states[0], pooled), None

    def tokenizer(self, pipe: Any) -> tuple[Any, int]:
        """Return T5's tokenizer and its number of tokens; CLIP reads only the start of a prompt."""
        return pipe.tokenizer_2, TOKENS[self.guidance]

    def predict(self, network: Any, batch: Batch) -> torch.Tensor:
        """Return the velocity for a batch, in float32."""
        states, pooled, dtype = one_length(batch.states), batch.pooled, network.dtype
        latents = batch.latents
        count, channels, height, width = latents.shape
        folded = self.pipeline._pack_latents(latents.to(dtype), count, channels, height, width)
        time = torch.as_tensor(batch.t, device=latents.device).expand(count).to(dtype)
        strength = torch.full([1], batch.guidance, device=latents.device, dtype=torch.float32).expand(count)
        predicted = network(
            folded,
            encoder_hidden_states=states.to(dtype),
            pooled_projections=None if pooled is None else pooled.to(dtype),
            timestep=time / 1000,
            guidance=strength if self.guidance == INPUT else None,
            img_ids=self.pipeline._prepare_latent_image_ids(count, height // 2, width // 2, latents.device, dtype),
            txt_ids=torch.zeros(states.shape[1], 3, device=latents.device, dtype=dtype),
        )
        unfolded: torch.Tensor = self.pipeline._unpack_latents(predicted, height, width, 1)
        return unfolded.float()
