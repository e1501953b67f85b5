"""Screens and phones of live walls without a browser: they poll, move on and write as real ones do."""

from __future__ import annotations

import http.cookiejar
import json
import logging
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from app.storage.wall_models import LEG_FRAMES

POLL_SECONDS = 1.0  # as in static/wall/screen.js
PICTURES_PER_SECOND = 6.96
"""The rate at which a real screen showed its legs in a test of half an hour (docs/research/figures.md)."""
LEG_SECONDS = (LEG_FRAMES - 1) / PICTURES_PER_SECOND
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

log = logging.getLogger(__name__)


@dataclass
class Screen:
    """A screen of one wall: it polls the programme and moves to the next leg once it has shown the current one."""

    url: str
    """The programme's, with the wall's key."""
    at: int = 0
    since: float = 0.0
    shown: int = 0
    waited: float = 0.0
    """Seconds during which the current leg was over and the next one was not finished."""
    failures: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Poll until stopped."""
        while not self.stopped.wait(POLL_SECONDS):
            try:
                with urllib.request.urlopen(f"{self.url}&at={self.at}", b"", timeout=30) as answer:  # nosec B310
                    self.receive(json.load(answer)["legs"])
            except OSError as error:
                self.failures += 1
                log.warning("a screen got no programme: %s", error)

    def receive(self, legs: list[dict[str, Any]]) -> None:
        """Take a programme: move to the next leg if the current one was shown and the next is finished."""
        over = self.since + LEG_SECONDS
        now = time.monotonic()
        if self.at and now < over:
            return
        following = next((leg for leg in legs if leg["number"] > self.at and leg["finished"] and leg["frames"]), None)
        if following is None:
            self.waited += POLL_SECONDS if self.at else 0.0
            return
        is_prompt = self.at and now - over < POLL_SECONDS
        self.at, self.since = following["number"], over if is_prompt else now
        self.shown += 1


@dataclass
class Phones:
    """Phones that write in turn for one wall; ``wrote`` holds when each text was accepted."""

    url: str
    count: int
    every: float
    wrote: dict[str, float] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send texts until stopped."""
        phones = [_open_phone() for _ in range(self.count)]
        for turn in range(10**6):
            if self.stopped.wait(self.every):
                return
            words = " ".join(map(random.choice, (HOW, WHAT, WHERE)))
            if words not in self.wrote:
                self._say(phones[turn % self.count], words)

    def _say(self, phone: urllib.request.OpenerDirector, words: str) -> None:
        try:
            with phone.open(self.url, timeout=30) as page:
                token = TOKEN.search(page.read().decode())
            form = {"words": words, "csrf_token": token[1] if token else ""}
            at = time.time()
            phone.open(self.url, urllib.parse.urlencode(form).encode(), timeout=30).close()
            self.wrote[words] = at
        except urllib.error.HTTPError as error:
            self.refused.append(error.code)
        except OSError:
            self.refused.append(0)


def _open_phone() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


HOW = "a", "an old", "a small", "a red", "a sleeping"
WHAT = (
    "fox", "owl", "whale", "teapot", "lighthouse", "snail", "castle", "train", "cactus", "piano", "dragon", "bicycle",
    "penguin", "guitar", "rocket", "sunflower", "mushroom", "umbrella", "clock", "parrot", "sailboat", "lemon",
)  # fmt: skip
WHERE = (
    "in the snow", "by the sea", "at night", "in the rain", "in the forest", "on a hill", "on a table", "in the desert",
    "under the moon", "in the city", "in a garden", "at dusk",
)  # fmt: skip
