"""Put lettering into a scene: on the face of the thing that bears it, or as a line below beings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sketch import lettering
from sketch.arrangement import Item
from sketch.relations import SURFACE
from sketch.scene import MOST_THINGS, Scene, Thing

FACE = re.compile(
    r"\b(wall|book|newspaper|board|whiteboard|blackboard|chalkboard|notebook|card|postcard|letter|page|envelope|label"
    r"|cake|door|gate|window|shop|store|paper|note|map|box|crate|can|bottle|bag|cup|glass|plate|laptop|monitor|tv"
    r"|computer|stone|tombstone|gravestone|headstone|rock|driftwood|plank|log|shirt|sweater|hoodie|jersey|cap|helmet"
    r"|truck|van|bus|car|train|boat|ship|airplane|rocket|balloon|blimp|scroll|magazine|menu|ticket|trophy|medal)s?$"
)
"""Names of things on which one writes, further to those on whose face others are drawn."""

SHARE, RAISED, LEAST = 0.6, 0.03, 0.4
"""The width of a lettering as a share of the side of what bears it, how far it is above its middle, and the least share
of the picture's side: smaller letters could not be read."""

CAPTION, HIGHEST, EDGE = 0.84, 0.4, 0.04
"""The greatest width and height of a lettering that no thing bears, and its distance from the lower edge, as shares of
the picture's side."""


def write(scene: Scene, items: Sequence[Item], written: Sequence[Item]) -> Scene:
    """Return a scene of ``items`` with ``written`` ones in front; a full scene remains as it is."""
    things = list(scene.things)
    for number, item in enumerate(written):
        if len(things) < MOST_THINGS:
            things.append(_placed(scene, items, item, number))
    return replace(scene, things=tuple(things))


def _placed(scene: Scene, items: Sequence[Item], item: Item, number: int) -> Thing:
    """Return the lettering on what bears it; the second one of a scene is a line below."""
    bearer = None if number else _bearer(scene, items)
    high = lettering.height(item.drawing)
    if bearer is not None:
        size = max(SHARE * bearer.size, LEAST)
        x = min(max(bearer.x, size / 2), 1 - size / 2)
        return Thing(item.drawing, x, bearer.y - RAISED * bearer.size, size, colour=item.colour)
    size = min(CAPTION, HIGHEST / high)
    y = 1 - EDGE - high * size / 2
    return Thing(item.drawing, 0.5, y, size, colour=item.colour)


def _bearer(scene: Scene, items: Sequence[Item]) -> Thing | None:
    """Return the thing on which one writes: the first that has a face for it, else the first that is no being."""
    named = [item for item in items if SURFACE.search(item.name.casefold()) or FACE.search(item.name.casefold())]
    others = [item for item in items[:1] if not item.kind.startswith(("person", "animal", "face", "family"))]
    drawings = [item.drawing for item in (*named, *others)]
    for drawing in drawings:
        for thing in scene.things:
            if thing.drawing == drawing:
                return thing
    return None
