"""What the site reads of models: of one that drawings lead, with a few of our own, and of one led by words alone."""

import json
import shutil
from pathlib import Path

from app.core.config import ROOT
from sketch import sketchbook
from sketch.sketchbook import Drawing
from tests.support import drawings

UNNAMED = ["pop art", "watercolour"]
LEXICON = ROOT / "models/house/lexicon.npz"
_FRAME = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">{}</svg>'
_SHAPES = {
    ("house", "classic"): '<path fill="#cc8" d="M8 28h48v30H8z"/><path fill="#642" d="M4 28 32 6l28 22z"/>',
    ("bat", "flat"): '<path fill="#444" d="M32 40 20 24 4 30l8 16 12-4 8 10 8-10 12 4 8-16-16-6z"/>',
    ("fox", "flat"): '<path fill="#e63" d="m8 8 14 8h20l14-8-6 32-18 16-18-16z"/>',
    ("cricket game", "flat"): '<path fill="#ca6" d="m44 6 8 8-34 36-10 6 4-12z"/>'
    '<circle cx="48" cy="48" r="8" fill="#c22"/>',
    ("snowman", "flat"): '<circle cx="32" cy="20" r="12" fill="#fff"/><circle cx="32" cy="46" r="16" fill="#fff"/>',
}  # fmt: skip
_KINDS = {"house": "place-building", "bat": "animal-mammal", "fox": "animal-mammal", "cricket game": "sport",
          "snowman": "sky-weather"}  # fmt: skip
SVGS = {name_and_style: _FRAME.format(shapes) for name_and_style, shapes in _SHAPES.items()}
BAT, CRICKET, FOX, OTHER_HOUSE, SNOWMAN = (
    sketchbook.digest_of(SVGS[key])
    for key in (("bat", "flat"), ("cricket game", "flat"), ("fox", "flat"), ("house", "classic"), ("snowman", "flat"))
)
ROBOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#678" d="M8 16h48v40H8z"/>'
    '<path fill="#fd4" d="M18 26h8v8h-8zm20 0h8v8h-8z"/></svg>'
)
"""A drawing that is not shipped, and its digest."""

ROBOT_DIGEST = sketchbook.digest_of(ROBOT)
HOUSE, SUN, CAT = (drawings.DIGESTS[name] for name in ("house", "sun", "cat face"))


def book() -> sketchbook.Sketchbook:
    """Make a sketchbook of eight drawings: two of a house, one of a bat and of what else is called so."""
    return sketchbook.Sketchbook(*_contents())


def lay_out(folder: Path, *, more: str = "", **facts: object) -> Path:
    """Write into a folder what the site reads of a model; ``facts`` go into its ``house.json``.

    ``more`` is one more drawing of its sketchbook, as SVG.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "house.json").write_text(json.dumps({"name": "led", "unnamed": UNNAMED, **facts}))
    (folder / "sketch.json").write_text('{"version": 1, "side": 32}')
    shipped, svgs = _contents()
    shipped += [Drawing(sketchbook.digest_of(more), "more")] if more else []
    (folder / "sketchbook.zip").write_bytes(sketchbook.pack(shipped, svgs | {sketchbook.digest_of(more): more}))
    shutil.copy(LEXICON, folder)
    return folder


def lay_out_words_alone(folder: Path, **facts: object) -> Path:
    """Write into a folder what the site reads of a model that no drawings lead; ``facts`` are its ``house.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "house.json").write_text(json.dumps({"name": "words", "title": "Words alone", **facts}))
    return folder


def lay_out_with_weights(folder: Path, weights: bytes, **facts: object) -> Path:
    """Write what :func:`lay_out_words_alone` does, of square pictures, and a UNet's weights, which are none."""
    lay_out_words_alone(folder, **facts)
    for part, config in (("unet", {"sample_size": 16}), ("vae", {"block_out_channels": [8, 8]})):
        (folder / part).mkdir()
        (folder / part / "config.json").write_text(json.dumps(config))
    (folder / "unet/model.safetensors").write_bytes(weights)
    return folder


def _contents() -> tuple[list[Drawing], dict[str, str]]:
    added = [
        Drawing(sketchbook.digest_of(svg), name, (), _KINDS[name], style, "MoMA Lisa", "CC0-1.0", "tests")
        for (name, style), svg in SVGS.items()
    ]
    kept = [drawing for drawing in drawings.DRAWINGS if drawing.name in drawings.KINDS]
    svgs = {drawing.digest: drawings.book().svg(drawing.digest) for drawing in kept}
    return [*kept, *added], svgs | {sketchbook.digest_of(svg): svg for svg in SVGS.values()}
