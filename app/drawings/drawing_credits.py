"""Whose drawings a walk is painted after, and whose there are in a sketchbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sketch.sketchbook import Sketchbook

NAMED = ("digest", "name", "artist", "licence", "source")
"""What is written down of a drawing with a walk; empty where it was not told."""


def of_scenes(book: Sketchbook, scenes: Iterable[Mapping[str, Any] | None]) -> list[dict[str, str]]:
    """Say whose the drawings of some scenes are, in the order in which they are shown, each once."""
    found = (book.find(digest) for digest in digests(scenes))
    return [{name: getattr(drawing, name) for name in NAMED} for drawing in found if drawing]


def digests(scenes: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """List the drawings of some scenes as they stand in JSON, each once."""
    return list(dict.fromkeys(thing["drawing"] for scene in scenes if scene for thing in scene["things"]))
