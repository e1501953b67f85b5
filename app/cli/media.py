"""Admin commands for the media store: ``flask --app wsgi media …``."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explained, print_json
from app.operations import media_upkeep
from app.operations.media_upkeep import Loss

group = AppGroup("media", help="Look after the files of the walks.")
SHOWN = 20


@group.command("prune")
@click.option("--yes", is_flag=True, help="Delete; without it, only say what would be deleted.")
@as_json
@explained
def prune(yes: bool, as_json: bool) -> None:
    """Delete files that no walk names and that are older than an hour."""
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
    """Look whether every file that a walk names is there and can be read; status 1 if one is lost."""
    files, losses = 0, list[Loss]()
    for looked_at, lost in media_upkeep.verify():
        files, losses = files + looked_at, losses + lost
        if not as_json:
            for loss in lost:
                click.echo(f"{loss.path} of walk {loss.walk_id} {loss.flaw}.")
    if as_json:
        lost_files = [{"walk": loss.walk_id, "path": loss.path, "flaw": loss.flaw} for loss in losses]
        print_json({"files": files, "lost": lost_files})
    else:
        click.echo(f"{files:,} files, {len(losses):,} lost.")
    sys.exit(1 if losses else 0)
