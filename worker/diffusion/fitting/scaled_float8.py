"""Read networks whose weights are stored in float8 beside their scales, as ComfyUI and Kijai's tools save them.

A weight `NAME.weight` is what is stored, times `NAME.scale_weight` (or `NAME.weight_scale`): one number, or one for
each row. Scales of a layer's input (`scale_input`, `input_scale`) are for multiplying in float8, which is not done
here, and marks (`scaled_fp8`, `comfy_quant`) hold no weights. Scales of blocks, and other ways to quantise, are
refused.
"""

from __future__ import annotations

import re
from math import prod
from pathlib import Path

import safetensors
import torch

from app.core.models import tensor_file
from app.core.models.errors import ModelError

SCALE = re.compile(r"\.(scale_weight|weight_scale)$")
UNUSED = re.compile(r"(^|\.)(scale_input|input_scale|scaled_fp8|comfy_quant)$")
OTHER = re.compile(r"\.(weight_scale_2|weight_scale_inv|absmax|quant_map|quant_state[.\w]*|nested_absmax)$")
FLOAT8 = ("F8_E4M3", "F8_E5M2")
WEIGHTS = ("F64", "F32", "F16", "BF16", *FLOAT8)
"""The types of numbers that weights may be stored in."""

OTHER_PARTS = ("text_encoders.", "vae.", "first_stage_model.", "conditioner.", "cond_stage_model.")
"""What the names of tensors begin with that belong to other parts, in files of a whole model."""

Shapes = dict[str, tuple[int, ...]]


def is_of_scales(name: str) -> bool:
    """Return whether a tensor belongs to weights that are stored scaled or quantised, by its name."""
    return any(pattern.search(name) for pattern in (SCALE, UNUSED, OTHER))


def without_scales(path: Path) -> tuple[Shapes, bool]:
    """Return the shapes of a file's weights, and whether they have scales.

    :raises ModelError: naming the first tensor whose numbers or scales are not supported.
    """
    every = tensor_file.read_header(path).tensors
    tensors = {name: each for name, each in every.items() if not name.startswith(OTHER_PARTS)}
    shapes: Shapes = {}
    for name, each in tensors.items():
        of = f"The tensor {name} of the file {path}"
        if OTHER.search(name):
            raise ModelError(f"{of} belongs to a way to quantise weights that this program does not read.")
        if UNUSED.search(name):
            continue
        if each.dtype not in WEIGHTS:
            raise ModelError(f"{of} holds numbers of the kind {each.dtype}; weights are {', '.join(WEIGHTS)}.")
        if not SCALE.search(name):
            shapes[name] = each.shape
            continue
        weight = tensors.get(_scaled(name))
        if weight is None or weight.dtype not in FLOAT8:
            raise ModelError(f"{of} is the scale of {_scaled(name)}, which the file lacks or has not in float8.")
        if each.count != 1 and (each.count != weight.shape[0] or prod(each.shape[1:]) != 1):
            raise ModelError(f"{of} scales {_scaled(name)} by blocks, which is not supported; by rows is.")
    scaled = {_scaled(name) for name in tensors if SCALE.search(name)}
    is_marked = any(UNUSED.search(name) for name in tensors)
    if scaled or is_marked:
        small = [name for name, each in tensors.items() if each.dtype in FLOAT8 and name not in scaled]
        if wrong := next((name for name in small if name.endswith(".weight")), None):
            raise ModelError(f"The file {path} is incomplete: it lacks the scale of the tensor {wrong}.")
    return shapes, bool(scaled)


def read_multiplied(path: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Return the weights of a file that `without_scales` accepts; those with scales are multiplied, in `dtype`."""
    found: dict[str, torch.Tensor] = {}
    with safetensors.safe_open(path, framework="pt") as file:
        names = set(file.keys())
        for name in names:
            if is_of_scales(name) or name.startswith(OTHER_PARTS):
                continue
            scale = next((each for end in ("scale_weight", "weight_scale") if (each := _scale(name, end)) in names), "")
            tensor = file.get_tensor(name)
            if scale:
                factor = file.get_tensor(scale).float()
                factor = factor.reshape(-1, *(1,) * (tensor.ndim - 1)) if factor.numel() > 1 else factor.reshape(())
                tensor = (tensor.float() * factor).to(dtype)
            found[name] = tensor
    return found


def _scaled(scale: str) -> str:
    return f"{scale.rpartition('.')[0]}.weight"


def _scale(weight: str, end: str) -> str:
    return f"{weight.removesuffix('.weight')}.{end}" if weight.endswith(".weight") else ""
