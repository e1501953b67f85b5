"""Prometheus metrics of this worker, served at the address in ``WORKER_METRICS``.

Metrics are always counted, which costs some microseconds per task. If another worker of the machine uses the port, the
next ports are tried.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from datetime import datetime
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server

NEIGHBOURS = 16
"""The number of ports that are tried, and so of workers per machine that can serve metrics."""

STAGES = "set up", "text", "sketch", "denoise", "decode", "check", "store", "film", "publish", "look"
SHORT = 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0
LONG = 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 24 * 3600.0

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, CPU time, open files

STAGE_SECONDS = Histogram("moma_stage_seconds", "Time spent in a stage.", ["stage"], buckets=SHORT, registry=REGISTRY)
_pieces = Counter("moma_pieces", "Tasks that ended in this worker.", ["kind", "outcome"], registry=REGISTRY)
_piece_seconds = Histogram("moma_piece_seconds", "Time for a task.", ["kind"], buckets=SHORT, registry=REGISTRY)
FRAMES = Counter("moma_frames_painted", "Frames generated and saved.", registry=REGISTRY)
_waits = Histogram(
    "moma_walk_wait_seconds", "Time since a walk was requested.", ["until"], buckets=LONG, registry=REGISTRY
)
FAILURES = Counter("moma_failures", "Failures, by reason.", ["reason"], registry=REGISTRY)
LOST = Counter("moma_pieces_lost", "Tasks requeued because their worker was lost.", registry=REGISTRY)


class Laps:
    """A timer for consecutive stages within a function."""

    def __init__(self) -> None:
        self._began = perf_counter()

    def lap(self, stage: str) -> None:
        """Record the time since the last lap as spent in a stage."""
        before, self._began = self._began, perf_counter()
        STAGE_SECONDS.labels(stage).observe(self._began - before)


def count_task(kind: str, outcome: str, seconds: float) -> None:
    """Count a task that ended, with its outcome, and record its duration in seconds."""
    _pieces.labels(kind, outcome).inc()
    _piece_seconds.labels(kind).observe(seconds)


def observe_wait(until: str, requested_at: datetime, instant: datetime) -> None:
    """Record a walk's waiting time since its request, until it was begun, had a first picture or was finished."""
    _waits.labels(until).observe(max(0.0, (instant - requested_at).total_seconds()))


def memory_bytes() -> int | None:
    """Return the resident memory of this process in bytes; ``None`` if the platform does not report it."""
    value = REGISTRY.get_sample_value("process_resident_memory_bytes")
    return None if value is None else int(value)


def serve(address: str) -> str | None:
    """Serve the metrics at ``host:port`` or the next free port; return the address for other machines.

    Return ``None`` for an empty address.

    :raises OSError: when no port is free, or the host is not an address of this machine.
    """
    if not address:
        return None
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    for number in range(int(port), int(port) + NEIGHBOURS) if int(port) else (0,):
        try:
            server, _thread = start_http_server(number, host, REGISTRY)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or number == int(port) + NEIGHBOURS - 1:
                raise
            continue
        return f"{_public_host(host)}:{server.server_port}"
    raise OSError(errno.EADDRINUSE, "no port is free")


def _public_host(host: str) -> str:
    """Return the host for other machines: the given address, or the host name if it is a wildcard address."""
    try:
        is_any = ipaddress.ip_address(host).is_unspecified
    except ValueError:  # a host name
        is_any = False
    if is_any:
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
