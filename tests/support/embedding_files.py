"""Embeddings in a site's folder: textual inversion files as tools save them, without weights that mean anything."""

from pathlib import Path

from app.offer.generation import embeddings
from tests.support import headers

EMB_PARAMS = "emb_params"


def write(path: Path, **shapes: tuple[int, ...]) -> Path:
    """Write a safetensors file of zeros, by the names and shapes of its tensors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return headers.write(path, shapes, dtype="F32")


def enter(name: str, *, width: int = 768, vectors: int = 2) -> Path:
    """Put an embedding for one text encoder into the site's folder."""
    return write(embeddings.folder() / f"{name}.safetensors", **{EMB_PARAMS: (vectors, width)})
