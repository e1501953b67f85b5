"""The header of a GGUF file: the names, types and shapes of its tensors, without loading them."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.models.errors import BrokenFile, ModelError
from app.core.models.tensor_file import Tensor, TensorFile


def read_header(path: Path) -> TensorFile:
    """Return a file's tensors, with the types of GGUF and shapes as torch has them.

    :raises BrokenFile: when the file is truncated, naming the first tensor that is not whole, or of another format.
    :raises ModelError: when the package gguf is not installed.
    """
    try:
        import gguf
    except ImportError as error:
        raise ModelError(f"{path} is a GGUF file: to read those, install moma-lisa with the extra gguf.") from error

    class Reader(gguf.GGUFReader):
        """A reader whose errors name the tensor, which those of the package do not."""

        def _build_tensors(self, start_offs: int, fields: list[Any]) -> None:
            for field in fields:
                try:
                    super()._build_tensors(start_offs, [field])
                except Exception as error:
                    raise BrokenFile(path, f"the tensor {field.name} is not whole, or unknown ({error})") from error
            super()._build_tensors(start_offs, fields)

    try:
        tensors = Reader(path).tensors
    except BrokenFile:
        raise
    except Exception as error:  # any error of the library means that the file is unusable
        raise BrokenFile(path, str(error)) from error
    places = {
        each.name: Tensor(
            each.tensor_type.name,
            tuple(int(side) for side in reversed(each.shape)),
            each.data_offset,
            each.data_offset + int(each.n_bytes),
        )
        for each in tensors
    }
    return TensorFile(path, MappingProxyType(places), MappingProxyType({}))
