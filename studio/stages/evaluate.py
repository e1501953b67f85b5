"""Have a model paint what it is asked, let the eye say what it sees, and write contact sheets of it all."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import FolderError, StudioError
from studio.text import phrasing
from studio.workspace.stage_command import HOUSE, stage
from studio.workspace.work_folder import Folder

if TYPE_CHECKING:
    from eye import Eye
    from sketch.sketchbook import Sketchbook
    from studio.judging.exam import Extent, Gallery, Painter, Question, Way

EYE = Path("models/eye")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Which model is evaluated: a folder, or what a run or the work folder learned; and what its parts are."""

    model: Path | None
    checkpoints: str | None
    run: str | None
    after: int | None
    vae: Path | None
    sketchbook: Path | None
    base: Path


@stage("evaluate", ModelOptions)
@click.option("--model", type=click.Path(path_type=Path), help="A diffusers folder; else what this folder learned.")
@click.option("--checkpoints", metavar="RUN", help="All checkpoints that a run of training kept, one after the other.")
@click.option("--run", help="A run's last kept step, whether it is done or not; else what a run that is done learned.")
@click.option("--after", type=click.IntRange(1), help="With --run: the checkpoint after this step.")
@click.option("--vae", type=click.Path(path_type=Path), help="An autoencoder; else model/vae, else that of --base.")
@click.option("--sketchbook", type=click.Path(path_type=Path),
              help="The drawings that lead it; else those of the model, the work folder or --base.")  # fmt: skip
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Whose text encoder what was learned here hears through.")  # fmt: skip
@click.option("--eye", "eye_path", type=click.Path(path_type=Path), help="An eye; else model/eye, else models/eye.")
@click.option("--name", help="What the evaluation is called; else by the model.")
@click.option("--plain", type=click.IntRange(1), default=2000, show_default=True, help="Concepts by plain names.")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Pictures of each of them.")
@click.option("--by-hand", type=click.IntRange(0), default=50, show_default=True, help="Concepts by each hand.")
@click.option("--reworded", type=click.IntRange(0), default=200, show_default=True,
              help="Rewordings, of models that are led by words alone.")  # fmt: skip
@click.option("--composed", type=click.IntRange(0), default=40, show_default=True,
              help="Pairs, colours and numbers, so many of each, where sketches lead; 0 for none.")  # fmt: skip
@click.option("--captioned", type=click.IntRange(0), default=30, show_default=True,
              help="Captions of this folder's pictures to ask for, of models that words lead.")  # fmt: skip
@click.option("--size", type=click.IntRange(8), help="Pixels a side, of models that words lead; else the model's own.")
@click.option("--decoded", type=click.IntRange(0), default=48, show_default=True, help="Drawings a hand to decode.")
@click.option("--steps", type=click.IntRange(1), help="Else as the model's house.json says, or 20.")
@click.option("--guidance", type=click.FloatRange(1), help="Else as the model's house.json says, or 4.")
@click.option("--prefix", help="Put before prompts that name no hand; else as the model's house.json says.")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Pictures at once.")
@click.option("--device", default="cpu", show_default=True, help="What it runs on: cpu, cuda.")
@click.option("--before", help="An evaluation of this folder, to tell what was forgotten since.")
def command(folder: Folder, which: ModelOptions, *, eye_path: Path | None, name: str | None, before: str | None,
            **options: Any) -> dict[str, Any]:  # fmt: skip
    """Score a model: plain names, hands, rewordings, decoder, what was forgotten; with contact sheets."""
    from studio.training import checkpoints, pipeline
    from studio.workspace.training_run import Run

    if sum(each is not None for each in (which.model, which.checkpoints, which.run)) > 1:
        raise click.UsageError("--model is a model, --run a run's last step, --checkpoints all of a run: name one.")
    own = folder.path / "model/eye"
    asking = _Asking(folder, eye_path or (own if own.exists() else EYE), before, options)
    if which.model:
        told, parts = pipeline.facts(which.model), pipeline.of_folder(which.model)
        known = _known(folder, parts["unet"], which.model, which.sketchbook, told)
        return asking.of(parts, known, name or told.get("name", which.model.name))

    def scored(run: str | None, after: int | None, named: str | None) -> tuple[str, dict[str, Any]]:
        parts = checkpoints.places(folder, which.base, run=run, after=after, vae=which.vae)
        known, at = _known(folder, parts["unet"], which.base, which.sketchbook, None), parts["unet"].name
        return at, asking.of(parts, known, named or (f"{run}-{at}" if run else "model"))

    if not which.checkpoints:
        return scored(which.run, which.after, name)[1]
    kept = [int(path.name) for path in checkpoints.kept(Run(folder, which.checkpoints))]
    if not kept:
        raise FolderError(
            f"The run {which.checkpoints!r} kept no checkpoints; train keeps some with --checkpoint-every."
        )
    return {"checkpoints": dict(scored(which.checkpoints, step, None) for step in kept)}


class _Words:
    """A model that words alone lead: what it says of itself, what it is asked, how it answers."""

    def __init__(self, folder: Folder, facts: dict[str, Any]) -> None:
        self.folder, self.facts = folder, facts

    def questions(self, eye: Eye, extent: Extent, **worded: str) -> list[Question]:
        """List what it is asked."""
        from studio.judging import exam, score

        return exam.questions(eye.concepts, score.hands_of(self.facts, eye), extent, **worded)

    def way(self, steps: int | None, guidance: float | None) -> Way:
        """Say how it paints, where nothing else is asked for."""
        from studio.judging import exam

        says = self.facts.get("defaults", {})
        return exam.Way(steps or says.get("steps", 20), guidance or says.get("guidance", 4.0))

    def painter(self, pipe: Any, way: Way) -> Painter:
        """Have it answer."""
        from studio.judging import exam

        return exam.plainly(pipe, way)

    def failures(self, eye: Eye, gallery: Gallery, asked: list[Question]) -> list[Question]:
        """List what it fails at."""
        from studio.judging import score

        return score.failed(eye, gallery, asked)


class _Sketches(_Words):
    """A model that sketches lead, of so many pixels ``side``, after the drawings of a sketchbook."""

    def __init__(self, folder: Folder, facts: dict[str, Any], book: Sketchbook, side: int) -> None:
        super().__init__(folder, facts)
        self._book, self._side = book, side

    def questions(self, eye: Eye, extent: Extent, **worded: str) -> list[Question]:
        from studio.judging import led_exam, score

        unnamed = {"hands": [{"words": words} for words in self.facts.get("unnamed", [])]}
        hands = score.hands_of(self.facts, eye), score.hands_of(unnamed, eye)
        asked = led_exam.questions(self._book, eye.concepts, *hands, extent, **worded)
        if not asked:
            raise FolderError("The eye knows none of the concepts that are drawn, or none of the hands: name another.")
        return asked

    def way(self, steps: int | None, guidance: float | None) -> Way:
        from studio.judging import exam

        preset = self.facts["presets"]["balanced"]
        told = exam.Way(preset["steps"], preset["guidance"], tuple(preset["guided"]), preset["gain"])
        return replace(told, steps=steps or told.steps, guidance=guidance or told.guidance)

    def painter(self, pipe: Any, way: Way) -> Painter:
        from studio.judging import led_exam

        return led_exam.led(pipe, self._book, self._side, way)

    def further(self, eye: Eye, gallery: Gallery, asked: list[Question], vae: Any) -> dict[str, Any]:
        """Score how well it follows them, beside what the hands' own programs paint."""
        from studio.judging import led_score

        return led_score.scores(eye, gallery, self._programs(asked), asked, self._book, vae)

    def failures(self, eye: Eye, gallery: Gallery, asked: list[Question]) -> list[Question]:
        from studio.judging import led_score

        return led_score.lost(eye, gallery, self._programs(asked), asked)

    def _programs(self, asked: list[Question]) -> Gallery:
        """Have the hands' own programs paint what is asked."""
        from sketch.layers import drawn
        from studio.judging import exam, led_exam

        size = self._side * drawn.FOLD
        programs = exam.Gallery(self.folder, f"programs:{size}")
        programs.paint(asked, led_exam.by_hand(self._book, size), batch=16)
        return programs


def _known(folder: Folder, unet: Path, base: Path, book: Path | None, says: dict[str, Any] | None) -> _Words:
    """Find out what leads a model, and what it ``says`` of itself or, not published yet, will say."""
    from studio.hands.registry import HANDS
    from studio.publishing import led_model
    from studio.scenes import composition, subjects
    from studio.training import diffusion, pipeline

    side = diffusion.sketch_side(pipeline.config(unet))
    if side is None:
        facts: dict[str, Any] = {"prefix": phrasing.PREFIX}
        if says is None and (folder.path / composition.NAME).exists():
            facts["hands"] = [{"words": HANDS[hand].words} for hand in composition.read_plan(folder).hands]
        return _Words(folder, facts if says is None else says)
    if says is not None:
        ways = {"presets": led_model.PRESETS | says.get("presets", {})}
        return _Sketches(folder, says | ways, subjects.opened(book or base / led_model.BOOK), side)
    leading = led_model.found(folder, base, side, book=book)
    facts = {"prefix": phrasing.PREFIX} | led_model.painted_by(leading, pipeline.facts(base))
    return _Sketches(folder, facts, subjects.opened(leading.sketchbook), side)


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked of every model of one command, and by whose eye."""

    folder: Folder
    eye: Path
    before: str | None
    options: dict[str, Any]

    def of(self, parts: dict[str, Path], known: _Words, name: str) -> dict[str, Any]:
        """Evaluate one model into ``evaluations/NAME/``."""
        from eye import Eye, EyeError
        from studio.judging import exam, likeness, score
        from studio.training import autoencoder, pipeline

        folder, options, facts = self.folder, self.options, known.facts
        if not name or "/" in name or name.startswith("."):
            raise FolderError(f"An evaluation cannot be called {name!r}.")
        try:
            eye = Eye.load(self.eye, device=options["device"])
        except EyeError as error:
            raise StudioError(f"{error} The stage eye makes one.") from error
        folder.make()
        way = known.way(options["steps"], options["guidance"])
        prefix = options["prefix"] if options["prefix"] is not None else facts.get("prefix", "")
        extent = exam.Extent(*(options[each] for each in ("plain", "seeds", "by_hand", "reworded", "composed")))
        pattern = facts.get("hand_pattern", phrasing.HAND_PATTERN)
        asked = known.questions(eye, extent, prefix=prefix, pattern=pattern)
        of_words = not isinstance(known, _Sketches)
        size = options["size"] if of_words else None
        collection = likeness.Collection.of_folder(folder, options["captioned"] if of_words else 0)
        asked += collection.questions
        fingerprint = pipeline.fingerprint(parts)
        gallery = exam.Gallery.of_model(folder, f"{fingerprint}:{size}" if size else fingerprint, way)
        painted = 0
        if gallery.missing(asked):
            pipe = pipeline.pipeline(parts, device=options["device"])
            if size:
                pipeline.set_size(pipe, size)
            painted = gallery.paint(asked, known.painter(pipe, way), batch=options["batch"])
            del pipe
        vae = autoencoder.load(parts["vae"]).eval()
        report: dict[str, Any] = {"name": name, "model": fingerprint} | asdict(way) | {"prefix": prefix}
        report |= {"size": size} if size else {}
        report |= score.scores(eye, gallery, asked, parts)
        if collection.questions:
            report |= {"collection": likeness.score(eye, gallery, collection)}
        if isinstance(known, _Sketches):
            report |= known.further(eye, gallery, asked, vae)
        if options["decoded"]:
            report |= {"decoder": score.decoder(folder, vae, options["decoded"], options["device"])}
        shares = report.pop("known")
        if self.before:
            then = score.read(folder, self.before)
            report |= {"forgotten": score.forgotten(then["known"], shares, self.before)}
            if "collection" in report and "collection" in then:
                report["collection"]["before"] = then["collection"]
        likeness.hang(folder, name, gallery, collection)
        score.hang(folder, name, gallery, asked, known.failures(eye, gallery, asked))
        folder.write(f"evaluations/{name}/scores.json", score.written(report | {"known": shares}))
        return report | {"painted_now": painted, "sheets": f"evaluations/{name}"}
