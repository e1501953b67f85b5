"""The studio's command line: ``python -m studio``. Its stages are the modules of ``studio/stages/``."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from studio import stages

# As they are usually run; a stage that is not named here comes behind these.
ORDER = (
    "collect", "caption", "compose", "sketchbook", "lexicon", "autoencoder", "decoder", "eye", "meaning", "encode",
    "train", "evaluate", "publish",
)  # fmt: skip


class Stages(click.Group):
    """A group whose commands are found, and imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name the stages in the order of the work."""
        found = [module.name.replace("_", "-") for module in pkgutil.iter_modules(stages.__path__)]
        return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a stage; None where there is none of this name."""
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"studio.stages.{name.replace('-', '_')}").command
        return command


@click.group(cls=Stages)
def main() -> None:
    """From pictures to a model, one stage after the other, in one work folder."""


if __name__ == "__main__":
    main(prog_name="python -m studio")
