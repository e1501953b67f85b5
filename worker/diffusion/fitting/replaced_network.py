"""A network that replaces a model's own, from the one file that the setting `TRANSFORMER` names.

Downloads of FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2 are mostly the network alone, in the keys of the original
implementation (`.safetensors`) or quantised (`.gguf`, read by diffusers' own loader). Text encoders, VAE and
configurations are the folder's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import diffusers
import safetensors
import torch

from app.core.models import families
from app.core.models.errors import ModelError
from app.core.models.names import expand
from worker.diffusion.families import Family
from worker.diffusion.fitting import one_file

GGUF = ".gguf"


@dataclass(frozen=True, slots=True)
class ReplacedNetwork:
    """The file of another network; `parameters` counts all of its parameters, `layer` those of its largest weight."""

    path: Path
    parameters: int
    layer: int

    @property
    def is_quantised(self) -> bool:
        """Return whether the weights are stored quantised, and expanded when a layer computes."""
        return self.path.suffix == GGUF

    @property
    def halves(self) -> int:
        """The network's size in memory, as a number of parameters in half precision."""
        return self.path.stat().st_size // 2 if self.is_quantised else self.parameters

    def revision(self, of_model: str) -> str:
        """Return the revision of a model with this network."""
        digest = hashlib.sha256(of_model.encode())
        with self.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:12]

    def load(self, part: str, *, network: Any, dtype: torch.dtype) -> Any:
        """Load it as a network of diffusers, with the configuration of the model's own part.

        A quantised network computes in `dtype`.

        :raises ModelError: when weights are missing.
        """
        folder, _, name = part.rpartition("/")
        options: dict[str, Any] = {"torch_dtype": dtype, "config": folder, "subfolder": name}
        if self.is_quantised:
            options["quantization_config"] = diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
        loaded = network.from_single_file(str(self.path), local_files_only=True, **options)
        if not one_file.is_complete(loaded):
            raise ModelError(f"The file {self.path} lacks weights of a {network.__name__}: it is incomplete.")
        return loaded


def inspect(setting: str, family: type[Family]) -> ReplacedNetwork | None:
    """Return the network that the setting names for a model of a family; None for an empty setting.

    :raises ModelError: when it is missing, broken, or of another family.
    """
    if not setting:
        return None
    path = Path(expand(setting))
    if not family.original:
        raise ModelError(f"MOMA_TRANSFORMER={path} is not for this model: name the file itself as MOMA_MODEL.")
    if not path.is_file() or path.suffix not in (".safetensors", GGUF):
        raise ModelError(f"MOMA_TRANSFORMER={path} must name a .safetensors or a {GGUF} file that is there.")
    shapes = _of_gguf(path) if path.suffix == GGUF else _of_safetensors(path)
    if addition := families.describe_adapter(shapes):
        raise ModelError(f"The file {path} {addition}: it is no network itself.")
    other = families.name_other_family(shapes)
    if other and other != family.original:
        raise ModelError(f"The file {path} is of the family {other}, the model of {family.original}.")
    counts = [prod(shape) for shape in shapes.values()]
    return ReplacedNetwork(path, sum(counts), max(counts, default=0))


def _of_safetensors(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise ModelError(f"The file {path} is broken: {error}.") from error


def _of_gguf(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        import gguf
    except ImportError as error:
        raise ModelError(f"{path} is a GGUF file: to read those, install moma-lisa with the extra gguf.") from error
    try:
        return {each.name: tuple(map(int, each.shape)) for each in gguf.GGUFReader(path).tensors}
    except Exception as error:
        raise ModelError(f"The file {path} is broken: {error}.") from error
