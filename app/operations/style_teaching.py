"""Adding a style: its pictures are collected and looked at, and a model learns it, by the studio in processes apart.

Each stage goes on where it was stopped; what the model has no more use for once it has learned is removed.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from PIL import Image, ImageOps

from app.config import ROOT
from app.errors import InvalidInput, MomaError
from app.generation import hands, models_on_offer
from app.i18n.formatting import join_words
from app.styles import added
from app.styles.added import AddedStyle
from app.text.folding import spaced

ENOUGH, LEAST = 100, 8
"""How many pictures are collected, and of how many at least a style can be learned."""

STEPS = 200
EXAMPLES, SKETCHES_LEAST, SKETCHES_MOST = 300, 3, 8
"""About how many examples are made of the pictures, each picture after so many sketches."""

SHARD = 64
"""How many examples are lost at most when the encoding is stopped."""

NEEDED = ("torch", "diffusers", "accelerate", "scipy")
SAMPLE_SIDE = 256

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """A style that is to be added: its name, where its pictures are, and what may be done with them."""

    name: str
    source: str
    licence: str
    title: str = ""
    attribution: str = ""
    enough: int = ENOUGH
    steps: int = STEPS


def prefetch(wanted: StyleRequest, *, say: Say) -> AddedStyle:
    """Collect pictures if there are too few, look at those that were not looked at, and offer the style.

    :raises InvalidInput: when the name or the licence cannot be, or there are too few pictures.
    :raises MomaError: when the studio's requirements are missing, or a stage fails.
    """
    _check(wanted)
    held = added.find(wanted.name)
    if held is not None and held.model:
        return held
    work = added.folder(wanted.name) / "work"
    if _count(work) < wanted.enough:
        say("Collecting pictures.")
        run_stage("collect", work, "--from", wanted.source, "--licence", wanted.licence,
                "--attribution", wanted.attribution, "--limit", wanted.enough)  # fmt: skip
    if (count := _count(work)) < LEAST:
        message = f"{wanted.source} holds {count} pictures that may be learned from; a style takes at least {LEAST}."
        raise InvalidInput.on("source", message=message)
    say(f"Looking at {count} pictures.")
    run_stage("style", work, "--eye", current_app.config["EYE"])
    seen = json.loads((work / "style.json").read_bytes())
    known = [hand.words for hand in hands.known()]
    style = AddedStyle(
        name=wanted.name, title=wanted.title or wanted.name.replace("-", " ").capitalize(), licence=wanted.licence,
        attribution=wanted.attribution, source=wanted.source, pictures=count,
        stand_in=seen["hand"] if seen["hand"] in known else "", shows=tuple(seen["shows"]),
        vector=tuple(seen["vector"]),
    )  # fmt: skip
    _show(work, style)
    _put(style.folder / added.ABOUT, added.written(style))
    return style


def teach(wanted: StyleRequest, *, say: Say) -> AddedStyle:
    """Add a style and have a model learn it, beginning with the site's first; gone on with where it was stopped.

    :raises InvalidInput: as :func:`prefetch`, and when no drawings lead the site's first model.
    :raises MomaError: when the studio's requirements are missing, or a stage fails.
    """
    base = models_on_offer.folder(current_app.config["MODEL"])
    if not models_on_offer.facts()["has_sketches"]:
        message = "The site's first model is not led by sketches: teach it with the studio (docs/studio.md)."
        raise InvalidInput.on("model", message=message)
    style = prefetch(wanted, say=say)
    if style.model:
        return style
    work, learned = style.folder / "work", style.folder / "learned"
    say("Captioning them.")
    run_stage("caption", work, "--prefix", "", "--hand", style.words)
    say("Encoding them, each after sketches of its own.")
    times = max(SKETCHES_LEAST, min(SKETCHES_MOST, EXAMPLES // style.pictures))
    run_stage("encode", work, "--base", base, "--size", models_on_offer.facts()["size"], "--sketches", times,
              "--shard", SHARD)  # fmt: skip
    say(f"Learning, {wanted.steps} steps.")
    run_stage("train", work, "--base", base, "--tune", "full", "--muon", "--batch", 16, "--rate", 4e-4, "--warmup", 20,
            "--average", 0.98, "--steps", wanted.steps, "--save-every", 25, "--run", "style")  # fmt: skip
    say("Publishing the model.")
    run_stage("publish", work, "--base", base, "--to", learned, "--name", f"style-{style.name}", "--title", style.title,
            "--hand", f"{style.words}={style.title}")  # fmt: skip
    learned.replace(style.folder / added.MODEL)
    shutil.rmtree(work)
    return style


def remove(name: str) -> AddedStyle:
    """Remove a style with its model. Walks that were painted in it stay; they cannot be painted again.

    :raises InvalidInput: when there is none of this name.
    """
    style = added.find(name)
    if style is None:
        names = [each.name for each in added.every()]
        known = f"those that were added are {join_words(names)}" if names else "none was added"
        raise InvalidInput.on("name", message=f"There is no style {name:.60} that was added; {known}.")
    shutil.rmtree(style.folder)
    return style


def _check(wanted: StyleRequest) -> None:
    if not added.NAME.fullmatch(wanted.name) or len(wanted.name) > added.NAME_MAX:
        message = (
            f"A style's name has small letters, digits and hyphens between, at most {added.NAME_MAX}:"
            f" not “{wanted.name:.80}”."
        )
        raise InvalidInput.on("name", message=message)
    taken = {spaced(text) for hand in hands.known() for text in (hand.words, hand.title)}
    if spaced(wanted.name) in taken:
        raise InvalidInput.on("name", message=f"The model knows {wanted.name} already. Choose another name.")
    if not wanted.licence.strip():
        raise InvalidInput.on("licence", message="Say under which licence the pictures are, best by its SPDX name.")


def _count(work: Path) -> int:
    """Count the pictures that are there."""
    path = work / "catalogue.jsonl"
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def run_stage(stage: str, work: Path, *options: Any) -> None:
    """Run a stage of the studio to its end.

    :raises MomaError: with what it says is wrong.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        names = join_words(missing)
        raise MomaError(f"The studio needs {names}, missing here: pip install -r requirements/studio.txt")
    words = [sys.executable, "-m", "studio", stage, "--folder", work, "--json", *options]
    done = subprocess.run([str(word) for word in words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise MomaError(f"The studio's stage {stage} failed: {_reason(done.stdout)}")


def _reason(summary: str) -> str:
    """Return what a stage says is wrong; a breakdown has told it on the error stream."""
    try:
        return str(json.loads(summary)["error"])
    except (ValueError, LookupError, TypeError):
        return "see above."


def _show(work: Path, style: AddedStyle) -> None:
    """Keep one of the pictures, to stand for the style."""
    first = json.loads((work / "catalogue.jsonl").read_bytes().splitlines()[0])
    with Image.open(work / first["file"]) as picture:
        square = ImageOps.fit(picture.convert("RGB"), (SAMPLE_SIDE, SAMPLE_SIDE))
    aside = style.folder / f".{added.SAMPLE}"
    square.save(aside, "WEBP", quality=82)
    aside.replace(style.folder / added.SAMPLE)


def _put(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}")
    aside.write_bytes(data)
    aside.replace(path)
