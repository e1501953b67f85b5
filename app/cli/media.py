"""Admin commands for the media store: ``flask --app wsgi media …``."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explained, print_json
from app.operations import media_losses, media_upkeep
from app.operations.media_losses import Loss

group = AppGroup("media", help="Look after the files of walks, photos and styles.")
SHOWN = 20


@group.command("prune")
@click.option("--yes", is_flag=True, help="Delete; without it, only say what would be deleted.")
@as_json
@explained
def prune(yes: bool, as_json: bool) -> None:
    """Delete files that no walk or photo names and that are older than an hour."""
    found = media_upkeep.prune() if yes else list(media_upkeep.superfluous())
    size = sum(file.bytes for _, file in found)
    if as_json:
        print_json({"deleted": yes, "files": [path for path, _ in found], "bytes": size})
        return
    for path, _ in found[:SHOWN]:
        click.echo(path)
    if len(found) > SHOWN:
        click.echo(f"… and {len(found) - SHOWN:,} more")
    files = f"{len(found):,} file{'' if len(found) == 1 else 's'}, {size:,} bytes"
    if yes:
        click.echo(f"{files}, deleted.")
    else:
        click.echo(f"{files}, would be deleted." + (" Delete them with --yes." if found else ""))


@group.command("verify")
@as_json
@explained
def verify(as_json: bool) -> None:
    """Look whether all that is kept is there and can be read; status 1 if something is lost.

    That is every file that a walk, a photo or a style names, and every candidate's picture. Files that nothing names
    are counted: media prune lists them.
    """
    files, losses = 0, list[Loss]()
    for looked_at, lost in media_losses.verify():
        files, losses = files + looked_at, losses + lost
        if not as_json:
            for loss in lost:
                click.echo(f"{loss.path} of {loss.of} {loss.id} {loss.flaw}.")
    superfluous = sum(1 for _ in media_upkeep.superfluous())
    if as_json:
        lost_files = [{loss.of: loss.id, "path": loss.path, "flaw": loss.flaw} for loss in losses]
        print_json({"files": files, "lost": lost_files, "superfluous": superfluous})
    else:
        click.echo(f"{files:,} files, {len(losses):,} lost.")
        if superfluous:
            click.echo(f"{superfluous:,} more that nothing names; media prune lists them.")
    sys.exit(1 if losses else 0)
