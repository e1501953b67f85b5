"""Embeddings in a site's folder: textual inversion files as tools save them, without weights that mean anything."""

from __future__ import annotations

import json
import struct
from math import prod
from pathlib import Path

from app.offer.generation import embeddings

EMB_PARAMS = "emb_params"


def write(path: Path, **shapes: tuple[int, ...]) -> Path:
    """Write a safetensors file of zeros, by the names and shapes of its tensors."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))
    return path


def enter(name: str, *, width: int = 768, vectors: int = 2) -> Path:
    """Put an embedding for one text encoder into the site's folder."""
    return write(embeddings.folder() / f"{name}.safetensors", **{EMB_PARAMS: (vectors, width)})
