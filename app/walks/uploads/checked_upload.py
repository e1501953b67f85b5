"""An upload that passed the check of its kind, before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckedUpload:
    """A file to store, the ending of its name, its SHA-256, and what is known of it before a worker has processed it.

    ``details`` are stored with it; ``seconds`` is its length, where it has one and says so.
    """

    data: bytes
    ending: str
    digest: str
    details: Mapping[str, Any]
    seconds: float | None = None
