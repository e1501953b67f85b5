"""Painters for a command: those of the site that runs here, or a Redis and a worker for the time being."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click
from flask import current_app

from app.errors import ConfigError
from app.instance import InstanceTaken
from app.processes.supervisor import Site
from app.queue import jobs
from app.storage.database import db
from app.storage.walk_models import Walk


@contextmanager
def painters(*, needed: bool) -> Iterator[Callable[[], None]]:
    """Have somebody paint: the site that runs here, or a Redis and a worker started for the time being.

    Yields what is to be called while waiting: it sees to it that somebody still paints.
    """
    own: list[Site] = []
    with ExitStack() as parts:

        def tend() -> None:
            if own:
                own[0].keep()
            elif not jobs.workers() and (site := _start_site(parts)):
                own.append(site)

        while needed and not own and not jobs.workers():
            tend()
            time.sleep(jobs.POLL_SECONDS)
        yield tend


def _start_site(parts: ExitStack) -> Site | None:
    """Start a worker, and a Redis if none is set; ``None`` while another site is starting or closing here.

    :raises ConfigError: when one of them cannot start.
    """
    try:
        site = parts.enter_context(Site(current_app._get_current_object()))  # type: ignore[attr-defined]
    except InstanceTaken:
        return None
    site.prepare()
    site.start_redis()
    if not jobs.redis_answers():
        raise ConfigError(f"Redis at {jobs.address(current_app)} does not answer.")
    site.start_worker()
    site.wait_for_worker()
    return site


def wait_for(walk: Walk, tend: Callable[[], None], *, quiet: bool) -> Walk:
    """Wait until ``walk`` is painted, or ended otherwise; count its frames on the terminal unless ``quiet``."""
    told = -1
    for _ in jobs.pauses(tend):
        db.session.refresh(walk)
        db.session.commit()
        if not quiet and walk.painted_count != told and sys.stderr.isatty():
            told = walk.painted_count
            click.echo(f"\r{told} of {walk.frames} frames", nl=not walk.is_waiting, err=True)
        if not walk.is_waiting:
            break
    return walk
