"""The state of a model: complete, not downloaded yet, or what is wrong with it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from app.core.models import cache, folder, hub, names, single_file
from app.core.models.errors import MissingFile, ModelError
from app.core.models.names import ModelName

ASK_AGAIN_SECONDS = 60.0
"""Seconds for which the hub's answer about a model is cached: a process that waits for a download asks every second."""

_ASKED: dict[tuple[str, str], tuple[float, State]] = {}


@dataclass(frozen=True, slots=True)
class State:
    """A model's state: its flaw, ``""`` without one, and otherwise a sentence on its state.

    `is_here` is whether its files are on this machine, `size` their size in bytes, also if not downloaded yet; None if
    unknown.
    """

    flaw: str
    sentence: str
    is_here: bool = False
    size: int | None = None


def examine(setting: str, cached: str = "", *, ask: bool = False) -> State:
    """Check a model and return its state.

    `cached` is the folder of downloads. With `ask`, the hub is asked about a model that is not downloaded.
    """
    try:
        name = names.parse(setting)
        if name.is_file:
            assert name.path is not None  # noqa: S101 - for types: what is no path is no file
            single_file.inspect(name.path)
            return State("", f"{setting} is whole", True, name.path.stat().st_size)
        if name.path is not None:
            folder.inspect(name.path)
            return State("", f"{setting} is whole", True, size(name.path))
        return _of_hub(name, cached, ask=ask)
    except ModelError as error:
        return State(str(error), "")


def _of_hub(name: ModelName, cached: str, *, ask: bool) -> State:
    here = cache.snapshot(name, cached)
    if here is not None and hub.is_whole(name, here):
        return State("", f"{name.setting} is whole", True, size(here))
    later = f"{name.setting} is not downloaded yet; a worker downloads it from the hub when it first loads it"
    if not ask:
        return State("", later)
    key = (name.setting, cached)
    asked, known = _ASKED.get(key, (0.0, None))
    if known is None or time.monotonic() - asked > ASK_AGAIN_SECONDS:
        known = _ask(name, cached, later)
        _ASKED[key] = (time.monotonic(), known)
    return known


def _ask(name: ModelName, cached: str, later: str) -> State:
    try:
        repository = hub.fetch_metadata(name, cached)
    except hub.Unreachable as error:
        return State("", f"{later}. {error}")
    missing = sum(repository.missing.values())
    return State("", f"{later} ({missing / 1e9:.2f} GB)", False, sum(repository.files.values()))


def size(path: Path) -> int:
    """Return the total size in bytes of the weight files in a model's folder; 0 if it cannot be read."""
    try:
        return sum(file.stat().st_size for part in folder.parts(path) for file in folder.weights(part))
    except (MissingFile, OSError):
        return 0
