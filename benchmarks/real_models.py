"""Stable Diffusion 1.5 and XL in real size with random weights, configured by hand from the classes' defaults."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
KINDS = ("SD 1.5", "SDXL")


def parts(kind: str) -> dict[str, Callable[[], Any]]:
    """Return a factory for each network of a model."""
    return _xl() if kind == "SDXL" else _one_five()


def _one_five() -> dict[str, Callable[[], Any]]:
    return {
        "text_encoder": lambda: transformers.CLIPTextModel(_clip()),
        "vae": lambda: _vae(512, 0.18215),
        "unet": lambda: diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=768),
    }


def _xl() -> dict[str, Callable[[], Any]]:
    second = {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20}
    return {
        "text_encoder": lambda: transformers.CLIPTextModel(_clip()),
        "text_encoder_2": lambda: transformers.CLIPTextModelWithProjection(_clip(**second, projection_dim=1280)),
        "vae": lambda: _vae(1024, 0.13025),
        "unet": lambda: diffusers.UNet2DConditionModel(
            sample_size=128,
            block_out_channels=(320, 640, 1280),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=[1, 2, 10],
            attention_head_dim=[5, 10, 20],
            cross_attention_dim=2048,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
        ),
    }


def _clip(**settings: Any) -> Any:
    sizes = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
    ends = {"bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407}
    return transformers.CLIPTextConfig(vocab_size=49408, **sizes | ends | settings)


def _vae(side: int, scaling: float) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        sample_size=side,
        scaling_factor=scaling,
    )


def save(kind: str, folder: Path, vocabulary: Path | None = None) -> Path:
    """Write a model in float32, as diffusers saves it, part by part; return the folder.

    ``vocabulary`` is a folder with the tokenizer of a CLIP model; without it prompts are tokenized by letters.
    """
    index: dict[str, Any] = {
        "_class_name": "StableDiffusionXLPipeline" if kind == "SDXL" else "StableDiffusionPipeline",
        "scheduler": ["diffusers", "DDIMScheduler"],
    }
    torch.manual_seed(0)
    for name, make in parts(kind).items():
        make().save_pretrained(folder / name)
        library = "transformers" if name.startswith("text") else "diffusers"
        index[name] = [library, json.loads((folder / name / "config.json").read_text()).get("_class_name", "")]
        if library == "transformers":
            index[name][1] = "CLIPTextModelWithProjection" if name.endswith("_2") else "CLIPTextModel"
            tokenizer = name.replace("text_encoder", "tokenizer")
            if vocabulary:
                shutil.copytree(vocabulary, folder / tokenizer)
            else:
                _tokenizer(folder / tokenizer)
            index[tokenizer] = ["transformers", "CLIPTokenizer"]
    diffusers.DDIMScheduler(**BETAS, steps_offset=1, clip_sample=False).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def _tokenizer(folder: Path) -> None:
    """Write a byte-level tokenizer that knows letters, and the start and end tokens at their usual numbers."""
    folder.mkdir()
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 324))]
    words = [*letters, *(letter + "</w>" for letter in letters)]
    vocabulary = {word: number for number, word in enumerate(words)} | {
        "<|startoftext|>": 49406,
        "<|endoftext|>": 49407,
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}')


def main() -> None:
    """Write a model with random weights to a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--kind", choices=KINDS, default="SD 1.5")
    parser.add_argument(
        "--tokenizer", type=Path, help="folder of a CLIP tokenizer; by default prompts are tokenized by letters"
    )
    parser.add_argument("--to", type=Path, required=True, help="the folder to write")
    options = parser.parse_args()
    aside = options.to.with_name(f".{options.to.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    save(options.kind, aside, options.tokenizer).rename(options.to)
    print(f"{options.to}: {options.kind}, random weights")


if __name__ == "__main__":
    main()
