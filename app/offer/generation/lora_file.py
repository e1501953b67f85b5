"""Facts about a LoRA file from its safetensors header, without loading it.

The site, ``flask loras add`` and the worker use the same facts. Only the standard library is needed.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.offer.generation import flow_lora_names
from app.offer.generation.flow_lora_names import FLOW_FAMILIES as FLOW_FAMILIES

SUFFIX = ".safetensors"
PICKLES = (".bin", ".ckpt", ".pkl", ".pt", ".pth")
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
HEADER_MAX = 100_000_000
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""The data types that a LoRA may have, with the bytes of each number."""

KOHYA, DIFFUSERS, PEFT, BARE = LAYOUTS = ("kohya", "diffusers", "peft", "bare")
"""The naming schemes of tensors: those of kohya's scripts and Civitai, of a diffusers pipeline, of peft, or of a bare
UNet."""

FAMILIES = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "Stable Diffusion XL"}
"""The families by the width of the text states that their UNets read (cross_attention_dim)."""

SD1, SD2, SDXL = FAMILIES.values()
PARTS = {"lora_unet_": "unet", "lora_te_": "text_encoder", "lora_te1_": "text_encoder", "lora_te2_": "text_encoder_2"}
PEFT_PREFIX = "base_model.model."
KOHYA_KEY = re.compile(r"(lora_(?:unet|te|te1|te2)_)\w+\.(?:lora_down\.weight|lora_up\.weight|alpha)")
PEFT_END = r"\.lora_[AB](?:\.default)?\.(?:weight|bias)"
DIFFUSERS_KEY = re.compile(
    rf"(unet|text_encoder|text_encoder_2)\.[\w.]+?(?:{PEFT_END}|[._]lora(?:_linear_layer)?\.(?:up|down)\.weight)"
)
UNET_BLOCKS = r"(?:down_blocks|mid_block|up_blocks|conv_in|conv_out|time_embedding|add_embedding)\."
BARE_KEY = re.compile(rf"{UNET_BLOCKS}(?:[\w.]+?)?lora_[AB](?:\.default)?\.(?:weight|bias)")
PEFT_KEY = re.compile(rf"{re.escape(PEFT_PREFIX)}(?P<module>[\w.]+){PEFT_END}")
OTHER_KINDS = {
    "dora_scale": "a DoRA",
    "lora_magnitude_vector": "a DoRA",
    "hada_": "a LoHa",
    "lokr_": "a LoKr",
    "oft_": "an OFT",
    "glora": "a GLoRA",
    "lora_mid": "a LoCon in Tucker form",
}
DOWN = re.compile(r"(?:lora_down|lora_A|lora\d?\.down|lora_linear_layer\.down)(?:\.default)?\.weight$")
CROSS = re.compile(r"attn2[._](?:processor[._])?to_[kv][._]lora")
TEXT_QUERY = re.compile(r"self_attn[._]q_proj")
METADATA = "lora_adapter_metadata"
"""The header's entry in which diffusers stores the configuration of an adapter, such as ranks and alphas."""

TRIGGER_MAX, TRIGGERS_MOST, OFTEN = 200, 3, 0.9


class LoraError(Exception):
    """A file is not a usable LoRA; the message is the end of a sentence that begins with the file's name."""


@dataclass(frozen=True, slots=True)
class LoraFacts:
    """The facts in the header of a LoRA file.

    ``width`` is that of the text states that its network reads, ``None`` if no tensor shows it; ``family`` is "" if
    unknown. ``parts`` are the networks that it changes, ``trigger`` the words that it was trained with.
    """

    layout: str
    family: str
    width: int | None
    rank: int
    parts: tuple[str, ...]
    trigger: str
    metadata: dict[str, str]


def inspect(path: Path) -> LoraFacts:
    """Return the facts of a file.

    :raises LoraError: when it is not a LoRA in safetensors.
    """
    if path.suffix.lower() in PICKLES:
        raise LoraError(f"is a pickle ({path.suffix}), which could run code when it is read. Use a {SUFFIX} file.")
    if path.suffix.lower() != SUFFIX:
        raise LoraError(f"must end in {SUFFIX}.")
    header = read_header(path)
    metadata = header.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict):
        raise LoraError("is broken: its metadata are no object.")
    return facts({name: entry["shape"] for name, entry in header.items()}, metadata)


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of a safetensors file, checked against the file's size.

    :raises LoraError: when the file is truncated or of another format.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            length = _header_length(start, size)
            return _checked(file.read(length), 8 + length, size)
    except OSError as error:
        raise LoraError(f"cannot be read: {error.strerror or error}.") from error


def _header_length(start: bytes, size: int) -> int:
    """Return the length of a header by the first bytes of a file of this size.

    :raises LoraError: when it is no safetensors file.
    """
    if start.startswith(PICKLE_STARTS):
        raise LoraError(f"is a pickle under another name, which could run code. Use a real {SUFFIX} file.")
    if len(start) < 8:
        raise LoraError(f"is no {SUFFIX} file, or is broken: its header cannot be read.")
    length = int(struct.unpack("<Q", start)[0])
    if length > min(size, HEADER_MAX):
        raise LoraError(f"is no {SUFFIX} file, or is cut off: its header is longer than the file.")
    return length


def _checked(written: bytes, begin: int, size: int) -> dict[str, Any]:
    """Return a header as it is written, with the tensors from `begin` on, in a file of this size.

    :raises LoraError: when the two do not belong together.
    """
    try:
        header = json.loads(written)
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        end = begin + _end(entries)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise LoraError(f"is no {SUFFIX} file, or is broken: its header cannot be read.") from error
    if size != end:
        cut = [(at, name) for name, entry in entries.items() if begin + (at := int(entry["data_offsets"][1])) > size]
        named = f": the tensor {min(cut)[1]:.100} is not whole" if cut else ""
        raise LoraError(f"is cut off or broken: it has {size} bytes and should have {end}{named}.")
    return dict(header)


def _end(entries: dict[str, Any]) -> int:
    """Return where the last tensor ends, after checking that tensors have their shapes' sizes and follow each other.

    :raises LoraError: when one does not.
    """
    end = 0
    for name, entry in sorted(entries.items(), key=lambda each: int(each[1]["data_offsets"][0])):
        if entry["dtype"] not in BYTES:
            kind = str(entry["dtype"])
            raise LoraError(
                f"holds numbers of the kind {kind:.20} in the tensor {name:.100}; {', '.join(BYTES)} are read."
            )
        begin, following = map(int, entry["data_offsets"])
        if begin != end or following - begin != BYTES[entry["dtype"]] * math.prod(entry["shape"]):
            raise LoraError(f"is broken: the tensor {name:.100} is longer or shorter than it says.")
        end = following
    return end


def facts(shapes: dict[str, list[int]], metadata: dict[str, str]) -> LoraFacts:
    """Return the facts that follow from the names and shapes of the tensors, and the metadata.

    :raises LoraError: naming the first tensor that belongs to no LoRA.
    """
    if not shapes:
        raise LoraError("holds no tensors.")
    layout = _layout(list(shapes))
    is_flow = flow_lora_names.are_of_transformer(shapes)
    parts = {flow_lora_names.part(name) if is_flow else _part(name, layout) for name in shapes}
    widths = {shape[1] for name, shape in shapes.items() if CROSS.search(name) and DOWN.search(name) and len(shape) > 1}
    if len(widths) > 1 and not is_flow:
        raise LoraError(f"mixes families: it reads text states of the widths {', '.join(map(str, sorted(widths)))}.")
    width = next(iter(widths), None)
    ranks = [shape[0] for name, shape in shapes.items() if DOWN.search(name) and shape]
    if not ranks:
        raise LoraError("holds no pair of matrices, and so changes nothing.")
    family = "" if is_flow else FAMILIES.get(width or 0, "") or _family(shapes, parts, metadata)
    if is_flow:
        family = flow_lora_names.family(shapes, metadata)
        width = flow_lora_names.text_width(shapes, family)
    order = ("unet", "transformer", "text_encoder", "text_encoder_2")
    return LoraFacts(
        layout, family, width, max(ranks), tuple(part for part in order if part in parts), _trigger(metadata), metadata
    )


def _layout(names: list[str]) -> str:
    """Return the naming scheme of a LoRA's tensors.

    :raises LoraError: when the file is of another kind, or a name fits no scheme.
    """
    for mark, kind in OTHER_KINDS.items():
        if marked := next((name for name in names if mark in name), ""):
            raise LoraError(f"is {kind}, which is not supported; LoRA files are. It holds the tensor {marked:.100}.")
    if flow_lora_names.are_of_transformer(names):
        return _layout_of_transformer(names)
    patterns = {KOHYA: KOHYA_KEY, DIFFUSERS: DIFFUSERS_KEY, PEFT: PEFT_KEY, BARE: BARE_KEY}
    fitting = {layout: sum(bool(pattern.fullmatch(name)) for name in names) for layout, pattern in patterns.items()}
    layout = max(fitting, key=lambda each: fitting[each])
    if unknown := next((name for name in names if not patterns[layout].fullmatch(name)), None):
        raise LoraError(f"holds the tensor {unknown:.100}, which no LoRA of {SD1}, 2.x or XL has.")
    return layout


def _layout_of_transformer(names: list[str]) -> str:
    if wrong := flow_lora_names.unknown(names):
        raise LoraError(f"holds the tensor {wrong:.100}, which no LoRA has.")
    starts = {KOHYA: ("lora_",), PEFT: (PEFT_PREFIX,), DIFFUSERS: ("transformer.", "text_encoder", "diffusion_model.")}
    return next((layout for layout, start in starts.items() if any(name.startswith(start) for name in names)), BARE)


def _part(name: str, layout: str) -> str:
    """Return the name of the network that a tensor belongs to."""
    if layout == KOHYA:
        return next(part for start, part in PARTS.items() if name.startswith(start))
    if layout == DIFFUSERS:
        return name.partition(".")[0]
    if layout == PEFT and not re.match(UNET_BLOCKS, name.removeprefix(PEFT_PREFIX)):
        return "text_encoder"
    return "unet"


def _family(shapes: dict[str, list[int]], parts: set[str], metadata: dict[str, str]) -> str:
    """Return the family of a LoRA without cross-attention tensors; "" if nothing shows it."""
    if "text_encoder_2" in parts or any(name.startswith("lora_te1_") for name in shapes):
        return SDXL
    stated = f"{metadata.get('ss_base_model_version', '')} {metadata.get('modelspec.architecture', '')}".lower()
    for mark, family in (("xl", SDXL), ("v2", SD2), ("v1", SD1)):
        if mark in stated:
            return family
    widths = {shape[1] for name, shape in shapes.items() if TEXT_QUERY.search(name) and DOWN.search(name)}
    return FAMILIES.get(next(iter(widths), 0), "")


def _trigger(metadata: dict[str, str]) -> str:
    """Return the words that a LoRA was trained with: its author's, or the tags of nearly all training pictures."""
    if phrase := _clean(metadata.get("modelspec.trigger_phrase")):
        return phrase
    try:
        folders = json.loads(metadata.get("ss_tag_frequency") or "{}")
        counted: Counter[str] = Counter()
        for tags in folders.values():
            counted.update({str(tag): int(count) for tag, count in tags.items()})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ""
    listed = counted.most_common(TRIGGERS_MOST)
    return _clean(", ".join(tag for tag, count in listed if count >= OFTEN * listed[0][1]))


def _clean(text: object) -> str:
    words = " ".join(str(text or "").split())[:TRIGGER_MAX]
    return words if words.isprintable() else ""


def header_of(data: bytes) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file, and the offset of its tensors.

    :raises LoraError: when the file is truncated or of another format.
    """
    begin = 8 + _header_length(data[:8], len(data))
    return _checked(data[8:begin], begin, len(data)), begin


def with_metadata(data: bytes, entries: dict[str, str]) -> bytes:
    """Return a safetensors file with further entries in its header's metadata."""
    header, begin = header_of(data)
    header["__metadata__"] = {**(header.get("__metadata__") or {}), **entries}
    written = json.dumps(header, separators=(",", ":")).encode()
    written += b" " * (-len(written) % 8)
    return struct.pack("<Q", len(written)) + written + data[begin:]


def with_peft_config(data: bytes, config: Path) -> bytes:
    """Return a file saved by peft with the configuration file added to its header, so that the file is complete.

    :raises LoraError: when the configuration is missing or broken, or of another kind than LoRA.
    """
    try:
        settings = json.loads(config.read_bytes())
        kind = settings.get("peft_type")
    except OSError as error:
        raise LoraError(
            f"was saved by peft, and {config.name}, which says how strong it is, is not beside it."
        ) from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise LoraError(f"cannot be used: {config.name} beside it is broken.") from error
    if kind not in (None, "LORA"):
        raise LoraError(f"is of peft's kind {kind!s:.40}, which is not supported; LoRA files are.")
    header, _ = header_of(data)
    header.pop("__metadata__", None)
    part = facts({name: entry["shape"] for name, entry in header.items()}, {}).parts[0]
    return with_metadata(data, {METADATA: json.dumps({f"{part}.{name}": value for name, value in settings.items()})})
