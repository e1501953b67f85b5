"""Networks as GGUF files."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch


def write(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """Write a GGUF file with matrices in float16 and vectors in float32."""
    writer = gguf.GGUFWriter(str(path), "moma-test")
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor.numpy().astype(np.float16 if tensor.ndim > 1 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
