"""LoRA files of tiny models, with random weights: as peft, diffusers and kohya's scripts save them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file

from tests.support.own_calls import pipeline

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
CONVOLUTIONS = (
    "conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv", "conv_in", "conv_out", "proj_in",
    "proj_out",
)  # fmt: skip
LINEAR = ("ff.net.0.proj", "ff.net.2", "time_emb_proj", "time_embedding.linear_1")
OF_TEXTS = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
RANK, ALPHA = 4, 6.0
PREFIXES = {"unet": "lora_unet", "text_encoder": "lora_te", "text_encoder_2": "lora_te2"}

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Lora:
    """A LoRA of a model: peft's tensors of each of its networks, all of one rank and one alpha."""

    folder: Path
    parts: dict[str, Tensors]
    alpha: float = ALPHA

    @property
    def is_xl(self) -> bool:
        return hasattr(pipeline(self.folder), "text_encoder_2")


def make(
    folder: Path, *, seed: int = 1, scale: float = 0.15, parts: tuple[str, ...] = (), targets: tuple[str, ...] = ()
) -> Lora:
    """Draw a LoRA for a pipeline: of all its networks, and of attention, feed-forward and convolutions, if not told."""
    pipe, rng = pipeline(folder), torch.Generator().manual_seed(seed)
    found: dict[str, Tensors] = {}
    for part in parts or tuple(name for name in PREFIXES if hasattr(pipe, name)):
        network = getattr(pipe, part)
        wanted = (targets or (*ATTENTION, *LINEAR, *CONVOLUTIONS)) if part == "unet" else OF_TEXTS
        copy = type(network).from_pretrained(folder / part)
        inject_adapter_in_model(_config(list(wanted)), copy)
        shapes = {name: value.shape for name, value in get_peft_model_state_dict(copy).items()}
        found[part] = {name: torch.randn(shape, generator=rng) * scale for name, shape in shapes.items()}
    return Lora(folder, found)


def _config(targets: list[str]) -> LoraConfig:
    return LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets)


def as_diffusers(lora: Lora, path: Path) -> Path:
    """Save it as a pipeline does, with its alpha in the header."""
    told = {"r": RANK, "lora_alpha": lora.alpha, "rank_pattern": {}, "alpha_pattern": {}, "use_dora": False}
    configs = {
        f"{part}.{name}": value
        for part, tensors in lora.parts.items()
        for name, value in (told | {"target_modules": sorted(_modules(tensors))}).items()
    }
    named = {f"{part}.{name}": each for part, tensors in lora.parts.items() for name, each in tensors.items()}
    save_file(named, path, {"format": "pt", "lora_adapter_metadata": json.dumps(configs)})
    return path


def as_kohya(lora: Lora, path: Path, *, sgm: bool = False, metadata: dict[str, str] | None = None) -> Path:
    """Save it as kohya's scripts do; with `sgm` by the block names of Stable Diffusion XL's own code, as on Civitai."""
    named: Tensors = {}
    for part, tensors in lora.parts.items():
        prefix = "lora_te1" if lora.is_xl and part == "text_encoder" else PREFIXES[part]
        for name, each in tensors.items():
            module, end = re.fullmatch(r"(.+)\.lora_([AB])\.weight", name).groups()  # type: ignore[union-attr]
            if part != "unet" and not module.startswith("text_model."):
                module = f"text_model.{module}"
            if part == "unet" and sgm:
                module = _sgm(module, pipeline(lora.folder).unet.config.layers_per_block)
            own = f"{prefix}_{module.replace('.', '_')}"
            named[f"{own}.lora_{'down' if end == 'A' else 'up'}.weight"] = each.contiguous()
            named[f"{own}.alpha"] = torch.tensor(lora.alpha)
    save_file(named, path, metadata or {})
    return path


def as_peft(lora: Lora, folder: Path, part: str = "unet") -> Path:
    """Save one of its networks as peft's own `save_pretrained` does."""
    network = type(getattr(pipeline(lora.folder), part)).from_pretrained(lora.folder / part)
    model: Any = get_peft_model(network, _config(sorted(_modules(lora.parts[part]))))
    for name, value in model.named_parameters():
        key = name.removeprefix("base_model.model.").replace(".default.", ".")
        if key in lora.parts[part]:
            value.data.copy_(lora.parts[part][key])
    model.save_pretrained(folder)
    return folder / "adapter_model.safetensors"


def _modules(tensors: Tensors) -> set[str]:
    return {re.sub(r"\.lora_[AB]\.weight$", "", name) for name in tensors}


def _sgm(module: str, layers: int) -> str:
    """Name a module of diffusers' UNet as the original code does."""
    for pattern, written in (
        (r"down_blocks\.(\d+)\.resnets\.(\d+)", lambda b, i: f"input_blocks.{1 + b * (layers + 1) + i}.0"),
        (r"down_blocks\.(\d+)\.attentions\.(\d+)", lambda b, i: f"input_blocks.{1 + b * (layers + 1) + i}.1"),
        (r"down_blocks\.(\d+)\.downsamplers\.(\d+)\.conv", lambda b, _: f"input_blocks.{(b + 1) * (layers + 1)}.0.op"),
        (r"up_blocks\.(\d+)\.resnets\.(\d+)", lambda b, i: f"output_blocks.{b * (layers + 1) + i}.0"),
        (r"up_blocks\.(\d+)\.attentions\.(\d+)", lambda b, i: f"output_blocks.{b * (layers + 1) + i}.1"),
        (r"up_blocks\.(\d+)\.upsamplers\.(\d+)", lambda b, _: f"output_blocks.{b * (layers + 1) + layers}.2"),
        (r"mid_block\.(resnets|attentions)\.(\d+)", None),
    ):
        if said := re.match(pattern, module):
            if written is None:
                begin = f"middle_block.{1 if said[1] == 'attentions' else 2 * int(said[2])}"
            else:
                begin = written(int(said[1]), int(said[2]))
            module = begin + module[said.end() :]
            break
    renamed = {
        "conv_in": "input_blocks.0.0", "conv_out": "out.2", "conv1": "in_layers.2", "conv2": "out_layers.3",
        "conv_shortcut": "skip_connection", "time_emb_proj": "emb_layers.1", "time_embedding.linear_1": "time_embed.0",
    }  # fmt: skip
    for own, other in renamed.items():
        if module == own or module.endswith(f".{own}"):
            return module.removesuffix(own) + other
    return module
