"""The tensors of a LoRA, under the names of diffusers' networks, whatever program wrote the file.

Files of kohya's scripts (most of Civitai's), and others in the names of original implementations, are converted by
diffusers' own loader of the family; names of the rest are only completed. So the result is what diffusers'
`load_lora_weights` would apply. Files of which it would drop tensors are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import safetensors.torch
import torch

from app.offer.generation import lora_file
from app.offer.generation.lora_file import LoraError, LoraFacts

CONFIGURED = ("r", "lora_alpha", "rank_pattern", "alpha_pattern", "target_modules", "exclude_modules", "use_rslora")
"""The settings of an adapter that are used; the others concern training, or change what is computed."""

ORIGINAL = re.compile(r"(double|single|joint)_blocks\.")
"""Names of blocks in the original implementations of transformers, which diffusers' loaders convert."""

UNETS = "Stable Diffusion 1.x, 2.x and XL"
MANY = "such as FLUX.1 or Stable Diffusion"


@dataclass(frozen=True, slots=True)
class LoraFormat:
    """How the LoRA files of a family are read, and which parts of a model they may change.

    `loader` is the class of diffusers whose `lora_state_dict` converts them, called with `options`; `network` is the
    part that is called at every step, `encoders` the text encoders. `family` is the family's name in
    `app.offer.generation.lora_file`, "" for those with a UNet, which their widths tell apart.
    """

    loader: Any
    network: str
    encoders: tuple[str, ...]
    family: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoraTensors:
    """The matrices of a LoRA, named by network (`unet.`, `transformer.`, `text_encoder.`), with their strengths.

    `alphas` are those that diffusers' loader returned, by module; `configs` are ranks and alphas as diffusers or peft
    stored them, by network. A pair of matrices without either has the strength 1 (alpha = rank).
    """

    tensors: dict[str, torch.Tensor]
    alphas: dict[str, float] | None
    configs: dict[str, Any] | None

    def count(self, part: str) -> int:
        """Return the number of tensors of a network."""
        return sum(name.startswith(f"{part}.") for name in self.tensors)


def read_tensors(data: bytes, lora_format: LoraFormat) -> LoraTensors:
    """Return the tensors of a file, for a model whose files have the format `lora_format`.

    :raises LoraError: when it is no LoRA, holds NaN or infinite numbers, or is of another family or an unsupported
        kind.
    """
    try:
        tensors = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise LoraError(f"is no {lora_file.SUFFIX} file, or is broken: {error}.") from error
    metadata = lora_file.header_of(data)[0].get("__metadata__") or {}
    facts = lora_file.facts({name: list(each.shape) for name, each in tensors.items()}, metadata)
    _check_family(facts, lora_format)
    if wrong := next((name for name, each in tensors.items() if not torch.isfinite(each).all()), None):
        raise LoraError(f"holds numbers that are not finite (NaN or Inf), in {wrong:.100}.")
    try:
        converted, alphas = _converted(_named(tensors, facts, lora_format), lora_format)
    except (ValueError, LookupError, AttributeError, TypeError, AssertionError, NotImplementedError) as error:
        raise LoraError(f"cannot be converted: {str(error) or type(error).__name__:.200}.") from error
    places = tuple(f"{part}." for part in (lora_format.network, *lora_format.encoders))
    if wrong := next((name for name in converted if not name.startswith(places)), None):
        raise LoraError(f"does not fit the model: it has no place for the tensor {wrong:.100}.")
    return LoraTensors(converted, alphas, _configs(facts, lora_format))


def _check_family(facts: LoraFacts, lora_format: LoraFormat) -> None:
    changes = {"unet", "transformer"} & set(facts.parts)  # text encoders may belong to several families
    is_other = bool(lora_format.family and facts.family and facts.family != lora_format.family)
    if changes and (is_other or lora_format.network not in changes):
        other = facts.family or f"a {' and a '.join(sorted(changes))} of another family ({MANY})"
        raise LoraError(f"is made for {other}, not for {lora_format.family or UNETS}.")


def _named(tensors: Mapping[str, torch.Tensor], facts: LoraFacts, lora_format: LoraFormat) -> dict[str, torch.Tensor]:
    """Return tensors with completed names, where a file names modules as diffusers does, but without the network."""
    named = {name.removeprefix(lora_file.PEFT_PREFIX): each for name, each in tensors.items()}
    if facts.layout not in (lora_file.PEFT, lora_file.BARE) or any(ORIGINAL.match(name) for name in named):
        named = dict(tensors)
    else:
        part = facts.parts[0] if facts.layout == lora_file.PEFT else lora_format.network
        named = {f"{part}.{name}": each for name, each in named.items()}
    if facts.layout == lora_file.KOHYA:
        return named
    return {name.replace(".default.", "."): each for name, each in named.items()}


def _converted(
    tensors: Mapping[str, torch.Tensor], lora_format: LoraFormat
) -> tuple[dict[str, torch.Tensor], dict[str, float] | None]:
    """Convert tensors by diffusers' loader, and return them with the alphas that it returned.

    Loaders drop tensors that they do not know, so each result is traced back to the tensors it was computed from.

    :raises LoraError: naming a tensor that is in no result.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        originals = {name: each.detach().clone().requires_grad_() for name, each in tensors.items()}
        copies = {name: each.clone() for name, each in originals.items()}  # some are changed in place
        result = lora_format.loader.lora_state_dict(copies, **lora_format.options)
    converted, alphas = result if isinstance(result, tuple) else (result, None)
    used = _origins(converted.values())
    for name, each in originals.items():
        if id(each) not in used and not name.endswith(".alpha") and bool(each.any()):
            raise LoraError(
                f"holds the tensor {name:.100}, for which diffusers has no place in {_titled(lora_format)}."
            )
    return {name: each.detach() for name, each in converted.items()}, alphas or None


def _titled(lora_format: LoraFormat) -> str:
    return lora_format.family or UNETS


def _origins(results: Iterable[torch.Tensor]) -> set[int]:
    """Return the identities of the tensors that results were computed from."""
    pending = [each.grad_fn for each in results if each.grad_fn is not None]
    visited: set[Any] = set()
    origins: set[int] = set()
    while pending:
        node = pending.pop()
        if node in visited:
            continue
        visited.add(node)
        if hasattr(node, "variable"):
            origins.add(id(node.variable))
        pending += [other for other, _ in node.next_functions if other is not None]
    return origins


def _configs(facts: LoraFacts, lora_format: LoraFormat) -> dict[str, Any] | None:
    """Return the configurations of adapters in a header, by network and setting (``unet.lora_alpha``)."""
    configs = json.loads(facts.metadata.get(lora_file.METADATA) or "{}")
    if facts.layout == lora_file.BARE:
        configs = {f"{lora_format.network}.{name}": value for name, value in configs.items()}
    if any(name.endswith(".use_dora") and value for name, value in configs.items()):
        raise LoraError("is a DoRA, which is not supported; LoRA files are.")
    used = {name: value for name, value in configs.items() if name.partition(".")[2] in CONFIGURED}
    return used or None
