"""Folders of the flow families as the site sees them: their configurations, and headers in place of weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.core.models.kinds import FLOW_SOLVER
from tests.support.model_folders import safetensors

CLIP, T5, QWEN = (
    ["transformers", "CLIPTokenizer"],
    ["transformers", "T5TokenizerFast"],
    ["transformers", "Qwen2Tokenizer"],
)
KL = {"_class_name": "AutoencoderKL", "block_out_channels": [128, 256, 512, 512], "latent_channels": 16}

INDICES: dict[str, dict[str, Any]] = {
    "flux1": {
        "_class_name": "FluxPipeline",
        "scheduler": ["diffusers", FLOW_SOLVER],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "T5EncoderModel"],
        "tokenizer": CLIP,
        "tokenizer_2": T5,
        "transformer": ["diffusers", "FluxTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    },
    "sd3": {
        "_class_name": "StableDiffusion3Pipeline",
        "scheduler": ["diffusers", FLOW_SOLVER],
        "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "text_encoder_3": ["transformers", "T5EncoderModel"],
        "tokenizer": CLIP,
        "tokenizer_2": CLIP,
        "tokenizer_3": T5,
        "transformer": ["diffusers", "SD3Transformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    },
    "z_image": {
        "_class_name": "ZImagePipeline",
        "scheduler": ["diffusers", FLOW_SOLVER],
        "text_encoder": ["transformers", "Qwen3Model"],
        "tokenizer": QWEN,
        "transformer": ["diffusers", "ZImageTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    },
    "flux2": {
        "_class_name": "Flux2KleinPipeline",
        "is_distilled": True,
        "scheduler": ["diffusers", FLOW_SOLVER],
        "text_encoder": ["transformers", "Qwen3ForCausalLM"],
        "tokenizer": QWEN,
        "transformer": ["diffusers", "Flux2Transformer2DModel"],
        "vae": ["diffusers", "AutoencoderKLFlux2"],
    },
}
"""What ``model_index.json`` says, by the names of `app.core.models.kinds`."""

NETWORKS: dict[str, dict[str, Any]] = {
    "flux1": {
        "_class_name": "FluxTransformer2DModel", "in_channels": 64, "out_channels": None, "guidance_embeds": False,
        "joint_attention_dim": 4096,
    },
    "sd3": {
        "_class_name": "SD3Transformer2DModel", "in_channels": 16, "out_channels": 16, "sample_size": 128,
        "qk_norm": "rms_norm", "dual_attention_layers": [], "joint_attention_dim": 4096,
    },
    "z_image": {"_class_name": "ZImageTransformer2DModel", "in_channels": 16, "cap_feat_dim": 2560},
    "flux2": {"_class_name": "Flux2Transformer2DModel", "in_channels": 128, "joint_attention_dim": 7680},
}  # fmt: skip

SCHEDULERS: dict[str, dict[str, Any]] = {
    "flux1": {"shift": 1.0, "use_dynamic_shifting": False},
    "sd3": {"shift": 3.0},
    "z_image": {"shift": 3.0, "use_dynamic_shifting": False},
    "flux2": {"shift": 3.0, "use_dynamic_shifting": True},
}

VAES: dict[str, dict[str, Any]] = {
    "flux1": KL,
    "sd3": KL,
    "z_image": KL,
    "flux2": KL | {"_class_name": "AutoencoderKLFlux2", "latent_channels": 32},
}


def lay_out(
    folder: Path,
    family: str,
    *,
    index: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    scheduler: dict[str, Any] | None = None,
    house: dict[str, Any] | None = None,
) -> Path:
    """Write a folder of a family: FLUX.1 schnell, Stable Diffusion 3.5, Z-Image Turbo or FLUX.2 klein, and changes."""
    whole = INDICES[family] | (index or {})
    files: dict[str, Any] = {"model_index.json": whole}
    files["transformer/config.json"] = NETWORKS[family] | (network or {})
    files["vae/config.json"] = VAES[family]
    own = {"_class_name": FLOW_SOLVER} | SCHEDULERS[family] | (scheduler or {})
    files["scheduler/scheduler_config.json"] = own
    if house is not None:
        files["house.json"] = house
    for part, entry in whole.items():
        if not isinstance(entry, list) or not entry[0]:
            continue
        if part.startswith("tokenizer"):
            files |= {f"{part}/{name}": text for name, text in _tokenizer(entry[1]).items()}
        elif part != "scheduler":
            files.setdefault(f"{part}/config.json", {"_class_name": entry[1]})
            files[f"{part}/model.safetensors"] = safetensors(500 + len(files))
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def _tokenizer(name: str) -> dict[str, Any]:
    config = {"tokenizer_config.json": {"tokenizer_class": name.removesuffix("Fast")}}
    if name.startswith("T5"):
        return config | {"spiece.model": b"\x0a"}
    if name.startswith("Qwen"):
        return config | {"vocab.json": {}, "merges.txt": b"", "chat_template.jinja": b"{{ messages }}"}
    return config | {"vocab.json": {}, "merges.txt": b""}
