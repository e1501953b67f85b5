"""A visitor's way through the site in a real browser, in calm and while others flood it.

    python -m benchmarks.flood [--seconds 20] [--visits 3] [--pictures FOLDER]

nginx with its limits, gunicorn, Redis, and one painter with the house model. Three floods come at once: a network whose
hundred visitors ask for three walks each, one visitor who asks for the largest walks without end, and a hundred
addresses of programs; and each of those reads the gallery and searches it besides. The visitor comes with an empty
line, and again and again into the flood: looks at the gallery, searches, asks for a walk, and waits for its film.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import platform
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from app.generation import presets
from app.operations import first_exhibition
from benchmarks.serving import cores, served
from benchmarks.visitors import Visitor, address
from benchmarks.web import THINGS
from tests.support.needs import require

RESULTS = Path(__file__).resolve().parent / "results"
CROWD = 100  # visitors of one network, and addresses of programs
PAUSE = 1.0  # seconds that one of the flood lets pass between two requests
PATIENCE_MS = 900_000  # a stranger waits for a piece of each of the others
WALKS = (("a lemon", "the sun"), ("a red fox", "a kite"), ("a teapot", "a whale"), ("an owl", "a rocket"))
CALM, FLOOD = "in calm", "in the flood"


def main() -> None:
    """Go through the site in calm, then in the flood; print and keep how long each step took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the flood goes on before a visitor comes")
    parser.add_argument("--visits", type=int, default=3, help="how often one comes, each time somebody new")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of what the visitor sees")
    arguments = parser.parse_args()
    steps: dict[str, list[dict[str, float]]] = {CALM: [], FLOOD: []}
    told: Counter[str] = Counter()
    over = threading.Event()
    with (
        served(first_exhibition.hang, limited=True, redis=True, painter=True) as site,
        sync_playwright() as started,
        tempfile.TemporaryDirectory() as unseen,
    ):
        browser = started.chromium.launch(executable_path=require("chromium"), args=["--no-sandbox"])
        pictures = arguments.pictures or Path(unseen)
        pictures.mkdir(parents=True, exist_ok=True)
        walks = itertools.cycle(WALKS)
        for number in range(arguments.visits):
            steps[CALM].append(_visit(browser, site.url, next(walks), pictures / f"calm-{number}"))
        flood = threading.Thread(
            target=lambda: asyncio.run(_flood(site.port, site.app.config["FRAMES_MAX"], over, told))
        )
        flood.start()
        time.sleep(arguments.seconds)
        for number in range(arguments.visits):
            steps[FLOOD].append(_visit(browser, site.url, next(walks), pictures / f"flood-{number}"))
        over.set()
        flood.join()
        browser.close()
    found: dict[str, Any] = {
        "steps": steps,
        "flood": dict(told),
        "machine": {"processor": platform.processor(), "cores": cores()},
    }
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    print(table(steps))
    print("The flood was answered:", ", ".join(f"{count} × {what}" for what, count in sorted(told.items())))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}-flood.json"
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(path.relative_to(Path.cwd()))


def _visit(browser: Browser, url: str, walk: tuple[str, str], pictures: Path) -> dict[str, float]:
    """Go through the site as somebody new; return the seconds that each step took."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    took: dict[str, float] = {}

    def step(name: str, act: Callable[[Page], object]) -> None:
        began = time.monotonic()
        act(page)
        took[name] = time.monotonic() - began
        page.screenshot(path=f"{pictures}-{name.replace(' ', '-')}.png")

    step("the gallery", lambda page: page.goto(f"{url}/gallery"))
    page.get_by_role("searchbox").fill("lighthouse")
    step("a search", lambda page: page.get_by_role("button", name="Search").click())
    step("the form", lambda page: page.goto(url))
    for line, prompt in zip(("From", "To"), walk, strict=True):
        page.get_by_label(line, exact=True).fill(prompt)
    began = time.monotonic()
    page.get_by_role("button", name="Paint this walk").click()
    step("the walk's page", lambda page: page.wait_for_url("**/walks/*"))
    step("its first picture", lambda page: page.locator("#walk img").first.wait_for())
    step("its film", lambda page: page.get_by_role("heading", name="Take it home").wait_for())
    took["from the button to the film"] = time.monotonic() - began
    context.close()
    return took


async def _flood(port: int, frames: int, over: threading.Event, told: Counter[str]) -> None:
    """Ask and read from many sides at once until it is over, whatever is answered."""
    network = [Visitor(port, address(0)) for _ in range(CROWD)]
    programs = [Visitor(port, address(1 + number)) for number in range(CROWD)]
    greedy = Visitor(port, address(1 + CROWD))
    usual: dict[str, Any] = {}
    largest = {"preset": presets.EXACT, "frames": frames}
    await asyncio.gather(
        *(_one(each, usual, over, told, most=3) for each in network),
        *(_one(each, usual, over, told, most=10) for each in programs),
        _one(greedy, largest, over, told, most=None),
    )


async def _one(who: Visitor, wish: dict[str, Any], over: threading.Event, told: Counter[str], most: int | None) -> None:
    """Ask for ``most`` walks, or for ever, and read between; whoever is refused asks again."""
    chance = random.Random(f"{who.address} {id(who)}")
    accepted = 0
    while not over.is_set():
        await asyncio.sleep(PAUSE * 2 * chance.random())
        if most is None or accepted < most:
            stops = [{"prompt": f"{chance.choice(THINGS)} {chance.randrange(10**6)}"} for _ in range(2)]
            body = json.dumps({"stops": stops, **wish}).encode()
            answer = await who.post("/api/v1/walks", body, **{"Content-Type": "application/json"})
            accepted += answer.status == 202
            told[f"walk {answer.status}"] += 1
        answer = await who.get(chance.choice(("/gallery", f"/gallery?q={chance.choice(THINGS).split()[-1]}", "/")))
        told[f"page {answer.status}"] += 1
    await who.leave()


def table(steps: dict[str, list[dict[str, float]]]) -> str:
    """Write the medians of what was measured, and the longest, as a Markdown table."""
    lines = [
        f"| the visitor's | {' | '.join(f'{when}, median | longest' for when in steps)} |",
        "|---|---|---|---|---|",
    ]
    for name in steps[CALM][0]:
        times = [[visit[name] for visit in visits] for visits in steps.values()]
        told = " | ".join(f"{statistics.median(each):.1f} s | {max(each):.1f} s" for each in times)
        lines.append(f"| {name} | {told} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
