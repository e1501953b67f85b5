"""Train the house eye on the drawings and the hands, and measure it on drawings of a vendor that it never saw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import HOUSE, RunOptions, counts, stage, training_options
from studio.workspace.work_folder import Folder, digest, put_folder


@dataclass(frozen=True, slots=True)
class EyeOptions:
    """What the eye is made of, what it sees, and what it is measured on."""

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


@stage("eye", RunOptions, EyeOptions)
@training_options(steps=12_000, rate=5e-3, batch=256, run="eye")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="The diffusers folder into whose text encoder's sentences it sees.")  # fmt: skip
@click.option("--sketchbook", "drawn", type=click.Path(path_type=Path), default=HOUSE / "sketchbook.zip",
              show_default=True, help="The drawings of which subjects are painted to see.")  # fmt: skip
@click.option("--eye", "before", type=click.Path(path_type=Path),
              help="An eye to go on from, perhaps one for smaller pictures.")  # fmt: skip
@click.option("--size", type=click.IntRange(16), default=96, show_default=True, help="Pixels a side that it sees.")
@click.option("--channels", default="32,64,128,256", show_default=True, help="Channels of each level, finest first.")
@click.option("--blocks", default="1,2,2,2", show_default=True, help="Blocks of each level.")
@click.option("--painted", type=click.IntRange(0), default=60_000, show_default=True, help="Subjects painted to see.")
@click.option("--painted-at", "painted_at", type=click.IntRange(16), default=256, show_default=True,
              help="Pixels a side at which hands paint them.")  # fmt: skip
@click.option("--plain", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of plain drawings.")
@click.option("--measured", type=click.IntRange(1), default=100, show_default=True, help="Pictures a hand to measure.")
def command(folder: Folder, how: RunOptions, of: EyeOptions, **often: Any) -> dict[str, Any]:
    """Make model/eye: it names what is in a picture, and by which hand it is."""
    import torch

    from eye import Shape, Tower, save
    from eye.eye import WEIGHTS
    from studio.scenes import subjects
    from studio.scenes.canvas import Canvas
    from studio.text.text_encoder import Texts
    from studio.training import eye, eye_pool, loop
    from studio.workspace.training_run import Run

    schedule = loop.Schedule(decay=0.05, **often)
    each = Run(folder, how.run)
    machine = loop.accelerator(run=each, precision=how.precision, trackers=how.trackers, cpu=how.device == "cpu")
    canvas = Canvas(folder, device=how.device, size=of.painted_at)
    book = of.drawn.read_bytes()
    order = eye_pool.Order(subjects.drawn_from(of.drawn), digest(book), of.painted, of.painted_at, of.size)
    eye_pool.paint(folder, order, process=machine.process_index, processes=machine.num_processes)
    machine.wait_for_everyone()
    pool, texts = eye_pool.read(folder, order), Texts(of.base, device=how.device)
    school = eye.School(canvas, texts, order=order, pool=pool, size=of.size)
    torch.manual_seed(schedule.seed)
    shape = Shape(of.size, counts(of.channels), counts(of.blocks), school.names.shape[1], len(school.hands))
    pupil = eye.Pupil(Tower(shape), school.names)
    if of.before:
        pupil.begin_as(_loaded(of.before), school)

    def loss_of(model: Any, _: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        loss, told = model(school.lesson(how.batch, dice, plain=of.plain))
        return loss, told

    settings = {"batch": how.batch, "size": of.size, "channels": of.channels, "blocks": of.blocks,
                "painted": of.painted, "painted_at": of.painted_at, "plain": of.plain, "sketchbook": order.name,
                "eye": digest((of.before / WEIGHTS).read_bytes()) if of.before else "",
                "drawings": len(canvas.records), "precision": how.precision}  # fmt: skip
    summary = loop.fit(pupil, loss_of, schedule, each, machine=machine, settings=settings, optimiser="muon")
    if not machine.is_main_process:
        return summary
    eye.settle(pupil.tower, school, batch=how.batch, plain=of.plain, seed=schedule.seed)
    names = pupil.names.detach()
    about = {"trained_on": {"drawings": len(canvas.records), "painted": of.painted, "steps": schedule.steps,
                            "vendors": sorted({record.vendor for record in canvas.records})}}  # fmt: skip
    told = about | _measured(folder, pupil.tower, names, school, how.device, of.painted_at, of.measured)
    told = {"words": _words(school.hands)} | told
    put_folder(folder.path / "model/eye", lambda path: save(
        path, pupil.tower, names, concepts=school.concepts, hands=school.hands, **told))  # fmt: skip
    return summary | told | {"parameters": sum(value.numel() for value in pupil.tower.parameters()),
                             "concepts": len(school.concepts)}  # fmt: skip


def _loaded(folder: Path) -> Any:
    from eye import Eye, EyeError

    try:
        return Eye.load(folder)
    except EyeError as error:
        raise StudioError(str(error)) from error


def _words(names: tuple[str, ...]) -> dict[str, str]:
    """Say by which words prompts ask for the hands; a plain drawing is by none."""
    from studio.hands.registry import HANDS

    return {name: HANDS[name].words for name in names if name in HANDS}


def _measured(
    folder: Folder, tower: Any, names: Any, school: Any, device: str, size: int, count: int
) -> dict[str, Any]:
    """Measure on a vendor that was kept out; say nothing of the eye's accuracy where none was."""
    from eye import Eye
    from studio.judging import accuracy
    from studio.scenes.canvas import Canvas

    kept_out = [record for record in folder.catalogue() if record.split == "test" and record.kind == "motif"]
    if not kept_out:
        return {"measured_on": None}
    eye = Eye(tower.to(device), names, {"concepts": school.concepts, "hands": school.hands})
    canvas = Canvas(folder, split="test", device=device, size=size)
    drawings, hands = accuracy.of_drawings(eye, canvas), accuracy.of_hands(eye, canvas, count)
    return {"measured_on": sorted({record.vendor for record in kept_out}), "R": drawings["top1"],
            "R_top5": drawings["top5"], "hands_told": hands}  # fmt: skip
