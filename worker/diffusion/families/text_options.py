"""How a stop's texts are read, besides the words themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EmbeddingFile:
    """A textual inversion (Gal et al., arXiv 2208.01618): its name in prompts, its file and digest."""

    name: str
    digest: str
    path: Path


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How texts are read.

    `syntax` is the version of `app.text.prompt_weights`, or 0 where brackets are text and a prompt is cut at what the
    encoder takes at once, as in release 1.0.0. `clip_skip` is how many of the encoder's last layers are left out.
    `embeddings` are what stands for their names in the texts.
    """

    syntax: int = 0
    clip_skip: int | None = None
    embeddings: frozenset[EmbeddingFile] = frozenset()


DEFAULT_OPTIONS = TextOptions()
