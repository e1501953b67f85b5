"""LoRA files on text encoders: applied while a stop's prompt is encoded, and removed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from worker.networks.adapters import AdapterError, AdapterFile, Weights, load_checked, set_strengths
from worker.networks.bert import Bert
from worker.networks.lora_tensors import LoraFormat, LoraTensors


@contextmanager
def applied(pipe: Any, weights: Weights, lora_format: LoraFormat) -> Iterator[None]:
    """Apply the parts of adapters that change text encoders to those of a pipeline while the block runs.

    `lora_format` is the format of the model's LoRA files.

    :raises AdapterError: when an adapter does not fit.
    """
    if not weights:
        yield
        return
    changed: list[Any] = []
    try:
        with torch.inference_mode(mode=False):
            _apply(pipe, weights, lora_format, changed)
        yield
    finally:
        for encoder in changed:
            _remove(encoder)


def _apply(pipe: Any, weights: Weights, lora_format: LoraFormat, changed: list[Any]) -> None:
    from diffusers.utils.peft_utils import set_weights_and_activate_adapters

    ordered = sorted(weights, key=lambda each: each.digest)
    loras = {file: file.read_tensors(lora_format) for file in ordered}
    for part in lora_format.encoders:
        changing = [file for file in ordered if loras[file].count(part)]
        if not changing:
            continue
        encoder = _encoder(pipe, part, changing[0])
        changed.append(encoder)
        for file in changing:
            lora = _in_names_of(encoder, loras[file])
            tensors = lora.of_part(part)
            load_checked(
                file, encoder, tensors, encoder.load_adapter, adapter_name=file.name, adapter_state_dict=tensors,
                peft_config=_config(tensors),
            )  # fmt: skip
            set_strengths(file, encoder, lora, part)
            encoder.to(device=encoder.device, dtype=encoder.dtype)
        names, strengths = [file.name for file in changing], [weights[file] for file in changing]
        set_weights_and_activate_adapters(encoder, names, strengths)


def _encoder(pipe: Any, part: str, file: AdapterFile) -> Any:
    """Return a pipeline's text encoder, as one that peft can change.

    :raises AdapterError: when there is none, which names the file.
    """
    encoder = getattr(pipe, part, None)
    if encoder is None:
        raise AdapterError(f"{file.label} does not fit the model, which has no {part}")
    if isinstance(encoder, Bert):
        encoder = encoder.with_transformers()
        setattr(pipe, part, encoder)
    return encoder


def _config(tensors: Mapping[str, torch.Tensor]) -> Any:
    """Return peft's configuration of these tensors, without strengths."""
    from diffusers.utils.peft_utils import get_peft_kwargs
    from peft import LoraConfig

    ranks = {f"^{name}": each.shape[1] for name, each in tensors.items() if name.endswith(".lora_B.weight")}
    return LoraConfig(**get_peft_kwargs(ranks, None, tensors, is_unet=False))


def _in_names_of(encoder: Any, lora: LoraTensors) -> LoraTensors:
    """Return a LoRA with names as in an encoder: transformers 5 has none that begin with `text_model`."""
    if hasattr(encoder, "text_model"):
        return lora
    return LoraTensors(
        {name.replace(".text_model.", ".", 1): each for name, each in lora.tensors.items()},
        {name.replace(".text_model.", ".", 1): each for name, each in lora.alphas.items()},
    )


def _remove(encoder: Any) -> None:
    from diffusers.utils.peft_utils import recurse_remove_peft_layers

    recurse_remove_peft_layers(encoder)
    if hasattr(encoder, "peft_config"):
        del encoder.peft_config
    encoder._hf_peft_config_loaded = False
