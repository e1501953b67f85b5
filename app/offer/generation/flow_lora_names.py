"""The families of LoRA files that change a transformer: FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2.

A family is recognised by the names and shapes of tensors, as diffusers or the original implementations write them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

FLOW_FAMILIES = {"flux1": "FLUX.1", "sd3": "Stable Diffusion 3", "z_image": "Z-Image", "flux2": "FLUX.2"}
"""The flow families by their names in `app.core.models.kinds`."""

FLUX1, SD3, Z_IMAGE, FLUX2 = FLOW_FAMILIES.values()
TRANSFORMER = "transformer"
STARTS = re.compile(
    r"(?:transformer|diffusion_model)\.|lora_transformer_"
    r"|(?:base_model\.model\.|lora_unet_)?(?:(?:double|single|joint|transformer|single_transformer)_blocks"
    r"|layers[._]\d|noise_refiner|context_refiner)[._]"
)
"""How the name of a tensor that changes a transformer begins."""

OF_TEXTS = re.compile(r"text_encoder(?:_\d)?\.|text_encoders\.|lora_te\d?_")
ENDS = re.compile(
    r"(?:[._]lora(?:_linear_layer|\d)?\.(?:up|down)|\.lora_(?:up|down)|\.lora_[AB](?:\.default)?)\.(?:weight|bias)"
    r"|\.alpha|\.network_alpha"
)
"""How the names of a LoRA's tensors end."""

MARKS = (
    (FLUX2, r"to_qkv_mlp_proj|ff(?:_context)?\.linear_(?:in|out)|stream_modulation"),
    (FLUX2, r"single_transformer_blocks\.\d+\.attn\.to_out"),
    (FLUX1, r"single_transformer_blocks[._]\d+[._](?:attn[._]to_[qkv]|proj_|norm)"),
    (FLUX1, r"(?:img|txt)_mod[._]lin|modulation[._]lin|processor\.(?:qkv|proj)_lora"),
    (SD3, r"joint_blocks|\.attn2\."),
    (Z_IMAGE, r"noise_refiner|context_refiner|(?:^|[._])layers[._]\d+[._](?:attention|feed_forward|adaLN)"),
)  # fmt: skip
"""Tensor names that only one family has."""

RATIOS = (
    (r"single_blocks[._]\d+[._]linear1", {7: FLUX1, 9: FLUX2}),
    (r"(?:img|txt)_mlp[._]0", {4: FLUX1, 6: FLUX2}),
)
"""The ratios of output to input width of layers that two families share."""

SIDES = {1536: SD3, 2432: SD3, 4096: FLUX2, 6144: FLUX2}
"""The families by the width of their tokens; FLUX.1 and FLUX.2 [klein] 4B share theirs."""

VERSIONS = (
    (FLUX2, r"flux[-_.]?2|klein"),
    (FLUX1, r"flux"),
    (SD3, r"sd3|diffusion-(?:v)?3|sd_3"),
    (Z_IMAGE, r"z[-_]?image"),
)
"""What trainers write about the base model."""

TEXT_WIDTHS = {3072: 7680, 4096: 12288, 6144: 15360}
"""The widths of the text states of FLUX.2, by the width of its tokens."""

QUERY = re.compile(
    r"(?<!single_)(?:transformer|double)_blocks[._]\d+[._](?:attn[._](?:to|add)_[qkv]|(?:img|txt)_attn[._]qkv)"
)
CONTEXT = re.compile(r"(?:context_embedder|txt_in|cap_embedder[._]1)[._]lora")
DOWN = re.compile(r"(?:lora_down|lora_A|lora\d?\.down|lora_linear_layer\.down)(?:\.default)?\.weight$")

Shapes = Mapping[str, Sequence[int]]


def are_of_transformer(names: Collection[str]) -> bool:
    """Return whether tensors of these names change a transformer."""
    return any(STARTS.match(name) for name in names)


def unknown(names: Collection[str]) -> str:
    """Return the first name that no tensor of a LoRA has, or ""."""
    return next((name for name in names if not ENDS.search(name)), "")


def part(name: str) -> str:
    """Return the part of the model that a tensor changes, in a file that changes a transformer."""
    if not OF_TEXTS.match(name):
        return TRANSFORMER
    return "text_encoder_2" if re.match(r"text_encoder_2|lora_te2", name) else "text_encoder"


def family(shapes: Shapes, metadata: Mapping[str, str]) -> str:
    """Return the family by tensor names, shapes or the trainer's metadata; "" if none of them shows it."""
    for found, mark in MARKS:
        if any(re.search(mark, name) for name in shapes if not OF_TEXTS.match(name)):
            return found
    for mark, families in RATIOS:
        for name, (taken, given) in _pairs(shapes).items():
            if re.search(mark, name) and given / taken in families:
                return families[int(given / taken)]
    stated = f"{metadata.get('ss_base_model_version', '')} {metadata.get('modelspec.architecture', '')}".lower()
    matched = next((found for found, version in VERSIONS if re.search(version, stated)), "")
    return matched or SIDES.get(_side(shapes) or 0, "")


def text_width(shapes: Shapes, of_family: str) -> int | None:
    """Return the width of the text states that the transformer reads; ``None`` if no tensor shows it."""
    widths = {shape[1] for name, shape in shapes.items() if CONTEXT.search(name) and _is_down(name, shape)}
    if len(widths) == 1:
        return widths.pop()
    return TEXT_WIDTHS.get(_side(shapes) or 0) if of_family == FLUX2 else None


def _is_down(name: str, shape: Sequence[int]) -> bool:
    return bool(DOWN.search(name)) and len(shape) > 1


def _side(shapes: Shapes) -> int | None:
    """Return the width of the tokens, from which queries are computed; ``None`` if no tensor shows it."""
    widths = {shape[1] for name, shape in shapes.items() if QUERY.search(name) and _is_down(name, shape)}
    return widths.pop() if len(widths) == 1 else None


def _pairs(shapes: Shapes) -> dict[str, tuple[int, int]]:
    """Return the input and output width of each layer."""
    pairs: dict[str, tuple[int, int]] = {}
    for name, shape in shapes.items():
        up = name.replace("lora_down", "lora_up").replace("lora_A", "lora_B")
        if _is_down(name, shape) and up != name and shapes.get(up) and shape[1]:
            pairs[name] = shape[1], shapes[up][0]
    return pairs
