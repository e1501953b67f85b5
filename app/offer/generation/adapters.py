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

from flask import current_app, has_app_context

from app.core.files import atomic_write
from app.offer.generation import model_folders

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


def of_folder(model: Path) -> tuple[Adapter, ...]:
    """Return the adapters of the model in a folder, by the names of the styles."""
    if not has_app_context() or next(_styles().glob(f"*/{ADAPTERS}"), None) is None:
        return ()  # without a site there are no adapters
    mark = fingerprint(model)
    paths = sorted(_styles().glob(f"*/{ADAPTERS}/{mark}/{ABOUT}")) if mark else []
    return tuple(adapter for path in paths if (adapter := _read(path)) is not None)


def was_learned(style: str) -> bool:
    """Return whether any model has learned the style of this name as an adapter."""
    return (_styles() / style / ADAPTERS).is_dir()


def is_learned(style: str, model: Path) -> bool:
    """Return whether the model in a folder has an adapter for the style of this name."""
    mark = fingerprint(model)
    return bool(mark) and _read(_styles() / style / ADAPTERS / mark / ABOUT) is not None


def find(digest: str, known: Iterable[Adapter]) -> Adapter | None:
    """Return one of a model's adapters by its digest; ``None`` if it was removed or trained again."""
    return next((adapter for adapter in known if adapter.digest == digest), None)


def flaws(style: str) -> dict[Path, str]:
    """Return what is wrong with each adapter of a style, for all models, by its path; "" for one that is intact."""
    paths = sorted((_styles() / style / ADAPTERS).glob(f"*/{ABOUT}"))
    return {path.with_name(FILE): _flaw(path) for path in paths}


def keep(source: Path, style: str, *, words: str, title: str, model: str, base: Path) -> Adapter:
    """Store an adapter that was trained for the model of this name in the folder ``base``, and return it.

    It is only visible once it is complete.
    """
    folder = _styles() / style / ADAPTERS / fingerprint(base)
    data = source.read_bytes()
    adapter = Adapter(words, title, hashlib.sha256(data).hexdigest()[:DIGEST], model, folder / FILE)
    about = {name: value for name, value in asdict(adapter).items() if name != "path"}
    for name, content in ((FILE, data), (ABOUT, (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())):
        atomic_write(folder / name, content)
    return adapter


def fingerprint(folder: Path) -> str:
    """Return a fingerprint of the weights in a model's folder; "" if the weights are not on this machine.

    It differs from the revision that workers report, for which every byte is read.
    """
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
    return Path(current_app.instance_path, model_folders.STYLES)


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
