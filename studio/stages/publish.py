"""Put what was learned together as a plain diffusers folder in half precision, with a card."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import FolderError, StudioError
from studio.text import phrasing
from studio.workspace.stage_command import HOUSE, stage
from studio.workspace.work_folder import Folder, put_folder

if TYPE_CHECKING:
    from studio.publishing.led_model import Leading

SHEETS = ("captioned", "plain", "hand", "reworded", "composed", "failures")


@dataclass(frozen=True, slots=True)
class PartOptions:
    """Where the parts of the model lie, and how large it paints."""

    base: Path
    run: str | None
    after: int | None
    vae: Path | None
    decoder: Path | None
    size: int | None


@dataclass(frozen=True, slots=True)
class FactOptions:
    """What the model is called, and how it is to be used."""

    name: str
    title: str | None
    prefix: str
    licence: str
    steps: int | None
    guidance: float | None


@dataclass(frozen=True, slots=True)
class LedOptions:
    """What leads a model that is led by sketches, and how that one paints."""

    sketchbook: Path | None
    lexicon: Path | None
    presets_path: Path | None
    unnamed: tuple[str, ...]
    hands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardOptions:
    """What the card tells of how the model was made and measured."""

    evaluation: str | None
    origin: str
    only: tuple[str, ...]


@stage("publish", PartOptions, FactOptions, LedOptions, CardOptions)
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="The folder to be written.")
@click.option("--name", required=True, help="What recipes call the model.")
@click.option("--title", help="What people call it; else the name.")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Whose text encoder was used, and what else was not learned here.")  # fmt: skip
@click.option(
    "--run", help="Publish the average of a run's last kept step, whether it is done or not; else model/unet."
)
@click.option("--after", type=click.IntRange(1), help="With --run: the checkpoint after this step.")
@click.option("--vae", type=click.Path(path_type=Path), help="An autoencoder; else model/vae, else that of --base.")
@click.option("--decoder", type=click.Path(path_type=Path),
              help="One that is shown scenes; else model/decoder, or the base's with its autoencoder.")  # fmt: skip
@click.option("--evaluation", help="Whose figures, sheets and vocabulary the card gets.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="The house prefix.")
@click.option("--licence", default="", help="What may be done with its pictures; else from the sources' licences.")
@click.option("--steps", type=click.IntRange(1), help="Steps that suit it; else 20, or as its presets say.")
@click.option("--guidance", type=click.FloatRange(1), help="Guidance that suits it; else 4, or as its presets say.")
@click.option("--size", type=click.IntRange(8), help="Pixels a side that it paints by itself; else the base's.")
@click.option("--sketchbook", type=click.Path(path_type=Path),
              help="The drawings that lead it; else sketchbook.zip of the work folder or of --base.")  # fmt: skip
@click.option("--lexicon", type=click.Path(path_type=Path),
              help="By which its prompts are read; else model/lexicon.npz, or that of --base.")  # fmt: skip
@click.option("--presets", "presets_path", type=click.Path(path_type=Path),
              help="JSON of how a model led by sketches is to be painted.")  # fmt: skip
@click.option("--unnamed", multiple=True, metavar="WORDS",
              help="A hand for prompts that name none, by its words; else those it was taught for that.")  # fmt: skip
@click.option("--hand", "hands", multiple=True, metavar="WORDS[=TITLE]",
              help="A hand that a model led by sketches learned from pictures, beside those of --base.")  # fmt: skip
@click.option("--trained-by", "only", multiple=True, metavar="RUN",
              help="For the card: a run that made it; else all of the folder.")  # fmt: skip
@click.option("--origin", default="",
              help="For the card: which weights it went on from, where those are not the base's.")  # fmt: skip
def command(folder: Folder, named: PartOptions, says: FactOptions, led: LedOptions, card: CardOptions, *,
            target: Path) -> dict[str, Any]:  # fmt: skip
    """Write a diffusers folder with house.json, concepts.json and MODEL_CARD.md."""
    from studio.judging import score
    from studio.training import checkpoints, pipeline

    if target.exists() and any(target.iterdir()) and not (target / "model_index.json").exists():
        raise FolderError(f"{target} holds something else than a model; it is not overwritten.")
    scores = score.read(folder, card.evaluation) if card.evaluation else {}
    parts = checkpoints.places(folder, named.base, run=named.run, after=named.after, vae=named.vae)
    if scores and scores["model"] != pipeline.fingerprint(parts):
        raise FolderError(
            f"The evaluation {card.evaluation!r} is of another model ({scores['model']}); evaluate this one."
        )
    pipeline.check_base(named.base)
    release = _Release(folder, named, card, parts, scores)
    release.describe(says, led)
    put_folder(target, release.fill)
    written = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return {"model": str(target), "name": says.name, "size": release.facts["size"], "led": bool(release.leading),
            "lora": bool(release.changes), "bytes": written,
            "parameters": sum(row["parameters"] for row in release.networks)}  # fmt: skip


class _Release:
    """A model that is published: its networks, what it says of itself, and what lies beside it."""

    def __init__(self, folder: Folder, named: PartOptions, card: CardOptions, parts: dict[str, Path],
                 scores: dict[str, Any]) -> None:  # fmt: skip
        from studio.publishing import model_card
        from studio.training import checkpoints, pipeline

        self.folder, self.base, self.card, self.scores = folder, named.base, card, scores
        self.pipe = pipeline.pipeline(parts)
        if named.size:
            pipeline.set_size(self.pipe, named.size)
        self.scene_decoder = _scene_decoder(named.decoder, folder, named.base, parts["vae"])
        self.networks = _parts(self.pipe, self.scene_decoder)
        adapter = folder.path / checkpoints.ADAPTER
        self.changes = adapter if named.run is None and adapter.exists() else None
        self.ends = {named.run: int(parts["unet"].name)} if named.run else {}
        has_card = (self.base / "MODEL_CARD.md").exists()
        self.of_base = {"name": self.base.name, "sources": [], "has_card": has_card} | pipeline.facts(self.base)
        self.goes_on = model_card.goes_on(folder)
        self.leading: Leading | None = None
        self.facts: dict[str, Any] = {}

    def describe(self, says: FactOptions, led: LedOptions) -> None:
        """Find out what the model says of itself in ``house.json``."""
        from studio.publishing import led_model, model_card
        from studio.training import diffusion

        side, presets = diffusion.sketch_side(self.pipe.unet.config), _presets(led.presets_path)
        licence, usual = says.licence, (20, 4.0)
        if side:
            leading = led_model.found(self.folder, self.base, side, book=led.sketchbook)
            self.leading = leading = led_model.with_lexicon(leading, self.folder, self.base, led.lexicon)
            licence = licence or ("" if leading.of_pictures else led_model.licence(leading.drawings))
            self.goes_on = self.goes_on and (self.base / led_model.SKETCH).exists()
            usual = led_model.usual_painting(led_model.painted_by(leading, self.of_base, presets)["presets"])
        facts = model_card.Facts(
            name=says.name, title=says.title or says.name, prefix=says.prefix, licence=licence,
            size=self.pipe.unet.config.sample_size * self.pipe.vae_scale_factor, hands=_hands(self.folder),
            solver=type(self.pipe.scheduler).__name__, steps=says.steps or usual[0], guidance=says.guidance or usual[1],
        )  # fmt: skip
        self.facts = model_card.house(
            self.folder, self.scores, facts, base=self.of_base, goes_on=self.goes_on, leading=self.leading
        )
        if self.leading:
            self.facts = led_model.house(self.facts, self.leading, self.of_base, hands=led.hands, presets=presets,
                                         unnamed=led.unnamed)  # fmt: skip

    def fill(self, path: Path) -> None:
        """Write all of it into a folder."""
        from studio.publishing import led_model, lora_file, model_card

        write(self.pipe, path)
        if self.changes:
            lora_file.write(self.changes, path)
        if self.scene_decoder:
            shutil.copytree(self.scene_decoder, path / "decoder")
        text = model_card.written(
            self.folder, self.facts, self.scores, self.networks, base=self.of_base if self.goes_on else None,
            leading=self.leading, origin=self.card.origin, ends=self.ends, only=self.card.only,
            adapter=lora_file.NAME if self.changes else "",
        )  # fmt: skip
        (path / "house.json").write_text(json.dumps(self.facts, indent=2, ensure_ascii=False) + "\n", "utf-8")
        (path / "MODEL_CARD.md").write_text(text, "utf-8")
        if self.goes_on and (self.base / "MODEL_CARD.md").exists():
            shutil.copyfile(self.base / "MODEL_CARD.md", path / model_card.OF_BASE)
        _write_lists(self.folder, path, self.base if self.goes_on else None, self.leading)
        if self.leading:
            led_model.write(self.leading, path, self.base)
        self._write_pictures(path)

    def _write_pictures(self, path: Path) -> None:
        """Write the curve of the losses, and the contact sheets of the evaluation."""
        from studio.publishing import loss_curve, model_card

        if curves := model_card.curves(self.folder, self.ends, self.card.only):
            (path / "training.svg").write_text(loss_curve.drawing(curves), "utf-8")
        for sheet in SHEETS if self.card.evaluation else ():
            hung = self.folder.path / f"evaluations/{self.card.evaluation}/{sheet}.webp"
            if hung.exists():
                (path / "sheets").mkdir(exist_ok=True)
                shutil.copyfile(hung, path / "sheets" / hung.name)


def _presets(path: Path | None) -> dict[str, Any] | None:
    """Read how a model is to be painted.

    :raises StudioError: where that is no JSON object.
    """
    if path is None:
        return None
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StudioError(f"--presets: {path} cannot be read: {error}") from error
    if not isinstance(told, dict) or not all(isinstance(each, dict) for each in told.values()):
        raise StudioError(f"--presets: {path} holds no settings by the name of a preset.")
    return told


def _hands(folder: Folder) -> tuple[str, ...]:
    """Name the hands that the folder's scenes were painted by."""
    from studio.scenes import composition

    return composition.read_plan(folder).hands if (folder.path / composition.NAME).exists() else ()


def _scene_decoder(named: Path | None, folder: Folder, base: Path, vae: Path) -> Path | None:
    """Find the decoder that is shown scenes, if there is one; the base's is for the latents of its autoencoder.

    :raises StudioError: where what was found is none.
    """
    from decoder import DecoderError, load

    usual = [folder.path / "model/decoder", *([base / "decoder"] if vae == base / "vae" else [])]
    found = named or next((path for path in usual if path.exists()), None)
    try:
        if found:
            load(found)
    except DecoderError as error:
        raise StudioError(f"--decoder: {error}") from error
    return found


def _parts(pipe: Any, scene_decoder: Path | None = None) -> list[dict[str, Any]]:
    named = {"text_encoder": pipe.text_encoder, "unet": pipe.unet, "vae": pipe.vae}
    if scene_decoder:
        from decoder import load

        named["decoder"] = load(scene_decoder)
    rows = [
        {"part": name, "what": f"`{type(part).__name__}`", "parameters": _count(part)} for name, part in named.items()
    ]
    kind = getattr(pipe.scheduler.config, "prediction_type", "")
    return [*rows, {"part": "scheduler", "what": f"`{type(pipe.scheduler).__name__}`, {kind}", "parameters": 0}]


def write(pipe: Any, path: Path) -> None:
    """Write a pipeline in half precision, so that it loads in float32 wherever nothing else is said."""
    import torch

    pipe.to(dtype=torch.float16).save_pretrained(path)
    # Left alone, transformers keeps to the precision of the file, where diffusers does not.
    config = path / "text_encoder/config.json"
    said = json.loads(config.read_bytes())
    config.write_text(json.dumps(said | {"dtype": "float32"}, indent=2) + "\n", "utf-8")
    for config in path.glob("*/config.json"):
        said = json.loads(config.read_bytes())
        if said.pop("_name_or_path", None):  # where the weights lay on this machine is nobody else's business
            config.write_text(json.dumps(said, indent=2) + "\n", "utf-8")


def _count(part: Any) -> int:
    return sum(value.numel() for value in part.parameters())


def _write_lists(folder: Folder, path: Path, base: Path | None, leading: Leading | None) -> None:
    """Write the concepts' names, those that a base had learned first, and the credits of works."""
    from studio.publishing import model_card

    records = model_card.learned_from(folder, leading)
    known = base / "concepts.json" if base else None
    concepts: dict[str, dict[str, Any]] = (
        {row["name"]: row for row in json.loads(known.read_bytes())} if known and known.exists() else {}
    )
    of_base = frozenset(concepts)
    for record in records:
        if record.kind == "motif" and record.title not in of_base:
            row = concepts.setdefault(record.title, {"name": record.title, "group": record.group, "pictures": 0})
            row["pictures"] += 1
    if concepts:
        (path / "concepts.json").write_text(
            json.dumps([*concepts.values()], indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
    works = [{"title": record.title, "artist": record.artist, "date": record.date, "source": record.source,
              "licence": record.licence, "attribution": record.attribution}
             for record in records if record.kind == "work"]  # fmt: skip
    if works:
        lines = "".join(json.dumps(work, ensure_ascii=False) + "\n" for work in works)
        (path / "attributions.jsonl").write_text(lines, "utf-8")
