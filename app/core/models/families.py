"""The families of single-file models, with their shipped configurations; and descriptions of unsupported files.

A file's family is recognised by the names and shapes of its tensors, which are those of the original implementations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.core.models.folder import read_json
from app.core.models.tensor_file import Tensor, TensorFile

FOLDER = Path(__file__).resolve().parents[3] / "models" / "families"
"""The folder of the configurations, with the CLIP vocabulary that all of these models share in ``clip``."""

UNET = "model.diffusion_model."
FIRST = f"{UNET}input_blocks.0.0.weight"
"""The first convolution of a UNet; its second dimension is the number of input channels."""

TASKS = {
    5: "is made for pictures with depth, not for painting from words",
    7: "is made for enlarging pictures, not for painting from words",
    8: "is made for changing pictures (InstructPix2Pix), not for painting from words",
    9: "is made for inpainting, not for painting from words",
}
"""The purposes of UNets that do not generate from text alone, by their number of input channels."""

ADDITIONS = (
    (r"lora_(up|down|A|B)\b|\.lora\.|\.(hada_w\d|lokr_w\d)|\.oft_|\.dora_scale", "is a LoRA, which changes a model"),
    (r"^control_model\.|^controlnet_|^input_hint_block\.", "is a ControlNet, which guides a model"),
    (r"motion_modules?\.", "is a motion module (AnimateDiff), which changes a model"),
    (r"^image_proj\.|^ip_adapter\.", "is an IP-Adapter, which changes a model"),
    (r"^emb_params$|^string_to_param|^clip_[lg]$", "is an embedding (textual inversion), which adds a word to a model"),
)
"""Patterns of keys in files that add to a model, and descriptions of the files."""

OTHERS = (
    (r"^edm_mean$|^edm_vpred\.", "EDM (Playground v2.5, CosXL)"),
    (r"single_stream_modulation\.lin\.weight$", "FLUX.2"),
    (r"distilled_guidance_layer\.", "Chroma"),
    (r"double_blocks\.0\.img_attn\.", "FLUX.1"),
    (r"joint_blocks\.0\.", "Stable Diffusion 3"),
    (r"double_layers\.0\.attn\.", "AuraFlow"),
    (r"(^|\.)layers\.0\.adaLN_modulation\.0\.", "Z-Image"),
    (r"cap_embedder\.0\.", "Lumina 2"),
    (r"transformer_blocks\.0\.img_mlp\.|txt_in\.text_norm\.", "Qwen-Image"),
    (r"clip_txt_mapper\.|down_blocks\.1\.0\.channelwise\.", "Stable Cascade"),
    (r"patchify_proj\.weight$", "LTX-Video"),
    (r"head\.modulation$", "Wan"),
    (r"individual_token_refiner\.", "HunyuanVideo"),
    (r"blocks\.0\.cross_attn\.kv_linear\.", "Sana or PixArt"),
)
"""Patterns of keys of families that are not supported as single files."""

LENT = ("FLUX.2", "FLUX.1", "Stable Diffusion 3", "Z-Image")
"""Families that are supported as a folder, and whose single files can replace the folder's network."""

PARTS_ALONE = (
    (r"^(first_stage_model|vae)\.|^decoder\.(conv_in|mid)", "a VAE alone; MOMA_VAE takes it"),
    (r"^(down_blocks|mid_block|up_blocks|time_embedding)\.", "a UNet alone, in diffusers' keys"),
    (r"^(text_model|transformer\.resblocks|encoder\.block)\.", "a text encoder alone"),
)
"""Patterns of keys of files that hold one part of a model."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a model: the prefix of its tensors' names in the file, and its number of parameters."""

    prefix: str
    parameters: int


@dataclass(frozen=True)
class Family:
    """A family: its title, the folder of its configurations in the layout of diffusers, and its parts."""

    title: str
    folder: Path
    parts: Mapping[str, Part]

    @cached_property
    def index(self) -> dict[str, Any]:
        """Return the content of ``model_index.json``."""
        return read_json(self.folder / "model_index.json")

    def config(self, part: str) -> dict[str, Any]:
        """Return the configuration of a network."""
        return read_json(self.folder / part / "config.json")

    def tokenizer_config(self, part: str) -> dict[str, Any]:
        """Return the configuration of a tokenizer."""
        return read_json(self.folder / part / "tokenizer_config.json")

    def tokenizer(self, part: str) -> Path:
        """Return the folder with a tokenizer's vocabulary: the family's own, or the shared one."""
        own = self.folder / part
        has_own = any((own / name).exists() for name in ("tokenizer.json", "vocab.json"))
        return own if has_own else FOLDER / "clip"


def every() -> list[Family]:
    """Return all families, sorted by their folders' names."""
    families = []
    for path in sorted(FOLDER.glob("*/family.json")):
        about = read_json(path)
        parts = {name: Part(part["prefix"], int(part["parameters"])) for name, part in about["parts"].items()}
        families.append(Family(about["title"], path.parent, parts))
    return families


def match_family(file: TensorFile) -> Family | None:
    """Return the family whose text encoders a file has; None if it has none or others."""
    matches = [each for each in every() if all(file.part(prefix) for prefix in _encoders(each))]
    return max(matches, key=lambda each: len(each.parts), default=None)


def describe_unsupported(tensors: Mapping[str, Tensor]) -> str:
    """Return why a file is no model of these families, as the end of a sentence; ``""`` if it may be one."""
    if what := describe_adapter(tensors):
        return f"{what} and is none itself"
    if other := name_other_family(tensors):
        if other in LENT:
            return (
                f"is a network of {other}, without its text encoders and VAE: name a folder of that family as"
                " MOMA_MODEL, and this file as MOMA_TRANSFORMER"
            )
        known = ", ".join(each.title for each in every())
        return f"is of the family {other}; this program paints single files of {known}"
    if not any(name.startswith(UNET) for name in tensors):
        alone = next((what for pattern, what in PARTS_ALONE if _has(tensors, pattern)), "")
        return f"is {alone}" if alone else "has no UNet in the keys of the original Stable Diffusion"
    shape = tensors[FIRST].shape if FIRST in tensors else ()
    if len(shape) > 1 and shape[1] != 4:
        return TASKS.get(shape[1], f"takes {shape[1]} channels, where latents have 4: it is made for another task")
    if _has(tensors, r"^conditioner\.embedders\.0\.model\.") and not _has(tensors, r"^conditioner\.embedders\.1\."):
        return "is a refiner, which goes on with pictures that another model began"
    return ""


def describe_adapter(names: Iterable[str]) -> str:
    """Return what a file that adds to a model is (such as a LoRA), as the end of a sentence; ``""`` for others.

    ``names`` are the names of its tensors.
    """
    return next((what for pattern, what in ADDITIONS if _has(names, pattern)), "")


def name_other_family(names: Iterable[str]) -> str:
    """Return the title of the family without a UNet that these tensors' names belong to; ``""`` for others."""
    return next((title for pattern, title in OTHERS if _has(names, pattern)), "")


def _encoders(family: Family) -> list[str]:
    return [part.prefix for name, part in family.parts.items() if name.startswith("text_encoder")]


def _has(names: Iterable[str], pattern: str) -> bool:
    compiled = re.compile(pattern)
    return any(compiled.search(name) for name in names)
