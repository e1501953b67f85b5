"""Admin commands for live walls: ``flask --app wsgi wall …``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explain_errors, print_json
from app.collection.moderation.audit_log import COMMAND
from app.core.addresses import on_site
from app.storage.wall_models import CLOSED, OPEN, PAUSED, Wall
from app.wall import walls, words
from app.wall.screen_keys import screen_address
from app.wall.walls import WallRequest

group = AppGroup("wall", help="Open, close and moderate live walls: endless films led by visitors' words.")


@group.command("open")
@click.argument("name")
@click.option("--title", help="Its title; made from the name at first.")
@click.option("--hand", help="The style of all its stops; '' for any.")
@click.option("--banned", multiple=True, metavar="WORD", help="A word that it refuses; may be repeated, '' for none.")
@click.option("--newest/--not-newest", default=None, help="List what it saves among the gallery's newest.")
@as_json
@explain_errors
def open_wall(
    name: str, title: str | None, hand: str | None, banned: tuple[str, ...], newest: bool | None, as_json: bool
) -> None:
    """Open the wall NAME, or change an open one, and print its screen's address. Options not given stay unchanged."""
    known = walls.find(name)
    options = {"title": title, "hand": hand, "banned": banned or None, "is_listed": newest}
    changes: dict[str, Any] = {field: value for field, value in options.items() if value is not None}
    wanted = replace(walls.settings_of(known) if known else WallRequest(name), **changes)
    _print(walls.open_wall(wanted, who=COMMAND), as_json)


@group.command("pause")
@click.argument("name")
@as_json
@explain_errors
def pause(name: str, as_json: bool) -> None:
    """Pause the wall NAME at its next stop, until `wall resume`."""
    _set(name, PAUSED, as_json)


@group.command("resume")
@click.argument("name")
@as_json
@explain_errors
def resume(name: str, as_json: bool) -> None:
    """Resume the paused wall NAME."""
    _set(name, OPEN, as_json)


@group.command("close")
@click.argument("name")
@as_json
@explain_errors
def close(name: str, as_json: bool) -> None:
    """Close the wall NAME; its saved walks stay in the evening's exhibition."""
    _set(name, CLOSED, as_json)


@group.command("list")
@as_json
@explain_errors
def list_all(as_json: bool) -> None:
    """List the walls."""
    found = walls.all_walls()
    if as_json:
        print_json([_describe(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.name}  {each.state}  {each.title}  ({words.count(each)} waiting)")


@group.command("skip")
@click.argument("number", type=int)
@explain_errors
def skip(number: int) -> None:
    """Skip the words with this NUMBER in `wall show`, whether waiting or on the wall."""
    words.skip(words.at(number), who=COMMAND)


@group.command("show")
@click.argument("name")
@as_json
@explain_errors
def show(name: str, as_json: bool) -> None:
    """Show the wall NAME and the words that wait."""
    _print(walls.at(name), as_json)


def _set(name: str, state: str, as_json: bool) -> None:
    wall = walls.at(name)
    if state == CLOSED:
        walls.close(wall, who=COMMAND)
    else:
        walls.set_state(wall, state, who=COMMAND)
    _print(walls.at(name), as_json)


def _describe(wall: Wall) -> dict[str, Any]:
    return {
        "name": wall.name,
        "title": wall.title,
        "state": wall.state,
        "hand": wall.hand,
        "banned": wall.banned,
        "screen": screen_address(wall),
        "say": on_site(f"/w/{wall.name}"),
        "exhibition": wall.evening,
        "waiting": [{"number": row.number, "words": row.words} for row in words.waiting_words(wall)],
    }


def _print(wall: Wall, as_json: bool) -> None:
    if as_json:
        print_json(_describe(wall))
        return
    click.echo(f"{wall.name} is {wall.state}. Phones write at /w/{wall.name}, and its screen, which moves it on, is")
    click.echo(screen_address(wall))
    if wall.evening:
        click.echo(f"What it keeps is in /exhibitions/{wall.evening}")
    for row in words.waiting_words(wall):
        click.echo(f"{row.number:>8}  {row.words}")
