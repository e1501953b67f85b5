"""Train the UNet on shards: from nothing for the house, or a Stable Diffusion folder's, in full or by LoRA."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from studio.errors import FolderError, StudioError
from studio.text import phrasing
from studio.workspace import weight_files
from studio.workspace.stage_command import HOUSE, counts, stage, training_options
from studio.workspace.work_folder import Folder, put_folder

OBJECTIVES = ("flow", "v_prediction", "epsilon")
PROMPTS = ("changing seasons", "a coffee", "an industrial setting", "critique of the USA", "Picasso and Monet")


@stage("train")
@training_options(steps=8_000, rate=1e-3, batch=64, run="train")
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    default=HOUSE,
    show_default=True,
    help="The diffusers folder of the text encoder, and of the UNet with --tune.",
)
@click.option("--tune", type=click.Choice(("full", "lora")), help="Go on with the UNet of --base; else from nothing.")
@click.option("--unet", type=click.Path(path_type=Path), help="Go on with this UNet, where it is not that of --base.")
@click.option(
    "--of-base",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="With --unet: begin with so much of the base's UNet in it; what was forgotten comes back.",
)
@click.option("--latents", type=click.IntRange(1), help="Learn only the first so many of each place; else all.")
@click.option("--rank", type=click.IntRange(1), default=8, show_default=True, help="Of the changes by LoRA.")
@click.option("--apart", is_flag=True, help="With --tune lora: keep the changes alone, to be laid over --base.")
@click.option("--half-base", is_flag=True,
              help="With --tune lora: hold the base's weights in --precision while it learns.")  # fmt: skip
@click.option("--channels", default="64,128,224", show_default=True, help="Of each level of a UNet from nothing.")
@click.option("--layers", help="With --unet: more layers of its upper levels, such as 2,2,1,1.")
@click.option("--muon", is_flag=True, help="Learn matrices by Muon, the rest by AdamW.")
@click.option("--frugal", is_flag=True, help="Learn by Adafactor: 8 bytes a weight less than AdamW. See --average 0.")
@click.option("--constant", is_flag=True, help="Keep the rate, so that a run may end when it likes; see --cool.")
@click.option(
    "--cool",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="With --constant: the last steps, in which the rate falls.",
)
@click.option("--unsketched", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Share without sketch.")
@click.option("--objective", type=click.Choice(OBJECTIVES), help="Else that of --base, or flow.")
@click.option(
    "--gamma", type=click.FloatRange(0), default=0.0, show_default=True, help="Of min-SNR weights; 0 for none."
)
@click.option(
    "--spread",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Of the logit-normal times; 1.7 is nearly even.",
)
@click.option("--nothing", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Share without caption.")
@click.option("--checkpointing", is_flag=True, help="Less memory, a third more time.")
@click.option("--validate-every", type=click.IntRange(0), default=0, show_default=True, help="Steps.")
@click.option("--checkpoint-every", type=click.IntRange(0), default=0, show_default=True, help="Steps.")
@click.option("--validate", "prompts", multiple=True, default=PROMPTS, help="A prompt to look at, behind the prefix.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="The house prefix.")
@click.option("--guidance", type=click.FloatRange(1), default=4.0, show_default=True,
              help="Of what is looked at, and what a UNet is told that guidance was distilled into.")  # fmt: skip
@click.option(
    "--painted-in",
    "painted_in",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Steps of what is looked at.",
)
def command(folder: Folder, *, base: Path, tune: str | None, unet: Path | None, of_base: float, latents: int | None,
            rank: int, channels: str, objective: str | None, gamma: float, spread: float, nothing: float,
            checkpointing: bool, prompts: tuple[str, ...], prefix: str, guidance: float, painted_in: int,
            validate_every: int, checkpoint_every: int, batch: int, device: str, precision: str, run: str,
            trackers: tuple[str, ...], layers: str | None, muon: bool, frugal: bool, half_base: bool, unsketched: float,
            apart: bool, **often: Any) -> dict[str, Any]:  # fmt: skip
    """Make model/unet and model/scheduler from latents/, or with --apart model/adapter."""
    import torch

    from studio.text.text_encoder import Texts
    from studio.training import checkpoints, diffusion, loop, pipeline
    from studio.workspace.shards import Reader, Shards
    from studio.workspace.training_run import Run

    if unet and not tune:
        raise StudioError("--unet goes on with a UNet: say --tune full or --tune lora with it.")
    if of_base and not unet:
        raise StudioError("--of-base mixes the base's UNet into that of --unet: name one.")
    if apart and tune != "lora":
        raise StudioError("--apart keeps changes of low rank alone: say --tune lora with it.")
    if half_base and (tune != "lora" or precision == "no"):
        raise StudioError("--half-base holds what does not learn in half precision: say --tune lora and --precision.")
    if muon and frugal:
        raise StudioError("--muon and --frugal are two ways to learn: say one.")
    if tune:
        pipeline.check_base(base)
    shards = Shards(folder.path / "latents")
    has, *places = shards.latents[0].shape[1:]
    learned = min(latents or has, has)
    aim = diffusion.Objective(objective or _own_objective(base, tune), gamma, spread=spread)
    begins: Any = _loaded(unet or base / "unet") if tune else None
    if of_base:
        diffusion.mix(begins, _loaded(base / "unet"), of_base)
    if layers and not unet:
        raise StudioError("--layers deepens a UNet that has learned: name it with --unet.")
    if layers:
        from studio.training import growing

        begins = growing.deeper(begins, counts(layers))
    frozen = {"fp16": torch.float16, "bf16": torch.bfloat16}[precision] if half_base else torch.float32
    network = _network(begins, tune, rank, channels, shards, learned, checkpointing, frozen)
    del begins
    shape = network.config
    painter = diffusion.solver(aim, base if tune else None)
    each = Run(folder, run)
    machine = loop.accelerator(run=each, precision=precision, trackers=trackers, cpu=device == "cpu")
    asked = [prefix + prompt for prompt in prompts]
    texts = Texts(base)
    (empty, blank_vector), told = texts.nothing(), texts.states(asked)
    del texts
    empty, told = empty.to(machine.device), told.to(machine.device)
    if validate_every and shards.pooled:
        raise StudioError("--validate-every paints what texts alone lead, not what two encoders do: leave it out.")
    schedule = loop.Schedule(**often)
    reader = Reader(shards, batch, seed=schedule.seed, process=machine.process_index, processes=machine.num_processes)

    def loss_of(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        read = reader.batch(step)
        latents = read.latents[:, :learned].to(machine.device, non_blocking=True).float()
        states = read.states.to(machine.device, non_blocking=True).float()
        left_out = (torch.rand(batch, generator=dice) < nothing).to(machine.device)
        states = torch.where(left_out.view(-1, 1, 1), empty, states)
        pooled = None
        if read.pooled is not None and blank_vector is not None:
            vectors = read.pooled.to(machine.device).float()
            pooled = torch.where(left_out.view(-1, 1), blank_vector.to(machine.device), vectors)
        times = aim.times(batch, dice).to(machine.device)
        noise = loop.noise(tuple(latents.shape), dice, machine.device)
        sketches = None if read.sketches is None else read.sketches.to(machine.device, non_blocking=True)
        if sketches is not None:
            blank = (torch.rand(batch, generator=dice) < unsketched).to(machine.device).view(-1, 1, 1, 1)
            sketches = sketches.masked_fill(blank, 0.0)
        shown, at, target, weight = aim.noised(latents, noise, times, painter.alphas_cumprod)
        if sketches is not None:
            shown = diffusion.led(shown, sketches)
        further = diffusion.further_inputs(shape, pooled, count=batch, size=shards.about["size"], guidance=guidance,
                                           device=machine.device)  # fmt: skip
        predicted = model(shown, at, encoder_hidden_states=states, return_dict=False, **further)[0]
        told_of = {"waited": read.waited, "pictures": batch * machine.num_processes}
        return diffusion.loss(predicted, target, weight), {name: torch.tensor(value) for name, value in told_of.items()}

    def look(model: Any, step: int) -> None:
        words, sketches = told, None
        if shards.led:  # the prompts without a sketch, then pictures that were learned, by their words and sketches
            known = shards.rows(torch.arange(min(len(told), len(shards))), loop.dice(0, 0))
            assert known.sketches is not None  # noqa: S101 - they are led
            words = torch.cat([told, known.states.to(machine.device).float()])
            blank = torch.zeros(len(told), *known.sketches.shape[1:])
            sketches = torch.cat([blank, known.sketches]).to(machine.device)
        noise = torch.randn((len(words), learned, *places), generator=loop.dice(0, 0))
        with machine.autocast() if half_base else nullcontext():
            latents = diffusion.paint(model, diffusion.solver(aim, base if tune else None), words, empty,
                                      noise.to(machine.device), steps=painted_in, guidance=guidance,
                                      sketches=sketches)  # fmt: skip
        _hang(folder, base, each, torch.nn.functional.pad(latents, (0, 0, 0, 0, 0, has - learned)), step)

    def plain(model: Any) -> Any:
        return diffusion.plain_copy(model, _loaded(unet or base / "unet") if half_base else None)

    def keep(model: Any, step: int) -> None:
        checkpoints.keep(each, plain(model), step)

    def put(model: Any) -> Path:
        changes = checkpoints.put_changes(folder, model if tune == "lora" else None)
        if apart:
            return changes
        target = folder.path / "model/unet"
        put_folder(target, plain(model).save_pretrained)
        put_folder(folder.path / "model/scheduler", painter.save_pretrained)
        return target

    looks = ((validate_every, look), (checkpoint_every, keep))
    processes = 0 if schedule.constant else machine.num_processes  # such a run may go on with more, or fewer
    if machine.is_main_process:
        checkpoints.note_shape(each, network)
    settings = {"batch": batch, "processes": processes, "objective": aim.kind, "gamma": gamma,
                "spread": spread, "nothing": nothing, "tune": tune or "", "channels": channels, "latents": learned,
                "of_base": of_base, "layers": layers or "", "muon": muon, "unsketched": unsketched if shards.led else 0,
                "rank": rank if tune == "lora" else 0, "precision": precision,
                "frugal": frugal, "half_base": half_base,
                "base": weight_files.mark(unet or base / "unet") if tune else "",
                "pictures": shards.about["source"]}  # fmt: skip
    if shape.time_cond_proj_dim is not None:
        settings["guidance"] = guidance
    try:
        summary = loop.fit(network, loss_of, schedule, each, machine=machine, settings=settings, looks=looks, put=put,
                           optimiser="muon" if muon else "frugal" if frugal else "adamw")  # fmt: skip
    finally:
        reader.close()
    parameters = sum(value.numel() for name, value in network.named_parameters() if ".lora_" not in name)
    return summary | {"objective": aim.kind, "pictures": len(shards), "processes": machine.num_processes,
                      "parameters": parameters}  # fmt: skip


def _loaded(path: Path) -> Any:
    """Load a UNet that has learned."""
    from diffusers import UNet2DConditionModel

    try:
        return UNet2DConditionModel.from_pretrained(path, variant=weight_files.variant(path)).float()
    except Exception as error:  # whatever a library raises about a folder, the folder is at fault
        raise StudioError(f"{path} cannot be loaded: {error}") from error


def _network(network: Any, tune: str | None, rank: int, channels: str, shards: Any, latent: int,
             checkpointing: bool, frozen: Any) -> Any:  # fmt: skip
    """Make a UNet for the shards, or fit the one that has learned to them.

    :raises FolderError: where that one does not fit the shards' latents and texts.
    """
    import torch

    from studio.training import diffusion

    side, width = shards.latents[0].shape[-1], shards.states[0].shape[-1]
    if network is None:
        torch.manual_seed(1)
        return diffusion.unet(counts(channels), latent=latent, taken=_taken(shards, latent), sample=side, width=width,
                              checkpointing=checkpointing)  # fmt: skip
    taken = _taken(shards, latent)
    if tune == "full" and not shards.led and network.config.in_channels < latent:
        from studio.training import growing

        network = growing.unet(network, latent=latent)
    if (network.config.in_channels, network.config.cross_attention_dim) != (taken, width):
        has = f"{network.config.in_channels} channels and texts of {network.config.cross_attention_dim}"
        raise FolderError(
            f"The UNet takes {has}, the shards have {taken} and {width}: "
            f"encode with the --base of that UNet and its own --vae."
        )
    if checkpointing:
        network.enable_gradient_checkpointing()
    if tune == "lora":
        torch.manual_seed(1)
        diffusion.lay_lora(network, rank, frozen)
    return network


def _taken(shards: Any, latent: int) -> int:
    """Count what a UNet is shown of each place: its latents, and of the sketch what is folded into it."""
    if not shards.led:
        return latent
    _, each, side, _ = shards.led[0].sketches.shape
    if side % shards.latents[0].shape[-1]:
        raise FolderError(f"Sketches of {side} a side do not fold onto latents of {shards.latents[0].shape[-1]}.")
    return latent + int(each * (side // shards.latents[0].shape[-1]) ** 2)


def _own_objective(base: Path, tune: str | None) -> str:
    """Read what a base predicts."""
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
        raise StudioError(f"{base / 'scheduler'} predicts {kind!r}; what can be learned is {', '.join(OBJECTIVES)}.")
    return kind


def _hang(folder: Folder, base: Path, run: Any, latents: Any, step: int) -> None:
    """Keep what was painted of the prompts, as a contact sheet in the run's folder."""
    import torch

    from studio.scenes import composition
    from studio.training import autoencoder

    own = folder.path / "model/vae"
    vae = autoencoder.load(own if own.exists() else base / "vae").eval().to(latents.device)
    with torch.no_grad():
        run.show(f"validation-{step:06d}.webp", composition.sheet(autoencoder.decoded(vae, latents).float(), 5))
