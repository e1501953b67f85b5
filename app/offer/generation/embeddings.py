"""The site's embeddings: textual inversion files, which prompts name by their words.

Each is one file in the folder of the setting ``EMBEDDINGS``; its name without the suffix is the word for it (Gal et
al., arXiv 2208.01618). Only the headers of safetensors files are read; pickles are refused, as they may run programs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import current_app, has_app_context

from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.models import tensor_file
from app.core.models.errors import ModelError
from app.core.models.facts import ModelFacts
from app.core.text import embedding_names
from app.core.text.embedding_names import OF_ENCODERS
from app.offer.generation.lora_file import BYTES, PICKLES, SUFFIX

RECORDED = "embeddings"
"""The key in a walk's sampling that holds the digests of the embeddings in its prompts, by their names."""

BYTES_MAX = 32_000_000
VECTORS_MAX = 75
"""The most vectors of an embedding: as many as a text encoder reads at once."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """An embedding: its name in prompts, the digest of its file, and the width of its vectors for each text encoder."""

    name: str
    digest: str
    widths: tuple[int, ...]
    vectors: int
    path: Path

    def fits(self, facts: ModelFacts) -> bool:
        """Return whether a model with these facts can use it; true if the model's widths are not known."""
        widths = facts.text_widths
        return bool(facts.reads_weights) and (widths is None or tuple(widths) == self.widths)


def folder() -> Path:
    """Return the folder of the embeddings."""
    return Path(current_app.config["EMBEDDINGS"])


def every() -> tuple[Embedding, ...]:
    """Return the embeddings by name, without unusable files."""
    return tuple(found for found in _files().values() if isinstance(found, Embedding))


def strays() -> dict[str, str]:
    """Return the reason for each unusable file in the folder, by the file's name."""
    return {path.name: found for path, found in _files().items() if isinstance(found, str)}


def named(texts: Iterable[str], candidates: Iterable[Embedding]) -> list[Embedding]:
    """Return those of some embeddings that texts name."""
    known = {each.name.casefold(): each for each in candidates}
    names = {name for text in texts for name in embedding_names.named(text, known)} if known else set()
    return [each for name, each in known.items() if name in names]


def find_digest(digest: str, known: Iterable[Embedding]) -> Embedding | None:
    """Return one of a model's embeddings by its digest; ``None`` if it was removed or replaced."""
    return next((each for each in known if each.digest == digest), None)


def flaw(text: str, facts: ModelFacts) -> str:
    """Return why a text names an embedding that its model cannot use, as the rest of a sentence after the field's name.

    It is "" if there is no such embedding. The model must read weights: others read such names as plain words.
    """
    unfit = named([text], [each for each in every() if not each.fits(facts)])
    if unfit:
        return _(
            "names the embedding “%(name)s”, which does not fit: its vectors have %(widths)s numbers, and the text"
            " encoders of the model %(model)s read %(others)s.",
            name=unfit[0].name, widths=_as_text(unfit[0].widths), model=facts.name,
            others=_as_text(facts.text_widths or ()),
        )  # fmt: skip
    broken = {Path(name).stem.casefold(): name for name in strays()}
    for word in sorted(embedding_names.named(text, broken)):
        name = broken[word]
        if Path(name).suffix in PICKLES:
            return _(
                "names the embedding %(name)s, which cannot be used: it is a pickle, which may run programs when it is"
                " read.",
                name=name,
            )
        return _("names the embedding %(name)s, whose file cannot be used.", name=name)
    return ""


def _as_text(widths: Iterable[int]) -> str:
    return join_words([str(width) for width in widths])


def _files() -> dict[Path, Embedding | str]:
    """Return for each file of the folder its embedding, or why it is unusable."""
    if not has_app_context():
        return {}
    root = folder()
    files: dict[Path, Embedding | str] = {}
    names: dict[str, str] = {}
    for path in sorted(path for path in root.glob("[!.]*") if path.suffix in (SUFFIX, *PICKLES)):
        each = _read(path, root)
        if isinstance(each, Embedding) and (other := names.setdefault(each.name.casefold(), path.name)) != path.name:
            each = f"has the name of {other}"
        files[path] = each
    return files


def _read(path: Path, root: Path) -> Embedding | str:
    """Return the embedding of a file, or why it is unusable."""
    if path.suffix in PICKLES:
        return f"is a pickle ({path.suffix}), which may run programs when it is read; only .safetensors files are used"
    if not embedding_names.NAME.fullmatch(path.stem):
        return "has a name that no word of a prompt can be; use letters, digits, hyphens, dots and underscores"
    try:
        if path.is_symlink() and path.resolve().parent != root.resolve():
            return f"is a symbolic link that leads out of {root}"
        state = path.stat()
        return _read_once(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


@lru_cache(maxsize=1024)
def _read_once(path: Path, _changed: int, size: int) -> Embedding | str:
    """Return the embedding of a file, or why it is unusable; the result is cached until the file changes."""
    if size > BYTES_MAX:
        return f"has {size:,} bytes, more than an embedding can have"
    try:
        tensors = dict(tensor_file.read_header(path).tensors)
    except ModelError:
        return "is no safetensors file, or was cut off"
    if set(tensors) == set(OF_ENCODERS):
        vectors = [tensors[name] for name in OF_ENCODERS]
    elif len(tensors) == 1:
        vectors = list(tensors.values())
    else:
        return "holds no embedding: that is one tensor, emb_params, or clip_l and clip_g"
    if any(each.dtype not in BYTES or len(each.shape) not in (1, 2) or not each.count for each in vectors):
        return "holds no vectors"
    counts = {each.shape[0] if len(each.shape) == 2 else 1 for each in vectors}
    if len(counts) > 1 or max(counts) > VECTORS_MAX:
        return f"must hold as many vectors for each text encoder, at most {VECTORS_MAX}"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    return Embedding(path.stem, digest, tuple(each.shape[-1] for each in vectors), counts.pop(), path)
