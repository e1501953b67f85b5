"""The tensors of a LoRA, under the names of diffusers' networks, whatever program wrote the file.

Files of kohya's scripts (most of Civitai's), and others in the names of original implementations, are converted by
diffusers' own loader of the family; names of the rest are only completed. Files of which it would drop tensors are
refused. The strengths are not the loader's, which gives many modules the file's most frequent alpha: each module has
that of its own tensors (see `worker.networks.lora_strengths`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import safetensors.torch
import torch
from diffusers.utils import state_dict_utils

from app.offer.generation import lora_file
from app.offer.generation.lora_file import LoraError, LoraFacts
from worker.networks import lora_strengths, origins

PAIR = re.compile(r"(?P<module>.+)\.lora_(?P<side>[AB])\.(?P<kind>weight|bias)")
"""The names of an adapter's tensors in peft."""

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
    """The matrices of a LoRA, named by network (`unet.`, `transformer.`, `text_encoder.`), module, and side as in peft.

    `alphas` are by network and module; the product of a pair is multiplied by its alpha over its rank. A pair without
    one has the strength 1.
    """

    tensors: dict[str, torch.Tensor]
    alphas: dict[str, float]

    def of_part(self, part: str) -> dict[str, torch.Tensor]:
        """Return the tensors of a network, by their names within it."""
        prefix = f"{part}."
        return {name.removeprefix(prefix): each for name, each in self.tensors.items() if name.startswith(prefix)}

    def count(self, part: str) -> int:
        """Return the number of tensors of a network."""
        return len(self.of_part(part))


def read_tensors(data: bytes, lora_format: LoraFormat) -> LoraTensors:
    """Return the tensors of a file, for a model whose files have the format `lora_format`.

    :raises LoraError: when it is no LoRA, holds NaN or infinite numbers, or is of another family or an unsupported
        kind.
    """
    metadata = lora_file.header_of(data)[0].get("__metadata__") or {}
    try:
        tensors = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise LoraError(f"is no {lora_file.SUFFIX} file, or is broken: {error}.") from error
    facts = lora_file.facts({name: list(each.shape) for name, each in tensors.items()}, metadata)
    _check_family(facts, lora_format)
    if wrong := next((name for name, each in tensors.items() if not torch.isfinite(each).all()), None):
        raise LoraError(f"holds numbers that are not finite (NaN or Inf), in the tensor {wrong:.100}.")
    lora_strengths.check_pairs(tensors)
    try:
        converted, originals, is_folded = _converted(_named(tensors, facts, lora_format), lora_format)
        converted = _in_names_of_peft(converted, lora_format)
    except (
        ValueError, LookupError, AttributeError, TypeError, AssertionError, NotImplementedError, RuntimeError
    ) as error:  # fmt: skip
        raise LoraError(f"cannot be converted: {str(error) or type(error).__name__:.200}.") from error
    places = tuple(f"{part}." for part in (lora_format.network, *lora_format.encoders))
    if wrong := next((name for name in converted if not name.startswith(places)), None):
        raise LoraError(f"does not fit the model: it has no place for the tensor {wrong:.100}.")
    if wrong := next((name for name in converted if not PAIR.fullmatch(name)), None):
        raise LoraError(f"holds the tensor {wrong:.100}, which is no part of a pair of matrices.")
    alphas = lora_strengths.from_tensors(converted, originals, is_folded=is_folded)
    if not alphas:
        ranks = {name.removesuffix(".lora_A.weight"): len(each) for name, each in converted.items() if "lora_A" in name}
        alphas = lora_strengths.from_config(ranks, _config(facts, lora_format))
    return LoraTensors({name: each.detach() for name, each in converted.items()}, alphas)


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
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], bool]:
    """Convert tensors by diffusers' loader; return them, the originals, and whether alphas are in the matrices already.

    Loaders drop tensors that they do not know, so each result is traced back to the tensors it was computed from. The
    results keep their graphs, from which `lora_strengths` reads the factors.

    :raises LoraError: naming a tensor that is in no result.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        originals = {name: each.detach().clone().requires_grad_() for name, each in tensors.items()}
        copies = {name: each.clone() for name, each in originals.items()}  # some are changed in place
        result = lora_format.loader.lora_state_dict(copies, **lora_format.options)
    converted, alphas = result if isinstance(result, tuple) else (result, None)
    used = origins.find(converted.values())
    for name, each in originals.items():
        if id(each) not in used and not name.endswith(".alpha") and bool(each.any()):
            raise LoraError(
                f"holds the tensor {name:.100}, for which diffusers has no place in {lora_format.family or UNETS}."
            )
    return converted, originals, not alphas


def _in_names_of_peft(tensors: Mapping[str, torch.Tensor], lora_format: LoraFormat) -> dict[str, torch.Tensor]:
    """Return tensors with names as in peft, as diffusers renames them when it applies them to a network."""
    named: dict[str, torch.Tensor] = {}
    for part in (lora_format.network, *lora_format.encoders):
        prefix = f"{part}."
        own = {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}
        if any(not PAIR.fullmatch(name) for name in own):
            if part == lora_format.network:
                own = state_dict_utils.convert_unet_state_dict_to_peft(own)
            else:
                own = state_dict_utils.convert_state_dict_to_peft(state_dict_utils.convert_state_dict_to_diffusers(own))
        named |= {prefix + name: each for name, each in own.items()}
    others = tuple(f"{part}." for part in (lora_format.network, *lora_format.encoders))
    return named | {name: each for name, each in tensors.items() if not name.startswith(others)}


def _config(facts: LoraFacts, lora_format: LoraFormat) -> dict[str, Any]:
    """Return the configurations of adapters in a header, by network and setting (``unet.lora_alpha``)."""
    try:
        config = dict(json.loads(facts.metadata.get(lora_file.METADATA) or "{}"))
    except (ValueError, TypeError) as error:
        raise LoraError(f"is broken: its configuration ({lora_file.METADATA}) cannot be read.") from error
    if facts.layout == lora_file.BARE:
        config = {f"{lora_format.network}.{name}": value for name, value in config.items()}
    return config
