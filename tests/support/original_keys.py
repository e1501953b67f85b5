"""Convert the weights of Stable Diffusion to the names of the original implementation, as in single files.

diffusers converts them back when it reads such a file (`from_single_file`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
OUTSIDE = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
}  # fmt: skip
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
OPEN_CLIP = {
    "self_attn.out_proj": "attn.out_proj", "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}  # fmt: skip

Weights = Iterator[tuple[str, torch.Tensor]]


def unet(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any]) -> Weights:
    """Yield the renamed weights of a UNet."""
    layers = int(config["layers_per_block"])
    for name, tensor in weights.items():
        yield f"model.diffusion_model.{unet_name(name, layers, weights)}", tensor


def unet_name(name: str, layers: int, weights: Mapping[str, torch.Tensor]) -> str:
    """Name a weight of a UNet with so many layers in each block."""
    module, _, kind = name.rpartition(".")
    if module in OUTSIDE:
        return f"{OUTSIDE[module]}.{kind}"
    if match := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)", name):
        place = 1 if match[1] == "attentions" else 2 * int(match[2])
        return f"middle_block.{place}.{_inner(match[1], match[3])}"
    match = re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", name)
    assert match is not None, name
    block, layer = int(match[2]), int(match[4])
    if match[3] == "downsamplers":
        return f"input_blocks.{(block + 1) * (layers + 1)}.0.op.{kind}"
    if match[3] == "upsamplers":
        place = 2 if any(other.startswith(f"up_blocks.{block}.attentions") for other in weights) else 1
        return f"output_blocks.{block * (layers + 1) + layers}.{place}.conv.{kind}"
    where, number = ("input_blocks", block * (layers + 1) + layer + 1) if match[1] == "down" else (
        "output_blocks", block * (layers + 1) + layer
    )  # fmt: skip
    return f"{where}.{number}.{int(match[3] == 'attentions')}.{_inner(match[3], match[5])}"


def _inner(kind: str, name: str) -> str:
    if kind == "attentions":
        return name
    module, _, end = name.rpartition(".")
    return f"{RESNET[module]}.{end}"


def vae(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any]) -> Weights:
    """Yield the renamed weights of a VAE; the original attention consists of convolutions."""
    last = len(config["block_out_channels"]) - 1
    for old, tensor in weights.items():
        name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", old)
        name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d)\.resnets", lambda match: f"up.{last - int(match[1])}.block", name)
        name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda match: f"up.{last - int(match[1])}.upsample", name)
        name = re.sub(r"mid_block\.resnets\.(\d)", lambda match: f"mid.block_{int(match[1]) + 1}", name)
        name = name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        if "mid_block.attentions.0." in name:
            for new_style, old_style in VAE_ATTENTION.items():
                name = name.replace(f"mid_block.attentions.0.{new_style}.", f"mid.attn_1.{old_style}.")
            tensor = tensor[..., None, None] if tensor.ndim == 2 else tensor
        yield f"first_stage_model.{name}", tensor


def clip(weights: Mapping[str, torch.Tensor], prefix: str) -> Weights:
    """Yield the renamed weights of a text encoder of OpenAI's implementation in transformers."""
    for name, tensor in weights.items():
        yield f"{prefix}text_model.{name.removeprefix('text_model.')}", tensor


def open_clip(weights: Mapping[str, torch.Tensor], prefix: str) -> Weights:
    """Yield the weights of a text encoder by OpenCLIP's names; query, key and value are one tensor there."""
    own = {name.removeprefix("text_model."): tensor for name, tensor in weights.items()}
    outside = {
        "embeddings.token_embedding.weight": "token_embedding.weight",
        "embeddings.position_embedding.weight": "positional_embedding",
        "final_layer_norm.weight": "ln_final.weight", "final_layer_norm.bias": "ln_final.bias",
    }  # fmt: skip
    for name, tensor in own.items():
        if name in outside:
            yield prefix + outside[name], tensor
        elif name == "text_projection.weight":
            yield f"{prefix}text_projection", tensor.T
        elif match := re.match(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)", name):
            layer, module, kind = match.groups()
            into = f"{prefix}transformer.resblocks.{layer}."
            if module == "self_attn.q_proj":
                parts = [own[name.replace("q_proj", f"{letter}_proj")] for letter in "qkv"]
                yield f"{into}attn.in_proj_{kind}", torch.cat(parts)
            elif module in OPEN_CLIP:
                yield f"{into}{OPEN_CLIP[module]}.{kind}", tensor


def every(folder: Path, parts: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return all weights of a model's folder, renamed; `parts` are those of ``family.json``."""
    found: dict[str, torch.Tensor] = {}
    for part, about in parts.items():
        config = json.loads((folder / part / "config.json").read_text("utf-8"))
        found.update(rename(part, _read(folder / part), config, about["prefix"]))
    return found


def rename(
    part: str, weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], prefix: str
) -> dict[str, torch.Tensor]:
    """Return the weights of one part, renamed; `prefix` is that of its names in single files."""
    if part in ("unet", "vae"):
        return dict(unet(weights, config) if part == "unet" else vae(weights, config))
    return dict((open_clip if prefix.endswith(".model.") else clip)(weights, prefix))


def save(folder: Path, parts: Mapping[str, Any], target: Path, metadata: Mapping[str, str] | None = None) -> Path:
    """Write a model's folder as a single file; return its path."""
    tensors = {name: tensor.contiguous() for name, tensor in every(folder, parts).items()}
    save_file(tensors, target, metadata={"format": "pt", **(metadata or {})})
    return target


def _read(part: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for path in sorted(part.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            found |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return {name: tensor for name, tensor in found.items() if not name.endswith("position_ids")}
