"""Evaluate a model: generate pictures, recognise them with the image encoder, and write scores and contact sheets."""

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
    from image_encoder import ImageEncoder
    from sketch.sketchbook import Sketchbook
    from studio.judging.exam import Extent, Gallery, Question, Sampling, WalkPipeline

EYE = Path("models/eye")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Options that name the model: a folder, or the result of a run or of the work folder; and its parts."""

    model: Path | None
    checkpoints: str | None
    run: str | None
    after: int | None
    vae: Path | None
    sketchbook: Path | None
    base: Path


@stage("evaluate", ModelOptions)
@click.option(
    "--model", type=click.Path(path_type=Path), help="Diffusers folder; default: the model of the work folder."
)
@click.option("--checkpoints", metavar="RUN", help="Evaluate all checkpoints of a training run, one after the other.")
@click.option("--run", help="Evaluate a run's last saved step, even of a run that is not done.")
@click.option("--after", type=click.IntRange(1), help="With --run: the checkpoint after this step.")
@click.option("--vae", type=click.Path(path_type=Path), help="Autoencoder; default: model/vae, else that of --base.")
@click.option("--sketchbook", type=click.Path(path_type=Path),
              help="Drawing library; default: that of the model, the work folder or --base.")  # fmt: skip
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder whose text encoder the work folder's model uses.")  # fmt: skip
@click.option(
    "--eye", "eye_path", type=click.Path(path_type=Path), help="Image encoder; default: model/eye, else models/eye."
)
@click.option("--name", help="Name of the evaluation; default: by the model.")
@click.option(
    "--plain", type=click.IntRange(1), default=2000, show_default=True, help="Number of concepts asked for by name."
)
@click.option(
    "--seeds", type=click.IntRange(1), default=3, show_default=True, help="Pictures of each of these concepts."
)
@click.option("--by-hand", type=click.IntRange(0), default=50, show_default=True,
              help="Number of concepts asked for in each style.")  # fmt: skip
@click.option("--reworded", type=click.IntRange(0), default=200, show_default=True,
              help="Number of reworded prompts, for models without sketches.")  # fmt: skip
@click.option("--composed", type=click.IntRange(0), default=40, show_default=True,
              help="Number of pairs, of colours and of counts, for sketch-conditioned models; 0 for none.")  # fmt: skip
@click.option("--captioned", type=click.IntRange(0), default=30, show_default=True,
              help="Number of captions of this folder's pictures, for models without sketches.")  # fmt: skip
@click.option(
    "--size", type=click.IntRange(8), help="Side in pixels, for models without sketches; default: the model's own."
)
@click.option("--decoded", type=click.IntRange(0), default=48, show_default=True,
              help="Drawings per style to measure the decoder on.")  # fmt: skip
@click.option("--steps", type=click.IntRange(1), help="Sampling steps; default: as in the model's house.json, or 20.")
@click.option(
    "--guidance", type=click.FloatRange(1), help="Guidance scale; default: as in the model's house.json, or 4."
)
@click.option("--prefix", help="Text before prompts that name no style; default: as in the model's house.json.")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Batch size.")
@click.option("--device", default="cpu", show_default=True, help="Device to run on: cpu, cuda.")
@click.option("--before", help="An earlier evaluation in this folder, to report what was forgotten since.")
def command(
    folder: Folder, which: ModelOptions, *, eye_path: Path | None, name: str | None, before: str | None, **options: Any
) -> dict[str, Any]:
    """Score a model on plain names, styles, rewordings, its decoder and forgetting; write contact sheets."""
    from studio.training import checkpoints, pipeline
    from studio.workspace.training_run import Run

    if sum(each is not None for each in (which.model, which.checkpoints, which.run)) > 1:
        raise click.UsageError("--model, --run and --checkpoints exclude each other.")
    own = folder.path / "model/eye"
    evaluation = _Evaluation(folder, eye_path or (own if own.exists() else EYE), before, options)
    if which.model:
        facts, parts = pipeline.facts(which.model), pipeline.part_folders(which.model)
        known = _known(folder, parts["unet"], which.model, which.sketchbook, facts)
        return evaluation.evaluate(parts, known, name or facts.get("name", which.model.name))

    def scored(run: str | None, after: int | None, evaluation_name: str | None) -> tuple[str, dict[str, Any]]:
        parts = checkpoints.part_folders(folder, which.base, run=run, after=after, vae=which.vae)
        known, at = _known(folder, parts["unet"], which.base, which.sketchbook, None), parts["unet"].name
        return at, evaluation.evaluate(parts, known, evaluation_name or (f"{run}-{at}" if run else "model"))

    if not which.checkpoints:
        return scored(which.run, which.after, name)[1]
    steps = [int(path.name) for path in checkpoints.list_checkpoints(Run(folder, which.checkpoints))]
    if not steps:
        raise FolderError(
            f"The run {which.checkpoints!r} has no checkpoints; train saves some with --checkpoint-every."
        )
    return {"checkpoints": dict(scored(which.checkpoints, step, None) for step in steps)}


class _Words:
    """A model conditioned on text alone: its questions and how it is sampled."""

    def __init__(self, folder: Folder, facts: dict[str, Any]) -> None:
        self.folder, self.facts = folder, facts

    def questions(self, eye: ImageEncoder, extent: Extent, **worded: str) -> list[Question]:
        """Return the questions to ask it."""
        from studio.judging import exam, score

        return exam.questions(eye.concepts, score.hands_of(self.facts, eye), extent, **worded)

    def sampling(self, steps: int | None, guidance: float | None) -> Sampling:
        """Return the sampling settings: those given, else the model's defaults."""
        from studio.judging import exam

        defaults = self.facts.get("defaults", {})
        return exam.Sampling(steps or defaults.get("steps", 20), guidance or defaults.get("guidance", 4.0))

    def painter(self, pipe: Any, sampling: Sampling) -> WalkPipeline:
        """Return a function that generates the answers."""
        from studio.judging import exam

        return exam.plain_painter(pipe, sampling)

    def failures(self, eye: ImageEncoder, gallery: Gallery, questions: list[Question]) -> list[Question]:
        """Return the questions that it fails."""
        from studio.judging import score

        return score.list_failures(eye, gallery, questions)


class _Sketches(_Words):
    """A sketch-conditioned model with its drawing library; ``side`` is the side of its sketches."""

    def __init__(self, folder: Folder, facts: dict[str, Any], book: Sketchbook, side: int) -> None:
        super().__init__(folder, facts)
        self._book, self._side = book, side

    def questions(self, eye: ImageEncoder, extent: Extent, **worded: str) -> list[Question]:
        from studio.judging import led_exam, score

        unnamed = {"hands": [{"words": words} for words in self.facts.get("unnamed", [])]}
        hands = score.hands_of(self.facts, eye), score.hands_of(unnamed, eye)
        questions = led_exam.questions(self._book, eye.concepts, *hands, extent, **worded)
        if not questions:
            raise FolderError("The image encoder knows no drawn concept, or no style: name another with --eye.")
        return questions

    def sampling(self, steps: int | None, guidance: float | None) -> Sampling:
        from studio.judging import exam

        preset = self.facts["presets"]["balanced"]
        usual = exam.Sampling(preset["steps"], preset["guidance"], tuple(preset["guided"]), preset["gain"])
        return replace(usual, steps=steps or usual.steps, guidance=guidance or usual.guidance)

    def painter(self, pipe: Any, sampling: Sampling) -> WalkPipeline:
        from studio.judging import led_exam

        return led_exam.sketch_painter(pipe, self._book, self._side, sampling)

    def further(self, eye: ImageEncoder, gallery: Gallery, questions: list[Question], vae: Any) -> dict[str, Any]:
        """Return scores of how well it follows its sketches, compared with the rendering programs."""
        from studio.judging import led_score

        return led_score.scores(eye, gallery, self._programs(questions), questions, self._book, vae)

    def failures(self, eye: ImageEncoder, gallery: Gallery, questions: list[Question]) -> list[Question]:
        from studio.judging import led_score

        return led_score.list_lost(eye, gallery, self._programs(questions), questions)

    def _programs(self, questions: list[Question]) -> Gallery:
        """Render the answers with the styles' own programs."""
        from sketch.layers import drawn
        from studio.judging import exam, led_exam

        size = self._side * drawn.FOLD
        programs = exam.Gallery(self.folder, f"programs:{size}")
        programs.paint(questions, led_exam.program_painter(self._book, size), batch=16)
        return programs


def _known(folder: Folder, unet: Path, base: Path, book: Path | None, published: dict[str, Any] | None) -> _Words:
    """Return how to evaluate a model, by whether it takes sketches and what its ``house.json`` says.

    ``published`` is None for a model without ``house.json``; its facts are then derived as publishing would.
    """
    from studio.publishing import led_model
    from studio.scenes import composition, subjects
    from studio.styles.registry import HANDS
    from studio.training import diffusion, pipeline

    side = diffusion.sketch_side(pipeline.config(unet))
    if side is None:
        facts: dict[str, Any] = {"prefix": phrasing.PREFIX}
        if published is None and (folder.path / composition.NAME).exists():
            facts["hands"] = [{"words": HANDS[hand].words} for hand in composition.read_plan(folder).hands]
        return _Words(folder, facts if published is None else published)
    if published is not None:
        published_settings = {"presets": led_model.PRESETS | published.get("presets", {})}
        return _Sketches(
            folder, published | published_settings, subjects.load_library(book or base / led_model.BOOK), side
        )
    leading = led_model.find_leading(folder, base, side, book=book)
    facts = {"prefix": phrasing.PREFIX} | led_model.styles_and_presets(leading, pipeline.facts(base))
    return _Sketches(folder, facts, subjects.load_library(leading.sketchbook), side)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Options of the evaluation that all models of one command share."""

    folder: Folder
    eye: Path
    before: str | None
    options: dict[str, Any]

    def evaluate(self, parts: dict[str, Path], known: _Words, name: str) -> dict[str, Any]:
        """Evaluate one model, write the result to ``evaluations/NAME/``, and return the scores.

        :raises FolderError: when the name is invalid.
        :raises StudioError: when the image encoder cannot be loaded.
        """
        from image_encoder import ImageEncoder, ImageEncoderError
        from studio.judging import exam, likeness, score
        from studio.training import autoencoder, pipeline

        folder, options, facts = self.folder, self.options, known.facts
        if not name or "/" in name or name.startswith("."):
            raise FolderError(f"{name!r} is not a valid evaluation name.")
        try:
            eye = ImageEncoder.load(self.eye, device=options["device"])
        except ImageEncoderError as error:
            raise StudioError(f"{error} The stage eye makes one.") from error
        folder.make()
        sampling = known.sampling(options["steps"], options["guidance"])
        prefix = options["prefix"] if options["prefix"] is not None else facts.get("prefix", "")
        extent = exam.Extent(*(options[each] for each in ("plain", "seeds", "by_hand", "reworded", "composed")))
        pattern = facts.get("hand_pattern", phrasing.HAND_PATTERN)
        questions = known.questions(eye, extent, prefix=prefix, pattern=pattern)
        of_words = not isinstance(known, _Sketches)
        size = options["size"] if of_words else None
        collection = likeness.Collection.of_folder(folder, options["captioned"] if of_words else 0)
        questions += collection.questions
        fingerprint = pipeline.fingerprint(parts)
        gallery = exam.Gallery.of_model(folder, f"{fingerprint}:{size}" if size else fingerprint, sampling)
        painted = 0
        if gallery.missing(questions):
            pipe = pipeline.pipeline(parts, device=options["device"])
            if size:
                pipeline.set_size(pipe, size)
            painted = gallery.paint(questions, known.painter(pipe, sampling), batch=options["batch"])
            del pipe
        vae = autoencoder.load_autoencoder(parts["vae"]).eval()
        report: dict[str, Any] = {"name": name, "model": fingerprint} | asdict(sampling) | {"prefix": prefix}
        report |= {"size": size} if size else {}
        report |= score.scores(eye, gallery, questions, parts)
        if collection.questions:
            report |= {"collection": likeness.score(eye, gallery, collection)}
        if isinstance(known, _Sketches):
            report |= known.further(eye, gallery, questions, vae)
        if options["decoded"]:
            report |= {"decoder": score.decoder(folder, vae, options["decoded"], options["device"])}
        shares = report.pop("known")
        if self.before:
            then = score.read_scores(folder, self.before)
            report |= {"forgotten": score.forgotten(then["known"], shares, self.before)}
            if "collection" in report and "collection" in then:
                report["collection"]["before"] = then["collection"]
        likeness.write_sheet(folder, name, gallery, collection)
        score.write_sheets(folder, name, gallery, questions, known.failures(eye, gallery, questions))
        folder.write(f"evaluations/{name}/scores.json", score.to_json(report | {"known": shares}))
        return report | {"painted_now": painted, "sheets": f"evaluations/{name}"}
