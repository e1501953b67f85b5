"""The change of each module by a LoRA file, as a plain product of matrices, and the change that layers compute."""

from collections.abc import Mapping
from typing import Any

import torch
from peft.tuners.lora import LoraLayer

Tensors = Mapping[str, torch.Tensor]
ENDS = (("lora_down", "lora_up"), ("lora_A", "lora_B"))


def expected(tensors: Tensors, network: Any, prefix: str, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return `alpha / rank * up @ down` of each module of a network that a file changes, by the module's name.

    The network is one without adapters. `prefix` begins the file's names of the network's modules: ``lora_unet_`` for
    names as kohya's scripts write them, ``unet.`` for those of diffusers, whose `config` says the alphas.
    """
    found = {}
    for name, _ in network.named_modules():
        own = prefix + (name.replace(".", "_") if prefix.endswith("_") else name)
        for down_end, up_end in ENDS:
            down, up = (tensors.get(f"{own}.{end}.weight") for end in (down_end, up_end))
            if down is not None and up is not None:
                alpha = tensors.get(f"{own}.alpha")
                strength = _strength(name, len(down), config) if alpha is None else float(alpha) / len(down)
                product = up.double().flatten(1) @ down.double().flatten(1)
                found[name] = strength * product.view(len(up), *down.shape[1:])
    return found


def _strength(module: str, rank: int, config: Mapping[str, Any] | None) -> float:
    if not config:
        return 1.0
    alpha = config.get("alpha_pattern", {}).get(module, config["lora_alpha"])
    return float(alpha / (rank**0.5 if config.get("use_rslora") else rank))


def actual(network: Any, name: str) -> dict[str, torch.Tensor]:
    """Return what an adapter adds to the weight of each module: its layer's answers to one input after another."""
    found = {}
    for module, layer in network.named_modules():
        if isinstance(layer, LoraLayer) and name in layer.r:
            found[module] = _product(layer, name)
    return found


@torch.no_grad()
def _product(layer: Any, name: str) -> torch.Tensor:
    down, up, scaling = layer.lora_A[name], layer.lora_B[name], layer.scaling[name]
    if down.weight.ndim == 2:
        inputs = torch.eye(down.in_features, dtype=down.weight.dtype)
        bias = up.bias if up.bias is not None else 0.0
        return ((up(down(inputs)) - bias) * scaling).T.double()
    product: torch.Tensor = up.weight.double().flatten(1) @ down.weight.double().flatten(1) * scaling
    return product.view(len(up.weight), *down.weight.shape[1:])


def is_close(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    """Return whether the same modules are changed by the same amounts."""
    return one.keys() == other.keys() and all(
        torch.allclose(each.double(), other[name].double(), rtol=1e-4, atol=1e-6) for name, each in one.items()
    )
