"""Options of how a stop's texts are encoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EmbeddingFile:
    """A textual inversion (Gal et al., arXiv 2208.01618): its name in prompts, its file and its digest."""

    name: str
    digest: str
    path: Path


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How texts are encoded.

    `syntax` is the version of `app.core.text.prompt_weights`; at 0, as in release 1.0.0, brackets are text and a prompt
    is cut at the encoder's length. `clip_skip` is how many of the encoder's last layers are skipped. `embeddings` are
    the textual inversions that names in the texts may refer to.
    """

    syntax: int = 0
    clip_skip: int | None = None
    embeddings: frozenset[EmbeddingFile] = frozenset()


DEFAULT_OPTIONS = TextOptions()
