"""Run the benchmarks of the site, print their results and write them as JSON.

Others are programs of their own, each with ``--help``:

    python -m benchmarks.painting      walks beside other ways to generate them, in one run
    python -m benchmarks.estimates     the time that the form tells, beside the time that walks take
    python -m benchmarks.start         commands and the worker, beside another version
    python -m benchmarks.load          pages a second behind nginx
    python -m benchmarks.few_steps     walks of few-step models: evaluations a frame, morph and distance
    python -m benchmarks.distilled     writes such a model, distilled from one that words condition
    python -m benchmarks.soak          memory of a running site over many walks
    python -m benchmarks.gallery       a gallery of very many walks
    python -m benchmarks.pages         the time of pages beside that of an earlier release
    python -m benchmarks.memory        the memory of a web process beside that of an earlier release
    python -m benchmarks.frames        the time of painting a walk beside that of an earlier release
    python -m benchmarks.meaning       semantic search: recall and speed
    python -m benchmarks.reading       the share of prompts that are parsed as intended
    python -m benchmarks.blind         numbered pictures for reviewers who do not know the prompts
    python -m benchmarks.film_colours  films beside their frames, as a browser shows them
    python -m benchmarks.music_files   films to music, in time with their sound in every format
    python -m benchmarks.music_ways    how closely films move with their music
    python -m benchmarks.music_sheet   the frames of a film on the beats of its music
    python -m benchmarks.gpu           films by large models on a GPU, with random weights
    python -m benchmarks.real_models   writes such a model to a folder
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.offer.generation import presets
from benchmarks import site as sites
from benchmarks import walk, web

RESULTS = Path(__file__).resolve().parent / "results"
LIMITS = (
    ("web", "gallery_milliseconds", 30, "gallery page with 10,000 walks, ms in the server"),
    ("web", "gallery_milliseconds_p95", None, "the same, 95th percentile"),
    ("web", "search_milliseconds", None, "a search there, ms"),
    ("web", "deep_milliseconds", None, "the 51st page there, ms"),
    ("web", "pages_a_second", None, "gallery pages a second through gunicorn, clients on the same machine"),
    ("web", "page_kilobytes", 60, "gallery page, HTML + CSS + JS compressed, kB"),
    ("start", "web_seconds", None, "web process ready after, s"),
    ("start", "web_megabytes", 120, "web process, MB (master and worker)"),
    ("start", "worker_seconds", 15, "worker ready after, s"),
    ("start", "worker_megabytes", 1500, "worker, MB"),
)


def main() -> None:
    """Measure the start and the memory of a site that has generated a walk, and a large gallery."""
    formatter = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=formatter).parse_args()
    began = time.monotonic()
    with sites.running() as site:
        walk.through_site(site, ("a cup", "a hat"), 24, seed=11, preset=presets.DEFAULT)
        found: dict[str, Any] = {"start": _start(site)}
    found["web"] = web.measure()
    found["machine"] = {"processor": platform.processor() or platform.machine(), "python": platform.python_version()}
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    for part, name, limit, words in LIMITS:
        aim = "" if limit is None else f"aim ≤ {limit:.3g}"
        print(f"{words:70} {found[part][name]:8.3f}  {aim}")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}.json"
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(f"{path.relative_to(Path.cwd())}, after {time.monotonic() - began:.0f} s")


def _start(site: sites.RunningSite) -> dict[str, float]:
    return {
        "web_seconds": site.web_seconds,
        "web_megabytes": site.megabytes("gunicorn"),
        "worker_seconds": site.worker_seconds,
        "worker_megabytes": site.megabytes("-m worker"),
    }


if __name__ == "__main__":
    main()
