"""Fixtures with real servers: one running site for all of these tests, and sites of a test's own."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import asleep
from tests.support.live import PATIENCE_MS, LiveSite
from tests.support.needs import headless_chromium, require

expect.set_options(timeout=PATIENCE_MS)
STEPS = 4  # these tests look at what surrounds the painting; fewer steps paint the same number of pictures
SHARED = {"STEPS": STEPS, "EXHIBITION": "false", "HOURLY_WALKS": 10**6, "HOURLY_WALKS_ADDRESS": 10**6}


@pytest.fixture(scope="session", autouse=True)
def interrupts_arrive() -> Iterator[None]:
    """End what is started here by SIGINT: what a shell runs in its background is deaf to it, and so are children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def sleep_of_pages_is_counted() -> Iterator[None]:
    """Count the seconds in which a test lets a page go on as sleep of the test."""
    wait = Page.wait_for_timeout

    def counted(page: Page, timeout: float) -> None:
        asleep.SECONDS[asleep.SLEPT] += timeout / 1000
        wait(page, timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "wait_for_timeout", counted)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium that the machine has."""
    path = headless_chromium() or require("chromium")
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a small model that words lead, such as bear, sun, lemon and red: a whole film takes it a second."""
    from tests.support import tiny  # which takes torch

    return tiny.save(tmp_path_factory.mktemp("model"), "bert")["bert"]


@pytest.fixture(scope="session")
def shared_site(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """Make the site that the tests share; it is stopped after the last of them."""
    require("redis-server")
    site = LiveSite(tmp_path_factory.mktemp("site") / "instance", **SHARED, MODEL=small_model)
    yield site
    site.close()


@pytest.fixture(scope="session")
def planted_site(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """Run the site of tests that have a worker stand still; all of it but that is real."""
    require("redis-server")
    site = LiveSite(tmp_path_factory.mktemp("planted") / "instance", **SHARED, MODEL=small_model)
    site.command = [sys.executable, "-m", "tests.support.planted_site"]
    site.worker = "-m tests.support.planted_worker"
    yield site.start()
    site.close()


@pytest.fixture
def site(shared_site: LiveSite) -> LiveSite:
    """Return the shared site, running."""
    return shared_site.start()


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Callable[..., LiveSite]]:
    """Return a function that makes a site of the test's own, which is not started yet."""
    require("redis-server")
    made: list[LiveSite] = []

    def make(**settings: object) -> LiveSite:
        made.append(LiveSite(tmp_path / f"instance{len(made)}", **{"STEPS": STEPS, "EXHIBITION": "false", **settings}))
        return made[-1]

    yield make
    for site in made:
        site.close()
