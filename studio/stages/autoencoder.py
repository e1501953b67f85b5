"""Train the autoencoder on drawings and hands painted as it learns, or go on with its decoder alone."""

from __future__ import annotations

from typing import Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import counts, stage, training_options
from studio.workspace.work_folder import Folder, put_folder

HELD_OUT = 48


@stage("autoencoder")
@training_options(steps=12_000, rate=1.5e-3, batch=64, run="autoencoder")
@click.option("--channels", default="16,16,32,64,160", show_default=True, help="Channels of each level, finest first.")
@click.option("--latent", type=click.IntRange(1), default=16, show_default=True, help="Channels of the latents.")
@click.option("--size", type=click.IntRange(32), default=256, show_default=True, help="Pixels a side.")
@click.option("--plain", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Share of plain drawings.")
@click.option("--refine", is_flag=True, help="Train the decoder on; the latents stay what they are.")
@click.option(
    "--painted",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="With --refine: pictures painted beforehand, to learn pieces of; 0 paints new ones for each step.",
)
@click.option("--piece", type=click.IntRange(16), default=128, show_default=True, help="Pixels a side of these pieces.")
@click.option(
    "--measured", type=click.IntRange(1), default=HELD_OUT, show_default=True, help="Pictures a hand to measure."
)
def command(folder: Folder, *, refine: bool, painted: int, piece: int, channels: str, latent: int, size: int,
            plain: float, batch: int, device: str, precision: str, run: str, trackers: tuple[str, ...], measured: int,
            **often: Any) -> dict[str, Any]:  # fmt: skip
    """Make model/vae: pictures to latents sixteen times smaller a side, and back."""
    import torch

    from studio.scenes.canvas import Canvas, hands_and_plain
    from studio.training import autoencoder, loop
    from studio.workspace.training_run import Run

    schedule = loop.Schedule(**often)
    each = Run(folder, "refine" if refine and run == "autoencoder" else run)
    machine = loop.accelerator(run=each, precision=precision, trackers=trackers, cpu=device == "cpu")
    canvas = Canvas(folder, device=device, size=size)
    target = folder.path / "model/vae"
    torch.manual_seed(schedule.seed)
    vae = autoencoder.load(target) if refine else autoencoder.make(counts(channels), latent=latent, size=size)
    settings = {"batch": batch, "plain": plain, "size": size, "refine": refine, "channels": channels, "latent": latent}
    settings |= {"scenes": canvas.programme.plan.seed, "drawings": len(canvas.records)}
    if painted:
        if not refine:
            raise StudioError("--painted goes with --refine: the latents must be known.")
        settings |= {"painted": painted, "piece": piece}
    if refine:
        vae.encoder.requires_grad_(False)
        settings |= {"encoder": autoencoder.digest(vae.encoder)}

    def loss_of_pieces(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        latents, pictures, _ = pool.batch(step, batch, dice)
        noise = loop.noise(tuple(latents.shape), dice, latents.device)
        painted = model(latents + noise * autoencoder.NOISE / vae.config.scaling_factor)
        told = {"psnr": autoencoder.psnr(painted.detach().float() / 2 + 0.5, pictures).mean()}
        return autoencoder.distance(painted.float(), pictures * 2 - 1), told

    def loss_of(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        first = (step * machine.num_processes + machine.process_index) * batch
        pictures = canvas.mixture(batch, first, plain=plain, dice=dice) * 2 - 1
        side = size // 2 ** (len(vae.config.block_out_channels) - 1)
        noise = loop.noise((batch, vae.config.latent_channels, side, side), dice, pictures.device)
        scale = 1.0 if not refine else 1.0 / vae.config.scaling_factor
        painted, latents = model(pictures, noise * autoencoder.NOISE * scale)
        loss = autoencoder.distance(painted.float(), pictures)
        # The latents are kept near one in size, or they would outgrow the noise.
        told = {"psnr": autoencoder.psnr(painted.detach().float() / 2, pictures / 2).mean()}
        return loss + (0.0 if refine else 2e-3) * (latents.float() ** 2).mean(), told

    if painted and not each.is_done():
        vae = vae.to(device, memory_format=torch.channels_last)  # a third faster on a processor
        pictures = canvas.mixture(painted, 0, plain=plain, dice=loop.dice(schedule.seed, 0))
        with torch.no_grad():
            latents = torch.cat([autoencoder.raw_latents(vae, part * 2 - 1) for part in torch.split(pictures, 16)])
        pool = autoencoder.Pool(latents, (pictures * 255).round().byte(), piece)
    pupil = autoencoder.Refined(vae) if painted else autoencoder.Pupil(vae)
    summary = loop.fit(
        pupil, loss_of_pieces if painted else loss_of, schedule, each, machine=machine, settings=settings
    )
    if each.is_done() and target.exists():
        vae = autoencoder.load(target)  # perhaps refined since
    vae = vae.eval().to(device)
    if not each.is_done():
        if not refine:
            _scale(vae, canvas, min(256, 4 * batch))
        if machine.is_main_process:
            put_folder(target, vae.save_pretrained)
            each.finish()
    held = _canvas_of_tests(folder, canvas, device, size)
    quality = autoencoder.quality(vae, held, hands_and_plain(canvas.programme), measured)
    return summary | {"psnr": quality, "psnr_over_hands": autoencoder.over_hands(quality),
                      "measured_on": held.records[0].split, "scaling_factor": round(vae.config.scaling_factor, 4),
                      "parameters": sum(value.numel() for value in vae.parameters())}  # fmt: skip


def _scale(vae: Any, canvas: Any, count: int) -> None:
    """Measure how large latents are, and note what brings them to one; the pipeline knows no shift."""
    import torch

    from studio.training import autoencoder, loop

    with torch.no_grad():
        pictures = canvas.mixture(count, 0, dice=loop.dice(0, 0))
        latents = torch.cat([autoencoder.raw_latents(vae, part * 2 - 1) for part in pictures.split(32)]).float()
    vae.register_to_config(scaling_factor=1 / max(float(latents.square().mean().sqrt()), 1e-6))


def _canvas_of_tests(folder: Folder, canvas: Any, device: str, size: int) -> Any:
    """Take the drawings of a vendor kept out, or those that were learned from where none is."""
    from studio.scenes.canvas import Canvas

    has_tests = any(record.split == "test" and record.kind == "motif" for record in folder.catalogue())
    return Canvas(folder, split="test", device=device, size=size) if has_tests else canvas
