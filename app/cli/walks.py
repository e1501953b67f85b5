"""The group ``flask --app wsgi walks``, whose commands are imported when they are used."""

from __future__ import annotations

from types import MappingProxyType

from app.cli.register import Entry, LateGroup
from app.walks.saved import film_formats

FILES = f"film ({', '.join(f'.{each.extension}' for each in film_formats.FILMS)}), poster (.png) or recipe (.json)"
"""The files that commands write of a walk, by their endings."""

COMMANDS = MappingProxyType(
    {
        "cancel": Entry("app.cli.walk_commands", "cancel", "Cancel a walk that is queued or being rendered."),
        "candidates": Entry(
            "app.cli.candidates",
            "command",
            "Generate candidate pictures for a stop with this PROMPT, "
            "and print a name for each for ``walks create --pick``.",
        ),
        "create": Entry(
            "app.cli.walk_commands",
            "create",
            "Request a walk between PROMPTS. If no site is running, Redis and a worker are started for the duration.",
        ),
        "delete": Entry("app.cli.walk_commands", "delete", "Delete a walk with its pictures and prompts."),
        "export": Entry(
            "app.cli.walk_commands",
            "export",
            f"Write a finished walk's {FILES} to OUT.",
        ),
        "list": Entry(
            "app.cli.walk_list",
            "list_walks",
            "List walks, the newest first, "
            "including unlisted ones and those saved by live walls, but not a wall's legs.",
        ),
        "repaint": Entry(
            "app.cli.walk_commands",
            "repaint",
            "Render a finished walk again in another style, with the same sketches, noise and seeds.",
        ),
        "retry": Entry("app.cli.walk_commands", "retry", "Put a failed or cancelled walk back into the queue."),
        "show": Entry("app.cli.walk_commands", "show", "Show one walk."),
        "top": Entry(
            "app.cli.walk_commands", "top", "Show the queue and what each worker does, live; quit with q or Ctrl-C."
        ),
    }
)

group = LateGroup("walks", COMMANDS, help="Create, show and manage walks.")
