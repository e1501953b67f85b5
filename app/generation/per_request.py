"""Answers that are kept for the rest of a request, because a page asks for them dozens of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import g, has_request_context

T = TypeVar("T")


def once(what: str, setting: str, find: Callable[[], T]) -> T:
    """Return ``find()``, called once a request for each ``what`` of a model; outside of requests each time."""
    if not has_request_context():
        return find()
    known: dict[tuple[str, str], T] = g.setdefault("of_models", {})
    if (what, setting) not in known:
        known[what, setting] = find()
    return known[what, setting]
