"""What all stages share: their work folder, ``--json``, progress on the error stream, errors as one sentence."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from studio.errors import StudioError
from studio.workspace.work_folder import Folder

HOUSE = Path("models/house")  # whose text encoder is used where no other is named

T = TypeVar("T")
Work = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of all training, beside those of its schedule: which run, on what, how many pictures at once."""

    run: str
    batch: int
    device: str
    precision: str
    trackers: tuple[str, ...]


def stage(name: str, *groups: type[Any]) -> Callable[[Work], click.Command]:
    """Make a stage of a function that takes the :class:`Folder` and its options, and returns its summary.

    ``groups`` are dataclasses: the options of their fields' names arrive as one object of each, in this order.
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
            if os.environ.get("RANK", "0") == "0":  # of several processes that train together, one speaks
                click.echo(_written({"stage": name} | summary, as_json))

        return command

    return decorate


def training_options(*, steps: int, rate: float, batch: int, run: str) -> Callable[[Work], Work]:
    """Add the options that all training takes, with a stage's own defaults."""
    options = (
        click.option("--steps", type=click.IntRange(1), default=steps, show_default=True, help="How many in all."),
        click.option("--rate", type=click.FloatRange(0, min_open=True), default=rate, show_default=True,
                     help="The learning rate."),
        click.option("--batch", type=click.IntRange(1), default=batch, show_default=True,
                     help="Pictures a step, of each process."),
        click.option("--warmup", type=click.IntRange(0), default=100, show_default=True, help="Steps of rising rate."),
        click.option("--average", type=click.FloatRange(0, 1), default=0.999, show_default=True,
                     help="Of the moving average of the weights."),
        click.option("--seed", type=int, default=1, show_default=True, help="What chance is drawn from."),
        click.option("--save-every", type=click.IntRange(1), default=500, show_default=True, help="Steps."),
        click.option("--log-every", type=click.IntRange(1), default=20, show_default=True, help="Steps."),
        click.option("--precision", type=click.Choice(("no", "fp16", "bf16")), default="no", show_default=True),
        click.option("--device", default="cpu", show_default=True, help="What it runs on: cpu, cuda."),
        click.option("--tracker", "trackers", multiple=True, help="accelerate's: tensorboard, wandb."),
        click.option("--run", default=run, show_default=True, help="The run's name."),
    )  # fmt: skip

    def decorate(work: Work) -> Work:
        for option in reversed(options):
            work = option(work)
        return work

    return decorate


def counts(text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between them.

    :raises StudioError: where they are none.
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise StudioError(f"Channels are whole numbers with commas between them, not {text!r}.") from error


def progress(items: Iterable[T], *, what: str, total: int | None = None) -> tqdm[T]:
    """Show on the error stream how far ``items`` have got, where somebody is there to see it."""
    return tqdm(items, desc=what, total=total, disable=not sys.stderr.isatty(), mininterval=0.5)


def _written(summary: dict[str, Any], as_json: bool) -> str:
    if as_json:
        return json.dumps(summary, indent=2, ensure_ascii=False)
    return "\n".join(f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in summary.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items()) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
