"""Worker whose painter sleeps a fixed time per evaluation: ``python -m benchmarks.sleeper SECONDS``.

Everything except the generation is the worker's own: claims, states, files and films. Their cost is what keeps many
such workers on few cores from a proportional speed-up.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from unittest.mock import patch

from app.offer.generation.cost import of_frame
from tests.support.fake_painter import FakePainter
from worker import __main__ as resident
from worker.diffusion.prepared_walk import PreparedWalk
from worker.planning.latent_state import GeneratedFrame

BATCH = 8


class Sleeper(FakePainter):
    """Painter of plain colours, and the only painter of its worker."""

    title = "Sleeper"
    names = ("fake",)

    def __init__(self, pass_seconds: float) -> None:
        super().__init__(batch=BATCH)
        self.pass_seconds = pass_seconds
        about = {"title": self.title, "revision": self.revision, "size": list(self.size), "device": self.device}
        self.descriptions = {"fake": about}

    def paint(self, prepared: PreparedWalk, positions: Sequence[float], **how: Any) -> list[GeneratedFrame]:
        """Return one batch of pictures, after the time of its evaluations."""
        rendering, start = prepared.rendering, how.get("start")
        each = of_frame(asdict(rendering), start[0][0].depth if start else 0, how.get("until") or rendering.steps)
        passes = self.passes + each * max(how.get("pad", 1), len(positions))
        time.sleep((passes - self.passes) * self.pass_seconds)
        painted = super().paint(prepared, positions, **how)
        self.passes = passes
        return painted


if __name__ == "__main__":
    sleeper = Sleeper(float(sys.argv[1]))
    writers = resident._writers(sleeper)
    with patch.object(resident, "_load", lambda app: resident.Worker(app, sleeper, writers=writers)):
        sys.exit(resident.main())
