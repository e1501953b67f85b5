"""Writing beside painting: what it saves, and a timeline of what ran when.

``python -m benchmarks.overlap`` paints walks by the built-in model on this device, with and without writers, in the
order A B B A. ``--card SECONDS`` has a simulated GPU paint instead, on which a pass of one picture takes so long and
no core is busy; its pictures are of ``--side`` pixels, and all files are real. ``--timeline FILE`` draws as SVG when
the thread that paints and those that write were at which piece, for the last round of each.
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
from app.commissions import intake
from app.commissions.validation import validate
from app.config import ROOT
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk
from benchmarks.overlap_timeline import drawing
from benchmarks.pairs import REPORT
from benchmarks.shares import One
from benchmarks.sleeper import Sleeper
from worker import job
from worker.diffusion.painter import Painter
from worker.diffusion.rendering import Rendering
from worker.pieces import batch_piece
from worker.planning.latent_state import Painted
from worker.process.worker import Worker

GRAIN = 12.0
"""The spread of the noise on simulated pictures, in grey levels: without it their files would be tiny."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a thread was at, from when to when, in seconds."""

    thread: str
    what: str
    piece: str
    walk: int
    begin: float
    end: float


class SimulatedCard(Sleeper):
    """A painter that is asleep while its pictures are painted, as a CPU is beside a GPU; they are of any size."""

    def __init__(self, pass_seconds: float, side: int) -> None:
        super().__init__(pass_seconds)
        self.side = side
        y, x = np.mgrid[:side, :side] / side
        grain = np.random.default_rng(1).normal(scale=GRAIN, size=(side, side, 3))
        self._texture = grain + 40 * np.sin(9 * x + 7 * y)[..., None]

    def rendering(self, sampling: Any) -> Rendering:
        """Complete a walk's settings."""
        return replace(super().rendering(sampling), width=self.side, height=self.side)

    def paint(self, prepared: Any, positions: Sequence[float], **how: Any) -> list[Painted]:
        """Paint one batch, in the time that its passes take."""
        painted = super().paint(prepared, positions, **how)
        return [each if each.picture is None else replace(each, picture=self._drawn(each)) for each in painted]

    def _drawn(self, painted: Painted) -> Any:
        shifted = np.roll(self._texture, int(97 * painted.position), axis=1)
        return (shifted + np.asarray(painted.picture)[0, 0]).clip(0, 255).astype(np.uint8)


@contextmanager
def traced() -> Iterator[list[Span]]:
    """Note what every thread is at, for the time of the block."""
    spans: list[Span] = []
    begin = batch_piece.begin

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

    with patch.object(batch_piece, "begin", traced_begin):
        yield spans


def overlap(spans: Sequence[Span]) -> float:
    """Return for how many seconds something of one walk was written while another was painted."""
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
    """Paint so many walks, asked for at once; return the seconds until all are finished, those of the CPU, and spans.

    The CPU's are of all this process's threads; what encodes films in processes of its own is not counted.
    """
    for walk in range(walks):
        pair = REPORT[walk % len(REPORT)]
        wanted = {"stops": [{"prompt": prompt} for prompt in pair], "frames": frames, "seed": 100 * number + walk}
        intake.place(validate(wanted), visitor_key=f"bench {walk}", owner="bench")
    with traced() as spans:
        began, cpu = time.monotonic(), time.process_time()
        job.work()
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    db.session.remove()
    left = db.session.query(Walk).filter(Walk.state != FINISHED).count()
    if left:
        raise SystemExit(f"{left} walks are not finished")
    return seconds, cpu, [replace(span, begin=span.begin - began, end=span.end - began) for span in spans]


def measure(app: Any, painter: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Paint in the order A B B A, so often; A is without writers."""
    seconds: dict[int, list[float]] = {0: [], options.writers: []}
    cpu: dict[int, list[float]] = {0: [], options.writers: []}
    spans: dict[int, list[Span]] = {}
    Worker(app, painter)
    run(1, 4, 0)  # what is loaded and compiled at the first walk
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
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overlap", description=__doc__)
    parser.add_argument("--walks", type=int, default=2, help="how many are asked for at once")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--card", type=float, help="seconds that a simulated GPU takes for a pass of one picture")
    parser.add_argument("--side", type=int, default=512, help="of the pictures of a simulated GPU")
    parser.add_argument("--model", default=str(ROOT / "models" / "house"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--timeline", type=Path, help="an SVG file to draw")
    options = parser.parse_args()
    painter: Any
    if options.card is None:
        painter = One(Painter.load(options.model, device=options.device))
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
