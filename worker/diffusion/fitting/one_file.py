"""Load a model's parts from a single file with the keys of the original implementation, by diffusers' conversion."""

from __future__ import annotations

from typing import Any

import safetensors
import torch
import transformers

from app.models.errors import ModelError
from app.models.single_file import SingleFile


class Loader:
    """Loads networks of one class from a file; of each only its own tensors are read."""

    def __init__(self, network: Any, model: SingleFile) -> None:
        """Load nothing yet."""
        self._network, self._model = network, model

    def load(self, _path: str, *, part: str, dtype: torch.dtype) -> Any:
        """Load a part in a precision. Raises ModelError where the file lacks weights of it."""
        prefix = self._model.family.parts[part].prefix
        with safetensors.safe_open(self._model.path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys() if name.startswith(prefix)}  # noqa: SIM118
        changed = {"sample_size": self._model.sample_size} if part == "unet" else {}
        how = {"config": str(self._model.family.folder), "subfolder": part, "local_files_only": True}
        try:
            return self._network.from_single_file(tensors, torch_dtype=dtype, **how, **changed)
        except NotImplementedError as error:  # what torch says of weights that stayed on the meta device
            raise ModelError(incomplete(self._model, part)) from error


def tokenizers(model: SingleFile) -> dict[str, Any]:
    """Load a model's tokenizers: their vocabulary is shipped, since a file holds none."""
    return {
        part: transformers.CLIPTokenizer.from_pretrained(  # nosec B615
            str(model.family.tokenizer(part)),
            pad_token=model.family.tokenizer_config(part)["pad_token"],
            local_files_only=True,
        )
        for part in ("tokenizer", "tokenizer_2")
        if part in model.family.index
    }


def incomplete(model: SingleFile, part: str) -> str:
    """Return the sentence that weights of a part are missing."""
    return f"The model {model.path} lacks weights of its {part}: the file is incomplete."


def is_complete(network: Any) -> bool:
    """Return whether all weights of a network were loaded."""
    return not any(weight.is_meta for weight in network.parameters())
