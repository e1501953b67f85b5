"""How pictures are painted, as vectors, and by which hand."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.errors import FolderError
from studio.judging.looks import FILE, Looks

WIDTH, SIGNAL = 40, 3


def strokes(count: int, seed: int) -> tuple[NDArray[np.float32], list[str]]:
    """See pictures of three hands, which differ in few numbers, while others vary far more, whatever the hand."""
    dice = np.random.default_rng(seed)
    by = [("neon", "oil", "woodcut")[number % 3] for number in range(count)]
    seen = dice.normal(size=(count, WIDTH)) * 10
    seen[:, :SIGNAL] = np.eye(3)[[number % 3 for number in range(count)]] + dice.normal(size=(count, SIGNAL)) * 0.2
    return seen.astype(np.float32), by


def test_hands_are_recognised_by_what_varies_little_within_one() -> None:
    table = Looks.fit(*strokes(600, 1))
    seen, by = strokes(300, 2)
    result = table.nearest(table.project(seen))
    assert sum(a == b for a, b in zip(result, by, strict=True)) > 285


def test_table_comes_back_from_its_file(tmp_path: Path) -> None:
    table = Looks.fit(*strokes(90, 1))
    (tmp_path / FILE).write_bytes(table.written())
    back, (seen, _) = Looks.load(tmp_path), strokes(30, 3)
    assert back.hands == table.hands
    np.testing.assert_allclose(back.project(seen), table.project(seen), atol=0.05 * np.abs(table.project(seen)).max())


@pytest.mark.parametrize("data", [None, b"no table", b""])
def test_folder_without_a_table_is_named(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / FILE).write_bytes(data)
    with pytest.raises(FolderError, match=FILE):
        Looks.load(tmp_path)
