"""Admin commands for live walls: ``flask --app wsgi wall …``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import explain_errors, json_command, print_text
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
@click.option("--hand", "style", help="The style of all its stops; '' for any.")
@click.option("--banned", multiple=True, metavar="WORD", help="A word that it refuses; may be repeated, '' for none.")
@click.option("--newest/--not-newest", default=None, help="List what it saves among the gallery's newest.")
@json_command
def open_wall(
    name: str, title: str | None, style: str | None, banned: tuple[str, ...], newest: bool | None
) -> dict[str, Any]:
    """Open the wall NAME, or change an open one, and print its screen's address. Options not given stay unchanged."""
    known = walls.find(name)
    options = {"title": title, "style": style, "banned": banned or None, "is_listed": newest}
    changes: dict[str, Any] = {field: value for field, value in options.items() if value is not None}
    wanted = replace(walls.settings_of(known) if known else WallRequest(name), **changes)
    return _show(walls.open_wall(wanted, who=COMMAND))


@group.command("pause")
@click.argument("name")
@json_command
def pause(name: str) -> dict[str, Any]:
    """Pause the wall NAME at its next stop, until `wall resume`."""
    return _set(name, PAUSED)


@group.command("resume")
@click.argument("name")
@json_command
def resume(name: str) -> dict[str, Any]:
    """Resume the paused wall NAME."""
    return _set(name, OPEN)


@group.command("close")
@click.argument("name")
@json_command
def close(name: str) -> dict[str, Any]:
    """Close the wall NAME; its saved walks stay in the evening's exhibition."""
    return _set(name, CLOSED)


@group.command("list")
@json_command
def list_all() -> Iterator[dict[str, Any]]:
    """List the walls."""
    found = walls.all_walls()
    for each in found:
        print_text(f"{each.name}  {each.state}  {each.title}  ({words.count(each)} waiting)")
    return map(_describe, found)


@group.command("skip")
@click.argument("number", type=int)
@explain_errors
def skip(number: int) -> None:
    """Skip the words with this NUMBER in `wall show`, whether waiting or on the wall."""
    words.skip(words.at(number), who=COMMAND)


@group.command("show")
@click.argument("name")
@json_command
def show(name: str) -> dict[str, Any]:
    """Show the wall NAME and the words that wait."""
    return _show(walls.at(name))


def _set(name: str, state: str) -> dict[str, Any]:
    wall = walls.at(name)
    if state == CLOSED:
        walls.close(wall, who=COMMAND)
    else:
        walls.set_state(wall, state, who=COMMAND)
    return _show(walls.at(name))


def _describe(wall: Wall) -> dict[str, Any]:
    return {
        "name": wall.name,
        "title": wall.title,
        "state": wall.state,
        "hand": wall.style,
        "banned": wall.banned,
        "screen": screen_address(wall),
        "say": on_site(f"/w/{wall.name}"),
        "exhibition": wall.evening,
        "waiting": [{"number": row.number, "words": row.text} for row in words.waiting_words(wall)],
    }


def _show(wall: Wall) -> dict[str, Any]:
    print_text(f"{wall.name} is {wall.state}. Phones write at /w/{wall.name}, and its screen, which moves it on, is")
    print_text(screen_address(wall))
    if wall.evening:
        print_text(f"What it keeps is in /exhibitions/{wall.evening}")
    for row in words.waiting_words(wall):
        print_text(f"{row.number:>8}  {row.text}")
    return _describe(wall)
