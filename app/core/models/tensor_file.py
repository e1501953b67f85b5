"""The header of a safetensors file: the names and shapes of its tensors, without loading them."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.models.errors import BrokenFile, ModelError

HEADER_MAX = 100_000_000
"""The maximum size of a header in bytes that the format allows."""

FOREIGN = (
    (b"GGUF", "it is a GGUF file under another name, which this program cannot read"),
    (b"PK\x03\x04", "it is a pickle under another name, which may run programs when it is read"),
    (b"\x80\x02", "it is a pickle under another name, which may run programs when it is read"),
    (b"version https://git-lfs", "it is a pointer of Git LFS, not the file; run: git lfs pull"),
)
"""The first bytes of files of other kinds, and what these are, as the end of a message."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its data type, its shape, and the offsets at which its bytes start and end in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def count(self) -> int:
        """Return its number of elements."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class TensorFile:
    """A file's header: its tensors by name, and its metadata."""

    path: Path
    tensors: MappingProxyType[str, Tensor]
    metadata: MappingProxyType[str, str]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with ``prefix``."""
        return {name: tensor for name, tensor in self.tensors.items() if name.startswith(prefix)}

    def content(self, name: str) -> bytes:
        """Return the bytes of a tensor; meant for small ones."""
        tensor = self.tensors[name]
        with self.path.open("rb") as file:
            file.seek(tensor.start)
            return file.read(tensor.end - tensor.start)


def read_header(path: Path) -> TensorFile:
    """Return a file's header, cached until the file changes.

    :raises BrokenFile: when it is truncated, naming the first tensor that is not whole, or no safetensors file.
    :raises ModelError: when it is missing or cannot be read.
    """
    try:
        about = path.stat()
        return _read_header(path, about.st_size, about.st_mtime_ns)
    except FileNotFoundError as error:
        raise ModelError(f"The model file {path} is missing.") from error
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror or error}.") from error


@lru_cache(maxsize=64)
def _read_header(path: Path, size: int, _changed: int) -> TensorFile:
    try:
        with path.open("rb") as file:
            begin = file.read(32)
            _refuse_foreign(begin)
            length = struct.unpack("<Q", begin[:8])[0]
            if length > size:
                raise ValueError("its header is longer than the file")
            if length > HEADER_MAX:
                raise ValueError("its header is longer than the format allows")
            file.seek(8)
            header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", None) or {}
        tensors = {name: _tensor(entry, 8 + length) for name, entry in header.items()}
        end = max(tensor.end for tensor in tensors.values())
    except (struct.error, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenFile(path, str(error)) from error
    if size != end:
        raise BrokenFile(path, f"it has {size} bytes and should have {end}{_cut(tensors, size)}")
    texts = {str(key): value for key, value in metadata.items() if isinstance(value, str)}
    return TensorFile(path, MappingProxyType(tensors), MappingProxyType(texts))


def _cut(tensors: dict[str, Tensor], size: int) -> str:
    """Return the end of a sentence that names the first tensor that a file of this size does not hold whole."""
    cut = [(each.start, name) for name, each in tensors.items() if each.end > size]
    return f": the tensor {min(cut)[1]} is not whole" if cut else ""


def _tensor(entry: dict[str, Any], after: int) -> Tensor:
    start, end = (int(offset) for offset in entry["data_offsets"])
    return Tensor(str(entry.get("dtype", "")), tuple(map(int, entry.get("shape", ()))), after + start, after + end)


def _refuse_foreign(begin: bytes) -> None:
    for magic, reason in FOREIGN:
        if begin.startswith(magic):
            raise ValueError(reason)
    if begin.lstrip()[:1] == b"<":
        raise ValueError("it is a web page, not a model; the download may have asked for a login: download it again")
    if not begin:
        raise ValueError("it is empty")
