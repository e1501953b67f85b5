"""A network that replaces a model's own, from the one file that the setting `TRANSFORMER` names.

Downloads of FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2 are mostly the network alone, in the keys of the original
implementation (`.safetensors`) or quantised (`.gguf`, read by diffusers' own loader). Text encoders, VAE and
configurations are the folder's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from app.core.models import families, weight_digests
from app.core.models.errors import ModelError
from app.core.models.names import expand
from worker.diffusion import model_folder
from worker.diffusion.families import Family
from worker.diffusion.fitting import completeness, gguf_header, scaled_float8
from worker.stand_ins import diffusers

GGUF = ".gguf"

UNQUANTISED = ("F32", "F16")
"""The types of GGUF in which diffusers reads vectors, such as norms and biases."""


@dataclass(frozen=True, slots=True)
class ReplacedNetwork:
    """The file of another network, and the shapes of its tensors, without scales.

    It `is_scaled` where weights are stored in float8 beside their scales.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    is_scaled: bool = False

    @property
    def parameters(self) -> int:
        """The number of its parameters."""
        return sum(map(prod, self.shapes.values()))

    @property
    def layer(self) -> int:
        """The number of parameters of its largest weight."""
        return max(map(prod, self.shapes.values()), default=0)

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
        return model_folder.revision_with(of_model, [self.path])

    def load(self, part: str, *, network: Any, dtype: torch.dtype) -> Any:
        """Load it as a network of diffusers, with the configuration of the model's own part.

        A quantised network computes in `dtype`.

        :raises ModelError: when weights are missing.
        """
        folder, _, name = part.rpartition("/")
        options: dict[str, Any] = {"torch_dtype": dtype, "config": folder, "subfolder": name, "local_files_only": True}
        unread = completeness.check_conversion(self.path, network, Path(part), self.shapes)
        if self.is_quantised:
            options["quantization_config"] = diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
        loaded = network.from_single_file(self._source(unread, dtype), **options)
        completeness.check_placed(self.path, loaded)
        if self.is_quantised:
            self._check_quantised(loaded)
        return loaded

    def _source(self, unread: Collection[str], dtype: torch.dtype) -> str | dict[str, torch.Tensor]:
        """Return the file's path where diffusers may read it itself, else its tensors without the unread ones."""
        if not unread and not self.is_scaled:
            return str(self.path)
        if self.is_quantised:
            from diffusers.models.model_loading_utils import load_gguf_checkpoint

            tensors = load_gguf_checkpoint(str(self.path))
        else:
            tensors = scaled_float8.read_multiplied(self.path, dtype)
        return {name: each for name, each in tensors.items() if name not in unread}

    def _check_quantised(self, network: Any) -> None:
        """Check that only matrices of linear layers are quantised; others would be used as the bytes that are stored.

        :raises ModelError: naming the file and the tensor.
        """
        from diffusers.quantizers.gguf.utils import GGUFLinear, GGUFParameter

        linear = {f"{name}.weight" for name, each in network.named_modules() if isinstance(each, GGUFLinear)}
        for name, each in (*network.named_parameters(), *network.named_buffers()):
            if isinstance(each, GGUFParameter) and name not in linear:
                raise ModelError(
                    f"The tensor {name} of the file {self.path} is stored as {each.quant_type.name}, which only the"
                    f" matrices of linear layers may be; others as {' or '.join(UNQUANTISED)}."
                )


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
    shapes = _of_gguf(path) if path.suffix == GGUF else completeness.shapes(path)
    if addition := families.describe_adapter(shapes):
        raise ModelError(f"The file {path} {addition}: it is no network itself.")
    other = families.name_other_family(shapes)
    if other and other != family.original:
        raise ModelError(f"The file {path} is of the family {other}, the model of {family.original}.")
    others = {name for name in shapes if name.startswith(scaled_float8.OTHER_PARTS)}
    completeness.note_surplus(path, others)
    if path.suffix == GGUF:
        return ReplacedNetwork(path, {name: shape for name, shape in shapes.items() if name not in others})
    weight_digests.check_end(path)
    return ReplacedNetwork(path, *scaled_float8.without_scales(path))


def _of_gguf(path: Path) -> dict[str, tuple[int, ...]]:
    file = gguf_header.read_header(path)
    from diffusers.quantizers.gguf.utils import SUPPORTED_GGUF_QUANT_TYPES  # needs the extra gguf

    weight_digests.check_end_of(file)
    types = {*UNQUANTISED, *(each.name for each in SUPPORTED_GGUF_QUANT_TYPES)}
    for name, each in file.tensors.items():
        if each.dtype not in types:
            raise ModelError(
                f"The tensor {name} of the file {path} is stored as {each.dtype}; what is read is"
                f" {', '.join(sorted(types))}."
            )
        is_vector = sum(side > 1 for side in each.shape) <= 1
        if is_vector and each.dtype not in UNQUANTISED and not name.startswith(scaled_float8.OTHER_PARTS):
            raise ModelError(
                f"The tensor {name} of the file {path} is stored as {each.dtype}, which only matrices may be; others as"
                f" {' or '.join(UNQUANTISED)}."
            )
    return {name: each.shape for name, each in file.tensors.items()}
