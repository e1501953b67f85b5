"""The claim that this process is at, kept by the thread that tends beside the painting.

Loading a model, filming, a step on a slow device: each may take longer than a lease. So the lease is renewed beside the
work, as long as the work goes on. A process in which nothing goes on any more ends, and who looks after it starts it
anew: a call into a library or a driver that hangs cannot be ended otherwise.
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

from worker.queue import leases, photo_leases
from worker.queue.leases import Claim, LeaseLost
from worker.queue.photo_leases import PhotoClaim

ENDED = 70
"""The exit status of a process that ends itself: EX_SOFTWARE of sysexits."""

log = logging.getLogger(__name__)


@dataclass
class _Kept:
    claim: Claim | PhotoClaim
    renewed: float
    went_on: float
    is_lost: threading.Event = field(default_factory=threading.Event)


_kept: _Kept | None = None


@contextmanager
def kept(claim: Claim | PhotoClaim) -> Iterator[None]:
    """Have a claim kept for the time of the work on it."""
    global _kept  # one process does one piece at a time
    instant = time.monotonic()
    _kept = _Kept(claim, instant, instant)
    try:
        yield
    finally:
        _kept = None


def goes_on() -> None:
    """Note that the work goes on.

    :raises LeaseLost: when the claim was found to be somebody else's since.
    """
    held = _kept
    if held is None:
        return
    if held.is_lost.is_set():
        raise LeaseLost(str(held.claim))
    held.went_on = time.monotonic()


def keep() -> None:
    """Renew the lease of the work that goes on, and end the process if none has gone on for ``STUCK_SECONDS``."""
    held, instant = _kept, time.monotonic()
    if held is None or held.is_lost.is_set():
        return
    config = current_app.config
    if instant - held.went_on > config["STUCK_SECONDS"]:
        idle = instant - held.went_on
        end(f"nothing has gone on at {held.claim} for {idle:.0f} s")
    if instant - held.renewed > config["LEASE_SECONDS"] / 4:
        try:
            _renew(held.claim)
        except LeaseLost:
            held.is_lost.set()
        held.renewed = instant


def _renew(claim: Claim | PhotoClaim) -> None:
    if isinstance(claim, PhotoClaim):
        photo_leases.renew(claim)
    else:
        leases.renew(claim)


def end(reason: str) -> None:
    """End this process at once, whatever its threads are at, to be started anew."""
    log.critical("%s; the worker ends, to be started anew", reason)
    logging.shutdown()
    os._exit(ENDED)
