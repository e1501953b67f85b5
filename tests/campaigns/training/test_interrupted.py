"""Training as a process: killed without warning, shared by several, watched by Weights & Biases offline."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.support import forks
from tests.support.studio_fixtures import call
from tests.support.training_runs import losses

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
WORDS = ("--channels", "16,32", "--batch", 4, "--warmup", 1, "--rate", 0.01)


MUON = ("--muon", "--constant", "--objective", "v_prediction")


@pytest.mark.parametrize(("source", "further"), [("encoded_copy", ()), ("sketched", MUON)], ids=["words", "sketches"])
def test_run_killed_while_it_writes_goes_on_to_the_same_losses(
    source: str, further: tuple[object, ...], base: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    words = ("train", "--base", base, *WORDS, *further, "--steps", 12, "--save-every", 4)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "latents").symlink_to(request.getfixturevalue(source).path / "latents")
    whole, killed = Folder(tmp_path / "whole"), Folder(tmp_path / "killed")
    call(*words, "--folder", whole.path)
    command = [sys.executable, "-m", "tests.campaigns.training.killed", *map(str, words), "--folder", str(killed.path)]
    assert forks.run(command, cwd=ROOT, capture_output=True).returncode == -signal.SIGKILL
    state = Run(killed, "train").state()
    assert state is not None and state["step"] == 4
    assert len(list((killed.path / "runs/train").glob(".*.part"))) == 1
    assert call(*words, "--folder", killed.path)["taken_now"] == 8
    assert not list((killed.path / "runs/train").glob(".*.part")), "what the kill cut off takes no room"
    assert [losses(killed)[step] for step in (1, 12)] == pytest.approx(
        [losses(whole)[step] for step in (1, 12)], rel=1e-4
    )


@pytest.mark.parametrize("further", [(), ("--tune", "full", "--frugal", "--average", 0)], ids=["new", "tuned"])
def test_two_processes_train_one_model(encoded_copy: Folder, base: Path, further: tuple[object, ...]) -> None:
    launch = (sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    words = ("train", "--folder", encoded_copy.path, "--base", base, *WORDS, "--steps", 3, *further)
    command = [str(word) for word in (*launch, "-m", "studio", *words, "--json")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)  # one process speaks
    assert report["processes"] == 2 and report["steps"] == 3
    assert (encoded_copy.path / "model/unet/diffusion_pytorch_model.safetensors").exists()
    assert "other settings (processes)" in call(*words, ok=False)["error"]


def test_weights_and_biases_logs_offline_and_gets_the_model(encoded_copy: Folder, base: Path) -> None:
    pytest.importorskip("wandb", reason="NOT RUN: make test installs wandb, which requirements/dev.txt names")
    words = ("train", "--folder", encoded_copy.path, "--base", base, *WORDS, "--steps", 2, "--tracker", "wandb")
    environment = os.environ | {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DISABLE_GIT": "true"}
    command = [sys.executable, "-m", "studio", *map(str, words), "--json"]
    done = forks.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (log,) = (encoded_copy.path / "runs/train/wandb").glob("offline-run-*/run-*.wandb")
    written = log.read_bytes()
    assert b"train-unet" in written and b"diffusion_pytorch_model.safetensors" in written and b"loss" in written
