"""Visits in a real browser: pages that may not complain, each in a context of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.support import page_clock, walk_rows
from tests.support.live import PATIENCE_MS, SLOW

INLINE = ("data:", "blob:")
Open = Callable[..., Page]


class Visits:
    """The pages that a test opens, and what they complain of: in the console, or as an error of a script."""

    def __init__(self, browser: Browser, **usual: Any) -> None:
        self._browser = browser
        self._usual = usual
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, *, expected: Sequence[str] = (), within: str = "", **options: Any) -> Page:
        """Open an empty page of a visitor's own, with the options of a browser context.

        Complaints with one of the texts ``expected`` do not count. With ``within``, a request to an address that does
        not begin with it is one.
        """

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(text in message.text for text in (SLOW, *expected)):
                self.complaints.append(f"{message.type}: {message.text}")

        def watch(request: Request) -> None:
            if not request.url.startswith((within, *INLINE)):
                self.complaints.append(f"request to {request.url}")

        context = self._browser.new_context(**options)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", hear)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", watch)
        return page

    def goto(self, path: str = "/", **options: Any) -> Page:
        """Open a page at a path, with the usual options, and others instead of them.

        ``at`` is the time at which its clock stands still until a test runs it, and ``script`` runs before its own.
        """
        options = self._usual | options
        at, script = options.pop("at", None), options.pop("script", "")
        page = self.open(**options)
        if at and options.get("java_script_enabled", True):
            page_clock.stop(page.context, at=at)
        page.add_init_script(script)
        page.goto(path)
        return page

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()


@contextmanager
def visiting(browser: Browser, **usual: Any) -> Iterator[Visits]:
    """Open pages for a test, with these options unless it gives others; at the end none may have complained."""
    visits = Visits(browser, **usual)
    yield visits
    visits.close()
    assert not visits.complaints, visits.complaints


@contextmanager
def visiting_site(app: Flask, browser: Browser, **usual: Any) -> Iterator[Open]:
    """Serve a site, and yield the function that opens its pages (:meth:`Visits.goto`)."""
    with walk_rows.served(app) as address, visiting(browser, base_url=address, **usual) as visits:
        yield visits.goto
