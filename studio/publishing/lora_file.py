"""Changes of low rank as one file that other programs read: diffusers' ``pytorch_lora_weights.safetensors``."""

from __future__ import annotations

from pathlib import Path

NAME = "pytorch_lora_weights.safetensors"


def write(adapter: Path, folder: Path) -> Path:
    """Write changes that ``train --tune lora`` kept into a folder, by the names of ``save_lora_weights`` of diffusers.

    Their strength is their rank (``lora_alpha`` is ``r``), which readers take for granted where no alpha is told.
    """
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import convert_state_dict_to_diffusers
    from safetensors.torch import load_file

    layers = convert_state_dict_to_diffusers(load_file(adapter))
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers, weight_name=NAME)
    return folder / NAME
