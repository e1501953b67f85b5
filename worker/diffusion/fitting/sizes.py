"""Count a model's parameters from the headers of its files, without loading it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from app.core.models import tensor_file
from app.core.models.folder import HALF, is_half_only, weights
from app.core.models.single_file import SingleFile
from worker.diffusion.families import Family


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of parameters of a model's parts.

    `network` is called at every step, `layer` is its largest weight. `wide` are the network's parameters that stay in
    half precision where the others are stored in float8.
    """

    network: int
    vae: int
    encoders: int
    layer: int
    wide: int = 0

    @property
    def all(self) -> int:
        """The sum of all parts."""
        return self.network + self.vae + self.encoders


def count_folder(folder: Path, family: type[Family], vae_files: Sequence[Path] = ()) -> Sizes:
    """Count the parameters of a model's folder, whose files are sound; `vae_files` are those of another VAE."""
    network = dict(_named(loaded_files(folder / family.part)))
    vae = _shapes(vae_files or loaded_files(folder / "vae"))
    texts = [_shapes(loaded_files(part)) for name in family.encoders if (part := folder / name).is_dir()]
    wide = sum(count for name, count in network.items() if _is_wide(name.rpartition(".")[0], family))
    return Sizes(sum(network.values()), sum(vae), sum(map(sum, texts)), max(network.values(), default=0), wide)


def _is_wide(module: str, family: type[Family]) -> bool:
    return any(re.search(each, module) for each in family.wide())


def count_file(model: SingleFile, vae_files: Sequence[Path] = ()) -> Sizes:
    """Count the parameters of a model in a single file; `vae_files` are those of another VAE."""
    unet = model.counts("unet")
    vae = sum(_shapes(vae_files)) if vae_files else model.family.parts["vae"].parameters
    encoders = sum(part.parameters for name, part in model.family.parts.items() if name.startswith("text_encoder"))
    return Sizes(sum(unet), vae, encoders, max(unet, default=0))


def loaded_files(part: Path) -> list[Path]:
    """Return the weight files of a part that are loaded: those in half precision where there are no others."""
    if is_half_only(part):
        return [path for path in weights(part) if HALF.search(path.name)]
    return [path for path in weights(part) if "." not in path.stem]


def _shapes(paths: Sequence[Path]) -> list[int]:
    return [count for _, count in _named(paths)]


def _named(paths: Sequence[Path]) -> Iterator[tuple[str, int]]:
    for path in paths:
        yield from _counts(path)


def _counts(path: Path) -> Iterator[tuple[str, int]]:
    if path.suffix == ".safetensors":
        yield from ((name, tensor.count) for name, tensor in tensor_file.read_header(path).tensors.items())
        return
    try:
        tensors = torch.load(path, map_location="meta", mmap=True, weights_only=True)
    except Exception:  # noqa: BLE001 - a pickle of an old form; loading it says what is wrong
        yield path.name, path.stat().st_size // (2 if HALF.search(path.name) else 4)
        return
    yield from ((name, tensor.numel()) for name, tensor in tensors.items() if isinstance(tensor, torch.Tensor))
