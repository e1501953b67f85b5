"""Grow the autoencoder of a model that has learned: pictures twice as large, more latents, the old ones kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.workspace.stage_command import HOUSE, stage
from studio.workspace.work_folder import Folder, put_folder


@stage("grow")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="The diffusers folder whose autoencoder is grown.")  # fmt: skip
@click.option("--latent", type=click.IntRange(1), default=16, show_default=True, help="Channels of the latents.")
@click.option("--size", type=click.IntRange(32), default=256, show_default=True,
              help="Pixels a side, the base's twice.")  # fmt: skip
@click.option("--shown", type=click.IntRange(1), default=256, show_default=True,
              help="Scenes that show what the base's latents leave out.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="What it runs on: cpu, cuda.")
def command(folder: Folder, *, base: Path, latent: int, size: int, shown: int, device: str) -> dict[str, Any]:
    """Make model/vae of a base's; `autoencoder --refine` teaches its decoder, `train --tune full` the base's UNet."""
    from studio.scenes.canvas import Canvas
    from studio.training import autoencoder, growing, loop
    from studio.workspace.training_run import Run

    canvas = Canvas(folder, device=device, size=size)
    of = autoencoder.load(base / "vae").eval()
    told = {"latents": latent, "of_the_base": of.config.latent_channels, "size": size, "shown": shown}
    each, target = Run(folder, "grow"), folder.path / "model/vae"
    each.begin(told | {"base": autoencoder.digest(of), "scenes": canvas.programme.plan.seed,
                       "drawings": len(canvas.records)})  # fmt: skip
    is_there = each.is_done() and target.exists()  # perhaps refined since
    if not is_there:
        pictures = canvas.mixture(shown, 0, dice=loop.dice(0, 0))
        put_folder(target, growing.autoencoder(of.to(device), pictures, latent=latent).save_pretrained)
        each.finish()
    return told | {"grown_now": not is_there}
