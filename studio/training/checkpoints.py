"""What a run of training has learned so far, as folders that diffusers reads: its moving average and its solver."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.errors import FolderError, StudioError
from studio.training import diffusion
from studio.workspace.training_run import SETTINGS, Run
from studio.workspace.work_folder import put_folder

KEPT = "checkpoints"
SHAPE = "unet.json"  # what the network of a run is made of, as diffusers writes it


def keep(run: Run, network: Any, step: int) -> Path:
    """Keep a network after a step, in half precision; what it is called with is the average already."""
    target = run.path / f"{KEPT}/{step:06d}"
    put_folder(target, diffusion.plain_copy(network).half().save_pretrained)
    return target


def kept(run: Run) -> list[Path]:
    """List the checkpoints of a run, the first first."""
    return sorted((run.path / KEPT).glob("[0-9]*"))


def note_shape(run: Run, network: Any) -> None:
    """Note what the network of a new run is made of, so that its state can be read before it is done."""
    if not (run.path / SHAPE).exists():
        run.folder.write(f"runs/{run.name}/{SHAPE}", network.to_json_string().encode())


def last(run: Run) -> Path:
    """Return the checkpoint of a run's last kept step; it is made of the state where it is not there yet.

    :raises FolderError: where nothing was kept yet, or it is not known what the network is made of.
    :raises StudioError: where the state holds no whole network.
    """
    from diffusers import UNet2DConditionModel

    state = run.state()
    if state is None:
        raise FolderError(f"{run.path} has kept no step yet; train keeps one every --save-every steps.")
    target = run.path / f"{KEPT}/{state['step']:06d}"
    if target.exists():
        return target
    network = UNet2DConditionModel.from_config(_shape(run))
    wanted = {name: value.shape for name, value in network.state_dict().items()}
    if {name: value.shape for name, value in state["average"].items()} != wanted:
        raise StudioError(
            f"{run.path} learns a part of its network alone, or another than it notes: let it end, and publish that."
        )
    network.load_state_dict(state["average"])
    return keep(run, network, int(state["step"]))


def solver(run: Run, base: Path) -> Path:
    """Put the solver that paints what a run learns into its folder; ``base`` is whose solver it began with."""
    settings = json.loads((run.path / SETTINGS).read_bytes())
    aim = diffusion.Objective(settings["objective"])
    target = run.path / "scheduler"
    put_folder(target, diffusion.solver(aim, base if settings.get("tune") else None).save_pretrained)
    return target


def _shape(run: Run) -> dict[str, Any]:
    noted = [path for path in (run.path / SHAPE, *(path / "config.json" for path in kept(run))) if path.exists()]
    if not noted:
        raise FolderError(f"{run.path} does not say what its network is made of: go on with it, or let it end.")
    shape: dict[str, Any] = json.loads(noted[-1].read_bytes())
    return shape


def pictures_seen(run: Run) -> int | None:
    """Count the pictures that a run has seen, each as often as it was; None where its curve does not tell."""
    seen, before = 0, 0
    for row in run.curve():
        if "pictures" not in row:
            return None
        seen += (row["step"] - before) * int(row["pictures"])
        before = row["step"]
    return seen or None
