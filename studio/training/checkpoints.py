"""What a run of training has learned so far, as folders that diffusers reads: its moving average and its solver."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.errors import FolderError, StudioError
from studio.training import diffusion, pipeline
from studio.workspace.training_run import SETTINGS, Run
from studio.workspace.work_folder import Folder, put_folder

KEPT = "checkpoints"
ADAPTER = "model/adapter/adapter.safetensors"
SHAPE = "unet.json"  # what the network of a run is made of, as diffusers writes it


def keep(run: Run, network: Any, step: int) -> Path:
    """Keep a network after a step, in half precision; what it is called with is the average already.

    :raises StudioError: where it does not fit on the disk; what was kept before stays.
    """
    target = run.path / f"{KEPT}/{step:06d}"
    try:
        put_folder(target, diffusion.plain_copy(network).half().save_pretrained)
    except Exception as error:  # safetensors has an error of its own for a full disk
        raise StudioError(f"{target} could not be written ({error}): what was kept before stays.") from error
    return target


def put_changes(folder: Folder, network: Any) -> Path:
    """Keep what a network learned as changes of low rank, without it; with None, drop those of a run before."""
    from safetensors.torch import save

    path = folder.path / ADAPTER
    if network is None:
        path.unlink(missing_ok=True)
    else:
        folder.write(ADAPTER, save(diffusion.changes(network)))
    return path


def kept(run: Run) -> list[Path]:
    """List the checkpoints of a run, the first first."""
    return sorted((run.path / KEPT).glob("[0-9]*"))


def note_shape(run: Run, network: Any) -> None:
    """Note what the network of a new run is made of, so that its state can be read before it is done."""
    if not (run.path / SHAPE).exists():
        run.folder.write(f"runs/{run.name}/{SHAPE}", network.to_json_string().encode())


def places(
    folder: Folder, base: Path, *, run: str | None = None, after: int | None = None, vae: Path | None = None
) -> dict[str, Path]:
    """Say where each part of a model lies: of a ``run`` ``after`` a step, or else the last that it kept.

    Without a run, what the work folder learned in one that is done; an autoencoder may be named.

    :raises FolderError: where there is no such checkpoint, or nothing was learned.
    """
    if run is None:
        if after is not None:
            raise FolderError("--after is a step of a run: name it by --run.")
        return pipeline.places(folder, base, vae=vae)
    each = Run(folder, run)
    unet = last(each) if after is None else each.path / f"{KEPT}/{after:06d}"
    if not unet.exists():
        known = ", ".join(str(int(path.name)) for path in kept(each)) or "none"
        raise FolderError(f"{each.path} kept no checkpoint after step {after}; there are: {known}.")
    return pipeline.places(folder, base, unet=unet, scheduler=solver(each, base), vae=vae)


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
    try:
        settings = json.loads((run.path / SETTINGS).read_bytes())
    except (OSError, ValueError) as error:
        raise FolderError(f"{run.path} is no run of training: {error}") from error
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


def pictures_seen(run: Run, after: int) -> tuple[int, bool] | None:
    """Count the pictures that a run has seen until ``after`` a step, and tell whether each step of them was counted.

    Rows of the curve that do not count them stand for as many a step as the settings say, or, where these leave the
    number of processes open, as the first row that does; None where nothing tells.
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
    """Return what the settings say; 0 where a run may go on with any number of processes, or they do not tell."""
    settings = json.loads((run.path / SETTINGS).read_bytes())
    return int(settings.get("batch", 0)) * int(settings.get("processes", 0))
