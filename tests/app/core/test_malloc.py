"""What malloc keeps is bounded where the C library is glibc, and left alone elsewhere."""

import ctypes
from types import SimpleNamespace

import pytest

from app.core import malloc


def test_arenas_are_limited_and_free_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []

    def ask(*numbers: int) -> None:
        asked.append(numbers)

    glibc = SimpleNamespace(mallopt=ask, malloc_trim=ask)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: glibc)
    malloc.limit_arenas()
    malloc.trim()
    assert asked == [(-8, 2), (0,)]


def test_nothing_is_done_with_another_c_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    malloc.limit_arenas()
    malloc.trim()
