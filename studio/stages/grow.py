"""Grow the autoencoder of a trained model: pictures twice as large, and more latent channels beside the old ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.workspace.stage_command import HOUSE, stage
from studio.workspace.work_folder import Folder, put_folder


@stage("grow")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder whose autoencoder is grown.")  # fmt: skip
@click.option("--latent", type=click.IntRange(1), default=16, show_default=True, help="Number of latent channels.")
@click.option("--size", type=click.IntRange(32), default=256, show_default=True,
              help="Side of the pictures in pixels, twice the base's.")  # fmt: skip
@click.option("--shown", type=click.IntRange(1), default=256, show_default=True,
              help="Number of scenes by which to find what the base's latents leave out.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="Device to run on: cpu, cuda.")
def command(folder: Folder, *, base: Path, latent: int, size: int, shown: int, device: str) -> dict[str, Any]:
    """Grow a base's autoencoder into model/vae.

    Train its decoder on by `autoencoder --refine`, and the base's UNet by `train --tune full`.
    """
    from studio.scenes.canvas import Canvas
    from studio.training import autoencoder, growing, loop
    from studio.workspace.training_run import Run

    canvas = Canvas(folder, device=device, size=size)
    of = autoencoder.load_autoencoder(base / "vae").eval()
    facts = {"latents": latent, "of_the_base": of.config.latent_channels, "size": size, "shown": shown}
    each, target = Run(folder, "grow"), folder.path / "model/vae"
    each.begin(
        facts | {"base": autoencoder.digest(of), "scenes": canvas.programme.plan.seed, "drawings": len(canvas.records)}
    )
    exists = each.is_done() and target.exists()  # it may have been refined since
    if not exists:
        pictures = canvas.mixture(shown, 0, rng=loop.step_rng(0, 0))
        put_folder(target, growing.autoencoder(of.to(device), pictures, latent=latent).save_pretrained)
        each.finish()
    return facts | {"grown_now": not exists}
