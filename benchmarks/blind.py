"""Make numbered, unlabelled sheets of pictures of random names, for reviewers who do not know the prompts.

``python -m benchmarks.blind FOLDER --model models/house`` writes ``sheet-1.png`` … with twelve pictures each, and
``key.json``, which holds their prompts. Names are all that the model knows except faces, people and symbols. They
depend on ``--seed`` alone, which should be chosen before looking at any picture.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.core.models.facts import load_facts
from app.offer.generation import presets
from benchmarks.asking import Asking
from sketch import sketchbook, wording
from sketch.scene import COLOURS
from sketch.styling.drawing_styles import COLOURED, CUT_OUT
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

LEFT_OUT = ("Smileys & Emotion", "People & Body")
A_SHEET, COLUMNS, TILE, GAP = 12, 4, 256, 26


def main() -> None:
    """Paint random prompts, and write the sheets and the key."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blind", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder for the sheets and the key")
    parser.add_argument("--model", type=Path, default=Path("models/house"), help="the model's folder")
    parser.add_argument("--number", type=int, default=48, help="number of pictures")
    parser.add_argument("--seed", type=int, required=True, help="seed of the names and the noise")
    parser.add_argument("--preset", choices=presets.NAMES, default=presets.DEFAULT)
    parser.add_argument("--size", type=int, help="side in pixels; by default the model's native size")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--composed", action="store_true", help="prompt in turn for two things, a colour or a number")
    what.add_argument(
        "--hands", action="store_true", help="ask for each hand by its words, by turns, in a changed order"
    )
    parser.add_argument("--meaning", type=Path, default=Path("models/meaning"), help="the table of word embeddings")
    what.add_argument("--things", action="store_true", help="names of things that have no emoji")
    what.add_argument("--prompts", type=Path, help="a file of prompts, one a line, from which as many are drawn")
    parser.add_argument("--among", nargs="+", default=(), help="the words of styles, which are dealt in turn")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    painter = WalkPipeline.load(str(options.model))
    if options.prompts:
        lines = options.prompts.read_text("utf-8").splitlines()
        chosen = random.Random(f"prompts:{options.seed}").sample(sorted(set(lines)), options.number)
    else:
        draw = composed_prompts if options.composed else draw_things if options.things else draw_names
        chosen = draw(options.model, options.number, options.seed)
    by = [""] * options.number
    if options.hands or options.among:
        by = deal_styles(options.model, options.number, options.seed, options.among)
    ask = Asking(painter, options.model, options.meaning)
    stops = [ask.stop(name, options.seed + at, hand) for at, (name, hand) in enumerate(zip(chosen, by, strict=True))]
    sampling = presets.resolve(options.preset, load_facts(str(options.model)), size=options.size)
    pictures = [picture for at in range(0, len(stops), 8) for picture in paint(painter, stops[at : at + 8], sampling)]
    for number, at in enumerate(range(0, len(pictures), A_SHEET), 1):
        sheet(pictures[at : at + A_SHEET], at + 1).save(options.folder / f"sheet-{number}.png")
    key = {"model": painter.revision, "preset": options.preset, "sampling": sampling, "seed": options.seed}
    key["names"] = dict(enumerate(chosen, 1))
    key["words"] = dict(enumerate((stop.subject for stop in stops), 1))
    if any(by):
        key["hands"] = dict(enumerate(by, 1))
    (options.folder / "key.json").write_text(json.dumps(key, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(pictures)} pictures in {options.folder}, and the key")


def draw_names(model: Path, count: int, seed: int) -> list[str]:
    """Return random names of things that a model knows, without faces, people and symbols."""
    known = json.loads((model / "concepts.json").read_bytes())
    able = sorted({each["name"] for each in known if each["group"] not in LEFT_OUT and "face" not in each["name"]})
    return random.Random(f"blind:{seed}").sample(able, count)


def draw_things(model: Path, count: int, seed: int) -> list[str]:
    """Return random names of a model's things that have no emoji."""
    drawings = sketchbook.load(model / sketchbook.FILE).drawings.values()
    return random.Random(f"things:{seed}").sample(
        sorted({each.name for each in drawings if each.style in (COLOURED, CUT_OUT)}), count
    )


def composed_prompts(model: Path, count: int, seed: int) -> list[str]:
    """Return random prompts, in turn for two things, for a thing in a colour, and for several of one thing."""
    drawn = iter(draw_names(model, 2 * count, seed))
    rng = random.Random(f"composed:{seed}")
    prompts = []
    for number in range(count):
        first = next(drawn)
        if number % 3 == 0:
            prompts.append(f"{wording.thing(first)} and {wording.thing(next(drawn))}")
        elif number % 3 == 1:
            prompts.append(wording.with_colour(rng.choice(COLOURS), first))
        else:
            prompts.append(f"{rng.choice(('two', 'three', 'four', 'five'))} {wording.plural(first)}")
    return prompts


def deal_styles(model: Path, count: int, seed: int, among: Sequence[str] = ()) -> list[str]:
    """Return the texts of styles (all, or these) in random order, each as often as the others, or once less."""
    known = among or [hand["words"] for hand in load_facts(str(model)).hands]
    dealt = [known[number % len(known)] for number in range(count)]
    random.Random(f"hands:{seed}").shuffle(dealt)
    return dealt


def paint(painter: WalkPipeline, stops: Sequence[StopInput], sampling: dict[str, object]) -> list[NDArray[np.uint8]]:
    """Return the images of stops, each generated as the first frame of a walk."""
    prepared = painter.prepare(stops, painter.rendering(sampling))
    found = painter.paint(prepared, [float(number) for number in range(len(stops))])
    return [np.asarray(one.picture) for one in found]


def sheet(pictures: Sequence[NDArray[np.uint8]], first: int) -> Image.Image:
    """Return a contact sheet of pictures with their numbers, counted from ``first``."""
    rows = -(-len(pictures) // COLUMNS)
    whole = Image.new("RGB", (COLUMNS * (TILE + GAP) + GAP, rows * (TILE + 2 * GAP) + GAP), "white")
    pen = ImageDraw.Draw(whole)
    for number, picture in enumerate(pictures):
        left, top = GAP + number % COLUMNS * (TILE + GAP), GAP + number // COLUMNS * (TILE + 2 * GAP)
        whole.paste(Image.fromarray(picture).resize((TILE, TILE), Image.Resampling.LANCZOS), (left, top))
        pen.text((left, top + TILE + 4), str(first + number), fill="black", font_size=16)
    return whole


if __name__ == "__main__":
    main()
