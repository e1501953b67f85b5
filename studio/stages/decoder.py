"""Teach a decoder on subjects of a sketchbook, by an adversary; the latents stay what they are.

Either the autoencoder's own decoder learns texture, or one beside it that is shown the scenes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import progress, stage, training_options
from studio.workspace.work_folder import Folder, digest, put_folder

if TYPE_CHECKING:
    from studio.workspace.training_run import Run

NOISIEST = 0.3
"""The most noise on latents of spread one."""

POOL = "pool.safetensors"
"""Within a run's folder, what was painted for it: pictures in bytes, their latents, and those of a painter."""


@stage("decoder")
@training_options(steps=4_000, rate=3e-4, batch=4, run="decoder")
@click.option("--vae", required=True, type=click.Path(path_type=Path), help="The autoencoder to go on from.")
@click.option("--sketchbook", required=True, type=click.Path(path_type=Path), help="The drawings that are painted.")
@click.option("--scenes", is_flag=True, help="Make model/decoder instead, which is shown the scenes beside latents.")
@click.option("--finer", type=click.Path(path_type=Path),
              help="With --scenes: a decoder whose stage for pictures twice as large is learned.")  # fmt: skip
@click.option("--from-decoder", type=click.Path(path_type=Path),
              help="With --scenes: a decoder to go on from, such as a published one.")  # fmt: skip
@click.option("--painter", type=click.Path(path_type=Path),
              help="A model led by sketches, whose latents are learned too, as it will paint them.")  # fmt: skip
@click.option("--from-noise", is_flag=True, help="With --painter, painted from noise alone, as a walk is.")
@click.option("--share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="With --painter, of these.")
@click.option("--constant", is_flag=True, help="Keep the rate, so that a run may end when it likes; see --cool.")
@click.option("--cool", type=click.IntRange(0), default=0, show_default=True,
              help="With --constant: the last steps, in which the rate falls.")  # fmt: skip
@click.option("--painted", type=click.IntRange(1), default=1500, show_default=True, help="Pictures painted beforehand.")
@click.option("--measured", type=click.IntRange(1), default=64, show_default=True, help="Others, to measure by.")
@click.option("--size", type=click.IntRange(32), help="Pixels a side of them; 256, with --finer 512, where not told.")
@click.option("--piece", type=click.IntRange(16), default=128, show_default=True, help="Pixels a side of what is seen.")
def command(folder: Folder, *, vae: Path, sketchbook: Path, scenes: bool, finer: Path | None,
            from_decoder: Path | None, painter: Path | None, from_noise: bool, share: float, painted: int,
            measured: int, size: int | None, piece: int, batch: int, device: str, precision: str, run: str,
            trackers: tuple[str, ...], **often: Any) -> dict[str, Any]:  # fmt: skip
    """Make model/vae, the autoencoder of --vae with a decoder that brings texture back; or model/decoder."""
    import torch

    from studio.training import autoencoder, loop, pipeline, repainting
    from studio.workspace.training_run import Run

    size = size or (512 if finer else 256)
    if size % 32:
        raise StudioError(f"--size must be a multiple of 32, not {size}.")
    if finer and not scenes:
        raise StudioError("--finer is of a decoder that is shown scenes: it goes with --scenes.")
    if from_decoder and (finer or not scenes):
        raise StudioError("--from-decoder goes with --scenes, and not with --finer.")
    schedule = loop.Schedule(**often)
    each = Run(folder, run)
    machine = loop.accelerator(run=each, precision=precision, trackers=trackers, cpu=device == "cpu")
    if machine.num_processes > 1:
        raise StudioError("The stage decoder learns in one process: the adversary's gradients are not shared.")
    torch.manual_seed(schedule.seed)
    network = autoencoder.load(vae).to(device, memory_format=torch.channels_last)
    network.encoder.requires_grad_(False)
    from_paint = repainting.Repainter(painter, network, from_noise=from_noise, device=device) if painter else None
    settings = {"batch": batch, "painted": painted, "piece": piece, "size": size, "share": share if painter else 0.0,
                "painter": pipeline.fingerprint(pipeline.of_folder(painter)) if painter else "",
                **({"from_noise": True} if painter and from_noise else {}),
                "encoder": autoencoder.digest(network.encoder), "drawings": digest(sketchbook.read_bytes()),
                "began_as": autoencoder.digest(network.decoder), "scenes": scenes}  # fmt: skip
    lesson = _Lesson(
        folder, each, machine, schedule, settings, vae=vae, sketchbook=sketchbook, painter=from_paint, share=share,
        painted=painted, measured=measured, size=size, piece=piece, batch=batch, device=device, is_finer=bool(finer),
    )  # fmt: skip
    return _scenes(lesson, network, finer, from_decoder) if scenes else _texture(lesson, network)


@dataclass(frozen=True)
class _Lesson:
    """What both kinds of lessons are told."""

    folder: Folder
    each: Run
    machine: Any
    schedule: Any
    settings: dict[str, Any]
    vae: Path
    sketchbook: Path
    painter: Any
    share: float
    painted: int
    measured: int
    size: int
    piece: int
    batch: int
    device: str
    is_finer: bool

    def begin(self, **more: str) -> bool:
        """Begin or go on, before anything is painted; tell whether there is something to do."""
        self.settings.update(more)
        self.each.begin(self.settings | self.schedule.settings(), writes=False)
        if self.each.is_done():
            return False
        self.each.begin(self.settings | self.schedule.settings())
        return True

    def pool(self, network: Any, *names: str) -> dict[str, Any]:
        """Return what was painted for this run, of these names; paint it first where that was not done."""
        import safetensors.torch

        if not (self.each.path / POOL).exists():
            seen = self._subjects(network, self.painted, self.schedule.seed, self.painter)
            kept = safetensors.torch.save({name: seen[name] for name in names if name in seen})
            self.folder.write(f"runs/{self.each.name}/{POOL}", kept)
        return dict(safetensors.torch.load_file(self.each.path / POOL, device=self.device))

    def others(self, network: Any) -> dict[str, Any]:
        """Paint what is not learned from."""
        seen = self._subjects(network, self.measured, self.schedule.seed + 1)
        return {name: value.to(self.device) for name, value in seen.items()}

    def _subjects(self, network: Any, count: int, seed: int, painter: Any = None) -> dict[str, Any]:
        from functools import partial

        from studio.scenes import subjects
        from studio.training import scene_lesson

        return scene_lesson.painted_subjects(
            subjects.drawn_from(self.sketchbook), count, seed, self.size, network, painter=painter,
            finer=self.is_finer, told=partial(progress, what="subjects"),
        )  # fmt: skip


def _texture(order: _Lesson, network: Any) -> dict[str, Any]:
    """Teach the autoencoder's own decoder."""
    import torch

    from studio.training import adversary, autoencoder, loop

    lesson, target = adversary.Lesson(adversary.Adversary().to(order.device)), order.folder.path / "model/vae"
    if order.begin():
        held = order.pool(network, "pictures", "latents", "repainted")
        pool = autoencoder.Pool(
            held["latents"], held["pictures"], order.piece, repainted=held.get("repainted"), share=order.share
        )

        def loss_of(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
            latents, pictures, own = pool.batch(step, order.batch, dice)
            noise = loop.noise(tuple(latents.shape), dice, latents.device)
            # What a UNet paints is off by more here and less there; what it painted is so already.
            noise *= torch.rand((len(latents), 1, 1, 1), generator=dice).to(noise) * NOISIEST * own.view(-1, 1, 1, 1)
            again = model(latents + noise / network.config.scaling_factor).float()
            loss, told = lesson.loss(again, pictures * 2 - 1, step, own)
            return loss, told | {"psnr": autoencoder.psnr(again.detach() / 2 + 0.5, pictures).mean()}

        summary = loop.fit(
            autoencoder.Refined(network), loss_of, order.schedule, order.each, machine=order.machine,
            settings=order.settings, beside=lesson,
        )  # fmt: skip
        put_folder(target, network.save_pretrained)
        order.each.finish()
    else:
        network, summary = autoencoder.load(target), _nothing(order)
    before, network = (vae.eval().to(order.device) for vae in (autoencoder.load(order.vae), network))
    pictures = order.others(before)["pictures"].float() / 255

    def told(vae: Any) -> dict[str, float]:
        with torch.no_grad():
            again = [autoencoder.decoded(vae, autoencoder.scaled_latents(vae, part)) for part in pictures.split(16)]
        return _quality(torch.cat(again).float(), pictures)

    return summary | {"before": told(before), "after": told(network)}


def _scenes(order: _Lesson, vae: Any, finer: Path | None, further: Path | None) -> dict[str, Any]:
    """Teach a decoder that is shown scenes, or its finer stage."""
    import torch

    import decoder
    from studio.training import loop, scene_lesson

    target = order.folder.path / "model/decoder"
    network: Any = scene_lesson.begun(vae.config.latent_channels, order.schedule.seed, finer=finer, further=further)
    network.to(order.device, memory_format=torch.channels_last)
    of = {"from_decoder": digest((further / decoder.WEIGHTS).read_bytes())} if further else {}
    if order.begin(finer=digest((finer / decoder.WEIGHTS).read_bytes()) if finer else "", **of):
        held = order.pool(vae, "pictures", "latents", "guides", "graphic", "repainted")
        lesson = scene_lesson.SceneLesson(
            scene_lesson.ScenePool(held, order.piece, share=order.share), order.batch,
            scaling=vae.config.scaling_factor, device=order.device,
        )  # fmt: skip
        summary = loop.fit(
            network, lesson.loss_of, order.schedule, order.each, machine=order.machine, settings=order.settings,
            beside=lesson.adversary,
        )  # fmt: skip
        put_folder(target, lambda aside: decoder.save(network, aside))
        order.each.finish()
    else:
        summary = _nothing(order)
    after, vae = decoder.load(target).eval().to(order.device), vae.eval()
    others = order.others(vae)
    graphic, pictures = others["graphic"] > 0.5, others["pictures"].float() / 255
    found = {"before": scene_lesson.painted(scene_lesson.by_autoencoder(vae), others),
             "after": scene_lesson.painted(after, others)}  # fmt: skip
    kinds = {"graphic": graphic, "painterly": ~graphic}
    return summary | {
        when: {kind: _quality(again[rows], pictures[rows]) for kind, rows in kinds.items() if rows.any()}
        for when, again in found.items()
    }


def _nothing(order: _Lesson) -> dict[str, Any]:
    return {"run": order.each.name, "steps": order.schedule.steps, "taken_now": 0}


def _quality(again: Any, pictures: Any) -> dict[str, float]:
    """Measure decibels, and sharpness and grain as shares of those of the pictures themselves, medians of all."""
    from studio.judging.led_score import sharpness
    from studio.training import adversary, autoencoder

    told = {"psnr": autoencoder.psnr(again, pictures),
            "sharpness": sharpness(again) / sharpness(pictures).clamp(min=1e-8),
            "grain": adversary.grain(again) / adversary.grain(pictures).clamp(min=1e-8)}  # fmt: skip
    return {name: round(float(values.median()), 3) for name, values in told.items()}
