"""Where files from the Hugging Face hub lie, in the layout of its own client."""

from __future__ import annotations

import os
from pathlib import Path

from app.models.names import COMMIT, ModelName, expand


def folder(setting: str) -> Path:
    """Return the folder of downloads: the one that a setting names, else the hub client's own."""
    if setting:
        return Path(expand(setting))
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()


def repository(name: ModelName, setting: str) -> Path:
    """Return the folder of a repository's files."""
    return folder(setting) / ("models--" + name.repository.replace("/", "--"))


def snapshot(name: ModelName, setting: str) -> Path | None:
    """Return the folder of a model's revision; None where nothing of it is here."""
    place, revision = repository(name, setting), name.revision or "main"
    try:
        commit = revision if COMMIT.fullmatch(revision) else (place / "refs" / revision).read_text("utf-8").strip()
    except OSError:
        return None
    found = place / "snapshots" / commit
    return found if found.is_dir() else None
