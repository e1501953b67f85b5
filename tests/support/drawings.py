"""Three drawings of our own, and a sketchbook of them."""

from __future__ import annotations

from sketch import sketchbook
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Drawing, Sketchbook

_FRAME = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">{}</svg>'
SVGS = {
    name: _FRAME.format(shapes)
    for name, shapes in {
        "sun": '<circle cx="32" cy="32" r="24" fill="#fc3"/>',
        "house": '<path fill="#c33" d="M8 32 32 8l24 24z"/><path fill="#ecc" d="M14 32h36v24H14z"/>'
        '<path fill="#246" d="M20 38h8v8h-8z"/><path fill="#246" d="M36 38h8v8h-8z"/>',
        "cat face": '<circle cx="32" cy="34" r="24" fill="#fa3"/><circle cx="23" cy="30" r="4" fill="#246"/>'
        '<circle cx="41" cy="30" r="4" fill="#246"/>',
    }.items()
}
DIGESTS = {name: sketchbook.digest_of(svg) for name, svg in SVGS.items()}
KINDS = {"sun": "sky-weather", "house": "place-building", "cat face": "cat-face"}
DRAWINGS = [Drawing(DIGESTS[name], name, (), KINDS[name], "flat", "MoMA Lisa", "CC0-1.0", "tests") for name in SVGS]


def book() -> Sketchbook:
    """Make a sketchbook of them."""
    return Sketchbook(DRAWINGS, {DIGESTS[name]: svg for name, svg in SVGS.items()})


def packed() -> bytes:
    """Pack them as a model ships them."""
    return sketchbook.packed(DRAWINGS, {DIGESTS[name]: svg for name, svg in SVGS.items()})


def scene(name: str, **setting: object) -> Scene:
    """Show one of them in a setting."""
    return Scene((Thing(DIGESTS[name]),), Setting(**setting))  # type: ignore[arg-type]
