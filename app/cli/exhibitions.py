"""Admin commands for exhibitions: ``flask --app wsgi exhibitions …``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import explain_errors, json_command, print_text
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation.audit_log import COMMAND
from app.storage.house_models import Exhibition
from app.wall import corridors

group = AppGroup("exhibitions", help="Show walks together, in an order, with a title and a text.")

text = click.option("--text", help="Its introduction; an empty line begins a paragraph.")


@group.command("list")
@json_command
def list_all() -> Iterator[dict[str, Any]]:
    """List all exhibitions, including those that are not shown."""
    found = exhibitions.every()
    for each in found:
        print_text(f"{each.slug}  {each.title}" + ("" if each.shown_at else "  (not shown)"))
    return map(_describe, found)


@group.command("show")
@click.argument("slug")
@json_command
def show(slug: str) -> dict[str, Any]:
    """Show one exhibition and its walks."""
    return _show(exhibitions.at(slug, even_unshown=True))


@group.command("create")
@click.argument("walk_ids", nargs=-1, metavar="WALKS")
@click.option("--title", required=True, help="Its title.")
@text
@click.option("--slug", default="", help="Its name in URLs; made from the title if not given.")
@click.option("--unshown", is_flag=True, help="Do not show it to visitors yet.")
@json_command
def create(walk_ids: tuple[str, ...], title: str, text: str | None, slug: str, unshown: bool) -> dict[str, Any]:
    """Create an exhibition of WALKS (IDs or URLs), in this order."""
    wanted = ExhibitionRequest(title, text or "", slug, not unshown, walk_ids)
    return _show(exhibitions.create(wanted, who=COMMAND))


@group.command("change")
@click.argument("slug")
@click.argument("walk_ids", nargs=-1, metavar="[WALKS]")
@click.option("--title", help="Its title.")
@text
@click.option("--shown/--unshown", default=None, help="Show it to visitors or not.")
@json_command
def change(
    slug: str, walk_ids: tuple[str, ...], title: str | None, text: str | None, shown: bool | None
) -> dict[str, Any]:
    """Change an exhibition; WALKS, if given, replace all its walks."""
    exhibition = exhibitions.at(slug, even_unshown=True)
    wanted = exhibitions.request_for(exhibition)
    wanted.title = wanted.title if title is None else title
    wanted.text = wanted.text if text is None else text
    wanted.is_shown = wanted.is_shown if shown is None else shown
    wanted.walks = walk_ids or wanted.walks
    exhibitions.change(exhibition, wanted, who=COMMAND)
    return _show(exhibitions.at(slug, even_unshown=True))


@group.command("corridor")
@click.argument("slug")
@explain_errors
def corridor(slug: str) -> None:
    """Render the connecting walks of an exhibition for its corridor at /corridor/SLUG."""
    count = corridors.request_joints(exhibitions.at(slug, even_unshown=True))
    click.echo(f"{count} walks in between are being painted; the corridor is at /corridor/{slug}")


@group.command("remove")
@click.argument("slug")
@json_command
def remove(slug: str) -> dict[str, Any]:
    """Delete an exhibition; its walks stay published."""
    exhibitions.remove(exhibitions.at(slug, even_unshown=True), who=COMMAND)
    print_text(f"{slug} is over.")
    return {"slug": slug, "removed": True}


def _describe(exhibition: Exhibition) -> dict[str, Any]:
    wanted = exhibitions.request_for(exhibition)
    return {
        "slug": exhibition.slug,
        "title": exhibition.title,
        "text": exhibition.text,
        "shown": wanted.is_shown,
        "walks": list(wanted.walks),
        "hanging": [walk.id for walk in exhibitions.walks_of(exhibition)],
    }


def _show(exhibition: Exhibition) -> dict[str, Any]:
    fields = _describe(exhibition)
    print_text(f"{exhibition.title}\n  {exhibition.url}" + ("" if fields["shown"] else ", not shown"))
    for walk in fields["walks"]:
        print_text(f"  {walk}" + ("" if walk in fields["hanging"] else "  (not in the gallery)"))
    return fields
