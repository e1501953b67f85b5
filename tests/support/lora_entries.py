"""LoRA files as the site sees them, without weights: a model that words lead, and entries in its folder."""

import json
from pathlib import Path

from app.offer.generation import lora_file, loras
from app.offer.generation.loras import Lora

CONFIGS = {
    "model_index.json": {"_class_name": "StableDiffusionPipeline"},
    "unet/config.json": {"sample_size": 16, "cross_attention_dim": 768},
    "vae/config.json": {"block_out_channels": [16, 32]},
    "scheduler/scheduler_config.json": {"_class_name": "DDIMScheduler"},
}


def lay_out(folder: Path, *, width: int = 768) -> Path:
    """Write what the site reads of a model that words lead, whose text states have this width."""
    for name, config in CONFIGS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        result = config | {"cross_attention_dim": width} if name.startswith("unet") else config
        path.write_text(json.dumps(result))
    return folder


def enter(name: str, *, width: int = 768, digest: str = "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90", trigger: str = "") -> Lora:
    """Enter a LoRA in the site's folder, as though a worker had checked it."""
    folder = loras.folder()
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{name}.new"
    aside.write_bytes(b"weights")
    family = lora_file.FAMILIES.get(width, "")
    lora = Lora(name, name.replace("-", " ").title(), digest, "CC0-1.0", trigger, family, width, 4, 7, folder)
    return loras.keep(aside, lora)
