"""Folders of the flow families as the site sees them: their configurations, and headers in place of weights."""

import json
from pathlib import Path
from typing import Any

from app.core.models.kinds import FLOW_SOLVER
from tests.support.model_folders import safetensors

CLIP, T5, QWEN = "CLIPTokenizer", "T5TokenizerFast", "Qwen2Tokenizer"
KL = {"_class_name": "AutoencoderKL", "block_out_channels": [128, 256, 512, 512], "latent_channels": 16}


def _index(pipeline: str, network: str, *words: tuple[str, str], vae: str = "AutoencoderKL") -> dict[str, Any]:
    """Return what an index says of a pipeline whose words go through these tokenizers and text encoders."""
    classes = {"scheduler": ["diffusers", FLOW_SOLVER], "transformer": ["diffusers", network]}
    for end, (tokenizer, encoder) in zip(("", "_2", "_3"), words, strict=False):
        classes |= {f"text_encoder{end}": ["transformers", encoder], f"tokenizer{end}": ["transformers", tokenizer]}
    return {"_class_name": pipeline, "vae": ["diffusers", vae], **classes}


PROJECTING = CLIP, "CLIPTextModelWithProjection"
INDICES: dict[str, dict[str, Any]] = {
    "flux1": _index("FluxPipeline", "FluxTransformer2DModel", (CLIP, "CLIPTextModel"), (T5, "T5EncoderModel")),
    "sd3": _index("StableDiffusion3Pipeline", "SD3Transformer2DModel", PROJECTING, PROJECTING, (T5, "T5EncoderModel")),
    "z_image": _index("ZImagePipeline", "ZImageTransformer2DModel", (QWEN, "Qwen3Model")),
    "flux2": {
        "is_distilled": True,
        **_index("Flux2KleinPipeline", "Flux2Transformer2DModel", (QWEN, "Qwen3ForCausalLM"), vae="AutoencoderKLFlux2"),
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
