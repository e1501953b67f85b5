"""Networks as GGUF files."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type

PLAIN = {Type.F32: np.float32, Type.F16: np.float16, Type.I32: np.int32}


def write(path: Path, tensors: Mapping[str, torch.Tensor], types: Mapping[str, Type] | None = None) -> Path:
    """Write a GGUF file with matrices in float16 and vectors in float32, except for those that `types` names."""
    writer = gguf.GGUFWriter(str(path), "moma-test")
    for name, tensor in tensors.items():
        stored = (types or {}).get(name, Type.F16 if tensor.ndim > 1 else Type.F32)
        if stored in PLAIN:
            writer.add_tensor(name, tensor.numpy().astype(PLAIN[stored]))
        else:
            writer.add_tensor(name, gguf.quants.quantize(tensor.float().numpy(), stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def read(path: Path) -> dict[str, torch.Tensor]:
    """Return the numbers that a GGUF file holds, in float32 and by the format's own arithmetic."""
    found = {}
    for each in gguf.GGUFReader(path).tensors:
        is_plain = each.tensor_type in PLAIN
        numbers = each.data if is_plain else gguf.quants.dequantize(each.data, each.tensor_type)
        sides = [int(side) for side in reversed(each.shape)]
        found[each.name] = torch.from_numpy(np.array(numbers, np.float32)).reshape(sides)
    return found


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Return where the bytes of each tensor of a GGUF file begin and end."""
    tensors = gguf.GGUFReader(path).tensors
    return {each.name: (int(each.data_offset), int(each.data_offset + each.n_bytes)) for each in tensors}
