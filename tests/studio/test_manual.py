"""What the documentation and the scripts say to type is what the stages take; the container's recipe is sound."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from studio.__main__ import main

ROOT = Path(__file__).parents[2]
MANUAL = ("reference/studio", "research/studio", "how-to/operators/fine-tuning", "tutorials/own-pictures")
HADOLINT = Path(sys.executable).parent / "hadolint"
RECIPE = ROOT / "deploy/studio/Dockerfile"


def commands() -> list[str]:
    """List the commands of the manual, the script and the versioned folder, without what stands before the stage."""
    pages = "".join((ROOT / f"docs/{page}.md").read_text("utf-8") for page in MANUAL)
    manual = re.findall(r"^(?:.*-m (?:-- )?studio) (.+)$", pages, re.M)
    scripts = "".join(path.read_text("utf-8") for path in sorted((ROOT / "deploy/studio").glob("*.sh")))
    script = re.findall(r"^studio (.+)$", scripts, re.M)
    script += [line.replace("\\\n", "") for line in re.findall(r"-m studio (train (?:.+\\\n)*.+)$", scripts, re.M)]
    return [line.split("   #")[0].rstrip(" …") for line in manual if not line.startswith("STAGE")] + [
        line if "--folder" in line else f"{line} --folder house" for line in script
    ]


@pytest.mark.parametrize("line", commands())
def test_commands_that_are_written_down_are_taken(line: str) -> None:
    plain = re.sub(r"\$\([^)]*\)|\$\w+", "1", line.replace('"$DEVICE"', "cpu").replace('"$PRECISION"', "no"))
    stage, *words = shlex.split(plain, comments=True)
    command = main.get_command(None, stage)  # type: ignore[arg-type]
    command.make_context(stage, words)  # raises where an option or its value is unknown


def test_scripts_can_be_read_by_bash() -> None:
    for path in sorted((ROOT / "deploy/studio").glob("*.sh")):
        assert subprocess.run(["bash", "-n", path], check=False).returncode == 0 and path.stat().st_mode & 0o100


@pytest.mark.slow
def test_recipe_is_free_of_what_hadolint_knows_and_copies_what_is_there() -> None:
    found = subprocess.run([HADOLINT, "--no-color", RECIPE], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")
    kept = {line[1:] for line in Path(f"{RECIPE}.dockerignore").read_text().splitlines() if line.startswith("!")}
    for source in re.findall(r"^COPY (?!--from)(\S+)", RECIPE.read_text("utf-8"), re.M):
        assert (ROOT / source).exists() and any(source == name or source.startswith(f"{name}/") for name in kept)
