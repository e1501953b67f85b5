"""The heartbeat of this process: the leases of the claims that it holds, renewed by a thread beside the painting.

Loading a model, filming, a step on a slow device: each may take longer than a lease. So leases are renewed beside the
work, as long as the work makes progress. A process that makes none any more ends, and its supervisor starts it again:
a call into a library or a driver that hangs cannot be ended otherwise.

Each thread works on one claim at a time; the lease of a claim that waits for another thread is renewed as well.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import current_app

from worker.queue import leases
from worker.queue.leases import Claim, LeaseLost

ENDED = 70
"""The exit status of a process that ends itself: EX_SOFTWARE of sysexits."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Held:
    """A claim, when its lease was renewed, and when its work last made progress; None while it waits for a thread."""

    claim: Claim
    renewed: float
    progress: float | None
    is_lost: threading.Event = field(default_factory=threading.Event)


class Heartbeat:
    """The claims of this process, and which of them each thread works on."""

    def __init__(self) -> None:
        self._held: dict[Claim, _Held] = {}
        self._thread = threading.local()

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Renew a claim's lease for the time of this thread's work on it."""
        before, instant = getattr(self._thread, "held", None), time.monotonic()
        held = self._thread.held = _Held(claim, instant, instant)
        self._held[claim] = held
        try:
            yield
        finally:
            self._thread.held = before
            if self._held.get(claim) is held:  # else it was handed over
                del self._held[claim]

    def hand_over(self, claim: Claim) -> None:
        """Renew a claim's lease while it waits for the thread that goes on with it; this thread has left it."""
        self._held[claim] = _Held(claim, time.monotonic(), None)

    def release(self, claim: Claim) -> None:
        """Stop renewing the lease of a claim that waits for a thread."""
        self._held.pop(claim, None)

    def note_progress(self) -> None:
        """Note that this thread's work makes progress.

        :raises LeaseLost: when another worker was found to hold the claim since.
        """
        held: _Held | None = getattr(self._thread, "held", None)
        if held is None:
            return
        if held.is_lost.is_set():
            raise LeaseLost(str(held.claim))
        held.progress = time.monotonic()

    def renew_leases(self) -> None:
        """Renew the leases of work that makes progress; end the process where some made none for ``STUCK_SECONDS``."""
        for held in list(self._held.values()):
            if not held.is_lost.is_set():
                _renew(held, time.monotonic())


def _renew(held: _Held, instant: float) -> None:
    config = current_app.config
    if held.progress is not None and instant - held.progress > config["STUCK_SECONDS"]:
        end(f"nothing has gone on at {held.claim} for {instant - held.progress:.0f} s")
    if instant - held.renewed > config["LEASE_SECONDS"] / 4:
        try:
            leases.renew(held.claim)
        except LeaseLost:
            held.is_lost.set()
        held.renewed = instant


def end(reason: str) -> None:
    """End this process at once, whatever its threads do; its supervisor starts it again."""
    log.critical("%s; the worker ends, to be started anew", reason)
    logging.shutdown()
    os._exit(ENDED)
