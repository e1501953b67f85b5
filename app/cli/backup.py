"""Admin commands for backups: ``flask --app wsgi backup …``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from app.archives import backup
from app.archives.backup import BackupSummary
from app.cli.common import as_json, explain_errors, print_json

group = AppGroup("backup", help="Write the whole site into one file, and bring it back.")


@group.command("create")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
@explain_errors
def create(file: Path, as_json: bool) -> None:
    """Write database and media to FILE, while the site runs or rests. The secret key is not in it."""
    report = backup.create(file)
    _say(file, report, as_json, "saved to")
    if report.lost and not as_json:
        click.echo(f"{len(report.lost):,} files were lost before: see media verify.", err=True)


@group.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Give up the walks that are here.")
@as_json
@explain_errors
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Bring back what FILE holds into an empty instance, whose site does not run."""
    report = backup.restore(file, force=force)
    _say(file, report, as_json, "restored from")
    if force and not as_json:
        click.echo("Files of walks that were here before: see media prune.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@explain_errors
def verify(file: Path, as_json: bool) -> None:
    """Compare this instance with what FILE holds: every row, every file; status 1 if something is not as it was then.

    After a restore, before the site runs, all is the same, but for what was deleted in between.
    """
    tables, files, differences = backup.differences(file)
    if as_json:
        print_json({"tables": tables, "files": files, "differences": differences})
    else:
        for difference in differences:
            click.echo(difference)
        told = f"{len(differences):,} differ" if differences else "all as in the backup"
        click.echo(f"{tables:,} tables and {files:,} files compared, {told}.")
    sys.exit(1 if differences else 0)


def _say(file: Path, report: BackupSummary, as_json: bool, done: str) -> None:
    if as_json:
        figures = {"walks": report.walks, "files": report.files, "bytes": report.bytes, "lost": report.lost}
        print_json({"file": str(file), **figures})
    else:
        click.echo(f"{report.walks:,} walks, {report.files:,} files, {report.bytes:,} bytes {done} {file}")
