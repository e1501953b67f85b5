"""The tensors of a LoRA, under the names of diffusers' networks, whichever program wrote the file.

Files of kohya's scripts (most of Civitai's) are converted by diffusers' own converter; of the others the names alone
are completed. So what is laid over the networks is what diffusers' `load_lora_weights` would lay over them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import safetensors.torch
import torch
from diffusers.loaders import StableDiffusionLoraLoaderMixin

from app.generation import lora_file
from app.generation.lora_file import LoraError, LoraFacts

CONFIGURED = ("r", "lora_alpha", "rank_pattern", "alpha_pattern", "target_modules", "exclude_modules", "use_rslora")
"""What of an adapter's configuration is used; the rest is about training, or changes what is computed."""


@dataclass(frozen=True, slots=True)
class LoraTensors:
    """The matrices of a LoRA by their networks (`unet.`, `text_encoder.`, `text_encoder_2.`), with their strengths.

    `alphas` are those of kohya's files, by module; `configs` what diffusers or peft wrote about ranks and alphas, by
    network. A matrix pair without either has the strength 1 (alpha = rank).
    """

    tensors: dict[str, torch.Tensor]
    alphas: dict[str, float] | None
    configs: dict[str, Any] | None

    def of(self, part: str) -> int:
        """Count the tensors of a network."""
        return sum(name.startswith(f"{part}.") for name in self.tensors)


def read(data: bytes, unet_config: Any) -> LoraTensors:
    """Read a file for a UNet of this configuration.

    Raises LoraError where it is no LoRA, where numbers in it are not finite, or where it is of a kind that is not
    supported.
    """
    try:
        tensors = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise LoraError(f"is no {lora_file.SUFFIX} file, or is broken: {error}.") from error
    metadata = lora_file.header_of(data)[0].get("__metadata__") or {}
    facts = lora_file.facts({name: list(each.shape) for name, each in tensors.items()}, metadata)
    if wrong := next((name for name, each in tensors.items() if not torch.isfinite(each).all()), None):
        raise LoraError(f"holds numbers that are not finite (NaN or Inf), in {wrong:.100}.")
    try:
        return _converted(tensors, facts, unet_config)
    except (ValueError, LookupError, AttributeError, TypeError) as error:  # of diffusers' converters
        raise LoraError(f"cannot be converted: {str(error) or type(error).__name__:.200}.") from error


def _converted(tensors: dict[str, torch.Tensor], facts: LoraFacts, unet_config: Any) -> LoraTensors:
    if facts.layout == lora_file.KOHYA:
        converted, alphas = StableDiffusionLoraLoaderMixin.lora_state_dict(dict(tensors), unet_config=unet_config)
        return LoraTensors(converted, alphas, None)
    if facts.layout == lora_file.PEFT:
        part = facts.parts[0]
        tensors = {f"{part}.{name.removeprefix(lora_file.PEFT_PREFIX)}": each for name, each in tensors.items()}
    elif facts.layout == lora_file.BARE:
        tensors = {f"unet.{name}": each for name, each in tensors.items()}
    named = {name.replace(".default.", "."): each for name, each in tensors.items()}
    return LoraTensors(named, None, _configs(facts))


def _configs(facts: LoraFacts) -> dict[str, Any] | None:
    """Read the configurations of adapters that a header holds, by network and setting: ``unet.lora_alpha``."""
    told = json.loads(facts.metadata.get(lora_file.METADATA) or "{}")
    if facts.layout == lora_file.BARE:
        told = {f"unet.{name}": value for name, value in told.items()}
    if any(name.endswith(".use_dora") and value for name, value in told.items()):
        raise LoraError("is a DoRA, which is not supported; LoRA files are.")
    found = {name: value for name, value in told.items() if name.partition(".")[2] in CONFIGURED}
    return found or None
