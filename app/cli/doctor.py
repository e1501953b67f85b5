"""``flask --app wsgi doctor``: is every part of the site well."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from app.cli.common import as_json, print_json
from app.observability import doctor


@click.command("doctor")
@as_json
@with_appcontext
def command(as_json: bool) -> None:
    """Check database, Redis, media store, model and worker; status 1 if something is not well."""
    findings = doctor.examine()
    if as_json:
        print_json([{"part": found.part, "well": found.well, "detail": found.detail} for found in findings])
    else:
        for found in findings:
            click.echo(f"{found.part:9} {'well' if found.well else 'NOT WELL':9} {found.detail}")
    sys.exit(0 if all(found.well for found in findings) else 1)
