"""Place several of one thing as a group that was looked at, and not as one stamp: each has its own distance and side.

Things on the ground stand nearer or farther, and are larger the nearer they are; things in the air are scattered. Each
is turned and mirrored on its own, and may be another drawing of the same name.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sketch import habitats
from sketch.painterly import posture
from sketch.placing import Item
from sketch.scene import MOST_THINGS, Scene, Setting, Thing
from sketch.sketchbook import Sketchbook
from sketch.styling import framed

LARGEST = {2: 0.74, 3: 0.66, 4: 0.58, 5: 0.52, 6: 0.48, 7: 0.45, 8: 0.42, 9: 0.4}
"""The longer side of the nearest thing at most, by how many there are, as a share of the picture's side."""

CROWD = 0.3
"""The same of more things."""

FARTHEST = 0.55, 0.72
"""The range of the size of the farthest thing, as a share of the nearest one's."""

COVERED = 0.16
"""How much of a thing may lie behind another one, by their boxes; in the air half as much."""

TRIES, SMALLER = 100, 0.93
"""How many places are tried for a thing, and by which factor all become smaller if it has none."""

BESIDE, APART = 0.45, 0.8
"""How far the middles of two things on the ground are apart at least, and best, in their mean widths."""

REACH = {2: 0.2, 3: 0.38, 4: 0.6}
"""How much of the ground lies between the feet of the farthest and of the nearest thing; all of it for more things."""

EDGE, LOWEST, FLYING, MIDDLE = 0.03, 0.95, 0.84, 0.57
"""How near to the frame things are; how low they stand, and those that fly above a ground; and the height of a group's
middle on the ground."""

HORIZONS = {
    "table": (0.3, 0.42), "room": (0.4, 0.52), "hills": (0.34, 0.46), "forest": (0.34, 0.46), "desert": (0.34, 0.46),
    "street": (0.36, 0.46), "sea": (0.28, 0.4), "plain": (0.34, 0.46), "window": (0.45, 0.55),
}  # fmt: skip
"""The ranges of the horizon, by kind of setting: higher than with one thing, so that near and far differ."""

HIGHEST = 0.22
"""The least horizon of a ground that is moved with its things."""

ROLLED, LAID, STOOD, FLOWN = 0.6, 0.3, 0.05, 0.28
"""How far a thing is turned at most, in radians: one that rolls, one that lies, one that stands, one in the air."""

LETTERED = ("alphanum", "time", "book-paper", "game", "money", "transport-sign", "other-symbol", "lettering", "mail")
"""The beginnings of kinds that bear signs and are not mirrored."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One of a group: its thing at size 1, and the extent of its visible part."""

    thing: Thing
    extent: posture.Posture

    @property
    def side(self) -> float:
        """Return the longer side of its visible part."""
        return max(0.05, self.extent.wide, self.extent.high)


@dataclass(frozen=True, slots=True)
class _Box:
    """The visible part of a placed thing, as shares of the picture's side."""

    left: float
    top: float
    right: float
    bottom: float

    def covered(self, other: _Box) -> float:
        """Return how much of the smaller one of two boxes is common to both, 0…1."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        if wide <= 0 or high <= 0:
            return 0.0
        return wide * high / max(1e-6, min(self.area, other.area))

    def gap(self, other: _Box) -> float:
        """Return how far the middles of two boxes are apart across, in their mean widths."""
        middles = abs(self.left + self.right - other.left - other.right) / 2
        return 2 * middles / max(1e-6, self.right - self.left + other.right - other.left)

    def is_beside(self, other: _Box) -> bool:
        """Return whether two boxes do not touch, or are beside each other rather than one above the other."""
        return self.covered(other) == 0 or self.gap(other) >= BESIDE

    @property
    def area(self) -> float:
        """Return its area."""
        return (self.right - self.left) * (self.bottom - self.top)


def is_group(items: Sequence[Item]) -> bool:
    """Return whether a scene shows several of one thing and nothing else."""
    return len(items) == 1 and 1 < items[0].count <= MOST_THINGS


def regroup(scene: Scene, item: Item, seed: int, book: Sketchbook) -> Scene:
    """Return the scene with its things, several of one item, as a group; the same arguments give the same scene.

    :raises SketchbookError: when a drawing does not exist or cannot be rendered.
    """
    rng = random.Random(f"group:{seed}")  # noqa: S311 - a reproducible random sequence
    setting = scene.setting
    if setting.kind in HORIZONS:
        setting = replace(setting, horizon=rng.uniform(*HORIZONS[setting.kind]))
    is_grounded = setting.kind in HORIZONS and not _is_in_air(item, setting)
    members = [_member(item, number, book, rng, is_grounded=is_grounded) for number in range(item.count)]
    nearest = LARGEST.get(item.count, CROWD) * (1.0 if is_grounded else 0.9)
    nearest *= min(1.0, max(0.5, item.size))
    shrink = rng.uniform(*FARTHEST)
    while (placed := _placed(members, setting, nearest, shrink, rng, is_grounded=is_grounded)) is None:
        nearest *= SMALLER
    by = _shift([box for _, box, _ in placed], rng, is_grounded=is_grounded)
    if is_grounded:  # the ground goes with them
        setting = replace(setting, horizon=min(0.9, max(HIGHEST, setting.horizon + by[1])))
    things = (_at(member, box, size, by) for member, box, size in placed)
    return replace(scene, things=tuple(things), setting=setting)


def _is_in_air(item: Item, setting: Setting) -> bool:
    """Return whether the things fly or are signs, and stand nowhere."""
    stance = item.habitat.stance
    if stance == habitats.FLY:
        return setting.kind not in habitats.INDOORS
    return stance == habitats.ANYWHERE and not item.kind.startswith("clothing")


def _member(item: Item, number: int, book: Sketchbook, rng: random.Random, *, is_grounded: bool) -> _Member:
    drawings = (item.drawing, *item.variants)
    drawings = tuple(each for each in drawings if not framed.is_framed(each, book)) or drawings
    drawing = drawings[number % len(drawings)]
    mirrored = not item.kind.startswith(LETTERED) and rng.random() < 0.5
    upright = posture.measure_posture(drawing, book, mirrored=mirrored)
    most = _most_turn(item, upright, is_grounded=is_grounded)
    turn = rng.uniform(-most, most)
    extent = posture.measure_posture(drawing, book, turn=turn, mirrored=mirrored)
    return _Member(Thing(drawing, 0.5, 0.5, 1.0, turn, mirrored, item.colour), extent)


def _most_turn(item: Item, upright: posture.Posture, *, is_grounded: bool) -> float:
    if not is_grounded:
        return FLOWN
    if item.kind.startswith("clothing"):
        return LAID
    if item.habitat.stance != habitats.LIE or upright.base >= posture.BASE:
        return STOOD
    return ROLLED if upright.ratio < posture.LONG else LAID


def _placed(
    members: Sequence[_Member], setting: Setting, nearest: float, shrink: float, rng: random.Random, *,
    is_grounded: bool,
) -> list[tuple[_Member, _Box, float]] | None:  # fmt: skip
    """Return the things with their boxes and sizes, from far to near; None if there is no room for one of this size."""
    count = len(members)
    depths = sorted(((number + rng.uniform(0.1, 0.9)) / count for number in range(count)), reverse=True)
    depths = [(depth - depths[-1]) / max(1e-6, depths[0] - depths[-1]) for depth in depths]
    placed: list[tuple[_Member, _Box, float]] = []
    for member, depth in zip(members, depths, strict=True):
        size = nearest * (shrink + (1 - shrink) * depth) / member.side
        boxes = [box for _, box, _ in placed]
        near = 1 - (1 - depth) * REACH.get(count, 1.0)
        tried = [_tried(member, setting, size, near, rng, is_grounded=is_grounded) for _ in range(TRIES)]
        free = [each for each in tried if _is_free(each, boxes, is_grounded=is_grounded)]
        if not free:
            return None
        best = _strewn if is_grounded else _crowded
        placed.append((member, min(free, key=lambda each: best(each, boxes)), size))
    wide = max(box.right for _, box, _ in placed) - min(box.left for _, box, _ in placed)
    return placed[::-1] if wide <= 1 - 2 * EDGE else None


def _is_free(box: _Box, others: Sequence[_Box], *, is_grounded: bool) -> bool:
    """Return whether a box leaves enough to be seen of the others, and they of it."""
    most = COVERED if is_grounded else COVERED / 2
    return all(box.covered(other) <= most and (not is_grounded or box.is_beside(other)) for other in others)


def _strewn(box: _Box, others: Sequence[_Box]) -> float:
    """Return how far a box is from a good place: beside the nearest other one, and not far from the middle."""
    nearest = min((box.gap(other) for other in others), default=APART)
    return abs(nearest - APART) + abs((box.left + box.right) / 2 - 0.5)


def _crowded(box: _Box, others: Sequence[_Box]) -> float:
    """Return how near a box is to the nearest other one, as a negative distance of their middles."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return -min(
        (math.hypot(x - (each.left + each.right) / 2, y - (each.top + each.bottom) / 2) for each in others),
        default=-math.hypot(x - 0.5, y - 0.5),
    )


def _tried(
    member: _Member, setting: Setting, size: float, near: float, rng: random.Random, *, is_grounded: bool
) -> _Box:
    """Return a random place of a thing: on the ground as ``near`` as said, 0 at the horizon, or anywhere in the air."""
    wide, high = member.extent.wide * size, member.extent.high * size
    if is_grounded:
        far = setting.horizon + (0.06 if setting.kind == "sea" else 0.12)
        foot = far + (LOWEST - far) * min(1.0, max(0.0, near + rng.gauss(0, 0.03)))
        middle = rng.uniform(-0.2, 1.2)  # moved into the picture as a group
    else:
        lowest = FLYING if setting.kind in HORIZONS else 1 - EDGE
        foot = rng.uniform(min(high + EDGE, 1 - EDGE), max(high + EDGE, lowest))
        middle = rng.uniform(wide / 2, 1 - wide / 2) if wide < 1 else 0.5
    return _Box(middle - wide / 2, foot - high, middle + wide / 2, foot)


def _shift(boxes: Sequence[_Box], rng: random.Random, *, is_grounded: bool) -> tuple[float, float]:
    """Return how far a group is moved, right and down: near the middle, and on the ground not below it."""
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    top, bottom = min(box.top for box in boxes), max(box.bottom for box in boxes)
    slack = max(0.0, (1 - right + left) / 2 - EDGE)
    across = 0.5 - (left + right) / 2 + rng.choice((-1, 1)) * min(slack, rng.uniform(0.02, 0.07))
    if not is_grounded:
        return across, 0.0
    return across, max(EDGE - top, min(LOWEST, MIDDLE + (bottom - top) / 2) - bottom)


def _at(member: _Member, box: _Box, size: float, by: tuple[float, float]) -> Thing:
    extent = member.extent
    x = (box.left + box.right) / 2 - (extent.left + extent.right) / 2 * size + by[0]
    y = box.bottom - extent.bottom * size + by[1]
    return replace(member.thing, x=x, y=y, size=size).clipped()
