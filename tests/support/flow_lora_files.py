"""LoRA files of tiny rectified-flow models, with random weights: as pipelines and other programs save them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file
from torch import nn

from tests.support.flow_calls import pipeline

OF_TEXTS = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
RANK, ALPHA = 4, 6.0
ENCODERS = {"FluxPipeline": ("text_encoder",), "StableDiffusion3Pipeline": ("text_encoder", "text_encoder_2")}

Tensors = dict[str, torch.Tensor]


def encoders(folder: Path) -> tuple[str, ...]:
    """Return the text encoders that a LoRA of a model may change."""
    return ENCODERS.get(type(pipeline(folder)).__name__, ())


def save(folder: Path, path: Path, *, seed: int = 1, scale: float = 0.2, parts: Sequence[str] = ()) -> Path:
    """Save a LoRA by the pipeline's own `save_lora_weights`, with its configuration in the header.

    It is of all linear layers of the network, and of the text encoders that it may change, where no `parts` are named.
    """
    pipe, rng = pipeline(folder), torch.Generator().manual_seed(seed)
    layers: dict[str, Any] = {}
    for part in parts or ("transformer", *encoders(folder)):
        network = type(getattr(pipe, part)).from_pretrained(folder / part)
        config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets(network, part))
        inject_adapter_in_model(config, network)
        shapes = {name: value.shape for name, value in get_peft_model_state_dict(network).items()}
        layers[f"{part}_lora_layers"] = {
            name: torch.randn(shape, generator=rng) * scale for name, shape in shapes.items()
        }
        result = config.to_dict()
        layers[f"{part}_lora_adapter_metadata"] = result | {"target_modules": sorted(result["target_modules"])}
    type(pipe).save_lora_weights(path.parent, weight_name=path.name, **layers)
    return path


def targets(network: Any, part: str) -> list[str]:
    """Name all linear layers of a network, or those of a text encoder that trainers change."""
    if part != "transformer":
        return list(OF_TEXTS)
    return [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]


def save_modules(
    folder: Path,
    path: Path,
    modules: Mapping[str, Iterable[str]],
    *,
    ends: tuple[str, str] = (".lora_down.weight", ".lora_up.weight"),
    alpha: float | None = ALPHA,
    part: str = "transformer",
    seed: int = 1,
    scale: float = 0.2,
) -> Path:
    """Save a LoRA under the names of `modules`, each of which stands for some of diffusers' side by side."""
    rng, network = torch.Generator().manual_seed(seed), getattr(pipeline(folder), part)
    tensors: Tensors = {}
    for name, own in modules.items():
        layers = [network.get_submodule(each) for each in own]
        shapes = ((RANK, layers[0].in_features), (sum(layer.out_features for layer in layers), RANK))
        for end, shape in zip(ends, shapes, strict=True):
            tensors[name + end] = torch.randn(shape, generator=rng) * scale
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha)
    save_file(tensors, path)
    return path


def double_blocks(folder: Path, prefix: str, dot: str) -> dict[str, list[str]]:
    """Name the layers of FLUX's double blocks as its own code does, after a prefix, with `dot` between the words."""
    network = pipeline(folder).transformer
    linear = hasattr(network.transformer_blocks[0].ff, "linear_in")
    ends = ("linear_in", "linear_out") if linear else ("net.0.proj", "net.2")
    found: dict[str, list[str]] = {}
    for i in range(len(network.transformer_blocks)):
        block, ours = f"{prefix}double_blocks{dot}{i}{dot}", f"transformer_blocks.{i}."
        found |= {
            f"{block}img_attn{dot}qkv": [f"{ours}attn.to_{each}" for each in "qkv"],
            f"{block}txt_attn{dot}qkv": [f"{ours}attn.add_{each}_proj" for each in "qkv"],
            f"{block}img_attn{dot}proj": [f"{ours}attn.to_out.0"],
            f"{block}txt_attn{dot}proj": [f"{ours}attn.to_add_out"],
        }
        for words, ff in (("img", "ff"), ("txt", "ff_context")):
            for number, end in zip((0, 2), ends, strict=True):
                found[f"{block}{words}_mlp{dot}{number}"] = [f"{ours}{ff}.{end}"]
        if not linear:
            found[f"{block}img_mod{dot}lin"] = [f"{ours}norm1.linear"]
    return found
