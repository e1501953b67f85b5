"""Train the image encoder on drawings and styles, and measure it on drawings of a held-out vendor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import HOUSE, RunOptions, counts, stage, training_options
from studio.workspace.work_folder import Folder, digest, put_folder


@dataclass(frozen=True, slots=True)
class ImageEncoderOptions:
    """Options of the stage: the network's shape, the training pictures, and the measurement."""

    base: Path
    drawn: Path
    before: Path | None
    size: int
    channels: str
    blocks: str
    painted: int
    painted_at: int
    plain: float
    measured: int


@stage("eye", RunOptions, ImageEncoderOptions)
@training_options(steps=12_000, rate=5e-3, batch=256, run="eye")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder whose text encoder's vectors it is trained towards.")  # fmt: skip
@click.option("--sketchbook", "drawn", type=click.Path(path_type=Path), default=HOUSE / "sketchbook.zip",
              show_default=True, help="Drawing library whose subjects are rendered.")  # fmt: skip
@click.option(
    "--eye", "before", type=click.Path(path_type=Path), help="Image encoder to start from; its input may be smaller."
)
@click.option("--size", type=click.IntRange(16), default=96, show_default=True, help="Side of its input in pixels.")
@click.option(
    "--channels", default="32,64,128,256", show_default=True, help="Channels of each level, from full resolution down."
)
@click.option("--blocks", default="1,2,2,2", show_default=True, help="Blocks of each level.")
@click.option(
    "--painted", type=click.IntRange(0), default=60_000, show_default=True, help="Number of subjects to render."
)
@click.option("--painted-at", "painted_at", type=click.IntRange(16), default=256, show_default=True,
              help="Side in pixels at which they are rendered.")  # fmt: skip
@click.option("--plain", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of plain drawings.")
@click.option(
    "--measured", type=click.IntRange(1), default=100, show_default=True, help="Pictures per style to measure on."
)
def command(folder: Folder, how: RunOptions, of: ImageEncoderOptions, **often: Any) -> dict[str, Any]:
    """Train model/eye: it names what a picture shows, and its style."""
    import torch

    from image_encoder import Shape, Tower, save
    from image_encoder.encoder import WEIGHTS
    from studio.scenes import subjects
    from studio.scenes.canvas import Canvas
    from studio.text.text_encoder import Texts
    from studio.training import encoder_pool, encoder_training, loop
    from studio.workspace.training_run import Run

    schedule = loop.Schedule(decay=0.05, **often)
    each = Run(folder, how.run)
    machine = loop.accelerator(run=each, precision=how.precision, trackers=how.trackers, cpu=how.device == "cpu")
    canvas = Canvas(folder, device=how.device, size=of.painted_at)
    book = of.drawn.read_bytes()
    order = encoder_pool.Order(
        subjects.load_subject_library(of.drawn), digest(book), of.painted, of.painted_at, of.size
    )
    encoder_pool.render_pool(folder, order, process=machine.process_index, processes=machine.num_processes)
    machine.wait_for_everyone()
    pool, texts = encoder_pool.load_pool(folder, order), Texts(of.base, device=how.device)
    school = encoder_training.TrainingData(canvas, texts, order=order, pool=pool, size=of.size)
    torch.manual_seed(schedule.seed)
    shape = Shape(of.size, counts(of.channels), counts(of.blocks), school.names.shape[1], len(school.hands))
    pupil = encoder_training.TrainableEncoder(Tower(shape), school.names)
    if of.before:
        pupil.begin_as(_load_eye(of.before), school)

    def loss_of(model: Any, _: int, rng: torch.Generator) -> tuple[Any, dict[str, Any]]:
        loss, metrics = model(school.lesson(how.batch, rng, plain=of.plain))
        return loss, metrics

    settings = {"batch": how.batch, "size": of.size, "channels": of.channels, "blocks": of.blocks,
                "painted": of.painted, "painted_at": of.painted_at, "plain": of.plain, "sketchbook": order.name,
                "eye": digest((of.before / WEIGHTS).read_bytes()) if of.before else "",
                "drawings": len(canvas.records), "precision": how.precision}  # fmt: skip
    summary = loop.fit(pupil, loss_of, schedule, each, machine=machine, settings=settings, optimiser="muon")
    if not machine.is_main_process:
        return summary
    encoder_training.recalibrate_norms(pupil.tower, school, batch=how.batch, plain=of.plain, seed=schedule.seed)
    names = pupil.names.detach()
    about = {"trained_on": {"drawings": len(canvas.records), "painted": of.painted, "steps": schedule.steps,
                            "vendors": sorted({record.vendor for record in canvas.records})}}  # fmt: skip
    facts = about | _measure(folder, pupil.tower, names, school, how.device, of.painted_at, of.measured)
    facts = {"words": _words(school.hands)} | facts
    put_folder(
        folder.path / "model/eye",
        lambda path: save(path, pupil.tower, names, concepts=school.concepts, hands=school.hands, **facts),
    )
    return (
        summary
        | facts
        | {"parameters": sum(value.numel() for value in pupil.tower.parameters()), "concepts": len(school.concepts)}
    )


def _load_eye(folder: Path) -> Any:
    from image_encoder import ImageEncoder, ImageEncoderError

    try:
        return ImageEncoder.load(folder)
    except ImageEncoderError as error:
        raise StudioError(str(error)) from error


def _words(names: tuple[str, ...]) -> dict[str, str]:
    """Return the words by which prompts ask for each style; plain drawings have none."""
    from studio.styles.registry import HANDS

    return {name: HANDS[name].words for name in names if name in HANDS}


def _measure(folder: Folder, tower: Any, names: Any, school: Any, device: str, size: int, count: int) -> dict[str, Any]:
    """Return the accuracy on a held-out vendor's drawings; without one, only that nothing was measured."""
    from image_encoder import ImageEncoder
    from studio.judging import accuracy
    from studio.scenes.canvas import Canvas

    held_out = [record for record in folder.catalogue() if record.split == "test" and record.kind == "motif"]
    if not held_out:
        return {"measured_on": None}
    eye = ImageEncoder(tower.to(device), names, {"concepts": school.concepts, "hands": school.hands})
    canvas = Canvas(folder, split="test", device=device, size=size)
    drawings, hands = accuracy.measure_drawings(eye, canvas), accuracy.measure_styles(eye, canvas, count)
    return {"measured_on": sorted({record.vendor for record in held_out}), "R": drawings["top1"],
            "R_top5": drawings["top5"], "hands_told": hands}  # fmt: skip
