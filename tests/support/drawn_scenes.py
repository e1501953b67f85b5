"""Scenes of the drawings to test with, as they are drawn."""

from sketch import rendering
from sketch.layers.drawn import Drawn
from sketch.scene import Setting, Thing
from tests.support.drawings import FLAT, book, scene_of

BOOK = book()
GROUND = Setting("plain", 0.55, ("b0b0b0",) * 5, 0.0)
"""A setting with a grey ground and a horizon."""


def draw(*things: Thing, setting: Setting = FLAT, size: int = 128) -> Drawn:
    """Draw what is placed."""
    return rendering.draw(scene_of(*things, setting=setting), BOOK, size)
