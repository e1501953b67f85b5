"""Drawings to test with: few shapes, of known places and colours."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Drawing, Sketchbook, digest_of

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 32 32">'
SHAPES = {
    "square": '<rect width="32" height="32" fill="#d02020"/>',
    "disc": '<circle cx="16" cy="16" r="15" fill="#2030d0"/>',
    # A body with something bright in it, at the same place in both: a window, an eye.
    "house": '<rect x="2" y="2" width="28" height="28" fill="#7a3020"/>'
    '<rect x="8" y="8" width="8" height="8" fill="#fff"/>',
    "cat": '<circle cx="16" cy="16" r="14" fill="#e08020"/><circle cx="13" cy="12" r="4" fill="#f8fff8"/>',
    "ring": '<path fill-rule="evenodd" fill="#208030" d="M0 0h32v32H0zM8 8v16h16V8z"/>',
    # Heavy on the left, light on the right.
    "flag": '<rect x="1" y="1" width="14" height="30" fill="#d02020"/>'
    '<rect x="20" y="12" width="6" height="6" fill="#20a040"/>',
    # The same two parts, in one order and in the other.
    "yolk": '<circle cx="16" cy="16" r="14" fill="#f4f0e0"/><circle cx="16" cy="16" r="9" fill="#f0b010"/>',
    "egg": '<circle cx="16" cy="16" r="9" fill="#f0b010"/><circle cx="16" cy="16" r="14" fill="#f4f0e0"/>',
    "nothing": "",
}


def svg(body: str) -> str:
    """Write a drawing of 32 units a side."""
    return f"{HEAD}{body}</svg>"


DIGESTS = {name: digest_of(svg(body)) for name, body in SHAPES.items()}
FLAT = Setting("sky", 1.0, ("808080",) * 5, 0.0)
"""A setting without a ground that shadows could fall on, in one grey but for clouds."""


def book() -> Sketchbook:
    """Make a sketchbook of them all."""
    drawings = [Drawing(DIGESTS[name], name, (f"a {name}",), "household", "flat") for name in SHAPES]
    return Sketchbook(drawings, {DIGESTS[name]: svg(body) for name, body in SHAPES.items()})


def thing(name: str, x: float = 0.5, y: float = 0.5, size: float = 0.5, **others: object) -> Thing:
    """Place a drawing by its name."""
    return Thing(DIGESTS[name], x, y, size, **others)  # type: ignore[arg-type]


def scene(*things: Thing, setting: Setting = FLAT) -> Scene:
    """Make a scene."""
    return Scene(things, setting)


def edges(picture: Array) -> float:
    """Measure how long the outlines of a picture (h, w, …) are that one clearly sees, as shares of its side."""
    seen = picture.reshape(*picture.shape[:2], -1)
    across = np.abs(np.diff(seen, axis=1)).max(-1) > 0.1
    down = np.abs(np.diff(seen, axis=0)).max(-1) > 0.1
    return float(across.sum() + down.sum()) / picture.shape[0]
