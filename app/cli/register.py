"""The groups and commands of ``flask --app wsgi``, each of which is imported when it is used.

Their help is written here, so that a list of them imports none; a test compares it with theirs.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from contextlib import nullcontext
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import click
from click.exceptions import NoSuchCommand
from flask import current_app
from flask.cli import AppGroup

from app.core import garbage
from app.core.late_app import LateApp

DATABASE = 1
"""How many parts of the application every command gets: the database."""


class Entry(NamedTuple):
    """Where a command is, and its help."""

    module: str
    name: str
    help: str


COMMANDS = MappingProxyType(
    {
        "backup": Entry("app.cli.backup", "group", "Back up the whole site to one file, and restore it."),
        "captions": Entry(
            "app.cli.captions",
            "command",
            "Write captions and wall labels for the pictures in FOLDER, or for named files.",
        ),
        "curator": Entry("app.cli.curator", "group", "The curator's password, reports, banned words and audit log."),
        "db": Entry("app.cli.migrations", "group", "Perform database migrations."),
        "doctor": Entry(
            "app.cli.checks",
            "command",
            "Check database, Redis, media store, models, disk, settings and workers; "
            "status 1 if something is not well.",
        ),
        "drawings": Entry(
            "app.cli.drawings", "group", "Add reference drawings for sketch-conditioned models, without training."
        ),
        "embeddings": Entry(
            "app.cli.styles", "embedding_group", "List the textual inversion embeddings that prompts can name."
        ),
        "exhibition": Entry(
            "app.cli.first_exhibition", "group", "The first exhibition, which is shipped with the project."
        ),
        "exhibitions": Entry(
            "app.cli.exhibitions", "group", "Show walks together, in an order, with a title and a text."
        ),
        "gallery": Entry("app.cli.gallery", "group", "Manage the walks in the gallery, and its search indexes."),
        "loras": Entry("app.cli.styles", "lora_group", "Add LoRA files that stops can use."),
        "media": Entry("app.cli.media", "group", "Manage the files of walks, photos and styles."),
        "models": Entry("app.cli.checks", "group", "List, check and download models."),
        "styles": Entry("app.cli.styles", "group", "Add styles that a model learns from your pictures."),
        "tokens": Entry("app.cli.tokens", "group", "Create, list and revoke API tokens."),
        "walks": Entry("app.cli.walks", "group", "Create, show and manage walks."),
        "wall": Entry(
            "app.cli.walls", "group", "Open, close and moderate live walls: endless films led by visitors' words."
        ),
    }
)


def is_program() -> bool:
    """Return whether this process was started as ``flask``, to run one command."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"


def commands() -> AppGroup:
    """Return a new group of all commands."""
    return LateGroup(None, COMMANDS)


class LateGroup(AppGroup):
    """A group of the commands in a table; `commands` holds the imported ones by their names."""

    def __init__(self, name: str | None, entries: Mapping[str, Entry], **options: Any) -> None:
        """Create the group; the options are click's."""
        super().__init__(name, commands=_Imported(entries), **options)
        self._entries = entries

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return all names."""
        return sorted(self.commands)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command, which is imported when it is called.

        :raises click.NoSuchCommand: naming the nearest ones, unless the shell asks for completions.
        """
        if name in self._entries:
            return LateCommand(name, self._entries[name])
        command = self.commands.get(name)
        if command is None and not ctx.resilient_parsing:  # Flask's own group names no nearest ones
            raise NoSuchCommand(name, possibilities=list(self.commands), ctx=ctx)
        return command


class LateCommand(click.Command):
    """A command or group that is imported when it is called, or completed in a shell."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.help)
        self.entry = entry

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """Import the command and return its context, whose command it is.

        :raises click.ClickException: when importing it fails.
        """
        return load(self.entry).make_context(info_name, args, *rest, **extra)


def load(entry: Entry) -> click.Command:
    """Import a command, and add the database of the current application, if there is one.

    :raises click.ClickException: when importing it fails.
    """
    try:
        with garbage.paused() if is_program() else nullcontext():
            if isinstance(app := current_app and current_app._get_current_object(), LateApp):  # type: ignore[attr-defined]
                app.load(DATABASE)
            command: click.Command = getattr(import_module(entry.module), entry.name)
    except ImportError as error:
        message = f"While importing {entry.module!r}, an ImportError was raised:\n\n{traceback.format_exc()}"
        raise click.ClickException(message) from error
    return command


class _Imported(dict[str, click.Command]):
    """Commands by their names, imported when they are read; a command may be added."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        super().__init__((name, LateCommand(name, entry)) for name, entry in entries.items())

    def __getitem__(self, name: str) -> click.Command:
        command = super().__getitem__(name)
        return load(command.entry) if isinstance(command, LateCommand) else command
