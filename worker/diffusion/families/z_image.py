"""Z-Image and Z-Image Turbo (Tongyi-MAI, 2025)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers.loaders import ZImageLoraLoaderMixin

from worker.diffusion.families import text_blend
from worker.diffusion.families.family import Batch, Between, Prompts, States, Text
from worker.diffusion.families.flow import FlowFamily, chat_tokens, text
from worker.stand_ins import diffusers


class ZImage(FlowFamily):
    """Z-Image: a Qwen3 text encoder, whose texts have the length of their prompts; 16 channels."""

    kinds = ("ZImagePipeline",)
    pipeline = diffusers.ZImagePipeline
    network_class = diffusers.ZImageTransformer2DModel
    original = "Z-Image"
    encoders = ("text_encoder",)
    lora_loader = ZImageLoraLoaderMixin
    evaluation_bytes = 1000  # two rows, with guidance

    def encode(self, pipe: Any, prompts: Prompts) -> tuple[Text, Text | None]:
        """Encode both, each as a chat message."""
        how = {"device": prompts.device, "do_classifier_free_guidance": False}
        [states], _ = pipe.encode_prompt(prompt=prompts.prompt, **how)
        if (known_negative := prompts.known_negative) is None:
            [others], _ = pipe.encode_prompt(prompt=prompts.negative, **how)
            known_negative = text(others)
        return text(states), known_negative

    def tokenizer(self, pipe: Any) -> tuple[Any, int]:
        """Return the tokenizer, and how many tokens a chat message leaves for the prompt."""
        return pipe.tokenizer, chat_tokens(pipe.tokenizer, self.kind.tokens, thinking=True)

    def predict(self, network: Any, batch: Batch) -> torch.Tensor:
        """Return the velocity; the network takes pictures of one frame, and predicts its negative.

        Rows between texts of different lengths are predicted by `text_blend`. With adapters, which have a weight for
        each row of a call, such rows are the interpolated predictions for both texts.
        """
        states, whole = batch.states, getattr(network, "unet", None)
        latents = batch.latents.to(network.dtype)
        times = (1000 - torch.as_tensor(batch.t, device=latents.device).expand(len(latents))) / 1000
        plain = {index: row for index, row in enumerate(states) if isinstance(row, torch.Tensor)}
        between = {index: row for index, row in enumerate(states) if isinstance(row, Between)}
        if between and whole is None:
            return self._mixed(network, latents, times, states)
        predictions: dict[int, torch.Tensor] = {}
        if places := list(plain):
            predictions |= zip(places, _called(network, latents[places], times[places], [*plain.values()]), strict=True)
        if places := list(between):
            blended = text_blend.predict(whole, latents[places], times[places], [*between.values()])
            predictions |= zip(places, blended, strict=True)
        return -torch.stack([predictions[index].float() for index in range(len(latents))])

    def _mixed(self, network: Any, latents: torch.Tensor, times: torch.Tensor, states: States) -> torch.Tensor:
        """Return the interpolated predictions for both texts of each row."""
        firsts = [row.first if isinstance(row, Between) else row for row in states]
        lasts = [row.last if isinstance(row, Between) else row for row in states]
        shares = [row.share if isinstance(row, Between) else 0.0 for row in states]
        both = _called(network, latents.repeat(2, 1, 1, 1), times.repeat(2), [*firsts, *lasts])
        one, other = torch.stack([each.float() for each in both]).chunk(2)
        return -torch.lerp(one, other, one.new_tensor(shares)[:, None, None, None])

    def count_tokens(self, latents: Any, *inputs: Any) -> Mapping[str, Sequence[int]]:
        """Return the padded numbers of tokens of pictures and texts, which the embedders get as one sequence."""
        _, texts = inputs
        height, width = latents[0].shape[-2:]
        pictures = [text_blend.filled(height // 2 * (width // 2))] * len(latents)
        return {"all_x_embedder": pictures, "cap_embedder": [text_blend.filled(len(text)) for text in texts]}

    def apply_guidance(self, unguided: torch.Tensor, conditioned: torch.Tensor, guidance: float) -> torch.Tensor:
        """Return the guided prediction, with the difference added to the conditioned one, as the pipeline does."""
        return conditioned + guidance * (conditioned - unguided)


def _called(
    network: Any, latents: torch.Tensor, times: torch.Tensor, states: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """Call the network as its pipeline does, and return its predictions (each channels x height x width)."""
    rows = [row.to(latents.dtype) for row in states]
    return [each.squeeze(1) for each in network(list(latents.unsqueeze(2).unbind(0)), times, rows)]
