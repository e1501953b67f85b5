"""``flask --app wsgi captions``: write captions and wall labels for a folder of pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import click

from app.cli.common import Result, json_command, print_text
from app.collection.labels import captions
from app.core.errors import MediaError
from app.upkeep.operations import folder_captions
from app.upkeep.operations.folder_captions import CaptionedPicture, SkippedPicture
from app.upkeep.processes.local_worker import provide_worker

SOME_SKIPPED = 3
"""The exit status when some pictures were skipped."""


def _several(name: str, usual: str, known: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option that may be repeated, with its usual value and the known ones."""
    text = f"{name.capitalize()}: {known}; may be repeated."
    return click.option(f"--{name}", f"{name}s", multiple=True, default=[usual], show_default=True, help=text)


@click.command("captions")
@click.argument("folder", nargs=-1, required=True, type=click.Path(path_type=Path))
@_several("tone", captions.TONE, f"{', '.join(captions.TONES)}, or any other word")
@_several("audience", "personal", ", ".join(captions.AUDIENCES))
@_several("language", "en", ", ".join(captions.LANGUAGES))
@click.option("--variants", type=int, default=3, show_default=True, help="Number of captions of each.")
@click.option("--recursive", is_flag=True, help="Include subfolders.")
@click.option(
    "--look/--no-look",
    default=True,
    show_default=True,
    help="Describe the pictures by a worker; otherwise captions do not say what they show.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["jsonl", "csv"]),
    help="Output format; by default that of the suffix of --out, else jsonl.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Output file, in which an earlier run is continued; stdout if not given.",
)
@json_command
def command(
    folder: tuple[Path, ...],
    tones: tuple[str, ...],
    audiences: tuple[str, ...],
    languages: tuple[str, ...],
    variants: int,
    recursive: bool,
    look: bool,
    kind: str | None,
    out: Path | None,
) -> Result:
    """Write captions and wall labels for the pictures in FOLDER, or for named files.

    A worker describes each picture, which is a guess. With the same --out the command continues where it was stopped. A
    picture that cannot be read is reported and skipped: the exit status is 3 then, 1 after an error, else 0.
    """
    wanted = folder_captions.expand_requests(tones, audiences, languages, variants)
    files = folder_captions.find_pictures(folder, recursive=recursive)
    is_table = (kind or ("csv" if out and out.suffix.lower() == ".csv" else "jsonl")) == "csv"
    earlier = {} if out is None else folder_captions.read_earlier(out, files, wanted, is_table=is_table)
    left = {name: path for name, path in files.items() if name not in earlier}
    with provide_worker(needed=look and bool(left)) as tend, _target(out, list(earlier.values()), is_table) as target:
        skipped = _write(folder_captions.compose(left, wanted, look=look, tend=tend), target, is_table)
    summary = {
        "written": len(left) - len(skipped),
        "kept": len(earlier),
        "skipped": [asdict(each) for each in skipped],
    }
    if out is not None:
        print_text(f"{summary['written']} pictures captioned, {summary['kept']} kept as they were, in {out}.")
    return Result(None if out is None else summary, SOME_SKIPPED if skipped else 0)


@contextmanager
def _target(out: Path | None, texts: Sequence[str], is_table: bool) -> Iterator[TextIO]:
    """Open the output: stdout, or the file ``out``, whose content is first replaced with ``texts``."""
    head = folder_captions.HEAD if is_table else ""
    if out is None:
        sys.stdout.write(head)
        yield sys.stdout
        return
    try:
        aside = out.with_name(f".{out.name}.part")
        aside.write_text(head + "".join(texts), "utf-8")
        aside.replace(out)
        opened = out.open("a", encoding="utf-8")
    except OSError as error:
        raise MediaError(f"{out} cannot be written to: {error.strerror or error}") from error
    with opened:
        yield opened


def _write(
    results: Iterator[CaptionedPicture | SkippedPicture], target: TextIO, is_table: bool
) -> list[SkippedPicture]:
    """Write each result at once, so that nothing is lost if the command is stopped; return the skipped pictures."""
    form: Callable[[CaptionedPicture], str] = folder_captions.as_rows if is_table else folder_captions.as_lines
    skipped = []
    for each in results:
        if isinstance(each, SkippedPicture):
            skipped.append(each)
            click.echo(f"{each.file}: {each.error}", err=True)
            continue
        try:
            target.write(form(each))
            target.flush()
        except OSError as error:
            raise MediaError(f"The captions cannot be written: {error.strerror or error}") from error
    return skipped
