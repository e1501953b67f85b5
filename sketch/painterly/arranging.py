"""Where things stand in a painterly scene: near and far, beside the middle, cropped now and then, or lying down."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sketch import arrangement, habitats
from sketch.arrangement import Item, Wish
from sketch.painterly import posture
from sketch.painterly.posture import Posture
from sketch.scene import PLACES, SIZES, Scene, Setting, Thing
from sketch.sketchbook import Sketchbook

CLOSE = 0.4
CROPPED = ("food-", "drink", "dishware", "plant-", "household", "light-video")
"""The share of single things of these kinds that are brought so near that the frame crops them.

Others are not known by a part: an animal would lose its head, and a building its roof.
"""

TALL, WIDE = (0.70, 0.88), (0.72, 0.90)
"""How high, or how wide, a single thing is seen, as shares of the picture's side."""

GROUP_TALL = {2: 0.76, 3: 0.66, 4: 0.58}
"""How high the largest of so many things is seen."""

CROWDED = 1.18
"""How much wider than the picture things together would be if none were before another."""

FILLED = 0.94
"""How much of the picture's width a group fills."""

NEARER = 1.8
"""How much nearer things that are above or beside one another are brought at most."""

MOST_TOGETHER = 5
"""From how many things on they are arranged as in any scene."""

FLOORLESS = ("sky", "space", "underwater")
UP = 0.95


@dataclass(frozen=True, slots=True)
class _Placed:
    """A thing that is to be placed: how it is turned, and what of its square it then fills."""

    item: Item
    turn: float
    mirrored: bool
    posture: Posture

    def at(self, x: float, foot: float, high: float) -> Thing:
        """Set it so that what is seen is ``high``, ends below at ``foot`` and has its middle at ``x``: all shares."""
        size = min(SIZES[1], max(SIZES[0], high / max(0.05, self.posture.high)))
        left, bottom = (self.posture.left + self.posture.right) / 2 * size, self.posture.bottom * size
        x, y = (min(PLACES[1], max(PLACES[0], each)) for each in (x - left, foot - bottom))
        return Thing(self.item.drawing, x, y, size, self.turn, self.mirrored, self.item.colour)

    def fitting(self, most_high: float, most_wide: float) -> float:
        """Return how high it may be seen at most to keep within both."""
        return min(most_high, most_wide * self.posture.high / max(0.05, self.posture.wide))


def arrange(items: Sequence[Item], wish: Wish, seed: int, book: Sketchbook) -> Scene:
    """Arrange things in a setting as a painter would: the same scene for the same items, wish, seed and drawings.

    Grids, close-ups, relations, crowds and views are arranged as in any other scene.

    :raises SketchbookError: where a drawing is not there or cannot be rendered.
    """
    scene = arrangement.arrange(items, wish, seed)
    dice = random.Random(f"painterly:{seed}")  # noqa: S311 - drawn to be drawn again
    setting = _setting(scene.setting, dice)
    each = [item for item in items for _ in range(item.count)]
    usual = wish.composition or wish.relation or not each or len(each) > MOST_TOGETHER
    if usual or any(item.is_view for item in items):
        related = wish.relation and not wish.composition and len(each) <= MOST_TOGETHER
        near = _nearer(scene.things, book) if related else scene.things
        return replace(scene, things=near, setting=setting)
    placed = [_held(item, setting, book, dice) for item in each]
    things = [_alone(placed[0], setting, dice)] if len(placed) == 1 else _together(placed, setting, dice)
    return replace(scene, things=tuple(things), setting=setting)


def _nearer(things: Sequence[Thing], book: Sketchbook) -> tuple[Thing, ...]:
    """Bring things nearer as they are to each other, until together they fill the picture."""
    seen = [(thing, posture.of(thing.drawing, book, turn=thing.turn, mirrored=thing.mirrored)) for thing in things]
    left = min(thing.x + held.left * thing.size for thing, held in seen)
    right = max(thing.x + held.right * thing.size for thing, held in seen)
    top = min(thing.y + held.top * thing.size for thing, held in seen)
    bottom = max(thing.y + held.bottom * thing.size for thing, held in seen)
    larger = min(NEARER, FILLED / max(0.05, right - left), FILLED / max(0.05, bottom - top))
    if larger <= 1:
        return tuple(things)
    foot = min(0.97, max(bottom, larger * (bottom - top) + 0.03))
    return tuple(
        replace(
            thing,
            x=0.5 + larger * (thing.x - (left + right) / 2),
            y=foot + larger * (thing.y - bottom),
            size=min(SIZES[1], larger * thing.size),
        )
        for thing in things
    )


def _setting(setting: Setting, dice: random.Random) -> Setting:
    """Raise the eye: more of the ground is seen than in a plain sketch."""
    if setting.kind in ("table", "room", "plain") and setting.horizon < UP:
        return replace(setting, horizon=dice.uniform(0.42, 0.66))
    return setting


def _has_ground(setting: Setting) -> bool:
    return setting.kind not in FLOORLESS and not (
        setting.kind in ("plain", "split", "pattern") and setting.horizon > UP
    )


def _held(item: Item, setting: Setting, book: Sketchbook, dice: random.Random) -> _Placed:
    """Choose how a thing holds itself: mirrored or not, laid down where it would balance on a tip."""
    mirrored = item.kind.startswith(arrangement.SIDEWAYS) and dice.random() < arrangement.FACES_LEFT
    seen = posture.of(item.drawing, book, mirrored=mirrored)
    turn = 0.0
    if posture.is_laid(item, seen) and _has_ground(setting):
        turn = dice.uniform(-0.2, 0.2) - seen.angle
    elif item.habitat.stance in (habitats.FLY, habitats.SWIM):
        turn = dice.uniform(-0.14, 0.14)
    if turn:
        seen = posture.of(item.drawing, book, turn=turn, mirrored=mirrored)
    return _Placed(item, turn, mirrored, seen)


def _alone(thing: _Placed, setting: Setting, dice: random.Random) -> Thing:
    side = dice.choice((-1, 1))
    stance = thing.item.habitat.stance
    is_near = stance == habitats.PORTRAIT or posture.is_bust(thing.item, thing.posture)
    if is_near and _has_ground(setting):
        high = thing.fitting(dice.uniform(0.74, 0.9), 0.95)
        return thing.at(0.5 + side * dice.uniform(0.02, 0.1), 1.0 + dice.uniform(0.02, 0.08), high)
    near = thing.item.kind.startswith(CROPPED) and thing.posture.ratio < posture.LONG
    if near and dice.random() < CLOSE:
        high = thing.fitting(dice.uniform(0.92, 1.04), 1.08)
        return thing.at(0.5 + side * dice.uniform(0.03, 0.09), dice.uniform(0.98, 1.06), high)
    high = thing.fitting(dice.uniform(*TALL), dice.uniform(*WIDE))
    wide = high * thing.posture.wide / max(0.05, thing.posture.high)
    room = max(0.0, 0.5 - wide / 2 - 0.02)
    x = 0.5 + side * min(dice.uniform(0.05, 0.16), room)
    return thing.at(x, _foot(thing, setting, high, dice.uniform(0.5, 0.85)), high)


def _foot(thing: _Placed, setting: Setting, high: float, near: float) -> float:
    """Return where a thing ends below, as a share of the side; ``near`` is 0 at the horizon and 1 at the frame."""
    stance, horizon = thing.item.habitat.stance, setting.horizon
    middle = 0.5 + high / 2
    if not _has_ground(setting):
        return min(0.97, middle + 0.06 * (near - 0.5))
    if stance == habitats.FLY and setting.kind not in ("table", "room", "plain", "window"):
        return min(0.9, 0.36 + 0.2 * near + high / 2)
    if stance == habitats.HANG and not posture.is_laid(thing.item, thing.posture):
        return min(0.95, middle + 0.1)
    if setting.kind == "sea":  # water is wanted before it, that shows it again
        near *= 0.65
    return min(0.96, max(horizon + (0.98 - horizon) * near, high + 0.06))


def _together(placed: list[_Placed], setting: Setting, dice: random.Random) -> list[Thing]:
    """Group things: one large and further off, the others nearer, lower and smaller, each overlapping a little."""
    count = len(placed)
    same = len({thing.item.drawing for thing in placed}) == 1
    side = dice.choice((-1, 1))
    most = GROUP_TALL.get(count, 0.55)
    ranks = [1.0, *(dice.uniform(0.62, 0.84) if not same else dice.uniform(0.72, 0.95) for _ in range(count - 1))]
    highs = [thing.fitting(most * rank, CROWDED / count * rank) for thing, rank in zip(placed, ranks, strict=True)]
    wides = [
        high * thing.posture.wide / max(0.05, thing.posture.high) for thing, high in zip(placed, highs, strict=True)
    ]
    total = sum(wides)
    overlap = 0.94 if total <= FILLED / 0.94 else FILLED / total
    start = 0.5 - total * overlap / 2 + side * min(0.06, max(0.0, 0.48 - total * overlap / 2))
    order = list(range(count))
    dice.shuffle(order)
    things: list[tuple[float, Thing]] = []
    at = start
    for place in order:
        near = 0.30 + 0.55 * (1 - ranks[place]) / 0.4 + dice.uniform(-0.06, 0.06)
        foot = _foot(placed[place], setting, highs[place], min(0.9, max(0.15, near)))
        if not _has_ground(setting):
            foot += dice.uniform(-0.12, 0.12)
        x = at + wides[place] * overlap / 2
        things.append((foot, placed[place].at(x, foot, highs[place])))
        at += wides[place] * overlap
    return [thing for _, thing in sorted(things, key=lambda pair: pair[0])]
