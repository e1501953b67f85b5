"""All admin commands, added to ``flask``."""

from __future__ import annotations

from flask import Flask

from app import cli_backup, cli_curator, cli_doctor, cli_exhibition, cli_exhibitions, cli_gallery, cli_media
from app.cli import group


def init_app(app: Flask) -> None:
    """Add the commands to ``flask``."""
    modules = (cli_gallery, cli_exhibition, cli_exhibitions, cli_curator, cli_media, cli_backup)
    for command in (group, *(module.group for module in modules), cli_doctor.command):
        app.cli.add_command(command)
