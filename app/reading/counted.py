"""Count things right where one drawing shows several: five socks are five single ones, and no five pairs.

The numbers were counted by eye, drawing by drawing.
"""

from collections.abc import Sequence

from app.reading.weak_drawings import WEAK
from sketch.sketchbook import Drawing
from sketch.styling.drawing_styles import CUT_OUT

SHOWN = {
    "armored boots": 2, "ballet shoes": 2, "beans": 3, "books": 3, "bunny slippers": 2, "cherries": 2, "chopsticks": 2,
    "clinking beer mugs": 2, "clinking glasses": 2, "dice": 2, "fallen leaf": 2, "flip-flops": 2, "footprints": 2,
    "gloves": 2, "hockey sticks": 2, "maracas": 2, "musical notes": 3, "pair of boots": 2, "pair of slippers": 2,
    "pair of socks": 2, "paw prints": 2, "playing cards": 4, "shotgun shells": 3, "socks": 2, "two hearts": 2,
    "wooden clogs": 2,
}  # fmt: skip
"""How many things the drawings of a name show."""

SINGLE = {
    "books": "closed book", "clinking beer mugs": "beer mug", "clinking glasses": "wine glass", "dice": "game die",
    "fallen leaf": "maple leaf", "flip-flops": "thong sandal", "footprints": "footprint",
    "musical notes": "musical note", "pair of boots": "boot", "pair of socks": "socks",
    "playing cards": "ace of spades", "two hearts": "red heart",
}  # fmt: skip
"""The names of single ones."""

ONE = frozenset(("c89cbf", "851c30"))
"""The beginnings of the digests of drawings of these names that show one."""

MORE = frozenset(("d43f26",))
"""The same of drawings that show more than one, though their names say one."""

VARIANTS = 3


def single(drawing: Drawing, own: Sequence[Drawing], count: int) -> Drawing | str:
    """Return what to show ``count`` times: a drawing of one among ``own`` of its name, or the name of a single one.

    It is the drawing itself if that shows one, as many as are counted, or if there is none of one.
    """
    shown = shown_by(drawing)
    if shown in (1, count):
        return drawing
    ones = [each for each in own if shown_by(each) == 1]
    return ones[0] if ones else SINGLE.get(drawing.name, drawing)


def uncounted(drawing: Drawing, own: Sequence[Drawing], *, is_one: bool) -> Drawing:
    """Return the drawing of a name without a number: of one for "a sock", of a pair for "socks"."""
    if drawing.name not in SHOWN or (shown_by(drawing) == 1) == is_one:
        return drawing
    return next((each for each in own if (shown_by(each) == 1) == is_one), drawing)


def shown_by(drawing: Drawing) -> int:
    """Return how many things a drawing shows."""
    if drawing.digest.startswith(tuple(ONE)):
        return 1
    return 2 if drawing.digest.startswith(tuple(MORE)) else SHOWN.get(drawing.name, 1)


def variants(drawing: Drawing, own: Sequence[Drawing]) -> tuple[Drawing, ...]:
    """Return other drawings of the same name in the like of a drawing, for further ones of several things."""
    alike = (each for each in own if each is not drawing and (each.style == CUT_OUT) == (drawing.style == CUT_OUT))
    fit = [each for each in alike if each.digest not in WEAK and shown_by(each) == shown_by(drawing)]
    return tuple(fit[:VARIANTS])
