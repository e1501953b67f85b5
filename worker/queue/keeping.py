"""The claims that this process is at, kept by the thread that tends beside the painting.

Loading a model, filming, a step on a slow device: each may take longer than a lease. So leases are renewed beside the
work, as long as the work goes on. A process in which nothing goes on any more ends, and who looks after it starts it
anew: a call into a library or a driver that hangs cannot be ended otherwise.

Each thread is at one claim at a time; one that is handed from a thread to another is kept while it waits for that.
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


@dataclass(eq=False)
class _Kept:
    """A claim, when its lease was renewed, and when the work last went on; None while it waits for a thread."""

    claim: Claim | PhotoClaim
    renewed: float
    went_on: float | None
    is_lost: threading.Event = field(default_factory=threading.Event)


_kept: dict[Claim | PhotoClaim, _Kept] = {}
_here = threading.local()


@contextmanager
def kept(claim: Claim | PhotoClaim) -> Iterator[None]:
    """Renew a claim's lease for the time of this thread's work on it."""
    before, instant = getattr(_here, "held", None), time.monotonic()
    held = _here.held = _Kept(claim, instant, instant)
    _kept[claim] = held
    try:
        yield
    finally:
        _here.held = before
        if _kept.get(claim) is held:  # else it was handed over
            del _kept[claim]


def hand_over(claim: Claim) -> None:
    """Renew a claim's lease while it waits for the thread that goes on with it; this thread is no longer at it."""
    _kept[claim] = _Kept(claim, time.monotonic(), None)


def release(claim: Claim) -> None:
    """Stop renewing the lease of a claim that waits for a thread."""
    _kept.pop(claim, None)


def goes_on() -> None:
    """Note that this thread's work goes on.

    :raises LeaseLost: when the claim was found to be somebody else's since.
    """
    held: _Kept | None = getattr(_here, "held", None)
    if held is None:
        return
    if held.is_lost.is_set():
        raise LeaseLost(str(held.claim))
    held.went_on = time.monotonic()


def keep() -> None:
    """Renew the leases of the work that goes on, and end the process where some stands still for ``STUCK_SECONDS``."""
    for held in list(_kept.values()):
        if not held.is_lost.is_set():
            _keep(held, time.monotonic())


def _keep(held: _Kept, instant: float) -> None:
    config = current_app.config
    if held.went_on is not None and instant - held.went_on > config["STUCK_SECONDS"]:
        end(f"nothing has gone on at {held.claim} for {instant - held.went_on:.0f} s")
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
