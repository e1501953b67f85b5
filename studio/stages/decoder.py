"""Teach the decoder texture, on subjects of a sketchbook, by an adversary; the latents stay what they are."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import progress, stage, training_options
from studio.workspace.work_folder import Folder, digest, put_folder

NOISIEST = 0.3
"""The most noise on latents of spread one."""

POOL = "pool.safetensors"
"""Within a run's folder, what was painted for it: pictures in bytes, their latents, and those of a painter."""


@stage("decoder")
@training_options(steps=4_000, rate=3e-4, batch=4, run="decoder")
@click.option("--vae", required=True, type=click.Path(path_type=Path), help="The autoencoder to go on from.")
@click.option("--sketchbook", required=True, type=click.Path(path_type=Path), help="The drawings that are painted.")
@click.option("--painter", type=click.Path(path_type=Path),
              help="A model led by sketches, whose latents are learned too, as it will paint them.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="With --painter, of these.")
@click.option("--constant", is_flag=True, help="Keep the rate, so that a run may end when it likes; see --cool.")
@click.option("--cool", type=click.IntRange(0), default=0, show_default=True,
              help="With --constant: the last steps, in which the rate falls.")  # fmt: skip
@click.option("--painted", type=click.IntRange(1), default=1500, show_default=True, help="Pictures painted beforehand.")
@click.option("--measured", type=click.IntRange(1), default=64, show_default=True, help="Others, to measure by.")
@click.option("--size", type=click.IntRange(32), default=256, show_default=True, help="Pixels a side of them.")
@click.option("--piece", type=click.IntRange(16), default=128, show_default=True, help="Pixels a side of what is seen.")
def command(folder: Folder, *, vae: Path, sketchbook: Path, painter: Path | None, share: float, painted: int,
            measured: int, size: int, piece: int, batch: int, device: str, precision: str, run: str,
            trackers: tuple[str, ...], **often: Any) -> dict[str, Any]:  # fmt: skip
    """Make model/vae: the autoencoder of --vae with a decoder that brings texture back."""
    import safetensors.torch
    import torch

    from studio.training import adversary, autoencoder, loop, pipeline, repainting
    from studio.workspace.training_run import Run

    if size % 32:
        raise StudioError(f"--size must be a multiple of 32, not {size}.")
    schedule = loop.Schedule(**often)
    each = Run(folder, run)
    machine = loop.accelerator(run=each, precision=precision, trackers=trackers, cpu=device == "cpu")
    if machine.num_processes > 1:
        raise StudioError("The stage decoder learns in one process: the adversary's gradients are not shared.")
    torch.manual_seed(schedule.seed)
    network = autoencoder.load(vae).to(device, memory_format=torch.channels_last)
    network.encoder.requires_grad_(False)
    lesson = adversary.Lesson(adversary.Adversary().to(device))
    target = folder.path / "model/vae"
    from_paint = repainting.Repainter(painter, network, device=device) if painter else None
    settings = {"batch": batch, "painted": painted, "piece": piece, "size": size, "share": share if painter else 0.0,
                "painter": pipeline.fingerprint(pipeline.of_folder(painter)) if painter else "",
                "encoder": autoencoder.digest(network.encoder), "drawings": digest(sketchbook.read_bytes()),
                "began_as": autoencoder.digest(network.decoder)}  # fmt: skip
    each.begin(settings | schedule.settings(), writes=False)  # before anything is painted
    if each.is_done():
        network = autoencoder.load(target).to(device, memory_format=torch.channels_last)
        summary: dict[str, Any] = {"run": each.name, "steps": schedule.steps, "taken_now": 0}
    else:
        each.begin(settings | schedule.settings())
        if not (each.path / POOL).exists():
            seen = _subjects(sketchbook, painted, schedule.seed, size, network, from_paint)
            folder.write(f"runs/{each.name}/{POOL}", safetensors.torch.save(seen))
        held = safetensors.torch.load_file(each.path / POOL, device=device)
        pool = autoencoder.Pool(held["latents"], held["pictures"], piece, repainted=held.get("repainted"), share=share)

        def loss_of(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
            latents, pictures, own = pool.batch(step, batch, dice)
            noise = loop.noise(tuple(latents.shape), dice, latents.device)
            # What a UNet paints is off by more here and less there; what it painted is so already.
            noise *= torch.rand((len(latents), 1, 1, 1), generator=dice).to(device) * NOISIEST * own.view(-1, 1, 1, 1)
            again = model(latents + noise / network.config.scaling_factor).float()
            loss, told = lesson.loss(again, pictures * 2 - 1, step, own)
            return loss, told | {"psnr": autoencoder.psnr(again.detach() / 2 + 0.5, pictures).mean()}

        summary = loop.fit(
            autoencoder.Refined(network), loss_of, schedule, each, machine=machine, settings=settings, beside=lesson
        )
        put_folder(target, network.save_pretrained)
        each.finish()
    before = autoencoder.load(vae).eval().to(device)
    others = _subjects(sketchbook, measured, schedule.seed + 1, size, before)["pictures"].to(device).float() / 255
    return summary | {"before": _quality(before, others), "after": _quality(network.eval(), others)}


def _subjects(path: Path, count: int, seed: int, size: int, vae: Any, painter: Any = None) -> dict[str, Any]:
    """Paint subjects by dice: pictures (count, 3, size, size) in bytes, and unscaled latents (count, c, s, s) of them.

    With a ``painter`` there are also those that it paints of them.
    """
    import torch

    from studio.scenes import painted, subjects
    from studio.training import autoencoder, loop

    book = subjects.drawn_from(path)
    programme, easel = subjects.Programme(subjects.Plan(count, seed), book), painted.Easel(book, size=size)
    parts = [range(at, min(at + painted.CHUNK, count)) for at in range(0, count, painted.CHUNK)]
    found: dict[str, list[Any]] = defaultdict(list)
    for part in progress(parts, what="subjects"):
        drawn = [programme.subject(number) for number in part]
        with torch.no_grad():
            seen = easel.paint(drawn)
            latents = autoencoder.raw_latents(vae, seen.pictures.to(vae.device) * 2 - 1)
            found["pictures"].append((seen.pictures * 255).round().byte())
            found["latents"].append(latents)
            if painter is not None:
                scale = vae.config.scaling_factor
                again = painter.paint(latents * scale, seen.sketches, drawn, loop.dice(seed, part.start))
                found["repainted"].append(again / scale)
    return {name: torch.cat(each).contiguous() for name, each in found.items()}


def _quality(vae: Any, pictures: Any) -> dict[str, float]:
    """Measure decibels, and sharpness and grain as shares of those of the pictures themselves, medians of all."""
    import torch

    from studio.judging.led_score import sharpness
    from studio.training import adversary, autoencoder

    with torch.no_grad():
        again = torch.cat([
            autoencoder.decoded(vae, autoencoder.scaled_latents(vae, part)).float() for part in pictures.split(16)
        ])  # fmt: skip
    told = {"psnr": autoencoder.psnr(again, pictures),
            "sharpness": sharpness(again) / sharpness(pictures).clamp(min=1e-8),
            "grain": adversary.grain(again) / adversary.grain(pictures).clamp(min=1e-8)}  # fmt: skip
    return {name: round(float(values.median()), 3) for name, values in told.items()}
