"""The heartbeat of this process: a thread that renews the leases of its claims.

Loading a model, encoding a film or one step on a slow device may take longer than a lease. So leases are renewed in
parallel, as long as the work makes progress. A process without progress exits and its supervisor restarts it, because a
call into a library or driver that never returns cannot be interrupted.

Each thread works on one claim at a time; the leases of claims that wait for another thread are renewed as well.
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
"""The exit status after a lack of progress: EX_SOFTWARE of sysexits."""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Lease:
    """A claim with the times of its last renewal and last progress; `progress` is None while it waits for a thread."""

    claim: Claim
    renewed: float
    progress: float | None
    is_lost: threading.Event = field(default_factory=threading.Event)


class Heartbeat:
    """The claims of this process, and the one that each thread works on."""

    def __init__(self) -> None:
        self._leases: dict[Claim, _Lease] = {}
        self._thread = threading.local()

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Renew a claim's lease while this thread works on it."""
        before, instant = getattr(self._thread, "lease", None), time.monotonic()
        lease = self._thread.lease = _Lease(claim, instant, instant)
        self._leases[claim] = lease
        try:
            yield
        finally:
            self._thread.lease = before
            if self._leases.get(claim) is lease:  # else it was handed over
                del self._leases[claim]

    def hand_over(self, claim: Claim) -> None:
        """Renew a claim's lease while it waits for the thread that continues it; this thread no longer works on it."""
        self._leases[claim] = _Lease(claim, time.monotonic(), None)

    def release(self, claim: Claim) -> None:
        """Stop renewing the lease of a claim that waits for a thread."""
        self._leases.pop(claim, None)

    def note_progress(self) -> None:
        """Record that this thread's work makes progress.

        :raises LeaseLost: when the renewal failed because another worker holds the claim.
        """
        lease: _Lease | None = getattr(self._thread, "lease", None)
        if lease is None:
            return
        if lease.is_lost.is_set():
            raise LeaseLost(str(lease.claim))
        lease.progress = time.monotonic()

    def renew_leases(self) -> None:
        """Renew the leases of all claims; exit the process if one made no progress for ``STUCK_SECONDS``."""
        for lease in list(self._leases.values()):
            if not lease.is_lost.is_set():
                _renew(lease, time.monotonic())


def _renew(lease: _Lease, instant: float) -> None:
    config = current_app.config
    if lease.progress is not None and instant - lease.progress > config["STUCK_SECONDS"]:
        end(f"{lease.claim} has made no progress for {instant - lease.progress:.0f} s")
    if instant - lease.renewed > config["LEASE_SECONDS"] / 4:
        try:
            leases.renew(lease.claim)
        except LeaseLost:
            lease.is_lost.set()
        lease.renewed = instant


def end(reason: str) -> None:
    """Exit this process at once, whatever its threads do; its supervisor restarts it."""
    log.critical("%s; the worker exits and is restarted", reason)
    logging.shutdown()
    os._exit(ENDED)
