"""A model's folder with random bytes for weights: enough to be looked at."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
}


def safetensors(size: int = 16, fill: int = 0) -> bytes:
    """Return a file with one tensor of bytes."""
    header = json.dumps({"__metadata__": {}, "w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes([fill]) * size


def lay_out(folder: Path) -> Path:
    """Lay out a folder like Stable Diffusion 1.5's, with a safety checker that is never fetched."""
    files: dict[str, Any] = {"model_index.json": INDEX, "scheduler/scheduler_config.json": {}}
    files |= {"tokenizer/tokenizer_config.json": {}, "tokenizer/tokenizer.json": {}}
    files |= {"text_encoder/config.json": {}, "safety_checker/config.json": {}}
    files["vae/config.json"] = {"_class_name": "AutoencoderKL", "block_out_channels": [1, 2, 3, 4]}
    files["unet/config.json"] = {"_class_name": "UNet2DConditionModel", "sample_size": 64}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    for number, part in enumerate(("text_encoder", "unet", "vae")):
        (folder / part / "model.safetensors").write_bytes(safetensors(500 + number, number))
    return folder


def hub_copy(model: Path, cache: Path) -> Path:
    """Lay a model into a hub's cache as tiny/walker, and return its snapshot."""
    snapshot = cache / "models--tiny--walker" / "snapshots" / "0123456789abcdef"
    shutil.copytree(model, snapshot)
    (cache / "models--tiny--walker" / "refs").mkdir()
    (cache / "models--tiny--walker" / "refs" / "main").write_text("0123456789abcdef\n")
    return snapshot
