"""Answers that are kept for the rest of a request or of one operation, which asks for them dozens of times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from flask import g, has_request_context

T = TypeVar("T")
_answers: ContextVar[dict[tuple[str, str], object] | None] = ContextVar("answers", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep the answers until the end of the block, outside of requests too; usable as a decorator."""
    if has_request_context() or _answers.get() is not None:
        yield
        return
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once(what: str, setting: str, find: Callable[[], T]) -> T:
    """Return ``find()``, called once a request or operation for each ``what`` of a model; elsewhere each time."""
    known: dict[tuple[str, str], T] | None
    known = g.setdefault("of_models", {}) if has_request_context() else _answers.get()  # type: ignore[assignment]
    if known is None:
        return find()
    if (what, setting) not in known:
        known[what, setting] = find()
    return known[what, setting]
