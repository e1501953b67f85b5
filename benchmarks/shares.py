"""Profile a film: the real job on a separate database and media store, with a clock in every part.

``python -m benchmarks.shares [frames]``. Each part's time excludes the parts that it calls. A part that runs in a
parallel thread is counted there, so the shares may add up to more than the wall time.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from sqlalchemy.orm import Session

from app import create_app
from app.requests.walk_requests import intake
from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.database import upgrade
from benchmarks.counting import find_networks
from benchmarks.pairs import REPORT
from benchmarks.site import ROOT
from worker import job
from worker.diffusion.model_pool import Painters
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding, smoothness_measure
from worker.process.worker import Worker

FRAMES = 24
WALKS = 3
SESSION = ("commit", "flush", "execute", "scalar", "scalars", "get", "refresh")


class Clock:
    """Clock that adds up the seconds of each part, thread by thread, without nested parts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stacks = threading.local()

    def start(self, name: str) -> None:
        """Start a part; the clock of the calling part pauses."""
        self._stack().append([name, time.perf_counter(), 0.0])

    def stop(self) -> None:
        """Stop the part that started last."""
        name, began, within = self._stack().pop()
        whole = time.perf_counter() - began
        self.seconds[name] += whole - within
        if self._stack():
            self._stack()[-1][2] += whole

    def time_calls(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its calls timed."""

        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            self.start(name)
            try:
                return function(*args, **kwargs)
            finally:
                self.stop()

        return run

    def _stack(self) -> list[list[Any]]:
        if not hasattr(self._stacks, "parts"):
            self._stacks.parts = []
        found: list[list[Any]] = self._stacks.parts
        return found


class One(Painters):
    """The painters of a worker that has only one, loaded already."""

    def __init__(self, painter: WalkPipeline) -> None:
        super().__init__({painter.name: ""})
        self._loaded[painter.name] = painter


@contextmanager
def time_parts(clock: Clock, painter: WalkPipeline) -> Iterator[None]:
    """Time every part of the job within the block."""
    solver = type(painter.model.solver(painter.rendering(steps=2, guidance=1).scheduler, 2))
    unet, *decoders = find_networks(painter)
    parts: list[tuple[Any, str, str]] = [
        (painter.model, "encode", "text"), (unet, "forward", "UNet"),
        *((decoder, "forward", "decoder") for decoder in decoders),
        (solver, "step", "solver"), (encoding, "still", "PNG"), (encoding, "decode_still", "PNG"),
        (encoding.GifWriter, "add", "GIF"), (encoding.Mp4Writer, "add", "MP4"), (encoding.Mp4Writer, "finish", "MP4"),
        (encoding.WebpWriter, "add", "WebP"),
        (smoothness_measure, "read_frames", "ruler"), (smoothness_measure, "smoothness", "ruler"),
        (type(media_store.store()), "write", "files"), (type(media_store.store()), "read_bytes", "files"),
        *((Session, name, "database") for name in SESSION),
    ]  # fmt: skip
    patches = [patch.object(owner, name, clock.time_calls(part, getattr(owner, name))) for owner, name, part in parts]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def measure(painter: WalkPipeline, *, frames: int = FRAMES, walks: int = WALKS) -> dict[str, float]:
    """Generate some walks as the worker does; return the seconds per walk in each part, and of the whole."""
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="moma-bench-shares-") as folder:
        app = create_app({"REDIS_URL": "unix:///nonexistent.sock", "EXHIBITION": False}, instance_path=folder)
        Worker(app, One(painter))
        with app.app_context():
            upgrade()
            _commission(("a cup", "a hat"), 8)
            job.work()
            for pair in REPORT[:walks]:
                _commission(pair, frames)
            with time_parts(clock, painter):
                clock.time_calls("everything else", job.work)()
    seconds = {name: spent / walks for name, spent in clock.seconds.items()}
    return {**dict(sorted(seconds.items(), key=lambda item: -item[1])), "whole": sum(seconds.values())}


def _commission(pair: tuple[str, str], frames: int) -> None:
    wanted = validate({"stops": [{"prompt": prompt} for prompt in pair], "frames": frames, "seed": 11})
    intake.place(wanted, visitor_key="bench", owner="bench")


def table(seconds: dict[str, float]) -> str:
    """Return the shares as a Markdown table."""
    rows = [f"| {name} | {spent:.3f} | {spent / seconds['whole']:.1%} |" for name, spent in seconds.items()]
    return "\n".join(["| part | seconds | share |", "|---|---|---|", *rows])


if __name__ == "__main__":
    house = WalkPipeline.load(str(ROOT / "models" / "house"))
    print(table(measure(house, frames=int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES)))
