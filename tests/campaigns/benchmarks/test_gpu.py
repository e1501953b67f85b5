"""What is measured on a GPU, run on the CPU with a tiny model."""

from pathlib import Path

import pytest

from benchmarks import gpu
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow


def test_two_films_of_the_same_walk_are_timed(sd1: WalkPipeline) -> None:
    before = sd1.evaluations
    report = gpu.films(sd1, "fast", 6)
    assert report["frames"] == 6
    assert 2 * report["passes"] == sd1.evaluations - before
    assert report["passes"] >= 2 * report["steps"]
    assert all(second >= 0 for second in report["seconds"])


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # how diffusers makes arrays
def test_earlier_systems_loops_are_timed_with_the_same_weights(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path]
) -> None:
    found = gpu.beside(painters["sd1"], tiny_models["sd1"], frames=8, usual_frames=2)
    assert set(found) == {"P0", "P2"} and all(rate > 0 for rate in found.values())
