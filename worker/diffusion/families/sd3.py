"""Stable Diffusion 3 and 3.5 (Esser et al., arXiv 2403.03206)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

import torch
from diffusers.loaders import SD3LoraLoaderMixin

from worker.diffusion.families.family import Batch, Prompts, Text
from worker.diffusion.families.flow import FlowFamily, one_length, shift, text
from worker.stand_ins import diffusers

CLIP_TOKENS = 77


class StableDiffusion3(FlowFamily):
    """Stable Diffusion 3: two CLIP text encoders and T5, which may be missing; 16 channels."""

    kinds = ("StableDiffusion3Pipeline",)
    pipeline = diffusers.StableDiffusion3Pipeline
    pipeline_options: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {**FlowFamily.pipeline_options, "image_encoder": None, "feature_extractor": None}
    )
    network_class = diffusers.SD3Transformer2DModel
    original = "Stable Diffusion 3"
    encoders = ("text_encoder", "text_encoder_2", "text_encoder_3")
    lora_loader = SD3LoraLoaderMixin
    lora_encoders = ("text_encoder", "text_encoder_2")
    optional = ("text_encoder_3", "tokenizer_3")

    def own_size(self) -> int:
        """Return the size that the network was trained at, in pixels."""
        return int(self.config.sample_size) * self.scale

    def timestep_options(self, config: Mapping[str, Any], steps: int, tokens: int) -> dict[str, Any]:
        """Return the shift for so many tokens, where the model's scheduler applies one."""
        del steps
        return {"mu": shift(config, tokens, 1.16)} if config.get("use_dynamic_shifting") else {}

    def encode(self, pipe: Any, prompts: Prompts) -> tuple[Text, Text | None]:
        """Encode both: CLIP's and T5's states concatenated along the tokens, and CLIP's pooled vectors."""
        if pipe.transformer is None:  # without T5, the pipeline reads the width of its states here
            pipe.transformer = SimpleNamespace(config=self.config)
        negative: dict[str, torch.Tensor] = {}
        known, device = prompts.known_negative, prompts.device
        if known is not None and known.pooled is not None:
            negative = {
                "negative_prompt_embeds": torch.from_numpy(known.states)[None].to(device),
                "negative_pooled_prompt_embeds": torch.from_numpy(known.pooled)[None].to(device),
            }
        states, other_states, pooled, other_pooled = pipe.encode_prompt(
            prompt=prompts.prompt,
            prompt_2=None,
            prompt_3=None,
            device=device,
            negative_prompt=prompts.negative,
            clip_skip=prompts.options.clip_skip,
            **negative,
        )
        return text(states[0], pooled), text(other_states[0], other_pooled)

    def tokenizer(self, pipe: Any) -> tuple[Any, int]:
        """Return T5's tokenizer where the model has one, else CLIP's, and its number of tokens."""
        has_t5 = getattr(pipe, "text_encoder_3", None) is not None
        return (pipe.tokenizer_3, self.kind.tokens) if has_t5 else (pipe.tokenizer, CLIP_TOKENS)

    def predict(self, network: Any, batch: Batch) -> torch.Tensor:
        """Return the velocity for a batch, in float32."""
        latents, dtype = batch.latents, network.dtype
        predicted: torch.Tensor = network(
            latents.to(dtype),
            encoder_hidden_states=one_length(batch.states).to(dtype),
            pooled_projections=None if batch.pooled is None else batch.pooled.to(dtype),
            timestep=torch.as_tensor(batch.t, device=latents.device).expand(len(latents)),
        )
        return predicted.float()
