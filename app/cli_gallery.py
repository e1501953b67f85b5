"""Admin commands for the gallery: ``flask --app wsgi gallery …``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click
from flask.cli import AppGroup

from app import curating, exhibition, gallery
from app.command import as_json, explained, print_json
from app.errors import InvalidInput
from app.models import Walk

group = AppGroup("gallery", help="Look after what hangs in the gallery.")


@group.command("reindex")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Take up an interrupted run after this number.")
@as_json
@explained
def reindex(after: int, as_json: bool) -> None:
    """Write the words and ends by which walks are found anew, for all of them."""
    began, progress = time.monotonic(), curating.Progress(0, after, 0)
    try:
        for progress in curating.reindex(after=after):
            if not as_json and sys.stderr.isatty():
                click.echo(f"\r{progress.done:,} done, {progress.left:,} to go", nl=False, err=True)
    except KeyboardInterrupt:
        click.echo(f"\nGo on with: flask --app wsgi gallery reindex --after {progress.last}", err=True)
        raise
    seconds = time.monotonic() - began
    rate = round(progress.done / seconds)
    if as_json:
        print_json({"walks": progress.done, "last": progress.last, "seconds": round(seconds, 3), "per_second": rate})
    else:
        click.echo(f"{progress.done:,} walks in {seconds:.1f} s, {rate:,} a second.")


@group.command("hide")
@click.argument("walk_id")
@as_json
@explained
def hide(walk_id: str, as_json: bool) -> None:
    """Take a walk from gallery, search, feed and API; its page says that it was taken down."""
    _do(curating.hide, walk_id, as_json, "is hidden.")


@group.command("unhide")
@click.argument("walk_id")
@as_json
@explained
def unhide(walk_id: str, as_json: bool) -> None:
    """Hang a hidden walk again."""
    _do(curating.unhide, walk_id, as_json, "is no longer hidden.")


@group.command("feature")
@click.argument("walk_id")
@as_json
@explained
def feature(walk_id: str, as_json: bool) -> None:
    """Prefer a walk where few are shown; it must hang."""
    walk = gallery.walk_at(walk_id, even_hidden=True)
    if not walk.is_hanging:
        raise InvalidInput.on("walk_id", message=f"{walk.id} does not hang in the gallery, so it cannot be featured.")
    _do(curating.feature, walk_id, as_json, "is featured.")


@group.command("unfeature")
@click.argument("walk_id")
@as_json
@explained
def unfeature(walk_id: str, as_json: bool) -> None:
    """Prefer a walk no longer."""
    _do(curating.unfeature, walk_id, as_json, "is no longer featured.")


@group.command("exhibit")
@click.option("--take-down", is_flag=True, help="Take the first exhibition down instead.")
@as_json
@explained
def exhibit(take_down: bool, as_json: bool) -> None:
    """Hang those walks of the first exhibition that do not hang, or take all of them down."""
    done = exhibition.take_down() if take_down else exhibition.hang()
    if as_json:
        print_json({"taken_down" if take_down else "hung": done})
    else:
        click.echo(f"{len(done)} of {len(exhibition.pieces())} walks {'taken down' if take_down else 'hung'}.")


def _do(act: Callable[[Walk], None], walk_id: str, as_json: bool, said: str) -> None:
    walk = gallery.walk_at(walk_id, even_hidden=True)
    act(walk)
    if as_json:
        state = {"hidden": walk.hidden_at is not None, "featured": walk.featured_at is not None}
        print_json({"id": walk.id, **state})
    else:
        click.echo(f"{walk.id} {said}")
