"""Digests of weight files, compared with the hub's; and pieces that a download left empty."""

import hashlib
import json
import struct
from pathlib import Path

import pytest

from app.core.models import weight_digests
from app.core.models.errors import ModelError
from tests.support import model_folders

MATRIX = bytes(range(1, 241))


def write(path: Path, content: bytes, *, bias: int = 16) -> Path:
    """Write a safetensors file of a matrix and, behind it, a bias of so many bytes."""
    matrix = len(content) - bias
    entries = {
        "a.weight": {"dtype": "U8", "shape": [matrix // 10, 10], "data_offsets": [0, matrix]},
        "b.bias": {"dtype": "U8", "shape": [bias], "data_offsets": [matrix, matrix + bias]},
    }
    header = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + content)
    return path


def test_file_whose_end_was_not_written_is_refused_by_tensor(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.safetensors", MATRIX[:100] + bytes(156))
    with pytest.raises(ModelError, match=rf"{path} is broken: from byte \d+ on, in the tensor a\.weight"):
        weight_digests.check_end(path)
    write(path, bytes(256))
    with pytest.raises(ModelError, match=r"in the tensor a\.weight, all bytes are the same"):
        weight_digests.check_end(path)


def test_bias_of_zeros_at_the_end_is_no_damage(tmp_path: Path) -> None:
    weight_digests.check_end(write(tmp_path / "whole.safetensors", MATRIX + bytes(16)))
    weight_digests.check_end(write(tmp_path / "whole.safetensors", MATRIX + bytes(160), bias=160))


def test_piece_that_was_not_written_is_found_where_the_end_is_there(tmp_path: Path) -> None:
    content = MATRIX * 20_000
    piece = weight_digests.PIECE
    path = write(tmp_path / "holed.safetensors", content[:piece] + bytes(2 * piece) + content[: 2 * piece + 16])
    weight_digests.check_end(path)
    with pytest.raises(ModelError, match=r"holed\.safetensors is broken: from byte 2097152 on, in the tensor"):
        list(weight_digests.compute(path))


def test_digest_is_compared_with_the_name_in_the_cache_of_the_hub(tmp_path: Path) -> None:
    model = model_folders.lay_out(tmp_path / "model")
    file = model / "unet" / "model.safetensors"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    file.rename(blobs / sha256)
    file.symlink_to(blobs / sha256)
    other = model / ".cache" / "huggingface" / "download" / "vae" / "model.safetensors.metadata"
    other.parent.mkdir(parents=True)
    other.write_text(f"commit\n{'0' * 64}\n1.0\n")

    found = {each.file: each for each in weight_digests.compute(model)}

    assert found["unet/model.safetensors"] == weight_digests.Digest("unet/model.safetensors", sha256, sha256)
    assert found["vae/model.safetensors"].is_other
    assert found["text_encoder/model.safetensors"].of_hub == "" and not found["unet/model.safetensors"].is_other
