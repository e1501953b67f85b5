"""Checkpoints of a training run as diffusers folders: the averaged network and its scheduler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.errors import FolderError, StudioError
from studio.training import diffusion, pipeline
from studio.workspace.training_run import SETTINGS, Run
from studio.workspace.work_folder import Folder, put_folder

CHECKPOINTS = "checkpoints"
ADAPTER = "model/adapter/adapter.safetensors"
SHAPE = "unet.json"  # configuration of the run's network, as diffusers writes it


def save_checkpoint(run: Run, network: Any, step: int) -> Path:
    """Save a network's weights after a step, in half precision, and return the folder.

    The caller passes the averaged weights.

    :raises StudioError: when it cannot be written; earlier checkpoints stay.
    """
    target = run.path / f"{CHECKPOINTS}/{step:06d}"
    try:
        put_folder(target, diffusion.plain_copy(network).half().save_pretrained)
    except Exception as error:  # safetensors raises its own error for a full disk
        raise StudioError(f"{target} could not be written ({error}): earlier checkpoints stay.") from error
    return target


def save_lora(folder: Folder, network: Any) -> Path:
    """Save a network's LoRA weights alone and return the path; with None, delete those of an earlier run."""
    from safetensors.torch import save

    path = folder.path / ADAPTER
    if network is None:
        path.unlink(missing_ok=True)
    else:
        folder.write(ADAPTER, save(diffusion.lora_weights(network)))
    return path


def list_checkpoints(run: Run) -> list[Path]:
    """Return the checkpoint folders of a run, in order of steps."""
    return sorted((run.path / CHECKPOINTS).glob("[0-9]*"))


def save_config(run: Run, network: Any) -> None:
    """Save the configuration of a new run's network, so that its state can be loaded before the run is done."""
    if not (run.path / SHAPE).exists():
        run.folder.write(f"runs/{run.name}/{SHAPE}", network.to_json_string().encode())


def part_folders(
    folder: Folder, base: Path, *, run: str | None = None, after: int | None = None, vae: Path | None = None
) -> dict[str, Path]:
    """Return the folder of each part of a model: from checkpoint ``after`` of ``run``, or from its last state.

    Without a run, return the parts of the model that the work folder has finished training. ``vae`` names another
    autoencoder.

    :raises FolderError: when there is no such checkpoint, or no trained model.
    """
    if run is None:
        if after is not None:
            raise FolderError("--after requires --run.")
        return pipeline.trained_part_folders(folder, base, vae=vae)
    each = Run(folder, run)
    unet = last_checkpoint(each) if after is None else each.path / f"{CHECKPOINTS}/{after:06d}"
    if not unet.exists():
        known = ", ".join(str(int(path.name)) for path in list_checkpoints(each)) or "none"
        raise FolderError(f"{each.path} has no checkpoint of step {after}; checkpoints: {known}.")
    return pipeline.trained_part_folders(folder, base, unet=unet, scheduler=solver(each, base), vae=vae)


def last_checkpoint(run: Run) -> Path:
    """Return the checkpoint of a run's last saved step; create it from the state when it does not exist yet.

    :raises FolderError: when nothing was saved yet, or the network's configuration is unknown.
    :raises StudioError: when the state does not hold a whole network.
    """
    from diffusers import UNet2DConditionModel

    state = run.state()
    if state is None:
        raise FolderError(f"{run.path} has saved no state yet; train saves one every --save-every steps.")
    target = run.path / f"{CHECKPOINTS}/{state['step']:06d}"
    if target.exists():
        return target
    network = UNet2DConditionModel.from_config(_shape(run))
    expected = {name: value.shape for name, value in network.state_dict().items()}
    if {name: value.shape for name, value in state["average"].items()} != expected:
        raise StudioError(
            f"{run.path} trains only a part of its network, or another than recorded: let it finish, then publish."
        )
    network.load_state_dict(state["average"])
    return save_checkpoint(run, network, int(state["step"]))


def solver(run: Run, base: Path) -> Path:
    """Write the scheduler that samples from a run's model into the run's folder; return its path.

    ``base`` is the model whose noise schedule a tuned run began with.

    :raises FolderError: when the run has no settings.
    """
    try:
        settings = json.loads((run.path / SETTINGS).read_bytes())
    except (OSError, ValueError) as error:
        raise FolderError(f"{run.path} is not a training run: {error}") from error
    aim = diffusion.Objective(settings["objective"])
    target = run.path / "scheduler"
    put_folder(target, diffusion.solver(aim, base if settings.get("tune") else None).save_pretrained)
    return target


def _shape(run: Run) -> dict[str, Any]:
    configs = [
        path for path in (run.path / SHAPE, *(path / "config.json" for path in list_checkpoints(run))) if path.exists()
    ]
    if not configs:
        raise FolderError(f"{run.path} has no configuration of its network: resume the run, or let it finish.")
    shape: dict[str, Any] = json.loads(configs[-1].read_bytes())
    return shape


def pictures_seen(run: Run, after: int) -> tuple[int, bool] | None:
    """Return how many pictures a run has seen after step ``after``, and whether all of them were counted; or None.

    For rows of the curve without a count, the batch size comes from the settings, or else from the first row that has a
    count. None means that neither is known.
    """
    rows, by_settings = list(run.curve()), _pictures_of_a_step(run)
    each = by_settings or next((int(row["pictures"]) for row in rows if "pictures" in row), 0)
    seen, before, counted = 0, 0, True
    for row in rows:
        if before >= after:
            break
        each = int(row.get("pictures", each))
        counted = counted and ("pictures" in row or by_settings > 0)
        upto = min(int(row["step"]), after)
        seen, before = seen + (upto - before) * each, upto
    return (seen, counted) if seen else None


def _pictures_of_a_step(run: Run) -> int:
    """Return the pictures per step by the settings; 0 when they leave the number of processes open."""
    settings = json.loads((run.path / SETTINGS).read_bytes())
    return int(settings.get("batch", 0)) * int(settings.get("processes", 0))
