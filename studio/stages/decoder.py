"""Train a decoder with an adversarial loss on subjects of a drawing library; the latents stay the same.

It is either the autoencoder's own decoder, or a separate scene decoder that also sees the scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import RunOptions, progress, stage, training_options
from studio.workspace.work_folder import Folder, digest, put_folder

if TYPE_CHECKING:
    from studio.workspace.training_run import Run

NOISIEST = 0.3
"""The most noise added to latents of standard deviation one."""

POOL = "pool.safetensors"
"""File in the run's folder: the rendered pictures as bytes, their latents, and latents repainted by a model."""


@dataclass(frozen=True, slots=True)
class DecoderOptions:
    """Options of the stage: which decoder is trained, and on which pictures."""

    vae: Path
    sketchbook: Path
    scenes: bool
    finer: Path | None
    from_decoder: Path | None
    painter: Path | None
    from_noise: bool
    share: float
    painted: int
    measured: int
    size: int | None
    piece: int

    @property
    def side(self) -> int:
        """The side of the pictures in pixels."""
        return self.size or (512 if self.finer else 256)


@stage("decoder", RunOptions, DecoderOptions)
@training_options(steps=4_000, rate=3e-4, batch=4, run="decoder")
@click.option("--vae", required=True, type=click.Path(path_type=Path), help="Autoencoder to start from.")
@click.option(
    "--sketchbook", required=True, type=click.Path(path_type=Path), help="Drawing library whose drawings are rendered."
)
@click.option("--scenes", is_flag=True, help="Train model/decoder instead: a decoder that also sees the scene.")
@click.option("--finer", type=click.Path(path_type=Path),
              help="With --scenes: decoder to which a stage of twice the resolution is added.")  # fmt: skip
@click.option("--from-decoder", type=click.Path(path_type=Path),
              help="With --scenes: decoder to train on, such as a published one.")  # fmt: skip
@click.option("--painter", type=click.Path(path_type=Path),
              help="Sketch-conditioned model; its repainted latents are trained on too.")  # fmt: skip
@click.option("--from-noise", is_flag=True, help="With --painter: sample latents from noise alone, as the site does.")
@click.option("--share", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="With --painter: share of repainted latents.")  # fmt: skip
@click.option("--constant", is_flag=True, help="Keep the learning rate constant, so that a run may end at any step.")
@click.option("--cool", type=click.IntRange(0), default=0, show_default=True,
              help="With --constant: number of last steps, in which the rate falls.")  # fmt: skip
@click.option("--painted", type=click.IntRange(1), default=1500, show_default=True,
              help="Number of training pictures, rendered first.")  # fmt: skip
@click.option(
    "--measured", type=click.IntRange(1), default=64, show_default=True, help="Number of other pictures to measure on."
)
@click.option("--size", type=click.IntRange(32), help="Side of the pictures in pixels; default 256, with --finer 512.")
@click.option(
    "--piece", type=click.IntRange(16), default=128, show_default=True, help="Side of the training crops in pixels."
)
def command(folder: Folder, how: RunOptions, of: DecoderOptions, **often: Any) -> dict[str, Any]:
    """Train model/vae, the autoencoder of --vae with a decoder that restores texture; or model/decoder."""
    import torch

    from studio.training import autoencoder, loop, pipeline, repainting
    from studio.workspace.training_run import Run

    _check(of)
    schedule = loop.Schedule(**often)
    each = Run(folder, how.run)
    machine = loop.accelerator(run=each, precision=how.precision, trackers=how.trackers, cpu=how.device == "cpu")
    if machine.num_processes > 1:
        raise StudioError(
            "The stage decoder runs in one process only: the discriminator's gradients are not synchronised."
        )
    torch.manual_seed(schedule.seed)
    network = autoencoder.load_autoencoder(of.vae).to(how.device, memory_format=torch.channels_last)
    network.encoder.requires_grad_(False)
    settings = {"batch": how.batch, "painted": of.painted, "piece": of.piece, "size": of.side,
                "share": of.share if of.painter else 0.0,
                "painter": pipeline.fingerprint(pipeline.part_folders(of.painter)) if of.painter else "",
                **({"from_noise": True} if of.painter and of.from_noise else {}),
                "encoder": autoencoder.digest(network.encoder), "drawings": digest(of.sketchbook.read_bytes()),
                "began_as": autoencoder.digest(network.decoder), "scenes": of.scenes}  # fmt: skip
    painter = None
    if of.painter:
        painter = repainting.Repainter(of.painter, network, from_noise=of.from_noise, device=how.device)
    lesson = _DecoderTraining(
        folder, each, machine=machine, schedule=schedule, settings=settings, painter=painter, how=how, of=of
    )
    return _scenes(lesson, network) if of.scenes else _texture(lesson, network)


def _check(of: DecoderOptions) -> None:
    """Check that the options fit together.

    :raises StudioError: naming those that do not.
    """
    if of.side % 32:
        raise StudioError(f"--size must be a multiple of 32, not {of.side}.")
    if of.finer and not of.scenes:
        raise StudioError("--finer requires --scenes.")
    if of.from_decoder and (of.finer or not of.scenes):
        raise StudioError("--from-decoder requires --scenes, and excludes --finer.")


@dataclass(frozen=True)
class _DecoderTraining:
    """What both kinds of decoder training share: the run, the settings and the pictures."""

    folder: Folder
    each: Run
    machine: Any
    schedule: Any
    settings: dict[str, Any]
    painter: Any
    how: RunOptions
    of: DecoderOptions

    def begin(self, **more: str) -> bool:
        """Start or resume the run before anything is rendered; return whether there is work to do."""
        self.settings.update(more)
        self.each.begin(self.settings | self.schedule.settings(), writes=False)
        if self.each.is_done():
            return False
        self.each.begin(self.settings | self.schedule.settings())
        return True

    def pool(self, network: Any, *names: str) -> dict[str, Any]:
        """Return the named tensors of the run's training pictures; render these first when that was not done yet."""
        import safetensors.torch

        if not (self.each.path / POOL).exists():
            seen = self._subjects(network, self.of.painted, self.schedule.seed, self.painter)
            data = safetensors.torch.save({name: seen[name] for name in names if name in seen})
            self.folder.write(f"runs/{self.each.name}/{POOL}", data)
        return dict(safetensors.torch.load_file(self.each.path / POOL, device=self.how.device))

    def others(self, network: Any) -> dict[str, Any]:
        """Render the pictures to measure on."""
        seen = self._subjects(network, self.of.measured, self.schedule.seed + 1)
        return {name: value.to(self.how.device) for name, value in seen.items()}

    def _subjects(self, network: Any, count: int, seed: int, painter: Any = None) -> dict[str, Any]:
        from functools import partial

        from studio.scenes import subjects
        from studio.training import scene_lesson

        return scene_lesson.render_subjects(
            subjects.load_subject_library(self.of.sketchbook),
            count,
            seed,
            self.of.side,
            network,
            painter=painter,
            finer=bool(self.of.finer),
            progress=partial(progress, what="subjects"),
        )


def _texture(order: _DecoderTraining, network: Any) -> dict[str, Any]:
    """Train the autoencoder's own decoder and return the summary."""
    import torch

    from studio.training import adversary, autoencoder, loop

    lesson, target = (
        adversary.AdversarialLoss(adversary.Discriminator().to(order.how.device)),
        order.folder.path / "model/vae",
    )
    if order.begin():
        tensors = order.pool(network, "pictures", "latents", "repainted")
        pool = autoencoder.Pool(
            tensors["latents"],
            tensors["pictures"],
            order.of.piece,
            repainted=tensors.get("repainted"),
            share=order.of.share,
        )

        def loss_of(model: Any, step: int, rng: torch.Generator) -> tuple[Any, dict[str, Any]]:
            latents, pictures, own = pool.batch(step, order.how.batch, rng)
            noise = loop.noise(tuple(latents.shape), rng, latents.device)
            # A UNet's latents are off by a varying amount; repainted latents are so already.
            noise *= torch.rand((len(latents), 1, 1, 1), generator=rng).to(noise) * NOISIEST * own.view(-1, 1, 1, 1)
            again = model(latents + noise / network.config.scaling_factor).float()
            loss, metrics = lesson.loss(again, pictures * 2 - 1, step, own)
            return loss, metrics | {"psnr": autoencoder.psnr(again.detach() / 2 + 0.5, pictures).mean()}

        summary = loop.fit(
            autoencoder.TrainableDecoder(network),
            loss_of,
            order.schedule,
            order.each,
            machine=order.machine,
            settings=order.settings,
            beside=lesson,
        )
        put_folder(target, network.save_pretrained)
        order.each.finish()
    else:
        network, summary = autoencoder.load_autoencoder(target), _nothing(order)
    before, network = (vae.eval().to(order.how.device) for vae in (autoencoder.load_autoencoder(order.of.vae), network))
    pictures = order.others(before)["pictures"].float() / 255

    def measured(vae: Any) -> dict[str, float]:
        with torch.no_grad():
            again = [
                autoencoder.decode_latents(vae, autoencoder.scaled_latents(vae, part)) for part in pictures.split(16)
            ]
        return _quality(torch.cat(again).float(), pictures)

    return summary | {"before": measured(before), "after": measured(network)}


def _scenes(order: _DecoderTraining, vae: Any) -> dict[str, Any]:
    """Train a scene decoder, or its finer stage, and return the summary."""
    import torch

    import decoder
    from studio.training import loop, scene_lesson

    target, finer, further = order.folder.path / "model/decoder", order.of.finer, order.of.from_decoder
    network: Any = scene_lesson.make_decoder(
        vae.config.latent_channels, order.schedule.seed, finer=finer, further=further
    )
    network.to(order.how.device, memory_format=torch.channels_last)
    of = {"from_decoder": digest((further / decoder.WEIGHTS).read_bytes())} if further else {}
    if order.begin(finer=digest((finer / decoder.WEIGHTS).read_bytes()) if finer else "", **of):
        tensors = order.pool(vae, "pictures", "latents", "guides", "graphic", "repainted")
        lesson = scene_lesson.SceneLoss(
            scene_lesson.ScenePool(tensors, order.of.piece, share=order.of.share),
            order.how.batch,
            scaling=vae.config.scaling_factor,
            device=order.how.device,
        )
        summary = loop.fit(
            network,
            lesson.loss_of,
            order.schedule,
            order.each,
            machine=order.machine,
            settings=order.settings,
            beside=lesson.adversary,
        )
        put_folder(target, lambda aside: decoder.save(network, aside))
        order.each.finish()
    else:
        summary = _nothing(order)
    after, vae = decoder.load(target).eval().to(order.how.device), vae.eval()
    others = order.others(vae)
    graphic, pictures = others["graphic"] > 0.5, others["pictures"].float() / 255
    decoded = {
        "before": scene_lesson.decode_all(scene_lesson.by_autoencoder(vae), others),
        "after": scene_lesson.decode_all(after, others),
    }
    kinds = {"graphic": graphic, "painterly": ~graphic}
    return summary | {
        when: {kind: _quality(again[rows], pictures[rows]) for kind, rows in kinds.items() if rows.any()}
        for when, again in decoded.items()
    }


def _nothing(order: _DecoderTraining) -> dict[str, Any]:
    return {"run": order.each.name, "steps": order.schedule.steps, "taken_now": 0}


def _quality(again: Any, pictures: Any) -> dict[str, float]:
    """Return PSNR in dB, and sharpness and grain relative to the original pictures, each as the median."""
    from studio.judging.led_score import sharpness
    from studio.training import adversary, autoencoder

    measures = {
        "psnr": autoencoder.psnr(again, pictures),
        "sharpness": sharpness(again) / sharpness(pictures).clamp(min=1e-8),
        "grain": adversary.grain(again) / adversary.grain(pictures).clamp(min=1e-8),
    }
    return {name: round(float(values.median()), 3) for name, values in measures.items()}
