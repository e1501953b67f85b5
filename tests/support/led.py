"""What the site reads of a model that is led by sketches: its drawings, and the shipped lexicon."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from app.config import ROOT
from sketch import sketchbook
from sketch.sketchbook import Drawing
from tests.support import drawings

ROBOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#678" d="M8 16h48v40H8z"/>'
    '<path fill="#fd4" d="M18 26h8v8h-8zm20 0h8v8h-8z"/></svg>'
)
"""A drawing that is not shipped."""

ROBOT_DIGEST = sketchbook.digest_of(ROBOT)


def laid_out(folder: Path, *, more: str = "", **told: object) -> Path:
    """Lay it out in a folder, with one ``more`` drawing; ``told`` is what ``house.json`` says besides its name."""
    (folder / "house.json").write_text(json.dumps({"name": "led", "title": "Led model", **told}))
    (folder / "sketch.json").write_text('{"version": 1, "side": 32}')
    svgs = {drawings.DIGESTS[name]: svg for name, svg in drawings.SVGS.items()}
    added = [Drawing(sketchbook.digest_of(more), "more")] if more else []
    packed = sketchbook.packed([*drawings.DRAWINGS, *added], svgs | {each.digest: more for each in added})
    (folder / "sketchbook.zip").write_bytes(packed)
    shutil.copy(ROOT / "models/house/lexicon.npz", folder)
    return folder
