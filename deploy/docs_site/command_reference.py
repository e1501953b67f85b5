"""Generate the reference of the command line from its click commands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

PROGRAM = "flask --app wsgi"
HEAD = "| argument | what it is |\n|---|---|"
OF_LIBRARIES = {"db": "of Flask-Migrate"}
"""Groups whose commands are a library's own: one line each is enough."""


def reference(group: click.Group) -> str:
    """Return a section of Markdown for each command group, with all commands, arguments and options."""
    return "\n".join(_section(name, group.commands[name]) for name in sorted(group.commands))


def _section(name: str, command: click.Command) -> str:
    if not isinstance(command, click.Group):
        return f"## {name}\n\n{_command(name, command)}"
    intro = _text(command.help or "")
    if name in OF_LIBRARIES:
        rows = "\n".join(
            f"| `{name} {each}` | {_cell(command.commands[each].get_short_help_str(200))} |"
            for each in sorted(command.commands)
        )
        head = "| command | what it does |\n|---|---|"
        return f"## {name}\n\n{intro} These commands are {OF_LIBRARIES[name]}.\n\n{head}\n{rows}\n"
    parts = [f"### {path}\n\n{_command(path, each)}" for path, each in _leaves(name, command)]
    return f"## {name}\n\n{intro}\n\n" + "\n".join(parts)


def _leaves(path: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name in sorted(group.commands):
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from _leaves(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"{PROGRAM} {path}")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    records = [record for option in command.params if (record := option.get_help_record(context))]
    rows = "\n".join(f"| `{_cell(left)}` | {_cell(right)} |" for left, right in records if right and left != "--help")
    table = f"\n{HEAD}\n{rows}\n" if rows else ""
    return f"```text\n{usage}\n```\n\n{_text(command.help or '')}\n{table}"


def _text(text: str) -> str:
    """Return a help text as Markdown: paragraphs joined, what click keeps as it is in a fence."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(
        "```text\n" + each.removeprefix("\b\n") + "\n```" if each.startswith("\b\n") else " ".join(each.split())
        for each in paragraphs
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
