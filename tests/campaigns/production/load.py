"""Visitors who ask all the while, each from an address, and count what goes wrong; and the books of their walks."""

from __future__ import annotations

import http.client
import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

from tests.campaigns.faults.rig import Account, Books, Rig, _engine
from tests.campaigns.production.production import Production
from tests.support.fronts import ask
from tests.support.live import wait_until

PATHS = "/", "/gallery", "/gallery?q=fox", "/about", "/api/v1/walks", "/static/site.css", "/healthz"
PAUSE = 0.2  # bounded: what is looked for is a request that fails, and the painters need the processors too
WALK_SECONDS = 8.0
"""Between two walks of the visitor who asks for some: two painters on a busy machine have to come to an end."""


class Visits(Rig):
    """The books of a production site's walks, checked against its rows and files as ``tests.campaigns.faults`` does."""

    def __init__(self, site: Production) -> None:
        # Nothing of the faults' own site is started: what is checked here is the whole production shape.
        self.site, self.rng, self.books = site, random.Random(1), Books()
        self.store = site.instance / "media"
        self.engine = _engine(str(site._settings["database_url"]))
        for walk_id, state in self.rows("SELECT id, state FROM walks"):  # earlier walks are to stay as they are
            self.books.accounts[walk_id] = Account(walk_id, "", {state})
        self.before = len(self.books.accounts)

    def close(self) -> None:
        """Close the connection to the database."""
        self.engine.dispose()


class Load:
    """What was answered, by status, and what was not answered as it should be."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        self.answers: Counter[int] = Counter()
        self.failed: list[str] = []
        self._over = threading.Event()

    def _ask(self, source: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask once, as a visitor at this address; whatever is not answered, or by a fault of ours, is noted."""
        began = time.strftime("%H:%M:%S")
        try:
            sent, port = body and json.dumps(body), self.visits.site.port
            answer, data = ask(port, method, path, sent, headers, source_address=(source, 0))
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(f"{began} {method} {path}: {error!r}")
            return None
        self.answers[answer.status] += 1
        if answer.status >= 500:
            self.failed.append(f"{began} {method} {path}: {answer.status}")
        return json.loads(data) if answer.status == 202 else None

    def _read(self, source: str) -> None:
        for path in cycle(PATHS):
            if self._over.wait(PAUSE):
                return
            self._ask(source, "GET", path)

    def _request_walk(self, source: str) -> None:
        while True:
            walk = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}], "frames": 2, "seed": secrets.randbelow(2**31)}
            headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
            if answer := self._ask(source, "POST", "/api/v1/walks", walk, **headers):
                self.visits.books.accounts[answer["id"]] = Account(answer["id"], answer["owner_token"], {"finished"})
            if self._over.wait(WALK_SECONDS):
                return

    def wait(self, answers: int) -> None:
        """Wait until so many more requests were answered 200: a busy machine answers fewer in a second."""
        wanted = self.answers[200] + answers
        wait_until(lambda: self.answers[200] >= wanted, what=f"{answers} more answers")

    @contextmanager
    def going_on(self, readers: int = 3) -> Iterator[Load]:
        """Send their requests meanwhile."""
        threads = [threading.Thread(target=self._read, args=(f"127.0.0.{2 + number}",)) for number in range(readers)]
        threads.append(threading.Thread(target=self._request_walk, args=("127.0.0.99",)))
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()


@contextmanager
def visited(site: Production) -> Iterator[Load]:
    """Visit a site; at the end nothing may be lost: accepted walks end finished, and rows and files agree."""
    visits = Visits(site)
    try:
        with Load(visits).going_on() as load:
            yield load
        visits.check({})
        assert len(visits.books.accounts) > visits.before, "no visitor asked for a walk"
        assert not visits.books.wrong, "\n".join(visits.books.wrong)
    finally:
        visits.close()
