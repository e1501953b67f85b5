"""Single files that are a header and nothing behind it: as large as real ones, without taking any room."""

import json
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path

from app.core.models import families

SIZES = {"F32": 4, "F16": 2, "BF16": 2}
Shapes = dict[str, tuple[int, ...]]


def write(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    metadata: Mapping[str, str] | None = None,
    *,
    dtype: str = "F16",
    contents: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a file whose tensors are zeros, but for those with contents."""
    entries: dict[str, object] = {"__metadata__": dict(metadata or {})}
    places, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + SIZES[dtype] * prod(shape)
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        places[name] = begin
    header = json.dumps(entries).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for name, content in (contents or {}).items():
            file.seek(8 + len(header) + places[name])
            file.write(content)
        file.truncate(8 + len(header) + end)
    return path


def of(family: str) -> Shapes:
    """Return tensors that stand for those of a family: as many parameters in each part, under few names."""
    found = next(each for each in families.every() if each.folder.name == family)
    shapes: Shapes = {families.FIRST: (320, 4, 3, 3)}
    for name, part in found.parts.items():
        begun = prod(shapes[families.FIRST]) if name == "unet" else 0
        shapes[f"{part.prefix}all"] = (part.parameters - begun,)
    return shapes
