"""What all stages share: the options ``--folder`` and ``--json``, progress on stderr, and one-line errors."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from tqdm import tqdm

from studio.errors import StudioError
from studio.workspace.work_folder import Folder

LINE_SECONDS = 15.0
"""How many seconds lie between two lines of progress where there is no terminal."""

HOUSE = Path("models/house")  # its text encoder is the default

T = TypeVar("T")
Work = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of all training stages other than the schedule: run name, batch size, device, precision, trackers."""

    run: str
    batch: int
    device: str
    precision: str
    trackers: tuple[str, ...]


def stage(name: str, *groups: type[Any]) -> Callable[[Work], click.Command]:
    """Return a decorator that turns a function into a stage command.

    The function takes the :class:`Folder` and its options and returns its summary as a dict. Each class of ``groups``
    is a dataclass: the options named like its fields are passed as one object, in the order of ``groups``.
    """

    def decorate(work: Work) -> click.Command:
        @click.command(name)
        @click.option("--folder", required=True, type=click.Path(path_type=Path), help="The work folder.")
        @click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
        @wraps(work)
        def command(folder: Path, as_json: bool, **options: Any) -> None:
            grouped = [group(**{each.name: options.pop(each.name) for each in fields(group)}) for group in groups]
            try:
                summary = work(Folder(folder), *grouped, **options)
            except (StudioError, OSError) as error:
                if as_json:
                    click.echo(json.dumps({"stage": name, "error": str(error)}, ensure_ascii=False))
                raise click.ClickException(str(error)) from error
            if (os.environ.get("RANK") or "0") == "0":  # only one of several training processes prints
                click.echo(_written({"stage": name} | summary, as_json))

        return command

    return decorate


def training_options(*, steps: int, rate: float, batch: int, run: str) -> Callable[[Work], Work]:
    """Add the options that all training stages take, with the stage's own defaults."""
    options = (
        click.option("--steps", type=click.IntRange(1), default=steps, show_default=True, help="Training steps."),
        click.option("--rate", type=click.FloatRange(0, min_open=True), default=rate, show_default=True,
                     help="Learning rate."),
        click.option("--batch", type=click.IntRange(1), default=batch, show_default=True,
                     help="Batch size per process."),
        click.option("--warmup", type=click.IntRange(0), default=100, show_default=True, help="Warm-up steps."),
        click.option("--average", type=click.FloatRange(0, 1), default=0.999, show_default=True,
                     help="Decay of the moving average of the weights."),
        click.option("--seed", type=int, default=1, show_default=True, help="Random seed."),
        click.option("--save-every", type=click.IntRange(1), default=500, show_default=True,
                     help="Save the state, from which a run resumes, every so many steps."),
        click.option("--log-every", type=click.IntRange(1), default=20, show_default=True,
                     help="Log the loss every so many steps."),
        click.option("--precision", type=click.Choice(("no", "fp16", "bf16")), default="no", show_default=True,
                     help="Mixed precision of the training."),
        click.option("--device", default="cpu", show_default=True, help="Device to train on: cpu, cuda."),
        click.option("--tracker", "trackers", multiple=True, help="Tracker of accelerate: tensorboard, wandb."),
        click.option("--run", default=run, show_default=True, help="Name of the run."),
    )  # fmt: skip

    def decorate(work: Work) -> Work:
        for option in reversed(options):
            work = option(work)
        return work

    return decorate


def counts(text: str) -> tuple[int, ...]:
    """Parse whole numbers separated by commas.

    :raises StudioError: when a part is not a whole number.
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise StudioError(f"Channels must be whole numbers separated by commas, not {text!r}.") from error


def progress(items: Iterable[T], *, what: str, total: int | None = None, initial: int = 0) -> Iterable[T]:
    """Iterate over ``items`` and report progress on stderr: as a bar on a terminal, else as a line now and then.

    ``total`` is the number of all items, of which ``initial`` were done by an earlier run.
    """
    if sys.stderr.isatty():
        bar = tqdm(items, desc=what, total=total, initial=initial, mininterval=0.5)
        return cast(Iterable[T], bar)
    if total is None and isinstance(items, Sized):
        total = len(items)
    return _in_lines(items, what, total, initial) if (os.environ.get("RANK") or "0") == "0" else items


def _in_lines(items: Iterable[T], what: str, total: int | None, initial: int) -> Iterator[T]:
    """Yield the items, and write a line with the items done and the time left every ``LINE_SECONDS``."""
    began = written = time.monotonic()
    for done, item in enumerate(items, initial + 1):
        yield item
        now = time.monotonic()
        if now - written >= LINE_SECONDS or (written > began and done == total):
            written = now
            click.echo(progress_line(what, done, total, now - began, initial=initial), err=True)


def progress_line(what: str, done: int, total: int | None, seconds: float, *, initial: int = 0) -> str:
    """Return a line of progress: ``learning: 350 of 700 (50 %), 9 min left``.

    ``seconds`` is the time that the items after the first ``initial`` took.
    """
    if total is None:
        return f"{what}: {done}"
    left = seconds / (done - initial) * (total - done)
    ending = f"{duration(left)} left" if done < total else f"done in {duration(seconds)}"
    return f"{what}: {done} of {total} ({100 * done // max(1, total)} %), {ending}"


def duration(seconds: float) -> str:
    """Return a duration for people: ``40 s``, ``9 min``, ``1 h 20 min``."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _written(summary: dict[str, Any], as_json: bool) -> str:
    if as_json:
        return json.dumps(summary, indent=2, ensure_ascii=False)
    return "\n".join(f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in summary.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items()) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
