"""``flask --app wsgi doctor``: is every part of the site well."""

from __future__ import annotations

import sys
import time

import click
from flask.cli import with_appcontext

from app.cli.common import as_json, print_json
from app.observability import doctor
from app.storage.database import db

POLL_SECONDS = 1.0


@click.command("doctor")
@click.option("--wait", type=click.FloatRange(0), default=0, metavar="SECONDS",
              help="Look again for so long, until all is well: a painter takes a while to load its model.")  # fmt: skip
@as_json
@with_appcontext
def command(wait: float, as_json: bool) -> None:
    """Check database, Redis, media store, model and worker; status 1 if something is not well."""
    findings = _examine(wait)
    if as_json:
        print_json([{"part": found.part, "well": found.well, "detail": found.detail} for found in findings])
    else:
        for found in findings:
            click.echo(f"{found.part:9} {'well' if found.well else 'NOT WELL':9} {found.detail}")
    sys.exit(0 if _are_well(findings) else 1)


def _examine(wait: float) -> list[doctor.Finding]:
    until = time.monotonic() + wait
    while not _are_well(findings := doctor.examine()) and time.monotonic() < until:
        db.session.rollback()  # what was found meanwhile is seen
        time.sleep(POLL_SECONDS)
    return findings


def _are_well(findings: list[doctor.Finding]) -> bool:
    return all(found.well for found in findings)
