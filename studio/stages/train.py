"""Train the UNet on shards: a new one, or that of a Stable Diffusion folder, in full or by LoRA."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import FolderError, StudioError
from studio.text import phrasing
from studio.workspace import weight_files
from studio.workspace.stage_command import HOUSE, RunOptions, counts, stage, training_options
from studio.workspace.work_folder import Folder, put_folder

if TYPE_CHECKING:
    import torch

OBJECTIVES = ("flow", "v_prediction", "epsilon")
PROMPTS = ("changing seasons", "a coffee", "an industrial setting", "critique of the USA", "Picasso and Monet")


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Options for the network: its shape, its initial weights, and which weights are trained."""

    base: Path
    tune: str | None
    unet: Path | None
    of_base: float
    latents: int | None
    rank: int
    apart: bool
    half_base: bool
    channels: str
    layers: str | None
    checkpointing: bool

    @property
    def begins_as(self) -> Path:
        """The folder of the UNet that is trained on."""
        return self.unet or self.base / "unet"


@dataclass(frozen=True, slots=True)
class LessonOptions:
    """Options for the objective: target, times, and how often captions or sketches are dropped."""

    objective: str | None
    gamma: float
    spread: float
    nothing: float
    unsketched: float
    guidance: float


@dataclass(frozen=True, slots=True)
class PreviewOptions:
    """Options for validation pictures and checkpoints."""

    prompts: tuple[str, ...]
    prefix: str
    painted_in: int
    validate_every: int
    checkpoint_every: int


@stage("train", RunOptions, NetworkOptions, LessonOptions, PreviewOptions)
@training_options(steps=8_000, rate=1e-3, batch=64, run="train")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder of the text encoder, and of the UNet with --tune.")  # fmt: skip
@click.option("--tune", type=click.Choice(("full", "lora")), help="Train the UNet of --base on; default: a new one.")
@click.option("--unet", type=click.Path(path_type=Path), help="Train this UNet on, instead of that of --base.")
@click.option("--of-base", type=click.FloatRange(0, 1), default=0.0, show_default=True,
              help="With --unet: mix this share of the base's UNet into it, against forgetting."
              )  # fmt: skip
@click.option("--latents", type=click.IntRange(1), help="Train only the first so many latent channels; default: all.")
@click.option("--rank", type=click.IntRange(1), default=8, show_default=True, help="Rank of LoRA.")
@click.option("--apart", is_flag=True, help="With --tune lora: save the LoRA alone, for use with --base.")
@click.option(
    "--half-base", is_flag=True, help="With --tune lora: store the base's weights in --precision during training."
)
@click.option("--channels", default="64,128,224", show_default=True, help="Channels of each level of a new UNet.")
@click.option("--layers", help="With --unet: more layers in its upper levels, such as 2,2,1,1.")
@click.option("--muon", is_flag=True, help="Train matrices by Muon, the rest by AdamW.")
@click.option("--frugal", is_flag=True, help="Train by Adafactor: 8 bytes a weight less than AdamW. See --average 0.")
@click.option("--constant", is_flag=True, help="Keep the learning rate constant, so that a run can end at any step.")
@click.option("--cool", type=click.IntRange(0), default=0, show_default=True,
              help="With --constant: number of last steps, in which the rate falls.")  # fmt: skip
@click.option("--unsketched", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="Share of training pictures without a sketch.")  # fmt: skip
@click.option("--objective", type=click.Choice(OBJECTIVES), help="Training target; default: that of --base, or flow.")
@click.option(
    "--gamma", type=click.FloatRange(0), default=0.0, show_default=True, help="Gamma of min-SNR weights; 0 for none."
)
@click.option("--spread", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="Spread of the logit-normal times; 1.7 is nearly uniform.")  # fmt: skip
@click.option("--nothing", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="Share of training pictures without a caption.")  # fmt: skip
@click.option("--checkpointing", is_flag=True, help="Gradient checkpointing: less memory, a third more time.")
@click.option("--validate-every", type=click.IntRange(0), default=0, show_default=True,
              help="Generate validation pictures every so many steps; 0: never.")  # fmt: skip
@click.option("--checkpoint-every", type=click.IntRange(0), default=0, show_default=True,
              help="Save a checkpoint every so many steps; 0: never.")  # fmt: skip
@click.option("--validate", "prompts", multiple=True, default=PROMPTS, help="A validation prompt, without the prefix.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="Text put before validation prompts.")
@click.option("--guidance", type=click.FloatRange(1), default=4.0, show_default=True,
              help="Guidance scale of validation pictures, and input of a guidance-distilled UNet.")  # fmt: skip
@click.option("--painted-in", "painted_in", type=click.IntRange(1), default=20, show_default=True,
              help="Sampling steps of validation pictures.")  # fmt: skip
def command(
    folder: Folder,
    how: RunOptions,
    network: NetworkOptions,
    lesson: LessonOptions,
    preview: PreviewOptions,
    *,
    muon: bool,
    frugal: bool,
    **often: Any,
) -> dict[str, Any]:
    """Train model/unet and model/scheduler on latents/, or with --apart model/adapter."""
    from studio.training import checkpoints, loop

    _check(network, how.precision)
    if muon and frugal:
        raise StudioError("--muon and --frugal exclude each other.")
    teaching = _UNetTraining(folder, how, network, lesson, preview, loop.Schedule(**often))
    machine = teaching.machine
    if machine.is_main_process:
        checkpoints.save_config(teaching.run, teaching.unet)
    previews = (
        (preview.validate_every, teaching.paint_validation),
        (preview.checkpoint_every, teaching.keep),
    )
    try:
        summary = loop.fit(
            teaching.unet,
            teaching.loss_of,
            teaching.schedule,
            teaching.run,
            machine=machine,
            settings=teaching.settings() | {"muon": muon, "frugal": frugal},
            previews=previews,
            put=teaching.put,
            optimiser="muon" if muon else "frugal" if frugal else "adamw",
        )
    finally:
        teaching.reader.close()
    parameters = sum(value.numel() for name, value in teaching.unet.named_parameters() if ".lora_" not in name)
    return summary | {
        "objective": teaching.aim.kind,
        "pictures": len(teaching.shards),
        "processes": machine.num_processes,
        "parameters": parameters,
    }


def _check(network: NetworkOptions, precision: str) -> None:
    """Check that the options fit together.

    :raises StudioError: naming those that do not.
    """
    from studio.training import pipeline

    if network.unet and not network.tune:
        raise StudioError("--unet requires --tune full or --tune lora.")
    if network.of_base and not network.unet:
        raise StudioError("--of-base requires --unet.")
    if network.apart and network.tune != "lora":
        raise StudioError("--apart requires --tune lora.")
    if network.half_base and (network.tune != "lora" or precision == "no"):
        raise StudioError("--half-base requires --tune lora and --precision fp16 or bf16.")
    if network.layers and not network.unet:
        raise StudioError("--layers requires --unet.")
    if network.tune:
        pipeline.check_base(network.base)


class _UNetTraining:
    """A UNet in training: its shards, its objective, the loss of a step, and validation pictures."""

    def __init__(
        self,
        folder: Folder,
        how: RunOptions,
        network: NetworkOptions,
        lesson: LessonOptions,
        previews: PreviewOptions,
        schedule: Any,
    ) -> None:
        from studio.text.text_encoder import Texts
        from studio.training import diffusion, loop
        from studio.workspace.shards import Reader, Shards
        from studio.workspace.training_run import Run

        self.folder, self.how, self.network, self.lesson, self.previews = folder, how, network, lesson, previews
        self.schedule, self.run, self.shards = schedule, Run(folder, how.run), Shards(folder.path / "latents")
        self.has, *self.places = self.shards.latents[0].shape[1:]
        self.learned = min(network.latents or self.has, self.has)
        kind = lesson.objective or _own_objective(network.base, network.tune)
        self.aim = diffusion.Objective(kind, lesson.gamma, spread=lesson.spread)
        self.unet = _network(network, self.shards, self.learned, how.precision)
        self.shape, self.solver = self.unet.config, self._solver()
        self.machine = loop.accelerator(
            run=self.run, precision=how.precision, trackers=how.trackers, cpu=how.device == "cpu"
        )
        texts = Texts(network.base)
        empty, self.blank_vector = texts.nothing()
        prompts = texts.states([previews.prefix + each for each in previews.prompts])
        self.empty, self.prompts = empty.to(self.machine.device), prompts.to(self.machine.device)
        if previews.validate_every and self.shards.pooled:
            raise StudioError("--validate-every does not support models with two text encoders.")
        self.reader = Reader(
            self.shards,
            how.batch,
            seed=schedule.seed,
            process=self.machine.process_index,
            processes=self.machine.num_processes,
        )

    def _solver(self) -> Any:
        from studio.training import diffusion

        return diffusion.solver(self.aim, self.network.base if self.network.tune else None)

    def settings(self) -> dict[str, Any]:
        """Return the settings that a run must resume with, as written to its settings.json."""
        network, lesson = self.network, self.lesson
        # A run with a constant rate may resume with another number of processes.
        processes = 0 if self.schedule.constant else self.machine.num_processes
        values = {"batch": self.how.batch, "processes": processes, "objective": self.aim.kind, "gamma": lesson.gamma,
                  "spread": lesson.spread, "nothing": lesson.nothing, "tune": network.tune or "",
                  "channels": network.channels, "latents": self.learned, "of_base": network.of_base,
                  "layers": network.layers or "", "unsketched": lesson.unsketched if self.shards.conditioning else 0,
                  "rank": network.rank if network.tune == "lora" else 0, "precision": self.how.precision,
                  "half_base": network.half_base,
                  "base": weight_files.digest_weights(network.begins_as) if network.tune else "",
                  "pictures": self.shards.about["source"]}  # fmt: skip
        return values if self.shape.time_cond_proj_dim is None else values | {"guidance": lesson.guidance}

    def loss_of(self, model: Any, step: int, rng: torch.Generator) -> tuple[Any, dict[str, Any]]:
        """Return the loss of a step and its metrics."""
        import torch

        from studio.training import diffusion, loop

        batch, device, loaded = self.how.batch, self.machine.device, self.reader.batch(step)
        latents = loaded.latents[:, : self.learned].to(device, non_blocking=True).float()
        states, pooled = self._words(loaded, rng)
        times = self.aim.times(batch, rng).to(device)
        noise = loop.noise(tuple(latents.shape), rng, device)
        sketches = None if loaded.sketches is None else loaded.sketches.to(device, non_blocking=True)
        if sketches is not None:
            blank = (torch.rand(batch, generator=rng) < self.lesson.unsketched).to(device).view(-1, 1, 1, 1)
            sketches = sketches.masked_fill(blank, 0.0)
        shown, at, target, weight = self.aim.noised(latents, noise, times, self.solver.alphas_cumprod)
        if sketches is not None:
            shown = diffusion.with_sketches(shown, sketches)
        further = diffusion.further_inputs(
            self.shape,
            pooled,
            count=batch,
            size=self.shards.about["size"],
            guidance=self.lesson.guidance,
            device=device,
        )
        predicted = model(shown, at, encoder_hidden_states=states, return_dict=False, **further)[0]
        metrics = {"waited": loaded.waited, "pictures": batch * self.machine.num_processes}
        return diffusion.loss(predicted, target, weight), {name: torch.tensor(value) for name, value in metrics.items()}

    def _words(self, loaded: Any, rng: torch.Generator) -> tuple[Any, Any]:
        """Return the text states of a batch and its pooled embeddings or None, with some captions dropped."""
        import torch

        device = self.machine.device
        states = loaded.states.to(device, non_blocking=True).float()
        left_out = (torch.rand(self.how.batch, generator=rng) < self.lesson.nothing).to(device)
        states = torch.where(left_out.view(-1, 1, 1), self.empty, states)
        if loaded.pooled is None or self.blank_vector is None:
            return states, None
        vectors = loaded.pooled.to(device).float()
        return states, torch.where(left_out.view(-1, 1), self.blank_vector.to(device), vectors)

    def paint_validation(self, model: Any, step: int) -> None:
        """Generate the validation prompts with the current weights, and save a contact sheet."""
        import torch

        from studio.training import diffusion, loop

        words, sketches, device = self.prompts, None, self.machine.device
        if self.shards.conditioning:  # the prompts without a sketch, then training pictures with caption and sketch
            known = self.shards.rows(torch.arange(min(len(words), len(self.shards))), loop.step_rng(0, 0))
            assert known.sketches is not None  # noqa: S101 - the shards hold sketches
            blank = torch.zeros(len(words), *known.sketches.shape[1:])
            words = torch.cat([words, known.states.to(device).float()])
            sketches = torch.cat([blank, known.sketches]).to(device)
        noise = torch.randn((len(words), self.learned, *self.places), generator=loop.step_rng(0, 0))
        with self.machine.autocast() if self.network.half_base else nullcontext():
            latents = diffusion.sample(
                model,
                self._solver(),
                words,
                self.empty,
                noise.to(device),
                steps=self.previews.painted_in,
                guidance=self.lesson.guidance,
                sketches=sketches,
            )
        latents = torch.nn.functional.pad(latents, (0, 0, 0, 0, 0, self.has - self.learned))
        _write_sheet(self.folder, self.network.base, self.run, latents, step)

    def _plain(self, model: Any) -> Any:
        from studio.training import diffusion

        return diffusion.plain_copy(model, _load_unet(self.network.begins_as) if self.network.half_base else None)

    def keep(self, model: Any, step: int) -> None:
        """Save the current weights as a checkpoint."""
        from studio.training import checkpoints

        checkpoints.save_checkpoint(self.run, self._plain(model), step)

    def put(self, model: Any) -> Path:
        """Write the result into the work folder's model; return its path."""
        from studio.training import checkpoints

        changes = checkpoints.save_lora(self.folder, model if self.network.tune == "lora" else None)
        if self.network.apart:
            return changes
        target = self.folder.path / "model/unet"
        put_folder(target, self._plain(model).save_pretrained)
        put_folder(self.folder.path / "model/scheduler", self.solver.save_pretrained)
        return target


def _load_unet(path: Path) -> Any:
    """Load a trained UNet.

    :raises StudioError: when the folder holds none.
    """
    from diffusers import UNet2DConditionModel

    try:
        return UNet2DConditionModel.from_pretrained(path, variant=weight_files.variant(path)).float()
    except Exception as error:  # libraries raise many kinds of errors for a bad folder
        raise StudioError(f"{path} cannot be loaded: {error}") from error


def _network(options: NetworkOptions, shards: Any, latent: int, precision: str) -> Any:
    """Return a new UNet for the shards, or the trained one fitted to them.

    :raises FolderError: when the trained one does not fit the shards' latents and texts.
    """
    import torch

    from studio.training import diffusion, growing

    side, width = shards.latents[0].shape[-1], shards.states[0].shape[-1]
    inputs = _input_channels(shards, latent)
    if not options.tune:
        torch.manual_seed(1)
        return diffusion.unet(
            counts(options.channels),
            latent=latent,
            inputs=inputs,
            sample=side,
            width=width,
            checkpointing=options.checkpointing,
        )
    network = _initial_network(options)
    if options.tune == "full" and not shards.conditioning and network.config.in_channels < latent:
        network = growing.unet(network, latent=latent)
    if (network.config.in_channels, network.config.cross_attention_dim) != (inputs, width):
        has = f"{network.config.in_channels} channels and texts of {network.config.cross_attention_dim}"
        raise FolderError(
            f"The UNet takes {has}, the shards have {inputs} and {width}: "
            f"encode with the --base of that UNet and its own --vae."
        )
    if options.checkpointing:
        network.enable_gradient_checkpointing()
    if options.tune == "lora":
        torch.manual_seed(1)
        halves = {"fp16": torch.float16, "bf16": torch.bfloat16}
        diffusion.add_lora(network, options.rank, halves[precision] if options.half_base else torch.float32)
    return network


def _initial_network(options: NetworkOptions) -> Any:
    """Return the UNet to train on, mixed with the base's and with more layers where the options say so."""
    from studio.training import diffusion, growing

    network = _load_unet(options.begins_as)
    if options.of_base:
        diffusion.mix(network, _load_unet(options.base / "unet"), options.of_base)
    return growing.deeper(network, counts(options.layers)) if options.layers else network


def _input_channels(shards: Any, latent: int) -> int:
    """Return the number of a UNet's input channels: the latents, and the folded sketch if there is one.

    :raises FolderError: when the sketches' side is not a multiple of the latents'.
    """
    if not shards.conditioning:
        return latent
    _, each, side, _ = shards.conditioning[0].sketches.shape
    if side % shards.latents[0].shape[-1]:
        raise FolderError(f"Sketches of side {side} cannot be folded to latents of side {shards.latents[0].shape[-1]}.")
    return latent + int(each * (side // shards.latents[0].shape[-1]) ** 2)


def _own_objective(base: Path, tune: str | None) -> str:
    """Return the objective of a base's scheduler; flow for a new UNet.

    :raises StudioError: when the scheduler cannot be read, or its objective is not supported.
    """
    import json

    if not tune:
        return "flow"
    try:
        kind = str(
            json.loads((base / "scheduler/scheduler_config.json").read_bytes()).get("prediction_type", "epsilon")
        )
    except (OSError, ValueError) as error:
        raise StudioError(f"{base / 'scheduler'} cannot be read: {error}") from error
    kind = "flow" if kind == "flow_prediction" else kind
    if kind not in OBJECTIVES:
        raise StudioError(f"{base / 'scheduler'} predicts {kind!r}; supported objectives: {', '.join(OBJECTIVES)}.")
    return kind


def _write_sheet(folder: Folder, base: Path, run: Any, latents: Any, step: int) -> None:
    """Save the validation pictures as a contact sheet in the run's folder."""
    import torch

    from studio.scenes import composition
    from studio.training import autoencoder

    own = folder.path / "model/vae"
    vae = autoencoder.load_autoencoder(own if own.exists() else base / "vae").eval().to(latents.device)
    with torch.no_grad():
        run.save_picture(
            f"validation-{step:06d}.webp",
            composition.contact_sheet(autoencoder.decode_latents(vae, latents).float(), 5),
        )
