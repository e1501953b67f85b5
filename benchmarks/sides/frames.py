"""Arrange scenes, or paint walks between them with the built-in model, as lines of JSON on standard input say."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import ours
from sketch.scene import read_scene
from tests.support.whole_walk import WholeWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

HOUSE = Path("models/house").resolve()
FRAMES, SEED = 24, 11


def main() -> None:
    """Answer until standard input ends."""
    painter = WalkPipeline.load(str(HOUSE))
    own = ours.Ours(painter, HOUSE, seed=SEED)
    for line in sys.stdin:
        request = json.loads(line)
        answer = _paint(own, **request) if "paint" in request else {"stops": _arrange(own, request["arrange"])}
        print(json.dumps(answer), flush=True)


def _arrange(own: ours.Ours, prompts: list[str]) -> list[dict[str, Any]]:
    """Return the stops of prompts as JSON."""
    stops = [own._asking.stop(prompt, SEED) for prompt in prompts]
    return [
        {"prompt": stop.prompt, "subject": stop.subject, "scene": stop.scene.as_json()}
        for stop in stops
        if stop.scene is not None
    ]


def _paint(own: ours.Ours, paint: list[dict[str, Any]], size: int) -> dict[str, Any]:
    """Paint a walk; return the seconds that it took, and a digest of its pictures."""
    sampling = ours.presets.resolve("balanced", own.facts, size=size)
    stops = [StopInput(stop["prompt"], "", SEED, stop["subject"], False, read_scene(stop["scene"])) for stop in paint]
    began, spent = time.monotonic(), _processor_seconds()
    prepared = own.painter.prepare(stops, own.painter.rendering(sampling))
    walk = WholeWalk(own.painter, prepared, sampling)
    walk.paint(frames=FRAMES)
    seconds = {"clock": time.monotonic() - began, "processor": _processor_seconds() - spent}
    digest = hashlib.sha256(b"".join(picture.tobytes() for picture in walk.pictures.values())).hexdigest()
    return seconds | {"pictures": digest}


def _processor_seconds() -> float:
    """Return the processor time of this process, and of those that draw for it."""
    ticks = 0
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
