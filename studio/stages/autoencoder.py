"""Train the autoencoder on drawings and on pictures rendered during training, or train only its decoder on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import RunOptions, counts, stage, training_options
from studio.workspace.work_folder import Folder, put_folder

if TYPE_CHECKING:
    import torch

HELD_OUT = 48


@dataclass(frozen=True, slots=True)
class AutoencoderOptions:
    """Options of the stage: the network's shape, or which part is trained on, and the training pictures."""

    channels: str
    latent: int
    size: int
    plain: float
    refine: bool
    painted: int
    piece: int
    measured: int


@stage("autoencoder", RunOptions, AutoencoderOptions)
@training_options(steps=12_000, rate=1.5e-3, batch=64, run="autoencoder")
@click.option("--channels", default="16,16,32,64,160", show_default=True,
              help="Channels of each level, from full resolution down.")  # fmt: skip
@click.option("--latent", type=click.IntRange(1), default=16, show_default=True, help="Number of latent channels.")
@click.option("--size", type=click.IntRange(32), default=256, show_default=True, help="Side of the pictures in pixels.")
@click.option("--plain", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Share of plain drawings.")
@click.option("--refine", is_flag=True, help="Train only the decoder on; the latents stay the same.")
@click.option(
    "--painted",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="With --refine: render this many pictures first and train on crops of them; 0 renders new ones each step.",
)
@click.option("--piece", type=click.IntRange(16), default=128, show_default=True, help="Side of these crops in pixels.")
@click.option(
    "--measured", type=click.IntRange(1), default=HELD_OUT, show_default=True, help="Pictures per style to measure on."
)
def command(folder: Folder, how: RunOptions, of: AutoencoderOptions, **often: Any) -> dict[str, Any]:
    """Train model/vae: pictures to latents sixteen times smaller a side, and back."""
    import torch

    from studio.scenes.canvas import Canvas, hands_and_plain
    from studio.training import autoencoder, loop
    from studio.workspace.training_run import Run

    if of.painted and not of.refine:
        raise StudioError("--painted requires --refine, because the latents must be fixed.")
    schedule = loop.Schedule(**often)
    each = Run(folder, "refine" if of.refine and how.run == "autoencoder" else how.run)
    machine = loop.accelerator(run=each, precision=how.precision, trackers=how.trackers, cpu=how.device == "cpu")
    canvas, target = Canvas(folder, device=how.device, size=of.size), folder.path / "model/vae"
    torch.manual_seed(schedule.seed)
    if of.refine:
        vae = autoencoder.load_autoencoder(target)
        vae.encoder.requires_grad_(False)
    else:
        vae = autoencoder.make_autoencoder(counts(of.channels), latent=of.latent, size=of.size)
    settings = _settings(vae, canvas, how, of)
    lesson = _AutoencoderLoss(vae, canvas, machine, how, of)
    if of.painted and not each.is_done():
        lesson.paint(schedule.seed)
    pupil = autoencoder.TrainableDecoder(vae) if of.painted else autoencoder.TrainableAutoencoder(vae)
    loss_of = lesson.loss_of_pieces if of.painted else lesson.loss_of
    summary = loop.fit(pupil, loss_of, schedule, each, machine=machine, settings=settings)
    if each.is_done() and target.exists():
        vae = autoencoder.load_autoencoder(target)  # it may have been refined since
    vae = vae.eval().to(how.device)
    if not each.is_done():
        if not of.refine:
            _scale(vae, canvas, min(256, 4 * how.batch))
        if machine.is_main_process:
            put_folder(target, vae.save_pretrained)
            each.finish()
    test_canvas = _canvas_of_tests(folder, canvas, how.device, of.size)
    quality = autoencoder.measure_psnr(vae, test_canvas, hands_and_plain(canvas.programme), of.measured)
    return summary | {
        "psnr": quality,
        "psnr_over_hands": autoencoder.mean_over_styles(quality),
        "measured_on": test_canvas.records[0].split,
        "scaling_factor": round(vae.config.scaling_factor, 4),
        "parameters": sum(value.numel() for value in vae.parameters()),
    }


def _settings(vae: Any, canvas: Any, how: RunOptions, of: AutoencoderOptions) -> dict[str, Any]:
    """Return the settings that a run must resume with, as written to its settings.json."""
    from studio.training import autoencoder

    settings = {"batch": how.batch, "plain": of.plain, "size": of.size, "refine": of.refine, "channels": of.channels,
                "latent": of.latent, "scenes": canvas.programme.plan.seed,
                "drawings": len(canvas.records)}  # fmt: skip
    settings |= {"painted": of.painted, "piece": of.piece} if of.painted else {}
    return settings | ({"encoder": autoencoder.digest(vae.encoder)} if of.refine else {})


class _AutoencoderLoss:
    """The loss of each step, on whole pictures rendered now or on crops of pictures rendered beforehand."""

    def __init__(self, vae: Any, canvas: Any, machine: Any, how: RunOptions, of: AutoencoderOptions) -> None:
        self._vae, self._canvas, self._machine, self._how, self._of = vae, canvas, machine, how, of
        self._pool: Any = None

    def paint(self, seed: int) -> None:
        """Render the pictures of which crops are trained on, and encode them."""
        import torch

        from studio.training import autoencoder, loop

        of, vae = self._of, self._vae.to(self._how.device, memory_format=torch.channels_last)  # a third faster on CPUs
        pictures = self._canvas.mixture(of.painted, 0, plain=of.plain, rng=loop.step_rng(seed, 0))
        with torch.no_grad():
            latents = torch.cat([autoencoder.raw_latents(vae, part * 2 - 1) for part in torch.split(pictures, 16)])
        self._pool = autoencoder.Pool(latents, (pictures * 255).round().byte(), of.piece)

    def loss_of_pieces(self, model: Any, step: int, rng: torch.Generator) -> tuple[Any, dict[str, Any]]:
        """Return the reconstruction loss and metrics of a step, on crops with noised latents."""
        from studio.training import autoencoder, loop

        latents, pictures, _ = self._pool.batch(step, self._how.batch, rng)
        noise = loop.noise(tuple(latents.shape), rng, latents.device)
        painted = model(latents + noise * autoencoder.NOISE / self._vae.config.scaling_factor)
        metrics = {"psnr": autoencoder.psnr(painted.detach().float() / 2 + 0.5, pictures).mean()}
        return autoencoder.distance(painted.float(), pictures * 2 - 1), metrics

    def loss_of(self, model: Any, step: int, rng: torch.Generator) -> tuple[Any, dict[str, Any]]:
        """Return the reconstruction loss and metrics of a step, on whole pictures."""
        from studio.training import autoencoder, loop

        of, config, batch = self._of, self._vae.config, self._how.batch
        first = (step * self._machine.num_processes + self._machine.process_index) * batch
        pictures = self._canvas.mixture(batch, first, plain=of.plain, rng=rng) * 2 - 1
        side = of.size // 2 ** (len(config.block_out_channels) - 1)
        noise = loop.noise((batch, config.latent_channels, side, side), rng, pictures.device)
        scale = 1.0 / config.scaling_factor if of.refine else 1.0
        painted, latents = model(pictures, noise * autoencoder.NOISE * scale)
        loss = autoencoder.distance(painted.float(), pictures)
        # A penalty keeps latents near 1, else they would outgrow the noise.
        metrics = {"psnr": autoencoder.psnr(painted.detach().float() / 2, pictures / 2).mean()}
        return loss + (0.0 if of.refine else 2e-3) * (latents.float() ** 2).mean(), metrics


def _scale(vae: Any, canvas: Any, count: int) -> None:
    """Set the scaling factor that brings latents to a root mean square of 1. The pipeline supports no shift."""
    import torch

    from studio.training import autoencoder, loop

    with torch.no_grad():
        pictures = canvas.mixture(count, 0, rng=loop.step_rng(0, 0))
        latents = torch.cat([autoencoder.raw_latents(vae, part * 2 - 1) for part in pictures.split(32)]).float()
    vae.register_to_config(scaling_factor=1 / max(float(latents.square().mean().sqrt()), 1e-6))


def _canvas_of_tests(folder: Folder, canvas: Any, device: str, size: int) -> Any:
    """Return a canvas of the held-out vendor's drawings, or the training canvas when no vendor was held out."""
    from studio.scenes.canvas import Canvas

    has_tests = any(record.split == "test" and record.kind == "motif" for record in folder.catalogue())
    return Canvas(folder, split="test", device=device, size=size) if has_tests else canvas
