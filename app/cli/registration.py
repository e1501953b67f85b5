"""Register the admin commands with the application."""

from __future__ import annotations

from flask import Flask

from app.cli import (
    backup,
    captions,
    checks,
    curator,
    drawings,
    exhibitions,
    first_exhibition,
    gallery,
    media,
    styles,
    tokens,
    walls,
)
from app.cli.walks import group


def init_app(app: Flask) -> None:
    """Add the admin commands to the command line of ``app``."""
    modules = (gallery, first_exhibition, exhibitions, walls, drawings, curator, styles, tokens, media, backup, checks)
    for command in (
        group,
        styles.lora_group,
        styles.embedding_group,
        *(module.group for module in modules),
        captions.command,
        checks.command,
    ):
        app.cli.add_command(command)
