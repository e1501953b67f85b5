"""Convert networks of rectified-flow models to the names of their authors, as in the files that they publish."""

import re
from collections.abc import Callable, Mapping

import torch

Tensors = dict[str, torch.Tensor]

PREFIX = "model.diffusion_model."
"""What these names begin with in files of ComfyUI."""

Z_IMAGE = (
    ("all_final_layer.2-1.", "final_layer."), ("all_x_embedder.2-1.", "x_embedder."), ("to_out.0", "out"),
    ("norm_k", "k_norm"), ("norm_q", "q_norm"), ("to_q.weight", "qkv.weight"),
)  # fmt: skip

SD3_OUTSIDE = (
    ("pos_embed.proj", "x_embedder.proj"), ("pos_embed.pos_embed", "pos_embed"),
    ("time_text_embed.timestep_embedder.linear_1", "t_embedder.mlp.0"),
    ("time_text_embed.timestep_embedder.linear_2", "t_embedder.mlp.2"),
    ("time_text_embed.text_embedder.linear_1", "y_embedder.mlp.0"),
    ("time_text_embed.text_embedder.linear_2", "y_embedder.mlp.2"),
    ("norm_out.linear", "final_layer.adaLN_modulation.1"), ("proj_out", "final_layer.linear"),
)  # fmt: skip

SD3_BLOCKS = (
    ("attn.to_q", "x_block.attn.qkv"), ("attn2.to_q", "x_block.attn2.qkv"),
    ("attn.add_q_proj", "context_block.attn.qkv"), ("attn.norm_q", "x_block.attn.ln_q"),
    ("attn.norm_k", "x_block.attn.ln_k"), ("attn.norm_added_q", "context_block.attn.ln_q"),
    ("attn.norm_added_k", "context_block.attn.ln_k"), ("attn2.norm_q", "x_block.attn2.ln_q"),
    ("attn2.norm_k", "x_block.attn2.ln_k"), ("attn.to_out.0", "x_block.attn.proj"),
    ("attn.to_add_out", "context_block.attn.proj"), ("attn2.to_out.0", "x_block.attn2.proj"),
    ("norm1.linear", "x_block.adaLN_modulation.1"), ("norm1_context.linear", "context_block.adaLN_modulation.1"),
    ("ff.net.0.proj", "x_block.mlp.fc1"), ("ff.net.2", "x_block.mlp.fc2"),
    ("ff_context.net.0.proj", "context_block.mlp.fc1"), ("ff_context.net.2", "context_block.mlp.fc2"),
)  # fmt: skip

FUSED = re.compile(r"\.(to_k|to_v|add_k_proj|add_v_proj)\.(weight|bias)$")


def z_image(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Return a Z-Image network by the names of its authors: query, key and value are one matrix."""
    return {PREFIX + _replace(name, Z_IMAGE): each for name, each in _fused(tensors)}


def sd3(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Return a Stable Diffusion 3 network by the names of its authors; the last shifts come before the scales there."""
    last = max(int(match[1]) for name in tensors if (match := re.match(r"transformer_blocks\.(\d+)\.", name)))
    swapped = (f"transformer_blocks.{last}.norm1_context.linear.", "norm_out.linear.")
    found = {}
    for name, each in _fused(tensors):
        if name.startswith(swapped):
            each = torch.cat(each.chunk(2)[::-1])
        if match := re.match(r"transformer_blocks\.(\d+)\.(.+)\.(weight|bias)", name):
            renamed = f"joint_blocks.{match[1]}.{dict(SD3_BLOCKS)[match[2]]}.{match[3]}"
        else:
            renamed = _replace(name, SD3_OUTSIDE)
        found[PREFIX + renamed] = each
    return found


OF_MODELS: dict[str, Callable[[Mapping[str, torch.Tensor]], Tensors]] = {"z-image": z_image, "sd3": sd3}
"""By the name of a tiny model."""


def _fused(tensors: Mapping[str, torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
    """Return the tensors with those of query, key and value as one, by the name of the query's."""
    found = []
    for name, each in tensors.items():
        if FUSED.search(name):
            continue
        if match := re.search(r"(to_|add_)q(_proj)?\.(weight|bias)$", name):
            begin, end = name[: match.start()], name[match.start() :]
            each = torch.cat([tensors[begin + end.replace("_q", f"_{letter}", 1)] for letter in "qkv"])
        found.append((name, each))
    return found


def _replace(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for own, theirs in pairs:
        name = name.replace(own, theirs)
    return name
