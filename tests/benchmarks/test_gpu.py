"""What is measured on a GPU, run on the CPU with a tiny model."""

from __future__ import annotations

import pytest

from benchmarks import gpu
from worker.diffusion.painter import Painter

pytestmark = pytest.mark.slow


def test_two_films_of_the_same_walk_are_timed(painters: dict[str, Painter]) -> None:
    painter = painters["sd1"]
    before = painter.passes
    told = gpu.films(painter, "fast", 6)
    assert told["frames"] == 6
    assert 2 * told["passes"] == painter.passes - before
    assert told["passes"] >= 2 * told["steps"]
    assert all(second >= 0 for second in told["seconds"])
