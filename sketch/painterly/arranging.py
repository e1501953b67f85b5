"""Arrange the things of a painterly scene: near and far, off centre, sometimes cropped or lying down."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sketch import arrangement, habitats
from sketch.arrangement import Item, Wish
from sketch.painterly import posture
from sketch.painterly.posture import Posture
from sketch.placing import FACES_LEFT, SIDEWAYS
from sketch.scene import NO_FLOOR, SIZES, Scene, Setting, Thing
from sketch.sketchbook import Sketchbook

CLOSE = 0.4
CROPPED = ("food-", "drink", "dishware", "plant-", "household", "light-video")
"""``CLOSE`` is the share of single things of the kinds in ``CROPPED`` that are so near that the frame crops them.
Things of other kinds are shown whole: an animal would lose its head, and a building its roof."""

TALL, WIDE = (0.70, 0.88), (0.72, 0.90)
"""The ranges of a single thing's height and of its width, as shares of the picture's side."""

GROUP_TALL = {2: 0.76, 3: 0.66, 4: 0.58}
"""The height of the largest thing of a group, as a share of the picture's side, by the number of things."""

CROWDED = 1.18
"""The sum of the largest widths that a group's things may have, in widths of the picture; above 1, since they
overlap."""

FILLED = 0.94
"""The largest share of the picture's width that a group fills; related things also fill at most this share of its
height."""

NEARER = 1.8
"""The largest factor by which related things, such as one above another, are enlarged."""

MOST_TOGETHER = 5
"""The largest number of things arranged in the painterly way; more are arranged as in other scenes."""

FLOORLESS = ("sky", "space", "underwater")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A thing to place: ``turn`` is its clockwise rotation in radians, ``posture`` the extent of its visible part."""

    item: Item
    turn: float
    mirrored: bool
    posture: Posture

    def at(self, x: float, foot: float, high: float) -> Thing:
        """Return the thing placed so that its visible part has height ``high``, lower end ``foot`` and centre ``x``.

        All three are shares of the picture's side. The thing's size and centre are clipped to the limits of a scene.
        """
        size = min(SIZES[1], max(SIZES[0], high / max(0.05, self.posture.high)))
        left, bottom = (self.posture.left + self.posture.right) / 2 * size, self.posture.bottom * size
        thing = Thing(self.item.drawing, x - left, foot - bottom, size, self.turn, self.mirrored, self.item.colour)
        return thing.clipped()

    def fitting(self, most_high: float, most_wide: float) -> float:
        """Return the largest height at which the visible part exceeds neither ``most_high`` nor ``most_wide``."""
        return min(most_high, most_wide * self.posture.high / max(0.05, self.posture.wide))


def arrange(items: Sequence[Item], wish: Wish, seed: int, book: Sketchbook) -> Scene:
    """Return a painterly scene of the items; the same items, wish, seed and drawings give the same scene.

    Scenes with a requested composition or relation, with a view or with more than :data:`MOST_TOGETHER` things are
    arranged as in any other style; related things are then enlarged together.

    :raises SketchbookError: when a drawing does not exist or cannot be rendered.
    """
    scene = arrangement.arrange(items, wish, seed)
    rng = random.Random(f"painterly:{seed}")  # noqa: S311 - a reproducible random sequence
    setting = _setting(scene.setting, rng)
    each = [item for item in items for _ in range(item.count)]
    usual = wish.composition or wish.relation or not each or len(each) > MOST_TOGETHER
    if usual or any(item.is_view for item in items):
        related = wish.relation and not wish.composition and len(each) <= MOST_TOGETHER
        near = _nearer(scene.things, book) if related else scene.things
        return replace(scene, things=near, setting=setting)
    placed = [_choose_posture(item, setting, book, rng) for item in each]
    things = [_alone(placed[0], setting, rng)] if len(placed) == 1 else _together(placed, setting, rng)
    return replace(scene, things=tuple(things), setting=setting)


def _nearer(things: Sequence[Thing], book: Sketchbook) -> tuple[Thing, ...]:
    """Return the things enlarged by one factor, at most :data:`NEARER`, so that together they fill the picture."""
    seen = [
        (thing, posture.measure_posture(thing.drawing, book, turn=thing.turn, mirrored=thing.mirrored))
        for thing in things
    ]
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


def _setting(setting: Setting, rng: random.Random) -> Setting:
    """Return the setting; on a table, in a room or before a wall with a floor, a raised horizon shows more ground."""
    if setting.kind in ("table", "room", "plain") and setting.horizon < NO_FLOOR:
        return replace(setting, horizon=rng.uniform(0.42, 0.66))
    return setting


def _has_ground(setting: Setting) -> bool:
    """Return whether the setting has a ground on which things can stand or lie."""
    return setting.kind not in FLOORLESS and not setting.is_wall


def _choose_posture(item: Item, setting: Setting, book: Sketchbook, rng: random.Random) -> _Placed:
    """Return a thing with a random side and rotation; a tilted thing, which would stand on a tip, is laid down."""
    mirrored = item.kind.startswith(SIDEWAYS) and rng.random() < FACES_LEFT
    seen = posture.measure_posture(item.drawing, book, mirrored=mirrored)
    turn = 0.0
    if posture.is_laid(item, seen) and _has_ground(setting):
        turn = rng.uniform(-0.2, 0.2) - seen.angle
    elif item.habitat.stance in (habitats.FLY, habitats.SWIM):
        turn = rng.uniform(-0.14, 0.14)
    if turn:
        seen = posture.measure_posture(item.drawing, book, turn=turn, mirrored=mirrored)
    return _Placed(item, turn, mirrored, seen)


def _alone(thing: _Placed, setting: Setting, rng: random.Random) -> Thing:
    """Return the only thing of a scene: a head or close thing cropped by the frame, others whole and off centre."""
    side = rng.choice((-1, 1))
    stance = thing.item.habitat.stance
    is_near = stance == habitats.PORTRAIT or posture.is_bust(thing.item, thing.posture)
    if is_near and _has_ground(setting):
        high = thing.fitting(rng.uniform(0.74, 0.9), 0.95)
        return thing.at(0.5 + side * rng.uniform(0.02, 0.1), 1.0 + rng.uniform(0.02, 0.08), high)
    near = thing.item.kind.startswith(CROPPED) and thing.posture.ratio < posture.LONG
    if near and rng.random() < CLOSE:
        high = thing.fitting(rng.uniform(0.92, 1.04), 1.08)
        return thing.at(0.5 + side * rng.uniform(0.03, 0.09), rng.uniform(0.98, 1.06), high)
    high = thing.fitting(rng.uniform(*TALL), rng.uniform(*WIDE))
    wide = high * thing.posture.wide / max(0.05, thing.posture.high)
    room = max(0.0, 0.5 - wide / 2 - 0.02)
    x = 0.5 + side * min(rng.uniform(0.05, 0.16), room)
    return thing.at(x, _foot(thing, setting, high, rng.uniform(0.5, 0.85)), high)


def _foot(thing: _Placed, setting: Setting, high: float, near: float) -> float:
    """Return the y of a thing's lower end, as a share of the picture's side, by its stance and the setting.

    ``high`` is the thing's height; ``near`` is 0 at the horizon and 1 at the lower edge of the picture.
    """
    stance, horizon = thing.item.habitat.stance, setting.horizon
    middle = 0.5 + high / 2
    if not _has_ground(setting):
        return min(0.97, middle + 0.06 * (near - 0.5))
    if stance == habitats.FLY and setting.kind not in habitats.INDOORS:
        return min(0.9, 0.36 + 0.2 * near + high / 2)
    if stance == habitats.ANYWHERE and not posture.is_laid(thing.item, thing.posture):
        return min(0.95, middle + 0.1)
    if setting.kind == "sea":  # leave water in front of the thing for its reflection
        near *= 0.65
    return min(0.96, max(horizon + (0.98 - horizon) * near, high + 0.06))


def _together(placed: list[_Placed], setting: Setting, rng: random.Random) -> list[Thing]:
    """Return a group of things from far to near: the largest furthest, smaller ones nearer and lower, overlapping."""
    count = len(placed)
    same = len({thing.item.drawing for thing in placed}) == 1
    side = rng.choice((-1, 1))
    most = GROUP_TALL.get(count, 0.55)
    ranks = [1.0, *(rng.uniform(0.62, 0.84) if not same else rng.uniform(0.72, 0.95) for _ in range(count - 1))]
    highs = [thing.fitting(most * rank, CROWDED / count * rank) for thing, rank in zip(placed, ranks, strict=True)]
    wides = [
        high * thing.posture.wide / max(0.05, thing.posture.high) for thing, high in zip(placed, highs, strict=True)
    ]
    total = sum(wides)
    overlap = 0.94 if total <= FILLED / 0.94 else FILLED / total
    start = 0.5 - total * overlap / 2 + side * min(0.06, max(0.0, 0.48 - total * overlap / 2))
    order = list(range(count))
    rng.shuffle(order)
    things: list[tuple[float, Thing]] = []
    at = start
    for place in order:
        near = 0.30 + 0.55 * (1 - ranks[place]) / 0.4 + rng.uniform(-0.06, 0.06)
        foot = _foot(placed[place], setting, highs[place], min(0.9, max(0.15, near)))
        if not _has_ground(setting):
            foot += rng.uniform(-0.12, 0.12)
        x = at + wides[place] * overlap / 2
        things.append((foot, placed[place].at(x, foot, highs[place])))
        at += wides[place] * overlap
    return [thing for _, thing in sorted(things, key=lambda pair: pair[0])]
