"""The Dockerfile, read without a container engine: its stages, and what each does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.core.config import ROOT

DOCKERFILE = ROOT / "Dockerfile"


@dataclass
class Stage:
    """One target: its instructions in order, those of the stages below it first."""

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """List the arguments of one kind of instruction."""
        return [argument for name, argument in self.steps if name == instruction]


def stages() -> dict[str, Stage]:
    """Read the Dockerfile."""
    text = "".join(line for line in DOCKERFILE.read_text("utf-8").splitlines(True) if not line.startswith("#"))
    found: dict[str, Stage] = {}
    for line in filter(None, re.sub(r"\\\n\s*", " ", text).splitlines()):
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            below, _, name = argument.partition(" AS ")
            stage = found[name] = Stage(name, [*found[below].steps] if below in found else [("FROM", below)])
        else:
            stage.steps.append((instruction, argument.strip()))
    return found


def copies(stage: Stage) -> Iterator[tuple[str, str]]:
    """List what a stage copies from the project, from where and to where."""
    for argument in stage.all("COPY"):
        if not argument.startswith("--from="):
            source, target = argument.split()
            yield source, target


def build_arguments(target: str) -> set[str]:
    """Name the arguments of which a build of a target knows: those of its stages, and of what they copy from."""
    stage = stages()[target]
    sources = [argument.split()[0].removeprefix("--from=") for argument in stage.all("COPY") if "--from=" in argument]
    own = {argument.partition("=")[0] for argument in stage.all("ARG")}
    return own.union(*(build_arguments(source) for source in sources))


def packages(name: str) -> str:
    """Return the step that installs what a target takes over from the stage that builds its environment."""
    (source,) = (argument.split()[0] for argument in stages()[name].all("COPY") if argument.startswith("--from="))
    (install,) = (step for step in stages()[source.removeprefix("--from=")].all("RUN") if "pip --python" in step)
    return install
