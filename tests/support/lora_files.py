"""LoRA files of tiny models, with random weights: as peft, diffusers and kohya's scripts save them."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file

from tests.support import original_keys
from tests.support.own_calls import pipeline
from worker.networks.adapters import AdapterFile

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


def adapter_of(path: Path) -> AdapterFile:
    """Name a file as a walk does that is generated with it."""
    return AdapterFile(hashlib.sha256(path.read_bytes()).hexdigest()[:32], path)


@contextmanager
def loaded(pipe: Any, paths: Mapping[Path, float]) -> Iterator[None]:
    """Load files into a pipeline by its own means, at these weights."""
    try:
        for number, path in enumerate(paths):
            pipe.load_lora_weights(str(path.parent), weight_name=path.name, adapter_name=f"lora{number}")
        if paths:
            pipe.set_adapters([f"lora{number}" for number in range(len(paths))], list(paths.values()))
        yield
    finally:
        pipe.unload_lora_weights()


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
    """Draw a LoRA for a pipeline: of all its networks, and of attention, feed-forward and convolutions by default."""
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
    fields = {"r": RANK, "lora_alpha": lora.alpha, "rank_pattern": {}, "alpha_pattern": {}, "use_dora": False}
    configs = {
        f"{part}.{name}": value
        for part, tensors in lora.parts.items()
        for name, value in (fields | {"target_modules": sorted(_modules(tensors))}).items()
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
                unet = pipeline(lora.folder).unet
                own = original_keys.unet_name(f"{module}.weight", unet.config.layers_per_block, unet.state_dict())
                module = own.removesuffix(".weight")
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
