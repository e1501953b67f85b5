"""Count the parameters of large models on the meta device: ``python -m benchmarks.large_parts``.

The configurations are the published ones, written by hand. Prints a Markdown table: the parameters of each part, and
the bytes of each model in bfloat16 and with transformer and text encoders in 8 bits by diffusers' layerwise casting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import diffusers
import torch
import transformers
from diffusers.hooks import layerwise_casting

Config = tuple[str, dict[str, Any]]

EDGES = ("pos_embed", "patch_embed", "^proj_in$", "^proj_out$", "t_embedder", "cap_embedder", "time_text_embed")
"""Modules that keep their precision: positions, times, captions, the first and the last projection."""

CLIP_L = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
    "projection_dim": 768, "hidden_act": "quick_gelu",
}  # fmt: skip
OPENCLIP_BIG_G = {
    "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20,
    "projection_dim": 1280, "hidden_act": "gelu",
}  # fmt: skip
CLIP_ENDS = {"vocab_size": 49408, "bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407}
T5_XXL = {
    "vocab_size": 32128, "d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64,
    "feed_forward_proj": "gated-gelu", "is_encoder_decoder": False,
}  # fmt: skip
QWEN3_4B = {
    "vocab_size": 151936, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": True,
}  # fmt: skip
VAE_16 = {
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 16, "sample_size": 1024,
    "use_quant_conv": False, "use_post_quant_conv": False,
}  # fmt: skip
SD35 = {
    "sample_size": 128, "patch_size": 2, "in_channels": 16, "out_channels": 16, "attention_head_dim": 64,
    "joint_attention_dim": 4096, "pooled_projection_dim": 2048, "qk_norm": "rms_norm",
}  # fmt: skip
SD35_MEDIUM = SD35 | {
    "num_layers": 24, "num_attention_heads": 24, "caption_projection_dim": 1536, "pos_embed_max_size": 384,
    "dual_attention_layers": tuple(range(13)),
}  # fmt: skip
SD35_LARGE = SD35 | {
    "num_layers": 38, "num_attention_heads": 38, "caption_projection_dim": 2432, "pos_embed_max_size": 192,
}  # fmt: skip
KLEIN_4B = {
    "num_layers": 5, "num_single_layers": 20, "num_attention_heads": 24, "attention_head_dim": 128,
    "joint_attention_dim": 7680, "in_channels": 128, "guidance_embeds": False,
}  # fmt: skip

SD3_TEXT: dict[str, Config] = {
    "text_encoder": ("CLIPTextModelWithProjection", CLIP_L),
    "text_encoder_2": ("CLIPTextModelWithProjection", OPENCLIP_BIG_G),
    "text_encoder_3": ("T5EncoderModel", T5_XXL),
}
FLUX_TEXT: dict[str, Config] = {"text_encoder": ("CLIPTextModel", CLIP_L), "text_encoder_2": ("T5EncoderModel", T5_XXL)}
QWEN_TEXT: dict[str, Config] = {"text_encoder": ("Qwen3Model", QWEN3_4B)}
VAE: dict[str, Config] = {"vae": ("AutoencoderKL", VAE_16)}

MODELS: dict[str, dict[str, Config]] = {
    "SD 3.5 medium": SD3_TEXT | {"transformer": ("SD3Transformer2DModel", SD35_MEDIUM)} | VAE,
    "SD 3.5 large": SD3_TEXT | {"transformer": ("SD3Transformer2DModel", SD35_LARGE)} | VAE,
    "FLUX.1 schnell": FLUX_TEXT | {"transformer": ("FluxTransformer2DModel", {"guidance_embeds": False})} | VAE,
    "FLUX.1 dev": FLUX_TEXT | {"transformer": ("FluxTransformer2DModel", {"guidance_embeds": True})} | VAE,
    "Z-Image Turbo": QWEN_TEXT | {"transformer": ("ZImageTransformer2DModel", {})} | VAE,
    "FLUX.2 klein 4B": QWEN_TEXT
    | {"transformer": ("Flux2Transformer2DModel", KLEIN_4B), "vae": ("AutoencoderKLFlux2", {})},
}


def network(kind: str, config: dict[str, Any]) -> Any:
    """Return a network on the device of the surrounding ``torch.device``, with its class's initial weights."""
    if kind.startswith("CLIP"):
        return getattr(transformers, kind)(transformers.CLIPTextConfig(**CLIP_ENDS | config))
    if kind == "T5EncoderModel":
        return transformers.T5EncoderModel(transformers.T5Config(**config))
    if kind == "Qwen3Model":
        return transformers.Qwen3Model(transformers.Qwen3Config(**config))
    return getattr(diffusers, kind)(**config)


def sizes(kind: str, config: dict[str, Any]) -> dict[str, int]:
    """Return a network's number of parameters, and its bytes in bfloat16 and in 8 bits, without allocating it.

    Bytes include saved buffers, such as the position embedding of SD 3. ``fp8`` is what diffusers' layerwise casting
    gives by default (networks of transformers are cast by the same rule), ``fp8_all`` the size when the linear layers
    of modulation are cast too.
    """
    found = {}
    for name, cast in {"bf16": None, "fp8": cast_by_default, "fp8_all": cast_all}.items():
        with torch.device("meta"):
            made = network(kind, config)
        if cast:
            cast(made)
        found["parameters"] = sum(each.numel() for each in made.parameters())
        saved = {id(each): each for each in made.state_dict(keep_vars=True).values()}.values()
        found[name] = sum(each.numel() * (1 if each.dtype == torch.float8_e4m3fn else 2) for each in saved)
    return found


def cast_by_default(made: Any) -> None:
    """Cast weights to 8 bits as diffusers does by default: all but modules named "norm", including modulation."""
    if hasattr(made, "enable_layerwise_casting"):
        made.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.bfloat16)
    else:
        layerwise_casting.apply_layerwise_casting(made, torch.float8_e4m3fn, torch.bfloat16)


def cast_all(made: Any) -> None:
    """Cast the weights of all linear layers, convolutions and embeddings to 8 bits, except those at the edges."""
    layerwise_casting.apply_layerwise_casting(made, torch.float8_e4m3fn, torch.bfloat16, skip_modules_pattern=EDGES)


def rows() -> Iterator[tuple[str, str, str, dict[str, int]]]:
    """Yield each model's parts: the model, the part, its class, and its sizes."""
    known: dict[str, dict[str, int]] = {}
    for model, parts in MODELS.items():
        for part, (kind, config) in parts.items():
            key = f"{kind} {config}"
            known[key] = known.get(key) or sizes(kind, config)
            yield model, part, kind, known[key]


def main() -> None:
    """Count the parameters and print the table."""
    print("| model | part | class | parameters | bfloat16 | 8 bits | 8 bits, modulation too |")
    print("|---|---|---|---|---|---|---|")
    sums: dict[str, dict[str, int]] = {}
    for model, part, kind, found in rows():
        total = sums.setdefault(model, dict.fromkeys(found, 0))
        for name, count in found.items():
            # A decoder is small and gains nothing from 8 bits.
            total[name] += found["bf16"] if name.startswith("fp8") and part == "vae" else count
        print(_row(model, part, kind, found))
    for model, total in sums.items():
        print(_row(model, "all", "", total))


def _row(model: str, part: str, kind: str, found: dict[str, int]) -> str:
    eight = ["as it is"] * 2 if part == "vae" else [f"{found[name] / 1e9:.2f} GB" for name in ("fp8", "fp8_all")]
    count = f"{found['parameters'] / 1e9:.3f} B | {found['bf16'] / 1e9:.2f} GB"
    return f"| {model} | {part} | {kind} | {count} | {' | '.join(eight)} |"


if __name__ == "__main__":
    main()
