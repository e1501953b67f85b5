"""Workers for a command: those of the running site, or a temporary Redis and worker."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click
from flask import current_app

from app.core.errors import ConfigError
from app.core.instance import InstanceTaken
from app.storage.database import db
from app.storage.upload_models import WAITING, Upload
from app.storage.walk_models import Walk
from app.upkeep.processes.supervisor import Site
from app.walks.queue import jobs


@contextmanager
def provide_worker(*, needed: bool) -> Iterator[Callable[[], None]]:
    """Provide a worker for a command: that of the running site, or a temporary Redis and worker.

    Yield a function to call while waiting, which keeps a worker running. Without ``needed`` no worker is awaited.

    :raises ConfigError: when Redis or the worker cannot be started.
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
    """Start a worker, and a Redis if the settings name none; return ``None`` while another site has the folder.

    :raises ConfigError: when Redis or the worker cannot be started.
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


def wait_for_walk(walk: Walk, tend: Callable[[], None], *, quiet: bool) -> Walk:
    """Wait until ``walk`` has ended and return it; show the number of frames on the terminal unless ``quiet``."""
    shown = -1
    for _ in jobs.poll(tend):
        db.session.refresh(walk)
        db.session.commit()
        if not quiet and walk.painted_count != shown and sys.stderr.isatty():
            shown = walk.painted_count
            click.echo(f"\r{shown} of {walk.frames} frames", nl=not walk.is_waiting, err=True)
        if not walk.is_waiting:
            break
    return walk


def wait_for_upload(upload: Upload, tend: Callable[[], None]) -> None:
    """Wait until a worker has processed an upload, or has failed to."""
    for _ in jobs.poll(tend):
        db.session.refresh(upload)
        db.session.commit()
        if upload.state != WAITING:
            return
