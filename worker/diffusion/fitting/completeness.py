"""Check that each tensor of a part was loaded from its file, and that the file holds none without a place.

The libraries fill what a file lacks with random numbers or defaults and drop what they do not know, with a line in the
log. Here both are errors that name the file and the tensor, except for tensors that pictures do not depend on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import accelerate
import torch

from app.core.models import tensor_file, weight_digests
from app.core.models.errors import ModelError
from app.core.models.folder import weights
from worker.diffusion.fitting import scaled_float8
from worker.networks import origins
from worker.stand_ins import diffusers

log = logging.getLogger(__name__)

UNREAD = re.compile(r"(^|\.)(position_ids|num_batches_tracked|inv_freq)$|^lm_head\.")
"""Tensors that no picture depends on, whether they are there or not: numbers of positions, counters, heads."""

HARMLESS = re.compile(
    r"^(model_ema|ema_model|ema|loss)\.|^(vision_model|visual_projection|cls)\.|^(logit_scale|norm_final\.weight)$"
)
"""Surplus tensors that no picture depends on: averages and losses of training, other halves of whole models, and what
diffusers' own conversions take out."""

PREFIX = re.compile(r"^(first_stage_model|vae|model\.diffusion_model)\.")
"""What the names of a network's tensors begin with in files of a whole model."""

PROJECTION = re.compile(r"^text_projection(\.weight)?$")
"""Surplus in the first text encoder, whose projection is not read; another encoder that lacks it is wrong."""

Info = Mapping[str, Any]
"""The loading information of diffusers' and transformers' `from_pretrained`."""


@dataclass(frozen=True, slots=True)
class _Conversion:
    """Tensors by the names of diffusers, and for each the name that it has in its file."""

    tensors: Mapping[str, torch.Tensor]
    sources: Mapping[str, str]


def check_types(path: Path, prefixes: tuple[str, ...] = ("",)) -> None:
    """Check that the tensors of a file whose names begin with `prefixes` hold numbers that weights may have.

    :raises ModelError: naming the file, and the first tensor that holds others, is a scale, or was not written.
    """
    for name, each in tensor_file.read_header(path).tensors.items():
        if not name.startswith(prefixes) or UNREAD.search(name):
            continue
        if scaled_float8.is_of_scales(name):
            raise ModelError(
                f"{_of(path, name)} scales weights that are stored in another form, such as scaled float8, which is"
                " read in a file of MOMA_TRANSFORMER alone."
            )
        if each.dtype not in scaled_float8.WEIGHTS:
            known = ", ".join(scaled_float8.WEIGHTS)
            raise ModelError(f"{_of(path, name)} holds numbers of the kind {each.dtype}; weights are {known}.")
    weight_digests.check_end(path)


def check_info(path: Path, info: Info) -> None:
    """Check the loading information of the part in the folder `path`.

    :raises ModelError: naming the file, and the first tensor that is missing, surplus, or of another shape.
    """
    if wrong := sorted(info.get("mismatched_keys") or ()):
        name, has, wanted = wrong[0]
        raise ModelError(f"{_of(path, name)} has the shape {_shape(has)}, and should have {_shape(wanted)}.")
    _refuse_missing(path, info["missing_keys"])
    _refuse_surplus(path, info["unexpected_keys"])


def check_placed(path: Path, network: Any) -> None:
    """Check that no parameter of a network was left without numbers.

    :raises ModelError: naming the file and the first such parameter.
    """
    _refuse_missing(path, [name for name, weight in network.named_parameters() if weight.is_meta])


def check_conversion(path: Path, network: Any, config: Path, shapes: Mapping[str, tuple[int, ...]]) -> set[str]:
    """Check that a file with the tensors of these names and shapes is a network of the class `network`.

    Its names may be diffusers' or the original implementation's. `config` is the folder of the configuration. Only
    shapes are computed. Return the names of tensors without a place that no picture depends on: diffusers must not see
    them, since it takes a file in its own names and one more for one in the original names.

    :raises ModelError: naming the file, and the first tensor that is missing, surplus, or of another shape.
    """
    try:
        settings = dict(network.load_config(str(config), local_files_only=True))
        with accelerate.init_empty_weights(include_buffers=True):
            expected = {name: tuple(each.shape) for name, each in network.from_config(settings).state_dict().items()}
    except Exception as error:  # any error of the library means that the configuration is unusable
        raise ModelError(f"The configuration {config} cannot be used: {error}.") from error
    tensors: Mapping[str, torch.Tensor] = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    unread: set[str] = set()
    sources: Mapping[str, str] = {name: name for name in tensors}
    if tensors.keys() != expected.keys() and (found := _converted(path, network, settings, tensors, expected)):
        sources = found.sources
        unread = tensors.keys() - sources.values()
        tensors = found.tensors
    _refuse_missing(path, expected.keys() - tensors.keys())
    unread |= {sources[name] for name in tensors.keys() - expected.keys()}
    _refuse_surplus(path, unread)
    for name, tensor in tensors.items():
        if name in expected and tuple(tensor.shape) != expected[name]:
            what = "has" if name == sources[name] else f"becomes {name} of"
            has, wanted = _shape(tensor.shape), _shape(expected[name])
            raise ModelError(f"{_of(path, sources[name])} {what} the shape {has}, and should have {wanted}.")
    return unread


def _converted(
    path: Path,
    network: Any,
    settings: Mapping[str, Any],
    tensors: Mapping[str, torch.Tensor],
    expected: Mapping[str, tuple[int, ...]],
) -> _Conversion | None:
    """Return the tensors as converted; None where a file in diffusers' names lacks some or has too many.

    :raises ModelError: when the conversion fails.
    """
    single_file_model = diffusers.loaders.single_file_model
    kind = single_file_model._get_single_file_loadable_mapping_class(network)
    convert = single_file_model.SINGLE_FILE_LOADABLE_CLASSES[kind]["checkpoint_mapping_fn"]
    try:
        with torch.inference_mode(mode=False), torch.enable_grad():
            traced = {name: each.clone().requires_grad_() for name, each in tensors.items()}
            results = convert(config=settings, checkpoint={name: each.clone() for name, each in traced.items()})
        converted: dict[str, torch.Tensor] = {name: each for name, each in results.items() if each is not None}
    except Exception as error:  # any error of the conversion means that the file is unusable
        if len(tensors.keys() & expected.keys()) > len(expected) / 2:
            return None
        what = f"lacks the tensor {error.args[0]}" if isinstance(error, KeyError) else f"cannot be converted: {error}"
        raise ModelError(f"The file {path} is incomplete, or no {network.__name__}: it {what}.") from error
    if len(converted.keys() ^ expected.keys()) >= len(tensors.keys() ^ expected.keys()):
        return None
    names: dict[int, str] = {id(each): name for name, each in traced.items()}
    sources: dict[str, str] = {
        name: names.get(next(iter(origins.find([each])), 0), name) for name, each in converted.items()
    }
    return _Conversion(converted, sources)


def _refuse_missing(path: Path, names: Iterable[str]) -> None:
    names = sorted(name for name in names if not UNREAD.search(name))
    missing = sorted(names, key=len)  # those that others share before their copies
    if missing:
        others = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
        raise ModelError(f"The file {file_of(path)} is incomplete: it lacks the tensor {missing[0]}{others}.")


def check_names(path: Path, part: str, *, missing: Iterable[str], surplus: Iterable[str]) -> None:
    """Check the names of tensors that a text encoder in a single file lacks, and of those without a place in it.

    :raises ModelError: naming the file, and the first tensor that a picture may depend on.
    """
    _refuse_missing(path, missing)
    _refuse_surplus(path, surplus, is_first=part == "text_encoder")


def _refuse_surplus(path: Path, names: Iterable[str], *, is_first: bool | None = None) -> None:
    surplus = sorted(name for name in names if not UNREAD.search(name))
    is_first = path.name == "text_encoder" if is_first is None else is_first
    wrong = [name for name in surplus if not HARMLESS.search(PREFIX.sub("", name))]
    if wrong := [name for name in wrong if not (is_first and PROJECTION.search(name))]:
        raise ModelError(
            f"{_of(path, wrong[0])} has no place in the network that config.json describes: the two do not belong"
            " together."
        )
    note_surplus(path, surplus)


def note_surplus(path: Path, names: Iterable[str]) -> None:
    """Write the tensors of a file that are not read into the log, by their number and the first name."""
    if surplus := sorted(names):
        log.info("%s holds %d tensors that are not read, such as %s", file_of(path), len(surplus), surplus[0])


def _of(path: Path, name: str) -> str:
    return f"The tensor {name} of the file {file_of(path)}"


def file_of(path: Path) -> Path:
    """Return a part's only weight file; the path itself where it is a file, or a part of several files."""
    files = weights(path) if path.is_dir() else []
    return files[0] if len(files) == 1 else path


def _shape(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape)) or "of a single number"


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors of a safetensors file.

    :raises ModelError: when the file is broken.
    """
    return {name: each.shape for name, each in tensor_file.read_header(path).tensors.items()}
