"""Compare a walk through a running site, from request to publication, with the same walk in process, files included."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from benchmarks.contenders import Picture
from benchmarks.ours import Ours
from benchmarks.site import RunningSite
from worker.film import encoding, smoothness_measure, video

POLL_SECONDS = 0.5
"""The polling interval in seconds: that of a walk's page. Answers use a core that also generates, and the walk
itself reports when it was finished."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Seconds of a walk through the site: until it was finished, and until its first film was published."""

    whole: float
    first: float


def through_site(site: RunningSite, pair: tuple[str, str], frames: int, *, seed: int, preset: str) -> Walked:
    """Request a walk and wait until it is finished; return the seconds that it reports.

    :raises RuntimeError: when the walk does not finish.
    """
    stops = [{"prompt": prompt} for prompt in pair]
    wanted = {"stops": stops, "seed": seed, "frames": frames, "preset": preset}
    walk = site.post("/api/v1/walks", wanted)
    while walk["state"] in ("queued", "painting"):
        time.sleep(POLL_SECONDS)
        walk = site.get(f"/api/v1/walks/{walk['id']}")
    if walk["state"] != "finished":
        raise RuntimeError(f"the walk ended as {walk['state']}: {walk['error']}")
    created, finished = (datetime.fromisoformat(walk[moment]) for moment in ("created_at", "finished_at"))
    return Walked((finished - created).total_seconds(), walk["first_film_seconds"])


def in_process(ours: Ours, pair: tuple[str, str], frames: int, *, preset: str) -> float:
    """Generate the same walk, write its files and measure its smoothness; return the seconds."""
    began = time.monotonic()
    painted = ours.film(pair, frames, preset)
    for picture in painted.pictures:
        encoding.still(picture)
    gif = _write_files(painted.pictures)
    smoothness_measure.smoothness(smoothness_measure.read_frames(gif))
    return time.monotonic() - began


def _write_files(pictures: Sequence[Picture]) -> bytes:
    """Write the files of a film as the worker does, in parallel; return the GIF."""
    about = {"title": "benchmark"}
    with ThreadPoolExecutor(2) as beside:
        others = [beside.submit(video.mp4, pictures, 12.5, metadata=about)]
        others += [beside.submit(encoding.webp, pictures, 80, metadata=about)]
        gif = encoding.gif(pictures, 80, comment="benchmark")
        encoding.still(pictures[len(pictures) // 2], metadata=about)
        for other in others:
            other.result()
    return gif
