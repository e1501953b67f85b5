"""Adapters: styles that a model learned as low-rank changes to its weights, and which model each belongs to.

An adapter is stored in the instance's ``styles/NAME/adapters/FINGERPRINT/``, by the fingerprint of the weights that it
was trained on. It is used with these weights only, because other weights would render something else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, has_app_context

from app.core.files import atomic_write
from app.offer.generation import models_on_offer, per_request

ADAPTERS, FILE, ABOUT = "adapters", "adapter.safetensors", "adapter.json"
RECORDED = "adapters"
"""The key in a walk's sampling that holds the digests of its adapters, by the words of their styles."""

WEIGHED = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
BLOCKS, BLOCK = 256, 1024
"""How many blocks of how many bytes of a large file are hashed, since hashing gigabytes takes too long for a page.

Weights that were trained further differ everywhere, and the settings beside them are read whole.
"""

DIGEST = 32


@dataclass(frozen=True, slots=True)
class Adapter:
    """A style that a model learned: its words, its title, the digest and path of its file, and the model's name."""

    words: str
    title: str
    digest: str
    model: str
    path: Path


def of_model(setting: str | None = None) -> tuple[Adapter, ...]:
    """Return the adapters of a model (by its setting; the site's first by default), by the names of the styles."""
    if not has_app_context():  # without a site there are no adapters
        return ()
    named = setting or str(current_app.config["MODEL"])
    return per_request.once("adapters", named, lambda: _of_model(named))


def _of_model(setting: str) -> tuple[Adapter, ...]:
    if next(_styles().glob(f"*/{ADAPTERS}"), None) is None:
        return ()
    mark = fingerprint(setting)
    paths = sorted(_styles().glob(f"*/{ADAPTERS}/{mark}/{ABOUT}")) if mark else []
    return tuple(adapter for path in paths if (adapter := _read(path)) is not None)


def model_of(style: str) -> str | None:
    """Return the name of the first model on offer that learned a style as an adapter; ``None`` if none did."""
    return next(iter(models_of(style)), None)


def models_of(style: str) -> list[str]:
    """Return the names of the models on offer that learned a style as an adapter."""
    if not (_styles() / style / ADAPTERS).is_dir():
        return []
    return [model.name for model in models_on_offer.offered() if is_learned(style, model.setting)]


def is_learned(style: str, setting: str) -> bool:
    """Return whether a model has an adapter for the style of this name."""
    mark = fingerprint(setting)
    return bool(mark) and _read(_styles() / style / ADAPTERS / mark / ABOUT) is not None


def digests(hands: Iterable[str], setting: str) -> dict[str, str]:
    """Return the digests of the adapters for some styles, by the styles' words, without styles that have none."""
    by_words = {adapter.words: adapter.digest for adapter in of_model(setting)}
    return {words: by_words[words] for words in sorted(set(hands)) if words in by_words}


def record_digests(sampling: dict[str, Any], hands: Iterable[str], setting: str) -> dict[str, Any]:
    """Return a walk's sampling with the digests of its adapters, as its recipe records them."""
    rest = {name: value for name, value in sampling.items() if name != RECORDED}
    own = digests(hands, setting)
    return rest | {RECORDED: own} if own else rest


def find(digest: str, setting: str) -> Adapter | None:
    """Return the adapter of a model by its digest; ``None`` if it was removed or trained again."""
    return next((adapter for adapter in of_model(setting) if adapter.digest == digest), None)


def flaws(style: str) -> dict[Path, str]:
    """Return what is wrong with each adapter of a style, for all models, by its path; "" for one that is intact."""
    paths = sorted((_styles() / style / ADAPTERS).glob(f"*/{ABOUT}"))
    return {path.with_name(FILE): _flaw(path) for path in paths}


def keep(source: Path, style: str, *, words: str, title: str, setting: str) -> Adapter:
    """Store a trained adapter for a model and return it; it is only visible once it is complete."""
    facts = models_on_offer.facts(setting)
    folder = _styles() / style / ADAPTERS / fingerprint(setting)
    data = source.read_bytes()
    adapter = Adapter(words, title, hashlib.sha256(data).hexdigest()[:DIGEST], facts.name, folder / FILE)
    about = {name: value for name, value in asdict(adapter).items() if name != "path"}
    for name, content in ((FILE, data), (ABOUT, (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())):
        atomic_write(folder / name, content)
    return adapter


def fingerprint(setting: str) -> str:
    """Return a fingerprint of a model's weights; "" if the weights are not on this machine.

    It differs from the revision that workers report, for which every byte is read.
    """
    folder = models_on_offer.folder(setting)
    files = sorted(
        path
        for part in WEIGHED
        for path in (folder / part).glob("*")
        if path.suffix in (".json", ".safetensors", ".bin")
    )
    files_and_times = tuple((path, stat.st_size, stat.st_mtime_ns) for path in files for stat in [path.stat()])
    return _fingerprint(folder, files_and_times) if files_and_times else ""


@lru_cache(maxsize=32)
def _fingerprint(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Return the hash of some files; it is cached until their sizes or times change."""
    whole = hashlib.sha256()
    for path, size, _changed in files:
        whole.update(f"{path.relative_to(folder).as_posix()}:{size}\n".encode())
        with path.open("rb") as file:
            if size <= BLOCKS * BLOCK:
                whole.update(file.read())
                continue
            for block in range(BLOCKS):
                file.seek(block * (size - BLOCK) // (BLOCKS - 1))
                whole.update(file.read(BLOCK))
    return whole.hexdigest()[:12]


def _styles() -> Path:
    return Path(current_app.instance_path, models_on_offer.STYLES)


def _flaw(path: Path) -> str:
    """Return what is wrong with an adapter; its whole file is read."""
    try:
        digest = hashlib.sha256(path.with_name(FILE).read_bytes()).hexdigest()
    except FileNotFoundError:
        return "is missing"
    except OSError:
        return "cannot be read"
    known = _read(path)
    if known is None:
        return f"has no {ABOUT} that can be read"
    return "" if digest[:DIGEST] == known.digest else "is another file than the one that was learned"


def _read(path: Path) -> Adapter | None:
    """Return the adapter that a file describes; ``None`` if it is missing or incomplete."""
    file = path.with_name(FILE)
    try:
        about = json.loads(path.read_bytes())
        return Adapter(about["words"], about["title"], about["digest"], about["model"], file) if file.exists() else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
