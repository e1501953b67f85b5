"""Admin commands for backups: ``flask --app wsgi backup …``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import Result, json_command, print_text
from app.cli.progress import Progress
from app.upkeep.archives import backup
from app.upkeep.archives.backup import BackupSummary

group = AppGroup("backup", help="Back up the whole site to one file, and restore it.")


@group.command("create")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_command
def create(file: Path) -> dict[str, Any]:
    """Write database and media to FILE; the site may be running. The secret key is not included."""
    with Progress() as progress:
        report = backup.create(file, report=progress.report)
    print_text(f"{_counts(report)} saved to {file}")
    if report.lost:
        print_text(f"{len(report.lost):,} files were missing before: see media verify.", err=True)
    return {"file": str(file), **asdict(report)}


@group.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the walks of this instance.")
@click.option("--trust", is_flag=True, help="Restore a file that this site's secret key did not seal.")
@json_command
def restore(file: Path, force: bool, trust: bool) -> dict[str, Any]:
    """Restore the backup FILE into an empty instance; the site must not be running."""
    with Progress() as progress:
        report = backup.restore(file, force=force, trust=trust, report=progress.report)
    print_text(f"{_counts(report)} restored from {file}")
    if force:
        print_text("Files of walks that were here before: see media prune.")
    return {"file": str(file), **asdict(report)}


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_command
def verify(file: Path) -> Result:
    """Compare every table and file of this instance with the backup FILE; status 1 if something differs.

    After a restore, before the site runs, only what was deleted since the backup differs.
    """
    with Progress() as progress:
        tables, files, differences = backup.differences(file, report=progress.report)
    for difference in differences:
        print_text(difference)
    result = f"{len(differences):,} differ" if differences else "all as in the backup"
    print_text(f"{tables:,} tables and {files:,} files compared, {result}.")
    return Result({"tables": tables, "files": files, "differences": differences}, 1 if differences else 0)


def _counts(report: BackupSummary) -> str:
    return f"{report.walks:,} walks, {report.files:,} files, {report.bytes:,} bytes"
