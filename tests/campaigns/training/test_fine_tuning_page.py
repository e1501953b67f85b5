"""The page docs/how-to/operators/fine-tuning.md and deploy/studio/finetune.sh: each command is run, on a tiny base."""

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from app.core.config import DEFAULTS
from studio.__main__ import main
from tests.support import forked_python, tiny
from tests.support.marks import SLOW_TRAINING
from worker.diffusion.model import Model

pytestmark = SLOW_TRAINING

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to/operators/fine-tuning.md").read_text("utf-8")


def steps() -> Iterator[tuple[str, str]]:
    """Yield the commands of the page that run the studio, with the output that stands below."""
    for section in PAGE.split("\n## ")[2:]:
        blocks = re.findall(r"^```(text)?\n(.+?)^```$", section, re.MULTILINE | re.DOTALL)
        commands = [line for kind, text in blocks if not kind for line in text.splitlines() if "studio" in line]
        printed = [text for kind, text in blocks if kind]
        yield from zip(commands, printed, strict=False)


def run(command: str, **further: str) -> str:
    """Run a line of a shell in the project's folder, the studio itself in this process; return what it prints."""
    alone = re.fullmatch(r"(?:WANDB_MODE=(\w+) )?python -m studio (.+)", command)
    if alone:
        answer = CliRunner().invoke(main, shlex.split(alone[2]), env={"WANDB_MODE": alone[1] or "disabled"})
        assert answer.exit_code == 0, f"{command}\n{answer.output}"
        return answer.stdout
    with tempfile.TemporaryDirectory() as folder, forked_python.on_path(Path(folder, "bin")) as path:
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False,
                              env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"} | further)  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def names(text: str) -> set[str]:
    """Return the names before the colons of a summary."""
    return set(re.findall(r"^([a-z ]+):", text, re.MULTILINE))


def test_each_command_of_the_page_runs_and_prints_what_stands_there(tmp_path: Path) -> None:
    work = tmp_path / "fine-tuned"
    work.mkdir()
    tiny.save(tmp_path, "sd1")["sd1"].rename(work / "base")
    seen = 0
    for command, printed in steps():
        words = re.sub(r"\b128\b", "32", command)  # pixels a side
        words = re.sub(r"(?<=[ =])fine-tuned(?=/| )", lambda _: shlex.quote(str(work)), words)
        said = run(words.replace(f"--name {work}", "--name fine-tuned"))
        assert names(printed) <= names(said), command
        exact = [line for line in printed.splitlines() if line.startswith(("stage:", "taken:", "captions:", "lora:"))]
        assert [line for line in exact if line not in said.splitlines()] == [], command
        seen += 1
    assert seen == 9
    assert Model.load(str(work / "published"), device="cpu").title == "fine-tuned"
    assert (work / "published-lora/pytorch_lora_weights.safetensors").exists()


def test_one_command_does_it_all_and_a_killed_training_takes_the_same_steps(tmp_path: Path) -> None:
    base = tiny.save(tmp_path, "sd1")["sd1"]
    work = tmp_path / "work"
    little = {
        "SIZE": "32",
        "STEPS": "40",
        "SAVE": "15",
        "LORA_STEPS": "2",
        "ASKED": "1",
        "PAINTED_IN": "1",
        "KILL": "1",
    }
    said = run("deploy/studio/finetune.sh", FOLDER=str(work), BASE=str(base), **little)
    assert f"MOMA_MODEL={work}/published make run" in said
    rows = re.findall(r'"step": (\d+), "loss": ([\d.]+)', (work / "runs/full/curve.jsonl").read_text())
    assert {int(step) for step, _ in rows} == {*range(1, 41)}
    losses: dict[str, list[float]] = {}
    for step, loss in rows:
        losses.setdefault(step, []).append(float(loss))
    twice = [both for both in losses.values() if len(both) == 2]
    assert twice  # it was killed between two saves, as is 14 times as likely as at one
    assert [again for _, again in twice] == pytest.approx([first for first, _ in twice], rel=1e-6)
    assert (work / "published/MODEL_CARD.md").exists() and (work / "published-lora/MODEL_CARD.md").exists()


def test_settings_of_the_command_file_exist() -> None:
    script = (ROOT / "deploy/studio/finetune.sh").read_text("utf-8")
    known = set(re.findall(r'"\$\{(\w+):=', script))
    example = next(line for line in PAGE.splitlines() if line.startswith("BASE="))
    assert set(re.findall(r"\b([A-Z_]+)=", example)) <= known
    assert set(re.findall(r"\bMOMA_(\w+)=", PAGE)) <= set(DEFAULTS)


@pytest.mark.parametrize("name", re.findall(r"\(\.\./\.\./(pictures/[\w-]+\.webp)\)", PAGE))
def test_pictures_of_the_page_are_small(name: str) -> None:
    path = ROOT / "docs" / name
    assert path.stat().st_size < 100_000
    with Image.open(path) as picture:
        assert max(picture.size) <= 1280


def test_no_figure_is_left_open() -> None:
    assert not re.findall(r"@\w+@", PAGE)
    assert "(../how-to/operators/fine-tuning.md)" in (ROOT / "docs/tutorials/own-pictures.md").read_text("utf-8")
