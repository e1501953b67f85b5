"""Write LoRA weights as a file that other programs read: diffusers' ``pytorch_lora_weights.safetensors``."""

from __future__ import annotations

from pathlib import Path

NAME = "pytorch_lora_weights.safetensors"


def write(adapter: Path, folder: Path) -> Path:
    """Write LoRA weights saved by ``train --tune lora`` into a folder, as ``save_lora_weights`` of diffusers does.

    ``lora_alpha`` equals ``r``, which readers assume when no alpha is stored. Return the file's path.
    """
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import convert_state_dict_to_diffusers
    from safetensors.torch import load_file

    layers = convert_state_dict_to_diffusers(load_file(adapter))
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=layers, weight_name=NAME)
    return folder / NAME
