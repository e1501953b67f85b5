"""Adapters: styles that a model learned as small changes to its weights, and which of them are of which model.

One lies in the instance's ``styles/NAME/adapters/FINGERPRINT/``, by the fingerprint of the weights that it was learned
on: laid over others it would paint something else, and so it is looked for nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, g, has_app_context, has_request_context

from app.files import atomic_write
from app.generation import models_on_offer

ADAPTERS, FILE, ABOUT = "adapters", "adapter.safetensors", "adapter.json"
RECORDED = "adapters"
"""The name in a walk's sampling under which the digests of its adapters stand, by the words of their hands."""

WEIGHED = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
BLOCKS, BLOCK = 256, 1024
"""How many pieces of a large file, of how many bytes, tell it from others: all of gigabytes takes too long for a page.

Weights that went on learning differ everywhere, and the settings beside them are read whole.
"""

DIGEST = 32


@dataclass(frozen=True, slots=True)
class Adapter:
    """What a model learned of one style: the words of its hand, what people call it, and the digest of its file."""

    words: str
    title: str
    digest: str
    model: str
    path: Path


def of_model(setting: str | None = None) -> tuple[Adapter, ...]:
    """List what a model (by its setting; the site's first) learned as adapters, by the names of the styles."""
    if not has_app_context():  # a program without a site has taught nothing
        return ()
    setting = setting or current_app.config["MODEL"]
    known: dict[str, tuple[Adapter, ...]] = g.setdefault("adapters", {}) if has_request_context() else {}
    if setting not in known:  # a page asks dozens of times
        known[setting] = _of_model(setting)
    return known[setting]


def _of_model(setting: str) -> tuple[Adapter, ...]:
    if next(_styles().glob(f"*/{ADAPTERS}"), None) is None:
        return ()
    mark = fingerprint(setting)
    found = sorted(_styles().glob(f"*/{ADAPTERS}/{mark}/{ABOUT}")) if mark else []
    return tuple(adapter for path in found if (adapter := _read(path)) is not None)


def model_of(style: str) -> str | None:
    """Name the model on offer, the first of them, that learned a style as an adapter; None where none did."""
    folder = _styles() / style / ADAPTERS
    if not folder.is_dir():
        return None
    found = (model.name for model in models_on_offer.offered() if is_learned(style, model.setting))
    return next(found, None)


def is_learned(style: str, setting: str) -> bool:
    """Tell whether a model has an adapter of the style of this name."""
    mark = fingerprint(setting)
    return bool(mark) and _read(_styles() / style / ADAPTERS / mark / ABOUT) is not None


def digests(hands: Iterable[str], setting: str) -> dict[str, str]:
    """Return the digests of the adapters that paint some hands, by their words; without hands that need none."""
    by_words = {adapter.words: adapter.digest for adapter in of_model(setting)}
    return {words: by_words[words] for words in sorted(set(hands)) if words in by_words}


def record_digests(sampling: dict[str, Any], hands: Iterable[str], setting: str) -> dict[str, Any]:
    """Return a walk's sampling with the adapters of its hands, as its recipe tells them."""
    told = {name: value for name, value in sampling.items() if name != RECORDED}
    found = digests(hands, setting)
    return told | {RECORDED: found} if found else told


def find(digest: str, setting: str) -> Adapter | None:
    """Return the adapter of a model by its digest; None where it was removed, or learned anew since."""
    return next((adapter for adapter in of_model(setting) if adapter.digest == digest), None)


def flaws(style: str) -> dict[Path, str]:
    """Tell of each adapter of a style, whichever model it is of, what is amiss with it; "" where nothing is."""
    told = sorted((_styles() / style / ADAPTERS).glob(f"*/{ABOUT}"))
    return {path.with_name(FILE): _flaw(path) for path in told}


def keep(source: Path, style: str, *, words: str, title: str, setting: str) -> Adapter:
    """Put what was learned where the adapters of a model lie; it is there once all of it is."""
    told = models_on_offer.facts(setting)
    folder = _styles() / style / ADAPTERS / fingerprint(setting)
    data = source.read_bytes()
    adapter = Adapter(words, title, hashlib.sha256(data).hexdigest()[:DIGEST], told["name"], folder / FILE)
    about = {name: value for name, value in asdict(adapter).items() if name != "path"}
    for name, held in ((FILE, data), (ABOUT, (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())):
        atomic_write(folder / name, held)
    return adapter


def fingerprint(setting: str) -> str:
    """Tell a model's weights from all others; "" where they are not here.

    It is another than the revision that workers tell, for which every byte is read.
    """
    folder = models_on_offer.folder(setting)
    files = sorted(
        path
        for part in WEIGHED
        for path in (folder / part).glob("*")
        if path.suffix in (".json", ".safetensors", ".bin")
    )
    seen = tuple((path, told.st_size, told.st_mtime_ns) for path in files for told in [path.stat()])
    return _fingerprint(folder, seen) if seen else ""


@lru_cache(maxsize=32)
def _fingerprint(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Hash files as long as they are the same, by their sizes and times."""
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
    """Say what is amiss with an adapter; all of it is read."""
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
    """Read what an adapter is; None where there is none, or it is not whole."""
    file = path.with_name(FILE)
    try:
        told = json.loads(path.read_bytes())
        return Adapter(told["words"], told["title"], told["digest"], told["model"], file) if file.exists() else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
