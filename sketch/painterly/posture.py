"""Posture of a drawing: the visible part of its square, its long axis, and whether it lies down."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from sketch.arrangement import Item
from sketch.backdrops.canvas import Numbers
from sketch.sketchbook import SEEN_AT, Sketchbook, visible_points

LONG = 1.55
"""The least ratio of length to breadth of a drawing that counts as long."""

TILTED = (0.3, 1.25)
"""The range of angles between lying and standing, in radians from the horizontal, in which a long drawing is tilted."""

FOOT, BASE = 0.06, 0.55
"""``FOOT`` is the share of a drawing's height that is its lowest part; ``BASE`` the least width of that part, as a
share of the drawing's width, on which a drawing stands."""

CUT, BROAD = 0.62, 0.7
"""The least width of a bust's lowest part, where it is cut off, as a share of the bust's width; and the least width of
the bust as a share of its height."""

_BUSTS = ("person-role", "person-fantasy", "person-gesture", "person-symbol", "family")
_LAID = (
    "food-", "dishware", "book-paper", "light-video", "computer", "phone", "money", "mail", "writing", "office",
    "lock", "tool", "science", "medical", "sound", "music", "sport", "game", "arts-crafts", "clothing", "household",
    "plant-", "award-medal", "event",
)  # fmt: skip
_LAID_BY_NAME = re.compile(
    r"\b(umbrella|guitar|violin|key|sword|swords|pencil|pen|rose|feather|telescope|skateboard|parasol)\b"
)
_FLYING = re.compile(r"\b(kite|parachute|balloon|dart|flying disc|fireworks|sparkler|fluttering)\b")


@dataclass(frozen=True, slots=True)
class Posture:
    """The extent of a drawing's visible part, and its long axis.

    ``left``, ``top``, ``right`` and ``bottom`` are measured from the middle of the drawing, as shares of its side.
    ``angle`` is that of the long axis from the horizontal, clockwise, -π/2…π/2 radians; ``ratio`` its length divided by
    the breadth; ``base`` the width of the lowest part as a share of the whole width.
    """

    left: float
    top: float
    right: float
    bottom: float
    angle: float
    ratio: float
    base: float = 1.0

    @property
    def wide(self) -> float:
        """Return the width of the visible part as a share of the drawing's side."""
        return self.right - self.left

    @property
    def high(self) -> float:
        """Return the height of the visible part as a share of the drawing's side."""
        return self.bottom - self.top

    @property
    def is_tilted(self) -> bool:
        """Return whether the drawing is long, neither lies nor stands upright, and has no broad base, as a shoe has."""
        return self.ratio >= LONG and TILTED[0] < abs(self.angle) < TILTED[1] and self.base < BASE


def measure_posture(digest: str, book: Sketchbook, *, turn: float = 0.0, mirrored: bool = False) -> Posture:
    """Return the posture of a drawing, mirrored and then rotated clockwise by ``turn`` radians.

    A drawing without visible pixels gets its whole square.

    :raises SketchbookError: when the drawing does not exist or cannot be rendered.
    """
    x, y = visible_points(book.picture(digest, SEEN_AT), turn=turn, mirrored=mirrored)
    if not len(x):
        return Posture(-0.5, -0.5, 0.5, 0.5, 0.0, 1.0)
    angle, ratio = _axis(x, y)
    half = 0.5 / SEEN_AT
    low = x[y > y.max() - FOOT * (np.ptp(y) + 2 * half)]
    base = float((np.ptp(low) + 2 * half) / (np.ptp(x) + 2 * half))
    return Posture(
        float(x.min() - half), float(y.min() - half), float(x.max() + half), float(y.max() + half), angle, ratio, base
    )


def _axis(x: Numbers, y: Numbers) -> tuple[float, float]:
    """Return the angle in radians of the long axis of points, and the ratio of long to short axis (second moments)."""
    spread = np.cov(np.stack([x, y])) + 1e-6 * np.eye(2)
    angle = 0.5 * math.atan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
    short, long = np.linalg.eigvalsh(spread)
    return angle, float(math.sqrt(long / short))


def is_laid(item: Item, posture: Posture) -> bool:
    """Return whether a thing is to lie on the ground: it is tilted, does not fly, and is of a kind that can lie."""
    if _FLYING.search(item.name):
        return False
    return posture.is_tilted and (item.kind.startswith(_LAID) or bool(_LAID_BY_NAME.search(item.name)))


def is_bust(item: Item, posture: Posture) -> bool:
    """Return whether a person is drawn as a head or a bust, which the lower edge of the picture should cut off."""
    if item.kind == "person":
        return True
    return item.kind.startswith(_BUSTS) and posture.base >= CUT and posture.wide >= BROAD * posture.high
