"""Load a model's parts from a single file with the keys of the original implementation, by diffusers' conversion."""

from __future__ import annotations

from typing import Any

import safetensors
import torch
import transformers

from app.core.models.errors import ModelError
from app.core.models.single_file import SingleFile


class Loader:
    """Loads networks of one class from a file; only the tensors of the part are read."""

    def __init__(self, network: Any, model: SingleFile) -> None:
        """Store the class and the file; nothing is loaded yet."""
        self._network, self._model = network, model

    def load(self, _path: str, *, part: str, dtype: torch.dtype) -> Any:
        """Return a part in a precision.

        :raises ModelError: when the file lacks weights of the part.
        """
        prefix = self._model.family.parts[part].prefix
        with safetensors.safe_open(self._model.path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys() if name.startswith(prefix)}  # noqa: SIM118
        changed = {"sample_size": self._model.sample_size} if part == "unet" else {}
        options = {"config": str(self._model.family.folder), "subfolder": part, "local_files_only": True}
        try:
            return self._network.from_single_file(tensors, torch_dtype=dtype, **options, **changed)
        except NotImplementedError as error:  # torch raises it for weights that stayed on the meta device
            raise ModelError(incomplete(self._model, part)) from error


def tokenizers(model: SingleFile) -> dict[str, Any]:
    """Return a model's tokenizers; their vocabulary is shipped, since the file has none."""
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
    """Return the error message for missing weights of a part."""
    return f"The model {model.path} lacks weights of its {part}: the file is incomplete."


def is_complete(network: Any) -> bool:
    """Return whether all weights of a network were loaded."""
    return not any(weight.is_meta for weight in network.parameters())
