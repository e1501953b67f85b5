"""Pages that change while one looks, in a real browser: when they look again, and what they do when they are refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, Request, Route, expect

from app.storage.database import writing
from app.storage.walk_models import PAINTING, Walk
from tests.server import easel
from tests.server.live import wait_until

pytestmark = pytest.mark.server

Hanger = Callable[..., Walk]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the pages of this test's own rows."""
    with easel.served(app) as url:
        yield url


def looks_of(page: Page) -> list[tuple[float, str | None]]:
    """Note when the page looks again, and the hash that it sends."""
    looks: list[tuple[float, str | None]] = []

    def hear(request: Request) -> None:
        if "/live" in request.url:
            looks.append((time.monotonic(), request.all_headers().get("if-none-match")))

    page.on("request", hear)
    return looks


def test_page_sends_what_it_knows_and_shows_what_is_new(address: str, page: Page, commissioned: Hanger) -> None:
    walk, answers = commissioned(), list[int]()
    page.on("response", lambda answer: answers.append(answer.status) if "/live" in answer.url else None)
    looks = looks_of(page)
    page.goto(address + walk.url)
    wait_until(lambda: page.wait_for_timeout(50) or len(answers) > 3)
    assert looks[0][1] is None
    assert looks[1][1] == looks[2][1] is not None
    assert answers[:3] == [200, 304, 304]
    with writing() as session:
        session.get(Walk, walk.number).state = PAINTING
    expect(page.locator("#walk.painting")).to_be_attached()


def test_page_that_is_refused_waits_as_long_as_it_is_told_and_then_goes_on(
    address: str, page: Page, commissioned: Hanger
) -> None:
    refused: list[float] = []

    def refuse(route: Route) -> None:
        if len(refused) > 1:
            route.continue_()
            return
        refused.append(time.monotonic())
        route.fulfill(status=503 if len(refused) == 1 else 429, headers={"Retry-After": "2"}, body="<h1>No</h1>")

    page.route("**/live*", refuse)
    looks = looks_of(page)
    page.goto(address + commissioned().url)
    wait_until(lambda: page.wait_for_timeout(50) or len(looks) > 2)
    pauses = [later[0] - earlier[0] for earlier, later in zip(looks, looks[1:], strict=False)]
    assert min(pauses[:2]) >= 1.9
    expect(page.locator("#walk.queued")).to_be_attached()  # what was there stayed
    wait_until(lambda: page.wait_for_timeout(50) or len(looks) > 4)  # and it looks as often as before
