"""Measure what concurrent writing saves, and draw a timeline of all threads.

``python -m benchmarks.overlap`` generates walks by the built-in model on this device, with and without writers, in the
order A B B A. ``--card SECONDS`` uses a simulated GPU instead, with a fixed time per UNet evaluation of one picture and
no CPU load; its pictures have a side of ``--side`` pixels, and all files are real. ``--timeline FILE`` draws as SVG
which tasks the generating thread and the writing ones did when, for the last round of each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from flask_migrate import upgrade

from app import create_app
from app.core.config import ROOT
from app.requests.walk_requests import intake
from app.requests.walk_requests.validation import validate
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk
from benchmarks.overlap_timeline import drawing
from benchmarks.pairs import REPORT
from benchmarks.shares import One
from benchmarks.sleeper import Sleeper
from worker import job
from worker.diffusion.rendering import Rendering
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning.latent_state import GeneratedFrame
from worker.process.worker import Worker
from worker.tasks import batch_task

GRAIN = 12.0
"""The spread of the noise on simulated pictures, in grey levels; without it their files would be tiny."""


@dataclass(frozen=True, slots=True)
class Span:
    """A thread's activity: its task, and its begin and end in seconds."""

    thread: str
    what: str
    piece: str
    walk: int
    begin: float
    end: float


class SimulatedCard(Sleeper):
    """A painter that sleeps while its pictures are generated, as a CPU waits for a GPU; pictures have any size."""

    def __init__(self, pass_seconds: float, side: int) -> None:
        super().__init__(pass_seconds)
        self.side = side
        y, x = np.mgrid[:side, :side] / side
        grain = np.random.default_rng(1).normal(scale=GRAIN, size=(side, side, 3))
        self._texture = grain + 40 * np.sin(9 * x + 7 * y)[..., None]

    def rendering(self, sampling: Any) -> Rendering:
        """Return a walk's settings, completed."""
        return replace(super().rendering(sampling), width=self.side, height=self.side)

    def paint(self, prepared: Any, positions: Sequence[float], **how: Any) -> list[GeneratedFrame]:
        """Return one batch of simulated pictures, after the time of its evaluations."""
        painted = super().paint(prepared, positions, **how)
        return [each if each.picture is None else replace(each, picture=self._draw(each)) for each in painted]

    def _draw(self, painted: GeneratedFrame) -> Any:
        shifted = np.roll(self._texture, int(97 * painted.position), axis=1)
        return (shifted + np.asarray(painted.picture)[0, 0]).clip(0, 255).astype(np.uint8)


@contextmanager
def trace() -> Iterator[list[Span]]:
    """Yield a list to which all threads' activities are appended within the block."""
    spans: list[Span] = []
    begin = batch_task.generate

    def note(what: str, painting: Any, do: Callable[[Any], Any]) -> Any:
        claim, began = painting.claim, time.monotonic()
        try:
            return do(painting)
        finally:
            piece, name = f"{claim.kind} {claim.level}.{claim.batch}", threading.current_thread().name
            spans.append(Span(name, what, piece, claim.walk_number, began, time.monotonic()))

    def traced_begin(painting: Any) -> Any:
        rest = note("paint", painting, begin)
        return lambda painting: note("write", painting, rest)

    with patch.object(batch_task, "generate", traced_begin):
        yield spans


def overlap(spans: Sequence[Span]) -> float:
    """Return the seconds in which one walk was written while another one was generated."""
    painted = [span for span in spans if span.what == "paint"]
    written = [span for span in spans if span.what == "write"]
    shared = (
        max(0.0, min(one.end, other.end) - max(one.begin, other.begin))
        for one in painted
        for other in written
        if one.walk != other.walk
    )
    return sum(shared)


def run(walks: int, frames: int, number: int) -> tuple[float, float, list[Span]]:
    """Generate walks requested at once; return the seconds until all are finished, CPU seconds, and spans.

    CPU seconds are those of all this process's threads; separate processes that encode films are not counted.
    """
    for walk in range(walks):
        pair = REPORT[walk % len(REPORT)]
        wanted = {"stops": [{"prompt": prompt} for prompt in pair], "frames": frames, "seed": 100 * number + walk}
        intake.place(validate(wanted), visitor_key=f"bench {walk}", owner="bench")
    with trace() as spans:
        began, cpu = time.monotonic(), time.process_time()
        job.work()
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    db.session.remove()
    left = db.session.query(Walk).filter(Walk.state != FINISHED).count()
    if left:
        raise SystemExit(f"{left} walks are not finished")
    return seconds, cpu, [replace(span, begin=span.begin - began, end=span.end - began) for span in spans]


def measure(app: Any, painter: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Measure in the order A B B A, for several rounds; A is without writers. Return the results."""
    seconds: dict[int, list[float]] = {0: [], options.writers: []}
    cpu: dict[int, list[float]] = {0: [], options.writers: []}
    spans: dict[int, list[Span]] = {}
    Worker(app, painter)
    run(1, 4, 0)  # the first walk loads and compiles
    for number in range(1, options.rounds + 1):
        order = [0, options.writers] if number % 2 else [options.writers, 0]
        for writers in order:
            Worker(app, painter, writers=writers)
            took, busy, spans[writers] = run(options.walks, options.frames, 10 * number)
            seconds[writers].append(round(took, 3))
            cpu[writers].append(round(busy, 3))
    if options.timeline:
        options.timeline.write_text(drawing({f"{writers} writers": rows for writers, rows in spans.items()}))
    without, beside = (statistics.median(seconds[writers]) for writers in (0, options.writers))
    return {
        "walks": options.walks, "frames": options.frames, "writers": options.writers,
        "seconds_without": seconds[0], "seconds_beside": seconds[options.writers],
        "cpu_seconds": [round(statistics.median(each), 3) for each in cpu.values()],
        "median_without": round(without, 3), "median_beside": round(beside, 3), "ratio": round(without / beside, 3),
        "frames_per_second": [round(options.walks * options.frames / each, 2) for each in (without, beside)],
        "overlap_seconds": [round(overlap(rows), 3) for rows in spans.values()],
    }  # fmt: skip


def main() -> None:
    """Run the measurements and print the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overlap", description=__doc__)
    parser.add_argument("--walks", type=int, default=2, help="number of walks requested at once")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--card", type=float, help="seconds per UNet evaluation of one picture on a simulated GPU")
    parser.add_argument("--side", type=int, default=512, help="side of a simulated GPU's pictures")
    parser.add_argument("--model", default=str(ROOT / "models" / "house"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--timeline", type=Path, help="SVG file for the timeline")
    options = parser.parse_args()
    painter: Any
    if options.card is None:
        painter = One(WalkPipeline.load(options.model, device=options.device))
    else:
        painter = SimulatedCard(options.card, options.side)
    with tempfile.TemporaryDirectory(prefix="moma-bench-overlap-") as folder:
        settings = {"REDIS_URL": "unix:///nonexistent.sock", "EXHIBITION": False, "CACHE": False}
        app = create_app(settings | {"HOURLY_WALKS": 10_000, "HOURLY_WALKS_ADDRESS": 10_000}, instance_path=folder)
        with app.app_context():
            upgrade()
            print(json.dumps(measure(app, painter, options), indent=1))


if __name__ == "__main__":
    main()
