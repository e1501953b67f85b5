"""``flask doctor``: one line for each part that the site stands on."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from app import house, media, queue
from app.database import ping, schema_state


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part: whether it is well, and a sentence."""

    part: str
    well: bool
    detail: str


def examine() -> list[Finding]:
    """Look at database, Redis, media store, model folder and worker."""
    config = current_app.config
    return [
        _finding("database", ping() or schema_state(), "answers, at the code's revision"),
        _finding("redis", "" if queue.redis_answers() else _redis_flaw(), "answers"),
        _finding("media", media.store().check(), f"{config['MEDIA_URL']} takes, gives and deletes"),
        _finding("model", house.flaw(config["MODEL"]), f"{config['MODEL']} is whole"),
        _worker(),
    ]


def _finding(part: str, flaw: str, well: str) -> Finding:
    return Finding(part, not flaw, flaw or well)


def _redis_flaw() -> str:
    url = queue.address(current_app)
    return f"Redis at {url} does not answer." if url else "No Redis is set and no site runs. Start it: make run"


def _worker() -> Finding:
    workers = queue.workers()
    if not workers:
        return Finding("worker", False, "No worker is running. Start one: python -m worker")
    names = ", ".join(f"{worker['model']} {worker['revision']} on {worker['device']}" for worker in workers)
    return Finding("worker", True, f"{len(workers)} running: {names}")
