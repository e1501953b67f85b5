"""What this worker did, in figures for Prometheus; ``WORKER_METRICS`` says where they are told.

They are counted in any case, which costs some microseconds a piece. Each worker has an address of its own: where the
one that is set is taken, by another worker of the machine, the next are tried.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server

NEIGHBOURS = 16
"""How many addresses are tried: so many workers of a machine find one each."""

STAGES = "set up", "text", "sketch", "denoise", "decode", "check", "store", "film", "publish", "look"
SHORT = 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0
LONG = 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 24 * 3600.0

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, processor time, open files

_stages = Histogram("moma_stage_seconds", "Time spent in a stage.", ["stage"], buckets=SHORT, registry=REGISTRY)
_pieces = Counter("moma_pieces", "Pieces of work that ended here.", ["kind", "outcome"], registry=REGISTRY)
_piece_seconds = Histogram("moma_piece_seconds", "Time for a piece.", ["kind"], buckets=SHORT, registry=REGISTRY)
_frames = Counter("moma_frames_painted", "Frames painted and saved.", registry=REGISTRY)
_waits = Histogram(
    "moma_walk_wait_seconds", "Time since a walk was asked for.", ["until"], buckets=LONG, registry=REGISTRY
)
_failures = Counter("moma_failures", "What went wrong, by its kind.", ["reason"], registry=REGISTRY)
_lost = Counter("moma_pieces_lost", "Pieces put back because their worker was lost.", registry=REGISTRY)


@contextmanager
def time_stage(stage: str) -> Iterator[None]:
    """Count the time spent in a stage, however it ends."""
    with _stages.labels(stage).time():
        yield


class Laps:
    """A watch for stages that follow one another within a function."""

    def __init__(self) -> None:
        self._began = perf_counter()

    def lap(self, stage: str) -> None:
        """Count the time since the last lap for a stage."""
        before, self._began = self._began, perf_counter()
        _stages.labels(stage).observe(self._began - before)


def count_task(kind: str, outcome: str, seconds: float) -> None:
    """Count a piece: it was done, or what else became of it."""
    _pieces.labels(kind, outcome).inc()
    _piece_seconds.labels(kind).observe(seconds)


def count_frames(count: int) -> None:
    """Count frames that were saved."""
    _frames.inc(count)


def observe_wait(until: str, asked_at: datetime, instant: datetime) -> None:
    """Count how long a walk's visitor has waited: until it was begun, a first picture was there, it was finished."""
    _waits.labels(until).observe(max(0.0, (instant - asked_at).total_seconds()))


def count_failure(reason: str) -> None:
    """Count something that went wrong."""
    _failures.labels(reason).inc()


def count_lost(count: int) -> None:
    """Count pieces whose worker was lost."""
    _lost.inc(count)


def memory_bytes() -> int | None:
    """Return how many bytes of memory this process takes; ``None`` where that cannot be told."""
    value = REGISTRY.get_sample_value("process_resident_memory_bytes")
    return None if value is None else int(value)


def serve(address: str) -> str | None:
    """Tell the figures at ``host:port``, or the next free port after it; return where, as others reach it.

    :raises OSError: when none is free, or the host is not this machine's.
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
        return f"{_reached(host)}:{server.server_port}"
    raise OSError(errno.EADDRINUSE, "no port is free")


def _reached(host: str) -> str:
    """Name this machine as others do: by the address that is listened on, or by its name where that is any."""
    try:
        is_any = ipaddress.ip_address(host).is_unspecified
    except ValueError:  # a name
        is_any = False
    if is_any:
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
