"""Place single things of a scene: where they stand, fly or swim, and in rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sketch import colour, habitats
from sketch.colour import Appearance
from sketch.habitats import ANYWHERE, FLOAT, FLY, PORTRAIT, SWIM
from sketch.scene import Setting, Thing

FACES_LEFT = 0.5
"""Share of animals and vehicles that are mirrored at random; nearly all drawings face left."""

VIEWS = ("place", "sky", "event")
VIEW_COVER, VIEW_SIZE = 0.85, 1.2
"""A drawing of one of ``VIEWS`` that covers at least the share ``VIEW_COVER`` of its square is a view: it fills the
picture at the size ``VIEW_SIZE``, and other things stand in front of it."""

SIDEWAYS = ("animal-mammal", "animal-bird", "animal-reptile", "animal-marine", "transport-ground", "transport-water")


SMALL = (
    "food", "drink", "dishware", "tool", "sport", "game", "book-paper", "money", "office", "clothing", "animal-bug",
)  # fmt: skip
LARGE = (
    "place-building", "place-religious", "place-geographic", "transport-ground", "transport-water", "transport-air",
)  # fmt: skip
SMALLER, LARGER = 0.66, 1.14
"""Kinds of things that are smaller or larger than people, and the factors of their sizes where both are shown."""


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of thing to show: its drawing's digest, the name of what it shows, its count and its colour.

    ``kind`` is the drawing's Unicode subgroup, such as ``animal-bird``; ``colour`` is one of :data:`.scene.COLOURS`, or
    "" for the drawing's own colours; ``size`` is a factor. ``appearance`` is measured, or None if it is unknown.
    ``variants`` are other drawings of the same, for further ones of several.
    """

    drawing: str
    name: str
    kind: str = ""
    count: int = 1
    colour: str = ""
    size: float = 1.0
    appearance: Appearance | None = None
    variants: tuple[str, ...] = ()

    @property
    def habitat(self) -> habitats.Habitat:
        """Return the settings in which the thing usually is, and its stance."""
        return habitats.find_habitat(self.name, self.kind)

    @property
    def is_view(self) -> bool:
        """Return whether it is a single drawing of a whole place, such as a landscape, that fills its square."""
        fills = self.appearance is not None and self.appearance.cover >= VIEW_COVER
        return fills and self.count == 1 and self.kind.startswith(VIEWS)

    @property
    def tone(self) -> tuple[float, float, float] | None:
        """Return its colour in Oklab: the requested one, else the drawing's mean colour, or None if that is unknown."""
        if self.colour:
            return colour.tone(colour.polar(*colour.NAMED[self.colour]))
        return None if self.appearance is None else self.appearance.tone


def natural_scale(item: Item, others: Sequence[Item]) -> float:
    """Return the factor of an item's size among others: a ball is smaller than a man, a house is larger."""
    ranks = [_rank(each) for each in others]
    if len(set(ranks)) < 2 or item.size != 1.0:
        return 1.0
    return (SMALLER, 1.0, LARGER)[_rank(item)]


def _rank(item: Item) -> int:
    """Return 0 for kinds of things that a hand can hold, 2 for those that are larger than people, else 1."""
    return 0 if item.kind.startswith(SMALL) else 2 if item.kind.startswith(LARGE) else 1


def place_item(item: Item, rng: random.Random, x: float, y: float, size: float) -> Thing:
    """Return a thing of an item, slightly rotated and perhaps mirrored; ``size`` is multiplied by the item's own."""
    mirrored = item.kind in SIDEWAYS and rng.random() < FACES_LEFT
    return Thing(item.drawing, x, y, size * item.size, rng.gauss(0, 0.03), mirrored, item.colour)


def find_foot(item: Item, setting: Setting, rng: random.Random, size: float, *, near: float | None = None) -> float:
    """Return the y of a thing's centre if it stands, flies or swims as its kind does, as a share of the picture's side.

    ``size`` is the thing's side; ``near`` is 0 at the horizon and 1 at the lower edge, None for a random value.
    """
    stance, horizon = item.habitat.stance, setting.horizon
    if setting.kind in ("sky", "space", "pattern", "split") or (setting.kind == "plain" and horizon > 0.95):
        return 0.5 + rng.uniform(-0.04, 0.04)
    if stance == FLY and setting.kind in ("hills", "sea", "forest", "street", "desert"):
        return rng.uniform(0.3, 0.45) if size < 0.6 else rng.uniform(0.4, 0.48)
    if setting.kind == "underwater" and stance in (SWIM, ANYWHERE, FLY):
        return rng.uniform(0.42, 0.58)
    if setting.kind == "sea" and stance in (FLOAT, SWIM):
        level = horizon + (1 - horizon) * (near if near is not None else rng.uniform(0.12, 0.4))
        return level - 0.4 * size
    if stance in (ANYWHERE, PORTRAIT) and setting.kind in ("plain", "room", "table", "window"):
        return 0.48 + rng.uniform(-0.03, 0.03)
    share = near if near is not None else rng.uniform(0.35, 0.75)
    return horizon + (0.97 - horizon) * share - 0.47 * size


def place_row(item: Item, rng: random.Random, x: float, y: float, size: float) -> list[Thing]:
    """Return a thing centred at x, y, or several smaller ones in a row there, with their feet at the same height."""
    if item.count == 1:
        return [place_item(item, rng, x, y, size)]
    side = min(0.62 * size, 0.94 / item.count)
    pitch = min(0.96 * side, 0.9 / item.count)
    half = (item.count - 1) / 2
    middle = min(max(x, half * pitch + side / 2), 1 - half * pitch - side / 2)
    foot = y + (size - side) / 2
    return [place_item(item, rng, middle + (at - half) * pitch, foot, side) for at in range(item.count)]
