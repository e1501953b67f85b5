"""Large models' files and counts, on small parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
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


@pytest.mark.slow
def test_phases_of_a_tiny_model_are_printed_and_finite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    t5 = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    transformer = {"num_layers": 2, "num_attention_heads": 2, "caption_projection_dim": 128, "pos_embed_max_size": 8}
    parts = {
        "text_encoder": ("CLIPTextModelWithProjection", large_parts.CLIP_L | sizes),
        "text_encoder_2": ("CLIPTextModelWithProjection", large_parts.OPENCLIP_BIG_G | sizes),
        "text_encoder_3": ("T5EncoderModel", large_parts.T5_XXL | t5),
        "transformer": (
            "SD3Transformer2DModel",
            large_parts.SD35_MEDIUM | transformer | {"dual_attention_layers": (0,)},
        ),
        "vae": ("AutoencoderKL", large_parts.VAE_16 | {"block_out_channels": (32, 32, 32, 32), "layers_per_block": 1}),
    }
    monkeypatch.setitem(large_parts.MODELS, large_models.MODEL, parts)
    large_models.write(tmp_path / "model", {*parts})
    for group in large_models.GROUPS:
        large_models.run(tmp_path / "model", group, [64])
    printed = capsys.readouterr().out
    assert "finite: True" in printed
    found = [float(each) for each in re.findall(r"relative RMS from bfloat16: ([\d.]+)", printed)]
    assert len(found) == 2
    assert all(0 < each < 0.3 for each in found)
