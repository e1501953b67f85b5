"""The cache folder of files from the Hugging Face hub, in the layout of its own client."""

from __future__ import annotations

from pathlib import Path

from app.core.environment import variable
from app.core.models.names import COMMIT, ModelName, expand


def folder(setting: str) -> Path:
    """Return the cache folder: ``setting`` if it is not empty, else the hub client's default."""
    if setting:
        return Path(expand(setting))
    home = variable("HF_HOME") or Path(variable("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return Path(variable("HF_HUB_CACHE") or Path(home, "hub")).expanduser()


def repository(name: ModelName, setting: str) -> Path:
    """Return the cache folder of a repository; it may not exist."""
    return folder(setting) / ("models--" + name.repository.replace("/", "--"))


def snapshot(name: ModelName, setting: str) -> Path | None:
    """Return the folder of a model's revision; None if nothing of it is cached."""
    place, revision = repository(name, setting), name.revision or "main"
    try:
        commit = revision if COMMIT.fullmatch(revision) else (place / "refs" / revision).read_text("utf-8").strip()
    except OSError:
        return None
    path = place / "snapshots" / commit
    return path if path.is_dir() else None
