"""Test a live wall for half an hour: a real browser as its screen, twenty phones, one worker; then failures.

    python -m benchmarks.wall [--minutes 30] [--phones 20] [--every 10] [--away 5] [--strip FOLDER]

The screen measures its pictures (``window.wallFigures``): how many per second, the longest pause, the number of pauses
longer than a fifth of a second, and how many were new rather than repeated. Texts are timed from the submission on a
phone to the label on the screen. Then the browser's network is disconnected for some minutes, and the worker is killed.
The memory of browser, web server and worker is measured every minute.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.screens import Phones
from benchmarks.serving import count_cores
from benchmarks.site import RunningSite, descendants, resident, running

RESULTS = Path(__file__).resolve().parent / "results"
CHROMIUM = "/usr/bin/chromium"
SETTLED_SECONDS = 15.0  # after this, measurements start: the first pictures have arrived
# Records when the label first shows a text.
WATCH = """() => {
  window.labels = {};
  const place = document.getElementById("to");
  new MutationObserver(() => { labels[place.textContent] ??= Date.now() / 1000; })
    .observe(place, { childList: true, characterData: true, subtree: true });
}"""


class TimedPhones(Phones):
    """Phones whose texts are timed from the submission to the label on the screen."""

    def measure_waits(self, page: Page) -> dict[str, Any]:
        """Return, and print, how long texts took to reach the label so far; those still waiting are not in ``seen``."""
        labels = page.evaluate("labels")
        waits = [labels[words] - at for words, at in self.wrote.copy().items() if words in labels]
        results = {
            "written": len(self.wrote), "refused": len(self.refused), "seen": len(waits),
            "median_seconds": round(statistics.median(waits), 1), "worst_seconds": round(max(waits), 1),
        }  # fmt: skip
        print("words", results, flush=True)
        return results


def main() -> None:
    """Run the test, print and store the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--phones", type=int, default=20)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two texts")
    parser.add_argument("--away", type=float, default=5.0, help="minutes without network")
    parser.add_argument("--strip", type=Path, help="folder for a screenshot every half minute")
    arguments = parser.parse_args()
    with running() as site, sync_playwright() as started:
        site.flask("wall", "open", "lobby")
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        page.goto(f"{site.url}/wall/lobby")
        page.evaluate(WATCH)
        page.wait_for_timeout(1000 * SETTLED_SECONDS)
        phones = TimedPhones(f"{site.url}/wall/lobby/say", arguments.phones, arguments.every)
        writing = threading.Thread(target=phones.run, daemon=True)
        writing.start()
        found: dict[str, Any] = {"settings": {**vars(arguments), "strip": None}, "cores": count_cores()}
        found["walked"] = _watch(page, site, 60 * arguments.minutes, arguments.strip)
        found["words"] = phones.measure_waits(page)
        context.set_offline(True)
        found["without a network"] = _watch(page, site, 60 * arguments.away)
        context.set_offline(False)
        found["with it again"] = _watch(page, site, 60)
        os.kill(site.process("-m worker"), signal.SIGKILL)
        found["worker killed"] = _watch(page, site, 60)
        found["after that"] = _watch(page, site, 60)
        phones.stopped.set()
        found["words, what fails included"] = phones.measure_waits(page)
        browser.close()
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}-wall.json"
    path.write_text(json.dumps(found, indent=2, default=str) + "\n", "utf-8")
    print(path.relative_to(Path.cwd()))


def _watch(page: Page, site: RunningSite, seconds: float, strip: Path | None = None) -> dict[str, Any]:
    """Watch the wall for some seconds; return the screen's counts and the memory used."""
    page.evaluate("Object.assign(wallFigures, { shown: 0, fresh: 0, longest: 0, late: 0 })")
    began, memory = time.monotonic(), []
    while (left := seconds - (time.monotonic() - began)) > 0:
        page.wait_for_timeout(1000 * min(30.0, left))
        if time.monotonic() - began >= 60 * len(memory):
            memory.append(_memory(site))
        if strip:
            strip.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=strip / f"{round(time.monotonic() - began):05}.png")
    figures = page.evaluate("wallFigures")
    took = time.monotonic() - began
    results = {
        "seconds": round(took), "pictures_a_second": round(figures["shown"] / took, 2),
        "longest_ms": round(figures["longest"]), "over_200_ms": figures["late"],
        "new_share": round(figures["fresh"] / max(figures["shown"], 1), 4), "memory_mb": memory,
    }  # fmt: skip
    print({name: value for name, value in results.items() if name != "memory_mb"}, memory[:1], memory[-1:], flush=True)
    return results


def _memory(site: RunningSite) -> dict[str, int]:
    ours = sum(resident(pid) for pid in descendants(os.getpid()) if pid not in descendants(site.pid))
    return {
        "browser": round(ours), "web": round(site.megabytes("gunicorn")), "worker": round(site.megabytes("-m worker")),
    }  # fmt: skip


if __name__ == "__main__":
    main()
