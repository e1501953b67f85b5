"""The strength of each pair of matrices in a LoRA file, by the arithmetic of its format.

A module's weight is changed by `alpha / rank x up x down`. In files of kohya's scripts the alpha is a tensor beside the
pair, and a module without one has the strength 1; peft and diffusers store alphas in a configuration. The rank is that
of the module's own matrices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import torch

from app.offer.generation.lora_file import LoraError
from worker.networks import origins

END = re.compile(
    r"(?P<stem>.+?)(?:[._]lora\d?(?:_linear_layer)?[._](?P<side>down|up|A|B)(?:\.default)?\.(?P<kind>weight|bias)"
    r"|\.(?P<alpha>alpha))"
)
"""The names of a pair's tensors in all layouts."""

OF_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Ways to begin training that also change the model's own weights, by what `init_lora_weights` begins with."""

OTHERS = {
    "use_dora": "a DoRA",
    "use_qalora": "a QALoRA",
    "layer_replication": "a LoRA that repeats layers",
    "alora_invocation_tokens": "an aLoRA",
    "arrow_config": "an Arrow router",
    "modules_to_save": "a LoRA that replaces whole modules",
    "target_parameters": "a LoRA of parameters",
    "trainable_token_indices": "a LoRA with trained tokens",
}
"""Settings of peft by which a file is more than pairs of matrices, and what it is then."""

CLOSE = 4e-3
"""The relative difference below which two strengths are the same, since factors are rounded to the file's numbers."""


def check_pairs(tensors: Mapping[str, torch.Tensor]) -> None:
    """Check that each matrix has its other half, of the same rank, and each alpha its pair.

    :raises LoraError: naming the first tensor that is alone, or of another rank or shape.
    """
    parts: dict[str, dict[str, str]] = {}
    for name in tensors:
        if match := END.fullmatch(name):
            side = "alpha" if match["alpha"] else {"A": "down", "B": "up"}.get(match["side"], match["side"])
            key = side if side == "alpha" or match["kind"] == "weight" else f"{side} bias"
            parts.setdefault(match["stem"], {})[key] = name
    for own in parts.values():
        for side, other in (("down", "up"), ("up", "down")):
            if side in own and other not in own:
                raise LoraError(f"is incomplete: the tensor {own[side]:.100} lacks the matrix that it belongs to.")
        if "down" not in own:
            raise LoraError(
                f"is incomplete: the tensor {next(iter(own.values())):.100} belongs to no pair of matrices."
            )
        down, up = tensors[own["down"]], tensors[own["up"]]
        if down.ndim < 2 or up.ndim < 2 or len(down) != up.shape[1]:
            raise LoraError(f"is broken: the tensor {own['down']:.100} has another rank than {own['up']:.100}.")
        alpha = tensors[own["alpha"]] if "alpha" in own else None
        if alpha is not None and (alpha.numel() != 1 or float(alpha) == 0):
            raise LoraError(f"holds the tensor {own['alpha']:.100}, which must be one number other than 0.")


def from_tensors(
    converted: Mapping[str, torch.Tensor], originals: Mapping[str, torch.Tensor], *, is_folded: bool
) -> dict[str, float]:
    """Return the alpha of each converted module whose original has one, {} for a file without alphas.

    With `is_folded` the conversion has multiplied matrices by strengths already, which is undone where it is not what
    the format says. Both must be the results of one conversion with gradients.
    """
    if not any(name.endswith(".alpha") for name in originals):
        return {}
    by_id = {id(each): name for name, each in originals.items()}
    found = {}
    for name, tensor in converted.items():
        module, is_down = name.removesuffix(".lora_A.weight"), name.endswith(".lora_A.weight")
        if not is_down:
            continue
        sources = [by_id[each] for each in origins.find([tensor]) if each in by_id]
        stems = {match["stem"] for each in sources if (match := END.fullmatch(each)) and not match["alpha"]}
        if len(stems) != 1:
            continue  # computed from several pairs, whose strengths the conversion has multiplied by
        stem = next(iter(stems))
        down = originals[next(each for each in sources if not each.endswith(".alpha"))]
        alpha = float(originals[f"{stem}.alpha"].detach()) if f"{stem}.alpha" in originals else float(len(down))
        if is_folded:
            up = converted[f"{module}.lora_B.weight"]
            folded, wanted = _factor(tensor, originals, by_id) * _factor(up, originals, by_id), alpha / len(down)
            alpha = float(len(tensor)) * (1.0 if math.isclose(folded, wanted, rel_tol=CLOSE) else wanted / folded)
        found[module] = alpha
    return found


def from_config(ranks: Mapping[str, int], config: Mapping[str, Any]) -> dict[str, float]:
    """Return the alphas of modules of these ranks by their networks' configurations, {} without any.

    :raises LoraError: when a configuration is of another kind than LoRA, or says another rank.
    """
    found: dict[str, float] = {}
    for part in {name.partition(".")[0] for name in config}:
        own = {name.partition(".")[2]: value for name, value in config.items() if name.startswith(f"{part}.")}
        _check_kind(own)
        try:
            found |= {name: _alpha(own, name, rank) for name, rank in ranks.items() if name.startswith(f"{part}.")}
        except (TypeError, ValueError, AttributeError, re.error) as error:
            raise LoraError(f"is broken: its configuration cannot be read: {error!s:.100}.") from error
    return found


def _check_kind(config: Mapping[str, Any]) -> None:
    if what := next((what for setting, what in OTHERS.items() if config.get(setting)), ""):
        raise LoraError(f"is {what}, which is not supported; LoRA files are.")
    begun = str(config.get("init_lora_weights") or "").lower()
    if begun.startswith(OF_BASE):
        raise LoraError(
            f"was trained from {begun:.40}, which also changes the model's own weights. Save it again with peft's"
            " path_initial_model_for_weight_conversion, which makes it a usual LoRA."
        )


def _alpha(config: Mapping[str, Any], name: str, rank: int) -> float:
    """Return the alpha of a module; peft's patterns are regular expressions on the ends of modules' names."""
    module = name.partition(".")[2]
    stated = _by_pattern(config.get("rank_pattern"), module, config.get("r"))
    if stated is not None and int(stated) != rank:
        raise LoraError(f"says that the tensor {name:.100}.lora_A.weight has the rank {stated}, and it has {rank}.")
    stated = _by_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha"))
    alpha = float(rank if stated is None else stated)
    return alpha * math.sqrt(rank) if config.get("use_rslora") else alpha


def _by_pattern(patterns: Mapping[str, Any] | None, module: str, default: Any) -> Any:
    for name in (module, module.removeprefix("text_model."), f"text_model.{module}"):
        for pattern, value in (patterns or {}).items():
            if re.match(rf"(?:.*\.)?(?:{pattern})$", name):
                return value
    return default


def _factor(tensor: torch.Tensor, originals: Mapping[str, torch.Tensor], by_id: Mapping[int, str]) -> float:
    """Return the factor by which a converted tensor was multiplied: its derivative by the tensor it comes from."""
    if tensor.grad_fn is None:
        return 1.0
    source = next(
        by_id[each] for each in origins.find([tensor]) if each in by_id and not by_id[each].endswith(".alpha")
    )
    slopes = torch.autograd.grad(tensor.sum(), originals[source], retain_graph=True)[0]
    return float(slopes.max() if float(slopes.max()) > 0 else slopes.min())
