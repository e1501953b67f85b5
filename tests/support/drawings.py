"""Drawings to test with, of few shapes in known places and colours, and a sketchbook of them."""

from sketch import sketchbook
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Drawing, Sketchbook

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 32 32">'
SHAPES = {
    "square": '<rect width="32" height="32" fill="#d02020"/>',
    "disc": '<circle cx="16" cy="16" r="15" fill="#2030d0"/>',
    "sun": '<circle cx="16" cy="16" r="12" fill="#fc3"/>',
    # A body with something bright in it, at the same place in both: a window, an eye.
    "house": '<rect x="2" y="2" width="28" height="28" fill="#7a3020"/>'
    '<rect x="8" y="8" width="8" height="8" fill="#fff"/>',
    "cat face": '<circle cx="16" cy="16" r="14" fill="#e08020"/><circle cx="13" cy="12" r="4" fill="#f8fff8"/>',
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


DIGESTS = {name: sketchbook.digest_of(svg(body)) for name, body in SHAPES.items()}
SVGS = {DIGESTS[name]: svg(body) for name, body in SHAPES.items()}
KINDS = {"sun": "sky-weather", "house": "place-building", "cat face": "cat-face"}
DRAWINGS = [
    Drawing(DIGESTS[name], name, (), KINDS.get(name, "household"), "flat", "MoMA Lisa", "CC0-1.0", "tests")
    for name in SHAPES
]
SHIPPED = [each for each in DRAWINGS if each.name in KINDS]
"""Those that are called as something that a prompt may name; a model ships them."""

FLAT = Setting("sky", 1.0, ("808080",) * 5, 0.0)
"""A setting without a ground that shadows could fall on, in one grey but for clouds."""


def book() -> Sketchbook:
    """Make a sketchbook of them all."""
    return Sketchbook(DRAWINGS, SVGS)


def packed() -> bytes:
    """Pack those that a model ships, as it ships them."""
    return sketchbook.pack(SHIPPED, SVGS)


def scene(name: str, **setting: object) -> Scene:
    """Show one of them in a setting."""
    return Scene((Thing(DIGESTS[name]),), Setting(**setting))  # type: ignore[arg-type]


def thing(name: str, x: float = 0.5, y: float = 0.5, size: float = 0.5, **others: object) -> Thing:
    """Place a drawing by its name."""
    return Thing(DIGESTS[name], x, y, size, **others)  # type: ignore[arg-type]


def scene_of(*things: Thing, setting: Setting = FLAT) -> Scene:
    """Show what is placed."""
    return Scene(things, setting)


def book_of(shapes: dict[str, tuple[str, str]]) -> Sketchbook:
    """Make a library of other shapes: the kind and the SVG body of each by its name."""
    svgs = {name: svg(body) for name, (_, body) in shapes.items()}
    drawings = [Drawing(sketchbook.digest_of(svgs[name]), name, kind=kind) for name, (kind, _) in shapes.items()]
    return Sketchbook(drawings, {each.digest: svgs[each.name] for each in drawings})


def digests_of(book: Sketchbook) -> dict[str, str]:
    """Return the digest of each drawing by its name."""
    return {drawing.name: digest for digest, drawing in book.drawings.items()}
