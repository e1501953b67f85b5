"""``walks top``: an overview of queue and workers in a terminal, redrawn until q is pressed."""

import os
import select
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy.exc import SQLAlchemyError

from app.access.observability import overview
from app.access.observability.overview import AtWork, Ended, Overview
from app.core.local_time import stamp
from app.storage.database import db

BAR = 20
HOME, CLEAR, TO_END = "\x1b[H", "\x1b[2J", "\x1b[0J"
HIDE, SHOW, ASIDE, BACK = "\x1b[?25l", "\x1b[?25h", "\x1b[?1049h", "\x1b[?1049l"
LINE_END = "\x1b[K\n"


def lines(summary: Overview, *, width: int = 100, height: int | None = None) -> list[str]:
    """Return the overview as lines, each cut to ``width`` characters, at most ``height`` of them."""
    text = [*_head(summary), "", *_workers(summary), "", *_ended(summary)]
    return [line[:width] for line in text[:height]]


def watch(seconds: float) -> None:
    """Show the overview every ``seconds`` until q or Ctrl-C is pressed; without a terminal, print it each time."""
    if not sys.stdout.isatty():
        while True:
            click.echo("\n".join(lines(overview.collect())) + "\n")
            db.session.rollback()
            time.sleep(seconds)
    with _screen() as pressed:
        click.echo(CLEAR, nl=False)
        while True:
            width, height = shutil.get_terminal_size()
            click.echo(HOME + LINE_END.join(_screenful(width, height - 1)) + TO_END, nl=False)
            if pressed(seconds) in ("q", "Q", "\x03"):
                return


def _screenful(width: int, height: int) -> list[str]:
    try:
        return lines(overview.collect(), width=width, height=height)
    except SQLAlchemyError as error:
        return [f"The database does not answer: {getattr(error, 'orig', error)}"[:width].partition("\n")[0]]
    finally:
        db.session.rollback()


@contextmanager
def _screen() -> Iterator[Callable[[float], str]]:
    """Switch the terminal to a separate screen; yield a function that waits some seconds for a key and returns it."""
    if not sys.stdin.isatty():
        yield _sleep
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        click.echo(ASIDE + HIDE, nl=False)
        yield lambda seconds: _key(descriptor, seconds)
    except KeyboardInterrupt:
        pass
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        click.echo(SHOW + BACK, nl=False)


def _key(descriptor: int, seconds: float) -> str:
    """Wait up to ``seconds`` for a key; return it, or ``""``."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return os.read(descriptor, 1).decode("latin-1") if ready else ""


def _sleep(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _head(summary: Overview) -> Iterator[str]:
    redis = "" if summary.redis else "   REDIS IS AWAY"
    yield f"MoMA Lisa   {stamp(summary.at)}{redis}"
    kinds = [f"{count} {kind}" for kind, count in summary.waiting.items() if count]
    yield f"waiting     {', '.join(kinds) or 'nothing'}"
    yield f"painting    {summary.painting} walks, {summary.frames_a_second:.1f} frames a second over five minutes"
    wait = "" if summary.wait_seconds is None else f", a film after {_duration(summary.wait_seconds)} (median)"
    yield f"wait        the first in line {_duration(summary.oldest_seconds)}{wait}"


def _workers(summary: Overview) -> Iterator[str]:
    yield f"{len(summary.workers)} workers" if summary.workers else "NO WORKER is alive"
    tasks: dict[str, AtWork] = {task.worker: task for task in summary.at_work}
    for worker in summary.workers:
        memory = f"{worker['memory'] / 1e9:.1f} GB" if worker["memory"] else ""
        old = " OLD VERSION" if worker["is_outdated"] else ""
        yield f"  {_short(worker['name']):24} {worker['model']} on {worker['device']} {memory}{old}"
        yield f"    {_progress(tasks.pop(worker['name'], None))}"
    for task in tasks.values():  # its worker sends no heartbeat
        yield f"  {_short(task.worker):24} no heartbeat"
        yield f"    {_progress(task)}"


def _progress(piece: AtWork | None) -> str:
    if piece is None:
        return "waits"
    if piece.walk_id is None or not piece.frames:
        return piece.what
    share = (piece.painted or 0) / piece.frames
    bar = "#" * round(BAR * share)
    return f"{piece.walk_id}  {piece.what:14} [{bar:{BAR}}] {piece.painted} of {piece.frames} frames"


def _ended(summary: Overview) -> Iterator[str]:
    for ended in summary.ended:
        yield f"{ended.state:10} {ended.walk_id}  {_how(ended, summary.at)}"


def _how(ended: Ended, instant: datetime) -> str:
    ago = f"{_duration((instant - ended.at).total_seconds())} ago"
    if ended.error:
        return f"{ago}: {ended.error}"
    return f"{ago}, painted in {_duration(ended.seconds)}" if ended.seconds is not None else ago


def _duration(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _short(name: str) -> str:
    """Return a worker's host and process ID; the rest of its name only distinguishes it from later workers."""
    parts = name.split(":")
    return f"{parts[0]}:{parts[-2]}" if len(parts) > 2 else name
