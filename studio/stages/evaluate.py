"""Have a model paint what it is asked, let the eye say what it sees, and write contact sheets of it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.errors import FolderError, StudioError
from studio.text import phrasing
from studio.workspace.stage_command import HOUSE, stage
from studio.workspace.work_folder import Folder

EYE = Path("models/eye")


@stage("evaluate")
@click.option("--model", type=click.Path(path_type=Path), help="A diffusers folder; else what this folder learned.")
@click.option("--checkpoints", metavar="RUN", help="All checkpoints that a run of training kept, one after the other.")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Whose text encoder what was learned here hears through.")  # fmt: skip
@click.option("--eye", "eye_path", type=click.Path(path_type=Path), help="An eye; else model/eye, else models/eye.")
@click.option("--name", help="What the evaluation is called; else by the model.")
@click.option("--plain", type=click.IntRange(1), default=2000, show_default=True, help="Concepts by plain names.")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Pictures of each of them.")
@click.option("--by-hand", type=click.IntRange(0), default=50, show_default=True, help="Concepts by each hand.")
@click.option("--reworded", type=click.IntRange(0), default=200, show_default=True, help="Rewordings.")
@click.option("--decoded", type=click.IntRange(0), default=48, show_default=True, help="Drawings a hand to decode.")
@click.option("--steps", type=click.IntRange(1), help="Else as the model's house.json says, or 20.")
@click.option("--guidance", type=click.FloatRange(1), help="Else as the model's house.json says, or 4.")
@click.option("--prefix", help="Put before prompts that name no hand; else as the model's house.json says.")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Pictures at once.")
@click.option("--device", default="cpu", show_default=True, help="What it runs on: cpu, cuda.")
@click.option("--before", help="An evaluation of this folder, to tell what was forgotten since.")
def command(folder: Folder, *, model: Path | None, checkpoints: str | None, base: Path, eye_path: Path | None,
            name: str | None, before: str | None, **options: Any) -> dict[str, Any]:  # fmt: skip
    """Score a model: plain names, hands, rewordings, decoder, what was forgotten; with contact sheets."""
    from studio.training import checkpoints as checkpointing
    from studio.training import pipeline
    from studio.workspace.training_run import Run

    if model and checkpoints:
        raise click.UsageError("--model is one model, --checkpoints are those of a run: name one of them.")
    own = folder.path / "model/eye"
    eye = eye_path or (own if own.exists() else EYE)
    if model:
        told = pipeline.facts(model)
        return _one(folder, pipeline.of_folder(model), told, eye, name or told.get("name", model.name), before, options)
    if not checkpoints:
        return _one(folder, pipeline.places(folder, base), _learned(folder), eye, name or "model", before, options)
    kept = checkpointing.kept(Run(folder, checkpoints))
    if not kept:
        raise FolderError(f"The run {checkpoints!r} kept no checkpoints; train keeps some with --checkpoint-every.")
    rows = {}
    for path in kept:
        parts = pipeline.places(folder, base, unet=path)
        rows[path.name] = _one(folder, parts, _learned(folder), eye, f"{checkpoints}-{path.name}", before, options)
    return {"checkpoints": rows}


def _learned(folder: Folder) -> dict[str, Any]:
    """Say of a model that is not published yet what it will say: its prefix, and the hands of its scenes."""
    from studio.hands.registry import HANDS
    from studio.scenes import composition

    facts: dict[str, Any] = {"prefix": phrasing.PREFIX}
    if (folder.path / composition.NAME).exists():
        facts["hands"] = [{"words": HANDS[hand].words} for hand in composition.read_plan(folder).hands]
    return facts


def _one(folder: Folder, parts: dict[str, Path], facts: dict[str, Any], eye_path: Path, name: str, before: str | None,
         options: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    """Evaluate one model into ``evaluations/NAME/``."""
    from eye import Eye, EyeError
    from studio.judging import exam, score
    from studio.training import autoencoder, pipeline

    if not name or "/" in name or name.startswith("."):
        raise FolderError(f"An evaluation cannot be called {name!r}.")
    device = options["device"]
    try:
        eye = Eye.load(eye_path, device=device)
    except EyeError as error:
        raise StudioError(f"{error} The stage eye makes one.") from error
    folder.make()
    says = facts.get("defaults", {})
    steps, guidance = options["steps"] or says.get("steps", 20), options["guidance"] or says.get("guidance", 4.0)
    prefix = options["prefix"] if options["prefix"] is not None else facts.get("prefix", "")
    extent = exam.Extent(options["plain"], options["seeds"], options["by_hand"], options["reworded"])
    pattern = facts.get("hand_pattern", phrasing.HAND_PATTERN)
    asked = exam.questions(eye.concepts, score.hands_of(facts, eye), extent, prefix=prefix, pattern=pattern)
    fingerprint = pipeline.fingerprint(parts)
    gallery = exam.Gallery(folder, model=fingerprint, steps=steps, guidance=guidance)
    painted = 0
    if gallery.missing(asked):
        pipe = pipeline.pipeline(parts, device=device)
        painted = gallery.paint(asked, pipe, batch=options["batch"], steps=steps, guidance=guidance)
        del pipe
    report: dict[str, Any] = {
        "name": name,
        "model": fingerprint,
        "steps": steps,
        "guidance": guidance,
        "prefix": prefix,
    }
    report |= score.scores(eye, gallery, asked, parts)
    if options["decoded"]:
        report |= {"decoder": score.decoder(folder, autoencoder.load(parts["vae"]), options["decoded"], device)}
    known = report.pop("known")
    if before:
        report |= {"forgotten": score.forgotten(score.read(folder, before)["known"], known, before)}
    score.hang(folder, name, eye, gallery, asked)
    folder.write(f"evaluations/{name}/scores.json", score.written(report | {"known": known}))
    return report | {"painted_now": painted, "sheets": f"evaluations/{name}"}
