"""Vectors in a file: found as an exact comparison finds them, added by one process, seen by others, safe in a crash."""

import os
from pathlib import Path

import numpy as np
import pytest

from app.collection.search import vector_file
from app.collection.search.vector_file import Floats, Vectors, VectorsError
from tests.support.raising import raising

WIDTH = 64
KIND = "one", WIDTH


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.vectors"
    Vectors.create(path, *KIND)
    return path


def drawn(count: int, seed: int = 0) -> Floats:
    found: Floats = np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def fill(index: Vectors, rows: Floats, *, first: int = 1) -> None:
    index.add(range(first, first + len(rows)), [7] * len(rows), rows)


def test_nearest_are_those_of_an_exact_comparison(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_file, "BLOCK", 1024)
    index, rows = Vectors(path, *KIND), drawn(5000)
    fill(index, rows)
    hits = 0
    for query in drawn(20, seed=1):
        exact = 1 + np.argsort(-rows @ query)[:10]
        found = index.nearest(query, 10)
        hits += len(set(exact) & set(found.keys))
        assert found.likeness == pytest.approx(rows[found.keys - 1] @ query, abs=0.01)
        assert list(found.likeness) == sorted(found.likeness, reverse=True)
    assert hits >= 0.95 * 20 * 10  # of vectors without any order, the hardest there are
    assert index.nearest(rows[4321], 1).keys == [4322]


def test_of_rows_that_are_equally_near_the_newest_come_first(path: Path) -> None:
    index, rows = Vectors(path, *KIND), np.repeat(drawn(1), 5, axis=0)
    fill(index, rows)
    assert list(index.nearest(rows[0], 3).keys) == [5, 4, 3]


def test_empty_index_finds_nothing(path: Path) -> None:
    index = Vectors(path, *KIND)
    assert index.last() is None
    assert len(index.nearest(drawn(1)[0], 5).keys) == 0


def test_what_one_adds_the_other_sees(path: Path) -> None:
    one, other = Vectors(path, *KIND), Vectors(path, *KIND)
    rows = drawn(3)
    fill(one, rows[:2])
    other.refresh()
    assert other.last() == (2, 7)
    fill(other, rows[2:], first=3)
    one.refresh()
    assert one.nearest(rows[2], 1).keys == [3]


def test_blanked_rows_are_like_nothing_and_hold_nothing(path: Path) -> None:
    one, other, rows = Vectors(path, *KIND), Vectors(path, *KIND), drawn(3)
    one.add([1, 2, 3], [7, 8, 7], rows)
    other.refresh()
    assert one.blank({7}) == 2
    assert one.blank({7}) == 0
    for index in (one, other, Vectors(path, *KIND)):
        assert list(index.nearest(rows[0], 3).likeness != 0) == [2 in [key] for key in index.nearest(rows[0], 3).keys]
    assert one.last() == (3, 7)
    assert vector_file.to_int8(rows[:1]).tobytes() not in path.read_bytes()
    assert vector_file.to_int8(rows[1:2]).tobytes() in path.read_bytes()


def test_vector_of_a_key_is_the_one_that_was_stored(path: Path) -> None:
    index, rows = Vectors(path, *KIND), drawn(3)
    assert index.vector(1) is None
    index.add([1, 2, 9], [7, 8, 7], rows)
    stored = index.vector(9)
    assert stored is not None and float(stored @ rows[2]) > 0.999
    assert np.linalg.norm(stored) == pytest.approx(1, abs=1e-5)
    index.blank({7})
    assert [index.vector(key) is None for key in (0, 1, 2, 5, 9, 10)] == [True, True, False, True, True, True]


@pytest.mark.parametrize("cut", [1, 40, 79])
def test_row_that_a_crash_cut_off_is_not_seen_and_is_written_over(path: Path, cut: int) -> None:
    index, rows = Vectors(path, *KIND), drawn(4)
    fill(index, rows[:2])
    os.truncate(path, path.stat().st_size - cut)
    again = Vectors(path, *KIND)
    assert again.last() == (1, 7)
    fill(again, rows[3:], first=9)
    assert set(again.nearest(rows[3], 5).keys) == {1, 9}


def test_full_disk_is_an_error_and_what_was_there_can_be_searched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, rows = Vectors(path, *KIND), drawn(3)
    fill(index, rows[:1])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", raising(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            fill(index, rows[1:], first=2)
    index.refresh()
    assert index.last() == (1, 7)
    fill(index, rows[1:], first=2)
    assert index.last() == (3, 7)


def test_one_put_in_its_place_is_noticed(path: Path) -> None:
    index = Vectors(path, *KIND)
    fill(index, drawn(2))
    Vectors.create(path, *KIND)
    index.refresh()
    assert index.count == 0
    Vectors.create(path, "two", WIDTH)
    with pytest.raises(VectorsError, match="something else"):
        index.refresh()


@pytest.mark.parametrize(
    "content",
    [b"", b"short", b"x" * 5000, b"moma-v1\0" + b"one".ljust(16, b"\0") + b"\x40\0\0\0".ljust(200, b"\0")],
    ids=["empty", "cut", "x", "of release 1.0.0"],
)
def test_another_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(VectorsError, match=str(path)):
        Vectors(path, *KIND)


def test_one_of_something_else_is_refused(path: Path) -> None:
    for revision, width in (("two", WIDTH), ("one", 2 * WIDTH)):
        with pytest.raises(VectorsError, match="something else"):
            Vectors(path, revision, width)
    with pytest.raises(VectorsError, match="cannot be opened"):
        Vectors(path.with_name("none"), *KIND)
