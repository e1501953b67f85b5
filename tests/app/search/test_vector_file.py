"""Vectors in a file: found as an exact comparison finds them, added by one process, seen by others, safe in a crash."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.search import vector_file
from app.search.vector_file import Floats, Vectors, VectorsError

WIDTH = 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.vectors"
    Vectors.create(path, "one", WIDTH)
    return path


def drawn(count: int, seed: int = 0) -> Floats:
    found: Floats = np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def fill(index: Vectors, rows: Floats, *, first: int = 1) -> None:
    with index.adding() as alone:
        assert alone
        index.add(range(first, first + len(rows)), [7] * len(rows), rows)


def test_nearest_are_those_of_an_exact_comparison(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_file, "POOL_LEAST", 1500)
    monkeypatch.setattr(vector_file, "BLOCK", 1024)
    Vectors.create(path, "one", WIDTH)
    index, rows = Vectors(path, "one", WIDTH), drawn(5000)
    fill(index, rows)
    hits = 0
    for query in drawn(20, seed=1):
        exact = 1 + np.argsort(-rows @ query)[:10]
        found = index.nearest(query, 10)
        hits += len(set(exact) & set(found.keys))
        assert found.likeness == pytest.approx(rows[found.keys - 1] @ query, abs=0.01)
        assert list(found.likeness) == sorted(found.likeness, reverse=True)
    assert hits >= 0.9 * 20 * 10  # of vectors without any order, the hardest there are
    assert index.nearest(rows[4321], 1).keys == [4322]


def test_empty_index_finds_nothing(path: Path) -> None:
    index = Vectors(path, "one", WIDTH)
    assert index.last() is None
    assert len(index.nearest(drawn(1)[0], 5).keys) == 0


def test_what_one_adds_the_other_sees(path: Path) -> None:
    one, other = Vectors(path, "one", WIDTH), Vectors(path, "one", WIDTH)
    rows = drawn(3)
    fill(one, rows[:2])
    assert other.is_current("one")
    assert other.last() == (2, 7)
    fill(other, rows[2:], first=3)
    assert one.is_current("one")
    assert one.nearest(rows[2], 1).keys == [3]


def test_only_one_adds_at_a_time(path: Path) -> None:
    one, other = Vectors(path, "one", WIDTH), Vectors(path, "one", WIDTH)
    with one.adding() as first, other.adding() as second:
        assert (first, second) == (True, False)
    with other.adding() as afterwards:
        assert afterwards


def test_rows_that_a_crash_left_uncounted_are_not_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise OSError("power cut")

    index, rows = Vectors(path, "one", WIDTH), drawn(4)
    fill(index, rows[:1])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", crash)
        with pytest.raises(OSError, match="power cut"):
            fill(index, rows[1:3], first=2)
    again = Vectors(path, "one", WIDTH)
    assert again.last() == (1, 7)
    fill(again, rows[3:], first=9)
    assert set(again.nearest(rows[3], 5).keys) == {1, 9}


@pytest.mark.parametrize("count", [vector_file.BLOCK + 1, 2**63])
def test_file_shorter_than_its_count_says_is_refused_before_it_is_read(path: Path, count: int) -> None:
    index = Vectors(path, "one", WIDTH)
    fill(index, drawn(3))
    with path.open("r+b") as file:
        file.seek(vector_file.COUNT_AT)
        file.write(count.to_bytes(8, "little"))
    size = path.stat().st_size
    assert not index.is_current("one")
    with pytest.raises(VectorsError, match="is cut off"):
        Vectors(path, "one", WIDTH)
    assert path.stat().st_size == size


def test_full_disk_is_an_error_before_anything_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    index = Vectors(path, "one", WIDTH)
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", refuse)
        with pytest.raises(OSError, match="No space"):
            fill(index, drawn(3))
    assert index.is_current("one")
    assert index.last() is None
    fill(index, drawn(3))
    assert index.last() == (3, 7)


def test_one_put_in_its_place_is_noticed(path: Path) -> None:
    index = Vectors(path, "one", WIDTH)
    assert index.is_current("one")
    assert not index.is_current("two")
    Vectors.create(path, "one", WIDTH)
    assert not index.is_current("one")


@pytest.mark.parametrize(
    "content", [b"", b"short", b"x" * 5000, b"moma-v1\0" + b"other".ljust(200, b"\0")], ids=["empty", "cut", "x", "old"]
)
def test_another_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(VectorsError, match=str(path)):
        Vectors(path, "one", WIDTH)


def test_one_of_something_else_is_refused(path: Path) -> None:
    for revision, width in (("two", WIDTH), ("one", 2 * WIDTH)):
        with pytest.raises(VectorsError, match="something else"):
            Vectors(path, revision, width)
    with pytest.raises(VectorsError, match="cannot be opened"):
        Vectors(path.with_name("none"), "one", WIDTH)
