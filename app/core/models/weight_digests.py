"""Digests of a model's weight files, the hub's where they are known, and pieces that a download left empty.

A download that broke off may leave a file of the right size whose end, or a piece of it, was never written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.models import folder, tensor_file
from app.core.models.errors import ModelError
from app.core.models.tensor_file import TensorFile

PIECE = 1 << 20
"""Bytes that are read at once; a whole piece of one value was never written."""

BLOCK, EDGE, SHORTEST = 1 << 16, 8, 64
"""Bytes that are read at once from the end; those at a tensor's edge that count as its neighbour's, because numbers may
end in zeros; and the shortest flat end that says something."""

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Digest:
    """A weight file by its name in the model, its SHA-256, and the hub's SHA-256, "" where it is not known."""

    file: str
    sha256: str
    of_hub: str

    @property
    def is_other(self) -> bool:
        """Return whether the file is another than the hub's."""
        return bool(self.of_hub) and self.of_hub != self.sha256


def compute(model: Path) -> Iterator[Digest]:
    """Yield the digest of each weight file of a model, a folder or a single file, after reading all of it.

    :raises ModelError: naming the file, and the tensor in which a flat piece begins.
    """
    for path in _files(model):
        name = path.name if model.is_file() else path.relative_to(model).as_posix()
        yield Digest(name, _read_whole(path), _of_hub(path, model))


def check_end(path: Path) -> None:
    """Check that a safetensors file does not end in the middle of a tensor, or with a whole matrix, of one value.

    Only the end is read.

    :raises ModelError: naming the file and the tensor.
    """
    check_end_of(tensor_file.read_header(path))


def check_end_of(file: TensorFile) -> None:
    """Check the end of a file of any format by where its tensors are, as `check_end` does."""
    size = max((tensor.end for tensor in file.tensors.values()), default=0)
    begin = size - _flat_end(file.path, size)
    for name, tensor in file.tensors.items():
        is_within = tensor.start + EDGE < begin < tensor.end - SHORTEST
        is_whole = begin <= tensor.start + EDGE and len(tensor.shape) > 1 and tensor.end - tensor.start >= SHORTEST
        if tensor.end > begin and (is_within or is_whole):
            raise ModelError(_flat(file, begin if is_within else tensor.start, name))


def _files(model: Path) -> list[Path]:
    if model.is_file():
        return [model]
    parts = [part for part in folder.parts(model) if part.name not in folder.CONFIGS]
    return [path for part in parts for path in folder.weights(part)]


def _read_whole(path: Path) -> str:
    """Return a file's SHA-256.

    :raises ModelError: when a piece of it, or its end, is flat.
    """
    file = tensor_file.read_header(path) if path.suffix == ".safetensors" else None
    digest, place = hashlib.sha256(), 0
    with path.open("rb") as content:
        while piece := content.read(PIECE):
            digest.update(piece)
            if file and len(piece) == PIECE and piece.count(piece[0]) == PIECE:
                name = next(name for name, tensor in file.tensors.items() if tensor.start <= place < tensor.end)
                raise ModelError(_flat(file, place, name))
            place += len(piece)
    if file:
        check_end(path)
    return digest.hexdigest()


def _flat(file: TensorFile, begin: int, name: str) -> str:
    return (
        f"The model file {file.path} is broken: from byte {begin} on, in the tensor {name}, all bytes are the same, as"
        " after a download that broke off. Download it again."
    )


def _flat_end(path: Path, size: int) -> int:
    """Return how many bytes at the end of a file have the same value."""
    length, value = 0, b""
    with path.open("rb") as content:
        while length < size:
            begin = max(0, size - length - BLOCK)
            content.seek(begin)
            block = content.read(size - length - begin)
            value = value or block[-1:]
            rest = len(block.rstrip(value))
            length += len(block) - rest
            if rest:
                break
    return length


def _of_hub(path: Path, model: Path) -> str:
    """Return the SHA-256 that the hub announced for a file: as its name in the cache, or noted beside a download."""
    real = path.resolve()
    if real.parent.name == "blobs" and SHA256.fullmatch(real.name):
        return real.name
    if model.is_file():
        return ""
    note = model / ".cache" / "huggingface" / "download" / f"{path.relative_to(model).as_posix()}.metadata"
    try:
        etag = note.read_text("utf-8").splitlines()[1].strip()
    except (OSError, UnicodeDecodeError, IndexError):
        return ""
    return etag if SHA256.fullmatch(etag) else ""
