"""Large models' files and counts, on small parts."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from benchmarks import large_models, large_parts


def test_stream_of_two_tensors_is_a_safetensors_file(tmp_path: Path) -> None:
    shapes = {"a.weight": torch.Size([3, 5]), "a.bias": torch.Size([3]), "norm.weight": torch.Size([4])}
    large_models.stream(shapes, tmp_path / "model.safetensors")
    found = load_file(tmp_path / "model.safetensors")
    assert {name: each.shape for name, each in found.items()} == shapes
    assert {each.dtype for each in found.values()} == {torch.bfloat16}
    assert found["norm.weight"].tolist() == [1] * 4
    assert found["a.weight"].float().std() > 0


def test_sizes_of_a_small_transformer_count_saved_buffers_and_bytes() -> None:
    config = large_parts.SD35 | {
        "num_layers": 8, "num_attention_heads": 2, "caption_projection_dim": 128, "pos_embed_max_size": 8,
        "pooled_projection_dim": 64, "sample_size": 16,
    }  # fmt: skip
    found = large_parts.sizes("SD3Transformer2DModel", config)
    assert found["bf16"] == 2 * (found["parameters"] + 8 * 8 * 128)
    assert found["parameters"] < found["fp8_all"] < found["fp8"] < found["bf16"]
