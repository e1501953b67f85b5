"""Command line of the studio: ``python -m studio``. Each module of ``studio/stages/`` is one command."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module

import click

from studio import stages

# The usual order of work. A stage that is missing here is listed last.
ORDER = (
    "collect", "caption", "compose", "sketchbook", "lexicon", "autoencoder", "decoder", "eye", "meaning", "encode",
    "train", "evaluate", "publish",
)  # fmt: skip


class Stages(click.Group):
    """Click group that discovers the stage modules and imports one only when its command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the stages, in the order of the work."""
        names = [module.name.replace("_", "-") for module in pkgutil.iter_modules(stages.__path__)]
        return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the stage ``name`` and return its command; return None when there is no such stage."""
        if name not in self.list_commands(ctx):
            return None
        gc.disable()  # it would go through all that torch and diffusers define, again and again
        try:
            command: click.Command = import_module(f"studio.stages.{name.replace('-', '_')}").command
        finally:
            gc.enable()
        return command


@click.group(cls=Stages)
def main() -> None:
    """Build a model from pictures in one work folder, one stage after the other."""


if __name__ == "__main__":
    main(prog_name="python -m studio")
