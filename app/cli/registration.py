"""All admin commands, added to ``flask``."""

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
    """Add the commands to ``flask``."""
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
