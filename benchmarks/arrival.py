"""Measure loading times of pages on a slow network: largest contentful paint and layout shift, in a real browser.

    python -m benchmarks.arrival [--visits 9]

nginx and gunicorn as in production, the first exhibition, and a Chromium with an empty cache for each visit. The
browser itself throttles its network and CPU, by the values of Lighthouse's two presets: the round trip is added to each
request, without extra time for opening the one connection to this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from app.upkeep.operations import first_exhibition
from benchmarks.serving import serve
from tests.support.needs import require

RESULTS = Path(__file__).resolve().parent / "results"
AIM = 1000  # milliseconds
WATCH = """
window.seen = { largest: 0, first: 0, shifted: 0, what: "" };
const watch = (type, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
watch("largest-contentful-paint", (entry) => {
  Object.assign(seen, { largest: entry.startTime, what: entry.url.split("/").pop() || entry.element?.tagName || "" });
});
watch("paint", (entry) => { if (entry.name === "first-contentful-paint") seen.first = entry.startTime; });
watch("layout-shift", (entry) => { seen.shifted += entry.value; });
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A visitor's network, CPU and window: ``trip`` in milliseconds, speeds in kbit/s."""

    name: str
    trip: float
    down: float
    up: float
    slowdown: float
    window: tuple[int, int]
    density: float


LINES = (
    Line("phone, slow 4G, processor 4 × slower", 150, 1638.4, 750, 4, (412, 823), 1.75),
    Line("desk, dense 4G", 40, 10240, 10240, 1, (1350, 940), 1),
)


def main() -> None:
    """Visit each page several times with each kind of network, print the results and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=9)
    visits = parser.parse_args().visits
    found: dict[str, Any] = {"visits": visits, "lines": [asdict(line) for line in LINES], "pages": []}
    found["load_before"] = os.getloadavg()[0]
    with serve(first_exhibition.publish) as site, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=require("chromium"), args=["--no-sandbox"])
        found["browser"] = browser.version
        for line in LINES:
            for name, path in _pages().items():
                found["pages"].append(
                    {"line": line.name, "page": name, **_measure(browser, line, site.url + path, visits)}
                )
        browser.close()
    found["machine"] = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(table(found["pages"]))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}-arrival.json"
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(path.relative_to(Path.cwd()))


def _pages() -> dict[str, str]:
    walk = first_exhibition.shipped_walks()[0]
    hall = f"/exhibitions/{first_exhibition.SLUG}"
    return {"gallery": "/gallery", "a walk": f"/walks/{walk.walk_id}", "exhibition": hall, "making": "/"}


def _measure(browser: Browser, line: Line, address: str, visits: int) -> dict[str, Any]:
    seen = [_visit(browser, line, address) for _ in range(visits + 1)][1:]  # the first visit fills the server's caches
    largest = [each["largest"] for each in seen]
    return {
        "largest_milliseconds": statistics.median(largest),
        "largest_milliseconds_worst": max(largest),
        "first_milliseconds": statistics.median(each["first"] for each in seen),
        "shifted_worst": max(each["shifted"] for each in seen),
        "largest_is": statistics.mode(each["what"] for each in seen),
        "kilobytes": statistics.median(each["kilobytes"] for each in seen),
    }


def _visit(browser: Browser, line: Line, address: str) -> dict[str, Any]:
    """Open a page with an empty cache, scroll through it when it has loaded, and return the measurements."""
    width, height = line.window
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=line.density)
    page = context.new_page()
    page.add_init_script(WATCH)
    wire, received = context.new_cdp_session(page), [0.0]
    wire.on("Network.dataReceived", lambda event: received.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    speeds = {"downloadThroughput": line.down * 1000 / 8, "uploadThroughput": line.up * 1000 / 8}
    wire.send("Network.emulateNetworkConditions", {"offline": False, "latency": line.trip, **speeds})
    wire.send("Emulation.setCPUThrottlingRate", {"rate": line.slowdown})
    page.goto(address, wait_until="networkidle")
    seen = {**page.evaluate("seen"), "kilobytes": sum(received) / 1000}
    page.mouse.wheel(0, 3000)
    page.wait_for_timeout(300)
    seen["shifted"] = page.evaluate("seen.shifted")
    context.close()
    return seen


def table(pages: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        f"| page | largest paint (aim < {AIM / 1000:g} s) | worst | first paint | layout shift, worst (aim 0) |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {each['page']}, {each['line']} | {each['largest_milliseconds'] / 1000:.2f} s |"
        f" {each['largest_milliseconds_worst'] / 1000:.2f} s | {each['first_milliseconds'] / 1000:.2f} s |"
        f" {each['shifted_worst']:.4f} |"
        for each in pages
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
