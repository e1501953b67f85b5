"""Write the trained model as a plain diffusers folder in half precision, with a model card."""

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
    """Options that name the model's parts and the size it generates."""

    base: Path
    run: str | None
    after: int | None
    vae: Path | None
    decoder: Path | None
    size: int | None


@dataclass(frozen=True, slots=True)
class FactOptions:
    """Options for the model's name, licence and default settings."""

    name: str
    title: str | None
    prefix: str
    licence: str
    steps: int | None
    guidance: float | None


@dataclass(frozen=True, slots=True)
class SketchOptions:
    """Options for a sketch-conditioned model: its drawing library, lexicon, presets and styles."""

    sketchbook: Path | None
    lexicon: Path | None
    presets_path: Path | None
    unnamed: tuple[str, ...]
    hands: tuple[str, ...]
    like: str


@dataclass(frozen=True, slots=True)
class CardOptions:
    """Options for what the card says of training and evaluation."""

    evaluation: str | None
    origin: str
    only: tuple[str, ...]


@stage("publish", PartOptions, FactOptions, SketchOptions, CardOptions)
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option("--name", required=True, help="Name of the model in recipes.")
@click.option("--title", help="Name of the model on pages; default: --name.")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder of the text encoder, and of all parts that were not trained.")  # fmt: skip
@click.option("--run", help="Publish a run's last saved step, whether it is done or not; default: model/unet.")
@click.option("--after", type=click.IntRange(1), help="With --run: the checkpoint after this step.")
@click.option("--vae", type=click.Path(path_type=Path), help="Autoencoder; default: model/vae, else that of --base.")
@click.option("--decoder", type=click.Path(path_type=Path),
              help="Scene decoder; default: model/decoder, or the base's with its autoencoder.")  # fmt: skip
@click.option("--evaluation", help="Evaluation whose scores, sheets and vocabulary go into the card.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="Text put before prompts.")
@click.option("--licence", default="", help="Licence of its pictures; default: by the licences of the sources.")
@click.option("--steps", type=click.IntRange(1), help="Default sampling steps; default: 20, or as in the presets.")
@click.option("--guidance", type=click.FloatRange(1), help="Default guidance scale; default: 4, or as in the presets.")
@click.option("--size", type=click.IntRange(8), help="Default side in pixels; default: the base's.")
@click.option("--sketchbook", type=click.Path(path_type=Path),
              help="Drawing library; default: sketchbook.zip of the work folder or of --base.")  # fmt: skip
@click.option("--lexicon", type=click.Path(path_type=Path),
              help="Lexicon of the prompt parser; default: model/lexicon.npz, or that of --base.")  # fmt: skip
@click.option("--presets", "presets_path", type=click.Path(path_type=Path),
              help="JSON with presets for a sketch-conditioned model.")  # fmt: skip
@click.option("--unnamed", multiple=True, metavar="WORDS",
              help="Words of a style for prompts that name none; default: those of the training.")  # fmt: skip
@click.option("--hand", "hands", multiple=True, metavar="WORDS[=TITLE]",
              help="Style that a sketch-conditioned model learned from pictures, beside those of --base.")  # fmt: skip
@click.option("--like", default="", metavar="WORDS",
              help="With --hand: the style of --base that its scenes are composed as; default: none.")  # fmt: skip
@click.option("--trained-by", "only", multiple=True, metavar="RUN",
              help="For the card: a run that trained the model; default: all runs of the folder.")  # fmt: skip
@click.option("--origin", default="", help="For the card: the weights that training started from, if not the base's.")
def command(
    folder: Folder,
    part_options: PartOptions,
    about: FactOptions,
    sketching: SketchOptions,
    card: CardOptions,
    *,
    target: Path,
) -> dict[str, Any]:
    """Write a diffusers folder with house.json, concepts.json and MODEL_CARD.md."""
    from studio.judging import score
    from studio.training import checkpoints, pipeline

    if target.exists() and any(target.iterdir()) and not (target / "model_index.json").exists():
        raise FolderError(f"{target} is not empty and holds no model; it is not overwritten.")
    scores = score.read_scores(folder, card.evaluation) if card.evaluation else {}
    parts = checkpoints.part_folders(
        folder, part_options.base, run=part_options.run, after=part_options.after, vae=part_options.vae
    )
    if scores and scores["model"] != pipeline.fingerprint(parts):
        raise FolderError(
            f"The evaluation {card.evaluation!r} is of another model ({scores['model']}); evaluate this one."
        )
    pipeline.check_base(part_options.base)
    release = _Release(folder, part_options, card, parts, scores)
    release.describe(about, sketching)
    put_folder(target, release.fill)
    written = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return {"model": str(target), "name": about.name, "size": release.facts["size"], "led": bool(release.leading),
            "lora": bool(release.changes), "bytes": written,
            "parameters": sum(row["parameters"] for row in release.networks)}  # fmt: skip


class _Release:
    """A model to publish: its networks, its facts, and the files that come with it."""

    def __init__(
        self,
        folder: Folder,
        part_options: PartOptions,
        card: CardOptions,
        parts: dict[str, Path],
        scores: dict[str, Any],
    ) -> None:
        from studio.publishing import model_card
        from studio.training import checkpoints, pipeline

        self.folder, self.base, self.card, self.scores = folder, part_options.base, card, scores
        self.pipe = pipeline.pipeline(parts)
        if part_options.size:
            pipeline.set_size(self.pipe, part_options.size)
        self.scene_decoder = _scene_decoder(part_options.decoder, folder, part_options.base, parts["vae"])
        self.networks = _parts(self.pipe, self.scene_decoder)
        adapter = folder.path / checkpoints.ADAPTER
        self.changes = adapter if part_options.run is None and adapter.exists() else None
        self.ends = {part_options.run: int(parts["unet"].name)} if part_options.run else {}
        has_card = (self.base / "MODEL_CARD.md").exists()
        self.of_base = {"name": self.base.name, "sources": [], "has_card": has_card} | pipeline.facts(self.base)
        self.goes_on = model_card.goes_on(folder)
        self.leading: Leading | None = None
        self.facts: dict[str, Any] = {}

    def describe(self, about: FactOptions, sketching: SketchOptions) -> None:
        """Collect the facts for ``house.json``."""
        from studio.publishing import led_model, model_card
        from studio.training import diffusion

        side, presets = diffusion.sketch_side(self.pipe.unet.config), _presets(sketching.presets_path)
        licence, usual = about.licence, (20, 4.0)
        if side:
            leading = led_model.find_leading(self.folder, self.base, side, book=sketching.sketchbook)
            self.leading = leading = led_model.add_lexicon(leading, self.folder, self.base, sketching.lexicon)
            licence = licence or ("" if leading.of_pictures else led_model.licence(leading.drawings))
            self.goes_on = self.goes_on and (self.base / led_model.SKETCH).exists()
            usual = led_model.default_settings(led_model.styles_and_presets(leading, self.of_base, presets)["presets"])
        facts = model_card.Facts(
            name=about.name,
            title=about.title or about.name,
            prefix=about.prefix,
            licence=licence,
            size=self.pipe.unet.config.sample_size * self.pipe.vae_scale_factor,
            hands=_hands(self.folder),
            solver=type(self.pipe.scheduler).__name__,
            steps=about.steps or usual[0],
            guidance=about.guidance or usual[1],
        )
        self.facts = model_card.model_facts(
            self.folder, self.scores, facts, base=self.of_base, goes_on=self.goes_on, leading=self.leading
        )
        if self.leading:
            self.facts = led_model.complete_facts(
                self.facts,
                self.leading,
                self.of_base,
                hands=sketching.hands,
                like=sketching.like,
                presets=presets,
                unnamed=sketching.unnamed,
            )

    def fill(self, path: Path) -> None:
        """Write all files into the folder ``path``."""
        from sketch.styling import colour_table
        from studio.publishing import led_model, lora_file, model_card

        write(self.pipe, path)
        if self.changes:
            lora_file.write(self.changes, path)
        if self.scene_decoder:
            shutil.copytree(self.scene_decoder, path / "decoder")
        palettes = (self.folder.path / "model" / colour_table.FILE, self.base / colour_table.FILE)
        if self.leading and (palette := next((each for each in palettes if each.exists()), None)):
            shutil.copyfile(palette, path / colour_table.FILE)
        text = model_card.write_card(
            self.folder,
            self.facts,
            self.scores,
            self.networks,
            base=self.of_base if self.goes_on else None,
            leading=self.leading,
            origin=self.card.origin,
            ends=self.ends,
            only=self.card.only,
            adapter=lora_file.NAME if self.changes else "",
        )
        (path / "house.json").write_text(json.dumps(self.facts, indent=2, ensure_ascii=False) + "\n", "utf-8")
        (path / "MODEL_CARD.md").write_text(text, "utf-8")
        if self.goes_on and (self.base / "MODEL_CARD.md").exists():
            shutil.copyfile(self.base / "MODEL_CARD.md", path / model_card.OF_BASE)
        _write_lists(self.folder, path, self.base if self.goes_on else None, self.leading)
        if self.leading:
            led_model.write(self.leading, path, self.base)
        self._write_pictures(path)

    def _write_pictures(self, path: Path) -> None:
        """Write the loss curve, and the evaluation's contact sheets."""
        from studio.publishing import loss_curve, model_card

        if curves := model_card.curves(self.folder, self.ends, self.card.only):
            (path / "training.svg").write_text(loss_curve.draw_curves(curves), "utf-8")
        for sheet in SHEETS if self.card.evaluation else ():
            source = self.folder.path / f"evaluations/{self.card.evaluation}/{sheet}.webp"
            if source.exists():
                (path / "sheets").mkdir(exist_ok=True)
                shutil.copyfile(source, path / "sheets" / source.name)


def _presets(path: Path | None) -> dict[str, Any] | None:
    """Return the presets of a file, or None without one.

    :raises StudioError: when the file is not a JSON object of objects.
    """
    if path is None:
        return None
    try:
        presets = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StudioError(f"--presets: {path} cannot be read: {error}") from error
    if not isinstance(presets, dict) or not all(isinstance(each, dict) for each in presets.values()):
        raise StudioError(f"--presets: {path} must hold a JSON object with an object for each preset.")
    return presets


def _hands(folder: Folder) -> tuple[str, ...]:
    """Return the styles of the folder's scenes."""
    from studio.scenes import composition

    return composition.read_plan(folder).hands if (folder.path / composition.NAME).exists() else ()


def _scene_decoder(named: Path | None, folder: Folder, base: Path, vae: Path) -> Path | None:
    """Return the folder of the scene decoder, or None; the base's is used only with the base's autoencoder.

    :raises StudioError: when the folder holds none.
    """
    from decoder import DecoderError, load

    usual = [folder.path / "model/decoder", *([base / "decoder"] if vae == base / "vae" else [])]
    path = named or next((each for each in usual if each.exists()), None)
    try:
        if path:
            load(path)
    except DecoderError as error:
        raise StudioError(f"--decoder: {error}") from error
    return path


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
    """Write a pipeline in half precision, in such a way that it loads in float32 by default."""
    import torch

    pipe.to(dtype=torch.float16).save_pretrained(path)
    # Without this, transformers loads in the precision of the file; diffusers does not.
    config = path / "text_encoder/config.json"
    contents = json.loads(config.read_bytes())
    config.write_text(json.dumps(contents | {"dtype": "float32"}, indent=2) + "\n", "utf-8")
    for config in path.glob("*/config.json"):
        contents = json.loads(config.read_bytes())
        if contents.pop("_name_or_path", None):  # do not publish a path of this machine
            config.write_text(json.dumps(contents, indent=2) + "\n", "utf-8")


def _count(part: Any) -> int:
    return sum(value.numel() for value in part.parameters())


def _write_lists(folder: Folder, path: Path, base: Path | None, leading: Leading | None) -> None:
    """Write the names of the concepts, those of the base first, and the credits of works."""
    from studio.publishing import model_card

    records = model_card.training_records(folder, leading)
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
    works = [
        {
            "title": record.title,
            "artist": record.artist,
            "date": record.date,
            "source": record.source,
            "licence": record.licence,
            "attribution": record.attribution,
        }
        for record in records
        if record.kind == "work"
    ]
    if works:
        lines = "".join(json.dumps(work, ensure_ascii=False) + "\n" for work in works)
        (path / "attributions.jsonl").write_text(lines, "utf-8")
