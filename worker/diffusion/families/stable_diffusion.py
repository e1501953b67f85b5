"""Stable Diffusion 1.x, 2.x and XL, models distilled from them (LCM, Turbo), and the built-in model: UNets."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch

from worker.diffusion.families import clip_text
from worker.diffusion.families.family import CLASSIFIER_FREE, INPUT, Batch, Family, OfDiffusers, Prompts, Text
from worker.diffusion.families.text_options import TextOptions
from worker.networks import group_norm, upsampling
from worker.stand_ins import diffusers

NO_PICTURES = {"feature_extractor": None, "image_encoder": None, "unet": None, "vae": None}


class StableDiffusion(Family):
    """Stable Diffusion 1.x and 2.x, and the built-in model."""

    kinds: ClassVar[tuple[str, ...]] = ("StableDiffusionPipeline",)
    pipeline = OfDiffusers("StableDiffusionPipeline")
    pipeline_options = MappingProxyType(NO_PICTURES | {"safety_checker": None, "requires_safety_checker": False})
    part = "unet"
    network_class = OfDiffusers("UNet2DConditionModel")
    encoders: ClassVar[tuple[str, ...]] = ("text_encoder",)
    lora_loader = OfDiffusers("StableDiffusionLoraLoaderMixin", "diffusers.loaders")
    lora_encoders: ClassVar[tuple[str, ...]] = ("text_encoder",)
    traces = True

    def describe(self) -> None:
        """Set scale, latent shape and guidance, which is an input of models that were distilled with it."""
        side = self.config.sample_size
        height, width = (side, side) if isinstance(side, int) else side
        self.scale = 2 ** (len(self.vae.block_out_channels) - 1)
        self.latent_shape = (self.config.out_channels, height, width)
        self.guidance = CLASSIFIER_FREE if self.config.time_cond_proj_dim is None else INPUT

    @classmethod
    def prepare(cls, network: Any) -> None:
        """Replace group normalisations and upsampling layers by faster ones, in place."""
        group_norm.replace_group_norms(network)
        upsampling.fold(network)

    def lora_options(self) -> dict[str, Any]:
        """Return the UNet's configuration, which maps the block names of XL's original implementation."""
        return {"unet_config": self.config}

    def encode(self, pipe: Any, prompts: Prompts) -> tuple[Text, Text | None]:
        """Encode both, in chunks or, as in release 1.0.0, by the pipeline; XL may use zeros for an empty one."""
        nothing = not prompts.negative and getattr(pipe.config, "force_zeros_for_empty_prompt", False)
        known_negative, options, device = prompts.known_negative, prompts.options, prompts.device
        if options.syntax:
            text = self._chunked(pipe, prompts.prompt, options, device)
            if known_negative is None and nothing:
                known_negative = _zeros(text)
            of_negative = replace(options, clip_skip=None)
            return text, known_negative or self._chunked(pipe, prompts.negative, of_negative, device)
        encoded = pipe.encode_prompt(
            prompt=prompts.prompt,
            device=device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=True,
            negative_prompt=None if nothing else prompts.negative,
            **_as_encoded(known_negative, device),
        )
        arrays = [tensor[0].float().cpu().numpy() for tensor in encoded]
        if self.config.addition_embed_type == "text_time":
            return Text(arrays[0], arrays[2]), Text(arrays[1], arrays[3])
        return Text(arrays[0]), Text(arrays[1])

    def reads_syntax(self, pipe: Any) -> bool:
        """Return whether all tokenizers are CLIP's."""
        import transformers

        return all(isinstance(tokenizer, transformers.CLIPTokenizer) for tokenizer, _ in _encoders(pipe))

    def chunks(self, pipe: Any, prompt: str, options: TextOptions) -> int:
        """Return how many chunks a prompt takes."""
        return max(clip_text.count_chunks(tokenizer, prompt, options) for tokenizer, _ in _encoders(pipe))

    def _chunked(self, pipe: Any, prompt: str, options: TextOptions, device: torch.device) -> Text:
        layer = partial(self.layer, clip_skip=options.clip_skip)
        return clip_text.encode(_encoders(pipe), prompt, options, layer, device)

    @staticmethod
    def layer(
        encoder: Any, ids: torch.Tensor, mask: torch.Tensor | None, clip_skip: int | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the encoder's last states, or those of an earlier layer after the last normalisation."""
        if clip_skip is None:
            return encoder(ids, attention_mask=mask)[0], None
        states = encoder(ids, attention_mask=mask, output_hidden_states=True).hidden_states[-(clip_skip + 1)]
        return getattr(encoder, "text_model", encoder).final_layer_norm(states), None

    def predict(self, network: Any, batch: Batch) -> torch.Tensor:
        """Return the noise, the velocity or the picture: the solver's configuration says which."""
        assert isinstance(batch.states, torch.Tensor)  # noqa: S101 - for types: these texts have one length
        precision = network.dtype
        latents = batch.latents.to(precision).contiguous(memory_format=batch.memory_format)
        prediction: torch.Tensor = network(
            latents,
            batch.t,
            batch.states.to(precision),
            timestep_cond=self._embedded(batch.guidance, latents) if self.guidance == INPUT else None,
            added_cond_kwargs=None if batch.pooled is None else self._added(batch.pooled, latents),
        )
        return prediction.float()

    def _embedded(self, guidance: float, latents: torch.Tensor) -> torch.Tensor:
        """Return the embedded guidance for each row."""
        strength = torch.tensor([guidance - 1]).repeat(len(latents))
        embedded: torch.Tensor = diffusers.LatentConsistencyModelPipeline.get_guidance_scale_embedding(
            None, strength, embedding_dim=self.config.time_cond_proj_dim
        )
        return embedded.to(latents.device, latents.dtype)

    def _added(self, pooled: torch.Tensor, latents: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the pooled prompts and, as in training, the size of a picture that was not cropped."""
        size = (latents.shape[-2] * self.scale, latents.shape[-1] * self.scale)
        sizes = torch.tensor([(*size, 0, 0, *size)], dtype=latents.dtype, device=latents.device)
        return {"text_embeds": pooled.to(latents.dtype), "time_ids": sizes.repeat(len(latents), 1)}


class StableDiffusionXL(StableDiffusion):
    """Stable Diffusion XL, which has two text encoders and a pooled vector."""

    kinds = ("StableDiffusionXLPipeline",)
    pipeline = OfDiffusers("StableDiffusionXLPipeline")
    pipeline_options = MappingProxyType(NO_PICTURES | {"add_watermarker": False})
    encoders = ("text_encoder", "text_encoder_2")
    lora_encoders = ("text_encoder", "text_encoder_2")
    upcasts = True

    @staticmethod
    def layer(
        encoder: Any, ids: torch.Tensor, mask: torch.Tensor | None, clip_skip: int | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the states of the last layer but one, or of an earlier one, and the projection's pooled vector."""
        del mask  # as in diffusers
        found = encoder(ids, output_hidden_states=True)
        return found.hidden_states[-((clip_skip or 0) + 2)], found[0] if found[0].ndim == 2 else None


class LatentConsistency(StableDiffusion):
    """Latent consistency models, which use Stable Diffusion's text encoder."""

    kinds = ("LatentConsistencyModelPipeline",)


def _encoders(pipe: Any) -> list[tuple[Any, Any]]:
    """Return a pipeline's pairs of a tokenizer and a text encoder."""
    pairs = [(getattr(pipe, f"tokenizer{end}", None), getattr(pipe, f"text_encoder{end}", None)) for end in ("", "_2")]
    return [(tokenizer, encoder) for tokenizer, encoder in pairs if tokenizer is not None]


def _zeros(text: Text) -> Text:
    """Return zeros of the length of one chunk, for an empty prompt."""
    assert text.empty is not None  # noqa: S101 - for types: it was encoded in chunks
    empty = np.zeros_like(text.empty)
    return Text(empty, None if text.pooled is None else np.zeros_like(text.pooled), empty)


def _as_encoded(known_negative: Text | None, device: torch.device) -> dict[str, torch.Tensor]:
    """Return the pipeline's arguments for a negative prompt that is already encoded; none for None."""
    if known_negative is None:
        return {}
    embeds = {"negative_prompt_embeds": known_negative.states}
    if known_negative.pooled is not None:
        embeds["negative_pooled_prompt_embeds"] = known_negative.pooled
    return {name: torch.from_numpy(array)[None].to(device) for name, array in embeds.items()}
