"""``flask --app wsgi walks list``, which needs only the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app.cli.common import json_command, print_text
from app.storage.database import db
from app.storage.walk_models import STATES, Walk
from app.storage.wall_models import WallLeg

if TYPE_CHECKING:
    from app.site.presentation.walk_description import WalkDescription


@click.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@with_appcontext
@json_command
def list_walks(state: str | None, limit: int) -> Iterator[WalkDescription]:
    """List walks, the newest first, including unlisted ones and those saved by live walls, but not a wall's legs."""
    is_leg = select(WallLeg.number).where(WallLeg.walk_id == Walk.id).exists()
    query = select(Walk).where(Walk.deleted_at.is_(None), ~is_leg).order_by(Walk.number.desc()).limit(limit)
    found = db.session.scalars(query.where(Walk.state == state) if state else query).all()
    for walk in found:
        print_text(f"{walk.id}  {walk.state:9}  {walk.painted_count:3}/{walk.frames:<3}  {walk.title}")
    return _describe(found)


def _describe(walks: Sequence[Walk]) -> Iterator[WalkDescription]:
    """Return the descriptions of walks; only ``--json`` reads them, so their module is imported here."""
    from app.site.presentation import walk_description

    for walk in walks:
        yield walk_description.describe(walk)
