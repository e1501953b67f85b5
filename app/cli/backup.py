"""Admin commands for backups: ``flask --app wsgi backup …``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explain_errors, print_json
from app.upkeep.archives import backup
from app.upkeep.archives.backup import BackupSummary

group = AppGroup("backup", help="Back up the whole site to one file, and restore it.")


@group.command("create")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
@explain_errors
def create(file: Path, as_json: bool) -> None:
    """Write database and media to FILE; the site may be running. The secret key is not included."""
    report = backup.create(file)
    _print(file, report, as_json, "saved to")
    if report.lost and not as_json:
        click.echo(f"{len(report.lost):,} files were missing before: see media verify.", err=True)


@group.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the walks of this instance.")
@click.option("--trust", is_flag=True, help="Restore a file that this site's secret key did not seal.")
@as_json
@explain_errors
def restore(file: Path, force: bool, trust: bool, as_json: bool) -> None:
    """Restore the backup FILE into an empty instance; the site must not be running."""
    report = backup.restore(file, force=force, trust=trust)
    _print(file, report, as_json, "restored from")
    if force and not as_json:
        click.echo("Files of walks that were here before: see media prune.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@explain_errors
def verify(file: Path, as_json: bool) -> None:
    """Compare every table and file of this instance with the backup FILE; status 1 if something differs.

    After a restore, before the site runs, only what was deleted since the backup differs.
    """
    tables, files, differences = backup.differences(file)
    if as_json:
        print_json({"tables": tables, "files": files, "differences": differences})
    else:
        for difference in differences:
            click.echo(difference)
        result = f"{len(differences):,} differ" if differences else "all as in the backup"
        click.echo(f"{tables:,} tables and {files:,} files compared, {result}.")
    sys.exit(1 if differences else 0)


def _print(file: Path, report: BackupSummary, as_json: bool, done: str) -> None:
    if as_json:
        figures = {"walks": report.walks, "files": report.files, "bytes": report.bytes, "lost": report.lost}
        print_json({"file": str(file), **figures})
    else:
        click.echo(f"{report.walks:,} walks, {report.files:,} files, {report.bytes:,} bytes {done} {file}")
