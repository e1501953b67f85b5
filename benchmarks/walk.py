"""Compare a walk through a running site, from request to publication, with the same walk in process, files included."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from benchmarks.counting import Work, count_work, find_networks
from benchmarks.limits import files, write_files
from benchmarks.ours import Ours
from benchmarks.site import RunningSite
from worker.film import encoding, smoothness_measure

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


def in_process(ours: Ours, pair: tuple[str, str], frames: int, *, preset: str) -> tuple[Work, dict[str, float]]:
    """Generate the same walk and write its files; return its work, and the seconds of the whole and of the files."""
    with count_work(*find_networks(ours.painter)) as work:
        began = time.monotonic()
        painted = ours.film(pair, frames, preset)
        for picture in painted.pictures:
            encoding.still(picture)
        gif = write_files(painted.pictures)
        smoothness_measure.smoothness(smoothness_measure.read_frames(gif))
        whole = time.monotonic() - began
    return work, {"in_process": whole, "encode": files(painted.pictures)}
