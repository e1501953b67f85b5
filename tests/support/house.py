"""The model that is shipped: what it says of itself, and where it lies."""

import functools
import json

from app.core.config import ROOT
from sketch import sketchbook
from sketch.scene import Scene, Thing
from sketch.styling.drawing_styles import is_modelled

HOUSE = ROOT / "models" / "house"
FACTS = json.loads((HOUSE / "house.json").read_bytes())
NAME = str(FACTS["name"])
SIZE = int(FACTS["size"])  # pixels a side


def scene(name: str) -> Scene:
    """Show one of its drawings, by name."""
    return Scene((Thing(_digests()[name]),))


@functools.cache
def _digests() -> dict[str, str]:
    held = sketchbook.load(HOUSE / sketchbook.FILE).drawings.values()
    return {each.name: each.digest for each in held if not is_modelled(each)}
