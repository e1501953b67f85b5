"""Add a style: collect and examine its pictures, and train a model on them, in processes of the studio.

A sketch-conditioned model is trained further as a whole and becomes a separate model. Any other model learns a low-rank
change of its attention (LoRA), an adapter that is applied for walks in this style. Each stage resumes where it was
stopped; files that are not needed after the training are removed.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import current_app
from PIL import Image, ImageOps

from app.collection.styles import added
from app.collection.styles.added import AddedStyle
from app.core.config import ROOT
from app.core.errors import InvalidInput, MomaError
from app.core.files import atomic_write
from app.core.i18n.formatting import join_words
from app.core.text.folding import spaced
from app.offer.generation import adapters, model_styles, offers
from app.offer.generation.model_styles import ModelStyle
from app.offer.generation.offers import Offer
from app.storage.walk_models import slug_of

ENOUGH, LEAST = 100, 1
"""How many pictures are collected, and the least that a style can be learned from."""

TILES = 120
"""About how many tiles of all pictures together are learned from: large pictures are cropped into several."""

STEPS, ADAPTER_STEPS = 300, 800
EXAMPLES, SKETCHES_LEAST, SKETCHES_MOST = 600, 3, 24
"""About how many training examples are made, and the least and most sketches for each tile."""

UNUSABLE_NAME = re.compile(r"[^\w\s.'’&-]|_")
"""What the written name of a style has not: in prompts, a comma separates it from what is to be seen."""

NAMED = 3
"""How many file names a message lists."""

COPY = ("a copy of ", "the same file as ")
"""How the studio's reasons begin for a picture that was collected already."""

SHARD = 64
"""How many examples are lost at most when the encoding is stopped."""

Options = tuple[Any, ...]

WHOLE: Options = ("--tune", "full", "--muon", "--batch", 16, "--rate", 4e-4, "--warmup", 20, "--average", 0.98)
APART: Options = ("--tune", "lora", "--apart", "--rank", 16, "--checkpointing", "--batch", 4, "--rate", 1e-4,
                  "--warmup", 20, "--average", 0.98, "--gamma", 5, "--spread", 1.7)  # fmt: skip
"""The training options for sketch-conditioned models (``WHOLE``) and for all others."""

NEEDED = ("torch", "diffusers", "accelerate", "peft", "scipy")
SAMPLE_SIDE = 256
LEARNED = "model/adapter/adapter.safetensors"
"""Where the studio stores an adapter, in its work folder."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """A style to add: its name, the source and licence of its pictures, and the model that learns it.

    ``name`` may be written as people write it: ``Van Gogh``. ``model`` is the name of a model on offer, ``None`` for
    the first; ``like`` is a style of it that scenes are composed as, "" for the one that suits.
    """

    name: str
    source: str
    licence: str
    title: str = ""
    attribution: str = ""
    enough: int = ENOUGH
    steps: int | None = None
    model: str | None = None
    like: str = ""


def prefetch(request: StyleRequest, *, say: Say) -> AddedStyle:
    """Collect missing pictures, examine new ones, and offer the style with a stand-in; return the style.

    :raises InvalidInput: when the name or the licence is not valid, or there are too few pictures.
    :raises MomaError: when the studio's requirements are missing, or a stage fails.
    """
    pupil, request = _model_to_train(request.model), named(request)
    check_name(request.name, request.licence, pupil)
    like = _named_style(request, pupil)
    existing = added.find(request.name)
    if existing is not None and _is_learned(request.name, pupil):
        return existing
    work = added.folder(request.name) / "work"
    if _count(work) < request.enough:
        say("Collecting pictures.")
        size = pupil.facts.size
        run_stage("collect", work, "--from", request.source, "--licence", request.licence,
                "--attribution", request.attribution, "--limit", request.enough, "--smallest", size,
                "--no-copies", "--again")  # fmt: skip
        for line in _rejected(work):
            say(line)
    if (count := _count(work)) < LEAST:
        reasons = " ".join(_rejected(work)) or "It holds no pictures."
        message = f"No picture in {request.source} can be learned from. {reasons}"
        raise InvalidInput.on("source", message=message)
    say(f"Looking at {_pictures(count)}.")
    run_stage("style", work, "--eye", current_app.config["EYE"])
    analysis = json.loads((work / "style.json").read_bytes())
    if like is None:
        like = model_styles.find(analysis["hand"], offers.first().styles)
    style = AddedStyle(
        name=request.name, title=_title(request, existing), licence=request.licence,
        attribution=request.attribution, source=request.source, pictures=count,
        stand_in=like.words if like else "", shows=tuple(analysis["shows"]),
        vector=tuple(analysis["vector"]), works=existing.works if existing else 0,
        phrases=existing.phrases if existing else (),
    )  # fmt: skip
    _show(work, style)
    atomic_write(style.folder / added.ABOUT, added.to_json(style))
    return style


def _named_style(request: StyleRequest, pupil: Offer) -> ModelStyle | None:
    """Return the style of a model that is like the new one: the requested one, or one that has its name, or None.

    The house model's woodcut has the further name ``hokusai``, for example.

    :raises InvalidInput: when the model does not have the requested one.
    """
    choices = pupil.styles
    if not request.like:
        return model_styles.find(spaced(request.name), choices)
    found = model_styles.find(request.like, choices)
    if found is None:
        known = f"its styles are {model_styles.words_of(choices)}" if choices else "it has none"
        raise InvalidInput.on("like", message=f"The model has no style {request.like:.60}; {known}.")
    return found


def teach(request: StyleRequest, *, say: Say) -> AddedStyle:
    """Add a style and train a model on it, resuming where that was stopped; return the style.

    :raises InvalidInput: as :func:`prefetch`.
    :raises MomaError: when the studio's requirements are missing, or a stage fails.
    """
    pupil, request = _model_to_train(request.model), named(request)
    style = prefetch(request, say=say)
    if _is_learned(style.name, pupil):
        return style
    facts, base = pupil.facts, pupil.folder
    work, is_conditioned = style.folder / "work", facts.has_sketches
    say("Cropping and captioning them.")
    run_stage("caption", work, "--prefix", "", "--hand", style.words, "--pattern", pupil.style_pattern,
            "--tiles", max(TILES, style.pictures), "--size", facts.size)  # fmt: skip
    tiles = max(style.pictures, _lines(work / "pictures/metadata.jsonl"))
    run, how, more = "style", WHOLE, Options()
    if is_conditioned:
        say(f"Encoding {tiles} crops, each after sketches of its own.")
        more = ("--sketches", max(SKETCHES_LEAST, min(SKETCHES_MOST, EXAMPLES // tiles)), "--palette", style.words,
                "--jobs", os.cpu_count() or 1)  # fmt: skip
    else:
        say(f"Encoding {tiles} crops.")
        device = ("--device", current_app.config["DEVICE"])
        run, how, more = f"style-{adapters.fingerprint(base)}", (*APART, *device), ("--batch", 4, *device)
    run_stage("encode", work, "--base", base, "--size", facts.size, "--shard", SHARD, *more)
    steps = request.steps or (STEPS if is_conditioned else ADAPTER_STEPS)
    say(f"Learning, {steps} steps.")
    run_stage("train", work, "--base", base, *how, "--steps", steps, "--save-every", 25, "--run", run)
    if is_conditioned:
        _publish(style, base, work)
    else:
        adapters.keep(work / LEARNED, style.name, words=style.words, title=style.title, model=pupil.name, base=base)
    shutil.rmtree(work)
    return style


def _publish(style: AddedStyle, base: Path, work: Path) -> None:
    """Offer a further trained model as a separate model."""
    learned = style.folder / "learned"
    run_stage("publish", work, "--base", base, "--to", learned, "--name", f"style-{style.name}", "--title", style.title,
            "--hand", f"{style.words}={style.title}", "--like", style.stand_in)  # fmt: skip
    learned.replace(style.folder / added.MODEL)


def _model_to_train(name: str | None) -> Offer:
    """Return the model that is to learn.

    :raises InvalidInput: when it is not on offer, not downloaded yet, or of a kind that cannot learn styles here.
    """
    known = offers.load()
    model = known.find(name)
    if model is None:
        raise InvalidInput.on("model", message=known.not_offered(str(name)))
    if model.folder.is_file():
        message = f"{model.name} is a single file; styles are taught to models in folders as diffusers saves them."
        raise InvalidInput.on("model", message=message)
    if model.facts.has_sketches:
        if model != known.first:
            message = f"Sketches lead {model.name}: of such models the site's first alone is taught, as a whole."
            raise InvalidInput.on("model", message=message)
    elif not model.facts.size or not adapters.fingerprint(model.folder):
        message = (
            f"The weights of {model.name} are not here, or its pictures are no squares. Start a worker with it first."
        )
        raise InvalidInput.on("model", message=message)
    return model


def _is_learned(name: str, pupil: Offer) -> bool:
    """Return whether a model has already learned a style, as a whole or as an adapter."""
    if pupil.facts.has_sketches:
        return (added.folder(name) / added.MODEL / "model_index.json").exists()
    return adapters.is_learned(name, pupil.folder)


def remove(name: str) -> AddedStyle:
    """Remove a style with its model and adapters, and return it.

    Walks rendered in it stay, but cannot be rendered again.

    :raises InvalidInput: when there is none of this name.
    """
    style = added.find(name)
    if style is None:
        names = [each.name for each in added.every()]
        known = f"those that were added are {join_words(names)}" if names else "none was added"
        raise InvalidInput.on("name", message=f"There is no style {name:.60} that was added; {known}.")
    shutil.rmtree(style.folder)
    return style


def check_name(name: str, licence: str, model: Offer) -> None:
    """Check that a style of a model may have this name, and that a licence is given.

    :raises InvalidInput: when it may not, or none is given.
    """
    learned = {adapter.words for adapter in model.adapters}
    own = [style for style in model.styles if style.words not in learned]
    taken = {spaced(text) for style in own for text in (style.words, style.title)}
    if spaced(name) in taken:
        raise InvalidInput.on("name", message=f"The model knows {name} already. Choose another name.")
    if not licence.strip():
        raise InvalidInput.on("licence", message="Say under which licence the pictures are, best by its SPDX name.")


def named(request: StyleRequest) -> StyleRequest:
    """Return a request whose name is fit for files and prompts; the name as written becomes the title by default.

    :raises InvalidInput: when no name for files can be made of the written one.
    """
    name = style_name(request.name)
    written = " ".join(request.name.split())
    return replace(request, name=name, title=request.title or (written if written != name else ""))


def style_name(written: str) -> str:
    """Return the name of a style for files, addresses and prompts: ``van-gogh`` for ``Van Gogh``.

    :raises InvalidInput: when no name for files can be made of the written one.
    """
    slug = slug_of(written)
    if not slug or len(written) > added.NAME_MAX or UNUSABLE_NAME.search(written):
        message = (
            f"A style's name has Latin letters, digits, spaces and hyphens, such as “Van Gogh”, at most"
            f" {added.NAME_MAX} characters: not “{written:.80}”."
        )
        raise InvalidInput.on("name", message=message)
    return slug


def _title(request: StyleRequest, existing: AddedStyle | None) -> str:
    """Return the title of a style: the requested one, that of the style so far, or its name."""
    return request.title or (existing.title if existing else request.name.replace("-", " ").capitalize())


def _count(work: Path) -> int:
    """Return the number of collected pictures."""
    return _lines(work / "catalogue.jsonl")


def _lines(path: Path) -> int:
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def _pictures(count: int) -> str:
    return f"{count} pictures" if count > 1 else "1 picture"


def _rejected(work: Path) -> list[str]:
    """Return sentences on the pictures that are not learned from, and why: files by name, and copies together."""
    path = work / "set-aside.jsonl"
    rows = [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
    copies = [row for row in rows if row["reason"].startswith(COPY)]
    sentences = [f"{_file(row)} is left out: {row['reason']}." for row in rows if row not in copies]
    if copies:
        names = [_file(row) for row in copies]
        further = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
        sentences.append(f"{join_words([*names[:NAMED], *further])}: copies of another picture, which is taught once.")
    return sentences


def _file(row: dict[str, str]) -> str:
    return row["source"].rpartition("/")[2]


def run_stage(stage: str, work: Path, *options: Any) -> None:
    """Run a stage of the studio to its end.

    :raises MomaError: with the stage's message, when it fails.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        names = join_words(missing)
        raise MomaError(f"The studio needs {names}, missing here: pip install -r requirements/studio.txt")
    command = [sys.executable, "-m", "studio", stage, "--folder", work, "--json", *options]
    process = subprocess.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise MomaError(f"The studio's stage {stage} failed: {_reason(process.stdout)}")


def _reason(summary: str) -> str:
    """Return the error in a stage's summary; a crash is reported on the error stream instead."""
    try:
        return str(json.loads(summary)["error"])
    except (ValueError, LookupError, TypeError):
        return "see above."


def _show(work: Path, style: AddedStyle) -> None:
    """Store one of the pictures as the style's sample."""
    first = json.loads((work / "catalogue.jsonl").read_bytes().splitlines()[0])
    with Image.open(work / first["file"]) as picture:
        square = ImageOps.fit(picture.convert("RGB"), (SAMPLE_SIDE, SAMPLE_SIDE))
    aside = style.folder / f".{added.SAMPLE}"
    square.save(aside, "WEBP", quality=82)
    aside.replace(style.folder / added.SAMPLE)
