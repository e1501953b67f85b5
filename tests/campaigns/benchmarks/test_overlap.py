"""Writing beside painting, measured: what ran when is noted, and drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import overlap, overlap_timeline
from benchmarks.overlap import Span
from tests.conftest import Commissioner
from tests.support.fake_painter import FakePainter
from tests.support.worker_fixtures import painter, words_alone  # noqa: F401
from worker import job
from worker.process.worker import Worker

ONE = [
    Span("MainThread", "paint", "frames 1.0", 1, 0.0, 1.0),
    Span("write 0", "write", "frames 1.0", 1, 1.0, 3.0),
    Span("MainThread", "paint", "stops 0.0", 2, 1.0, 2.5),
    Span("MainThread", "paint", "frames 2.0", 1, 2.5, 3.0),
]


def test_overlap_counts_what_is_written_of_one_walk_while_another_is_painted() -> None:
    assert overlap.overlap(ONE) == pytest.approx(1.5)


def test_timeline_has_a_lane_for_each_thread_and_a_bar_for_each_span() -> None:
    drawn = overlap_timeline.drawing({"2 writers": ONE})
    assert drawn.count("<title>") == len(ONE) and drawn.count(">write 0</text>") == 1
    assert "walk 2: paint stops 0.0, 1.00–2.50 s" in drawn


@pytest.mark.slow
def test_every_piece_is_traced_twice_with_and_without_writers(
    app: Any,
    painter: FakePainter,  # noqa: F811
    commissioned: Commissioner,
) -> None:
    for writers in (0, 2):
        Worker(app, painter, writers=writers)  # type: ignore[arg-type]
        commissioned(frames=6, visitor=f"with {writers}")
        with overlap.trace() as spans:
            tried = job.work()
        assert [sum(span.what == what for span in spans) for what in ("paint", "write")] == [tried, tried]
        threads = {span.thread for span in spans if span.what == "write"}
        assert (threads == {"MainThread"}) == (writers == 0)


def test_simulated_gpu_paints_pictures_of_a_size_whose_files_are_not_tiny(tmp_path: Path) -> None:
    card = overlap.SimulatedCard(0.0, 64)
    assert card.side == 64 and card._texture.std() > overlap.GRAIN
