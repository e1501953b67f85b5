"""LoRA files on text encoders: applied while a stop's prompt is encoded, and removed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.loaders import StableDiffusionLoraLoaderMixin
from diffusers.utils.peft_utils import recurse_remove_peft_layers, set_weights_and_activate_adapters

from worker.networks.adapters import AdapterError, Weights, load_checked
from worker.networks.lora_tensors import LoraFormat


@contextmanager
def applied(pipe: Any, weights: Weights, lora_format: LoraFormat) -> Iterator[None]:
    """Apply the parts of adapters that change text encoders to those of a pipeline while the block runs.

    `lora_format` is the format of the model's LoRA files.

    :raises AdapterError: when an adapter does not fit.
    """
    if not weights:
        yield
        return
    encoders = {part: encoder for part in lora_format.encoders if (encoder := getattr(pipe, part, None)) is not None}
    try:
        with torch.inference_mode(mode=False):
            _apply(encoders, weights, lora_format)
        yield
    finally:
        for encoder in encoders.values():
            _remove(encoder)


def _apply(encoders: dict[str, Any], weights: Weights, lora_format: LoraFormat) -> None:
    ordered = sorted(weights, key=lambda each: each.digest)
    loras = {file: file.read_tensors(lora_format) for file in ordered}
    for part in lora_format.encoders:
        changing = [file for file in ordered if loras[file].count(part)]
        for file in changing:
            if part not in encoders:
                raise AdapterError(f"{file.label} does not fit the model, which has no {part}")
            lora = loras[file]
            load_checked(
                file, encoders[part], lora.count(part), StableDiffusionLoraLoaderMixin.load_lora_into_text_encoder,
                lora.tensors, network_alphas=lora.alphas, text_encoder=encoders[part], prefix=part,
                adapter_name=file.name, metadata=lora.configs,
            )  # fmt: skip
        if changing:
            names, strengths = [file.name for file in changing], [weights[file] for file in changing]
            set_weights_and_activate_adapters(encoders[part], names, strengths)


def _remove(encoder: Any) -> None:
    recurse_remove_peft_layers(encoder)
    if hasattr(encoder, "peft_config"):
        del encoder.peft_config
    encoder._hf_peft_config_loaded = False
