"""Arrange the things of a scene: alone, in pairs, rows, grids, still lifes or close-ups, as requested or at random."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sketch import colour, palettes, relations
from sketch.habitats import LIE, PORTRAIT, STAND
from sketch.placing import VIEW_SIZE, Item, find_foot, natural_scale, place_item
from sketch.scene import MOST_THINGS, Scene, Setting, Thing

__all__ = ["Item", "Wish", "arrange", "shows_setting"]

FLAT = ("plain", "split")
FLOORED = ("table", "hills", "street", "room", "desert", "forest", "window")
SIGHTS = {"table": ("table", "desk"), "forest": ("forest",), "street": ("street", "road")}
"""Names of drawings of the settings themselves."""

APART = 0.2
"""Least distance in Oklab between a thing's mean colour and its background; if it is smaller, tones are drawn again."""

MAIN = 1.2
"""The factor of the size of the first of more than two different things."""

TRIES = 6
DARK = 0.45
"""Oklab lightness, 0…1, below which a thing is not shown at night unless the prompt requests it."""

OFF_CENTRE = (0.04, 0.14)
"""Range of a single thing's distance from the centre, as a share of the picture's side: centred in a square it would
look like an icon."""

TIME_SHARES = {"day": 0.7, "dusk": 0.18, "night": 0.12}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a prompt requests of a scene in addition to its things; "" is no request.

    Without a request, kind and time are chosen at random, but never those in ``avoided``.
    """

    kind: str = ""
    time: str = ""
    weather: str = ""
    ground: str = ""
    relation: str = ""
    composition: str = ""
    avoided: frozenset[str] = frozenset()


def arrange(items: Sequence[Item], wish: Wish, seed: int) -> Scene:
    """Return a scene of the items in a setting; the same items, wish and seed give the same scene."""
    rng = random.Random(f"scene:{seed}")  # noqa: S311 - a reproducible random sequence
    view = None if wish.composition else next((item for item in items if item.is_view), None)
    if view is not None:
        items = [item for item in items if item is not view]
        wish = replace(wish, kind=wish.kind or "hills", relation="")
    setting = _setting(items, wish, rng)
    total = sum(item.count for item in items)
    if not items:
        things: list[Thing] = []
    elif wish.composition in ("grid", "pattern") or total > 9:
        things = _grid(items, rng)
    elif wish.relation and (len(items) == 2 or (len(items) > 2 and wish.relation in relations.OF_MORE)):
        things = relations.place_related(items, wish.relation, setting, rng)
    elif total > 1 and len(items) == 1:
        things = _several(items[0], setting, rng, wish.composition)
    elif total > 1:
        things = _together(items, setting, rng)
    elif wish.composition == "close-up":
        things = [_close(items[0], rng)]
    else:
        things = [_alone(items[0], setting, rng)]
    if view is not None:
        things.insert(0, Thing(view.drawing, 0.5, 0.5, VIEW_SIZE, 0.0, mirrored=False, colour=view.colour))
    return Scene(tuple(thing.clipped() for thing in things), setting)


def shows_setting(items: Sequence[Item], kind: str) -> bool:
    """Return whether one of the things is a setting of this kind itself, such as a table."""
    return any(item.name in SIGHTS.get(kind, ()) for item in items)


def _setting(items: Sequence[Item], wish: Wish, rng: random.Random) -> Setting:
    """Return a setting as requested, and otherwise at random: usually one where the first item is found."""
    homes = items[0].habitat.settings if items else ("hills", "sea", "sky", "split", "table")
    kind = wish.kind or _any(homes, wish, rng)
    if kind == "table" and shows_setting(items, kind):
        kind = "room"  # the table itself is shown
    if wish.ground and not wish.kind:
        kind = _any(("plain", "plain", "split", "pattern"), wish, rng)
    if wish.composition in ("grid", "pattern") and not wish.kind:
        kind = _any(("plain", "split", "pattern"), wish, rng)
    if wish.weather and not wish.kind and kind in ("plain", "split", "pattern", "table", "room", "space", "underwater"):
        kind = _any(("hills", "street", "forest"), wish, rng)
    if wish.time in ("night", "dusk") and not wish.kind and kind in ("plain", "split", "pattern", "table"):
        kind = _any(("hills", "sea", "street"), wish, rng)
    time = wish.time or ("night" if kind == "space" else _time(items, wish, rng))
    horizon = {
        "sea": rng.uniform(0.42, 0.66),
        "table": rng.uniform(0.5, 0.72),
        "room": rng.uniform(0.66, 0.82),
        "window": rng.uniform(0.62, 0.74),
        "underwater": rng.uniform(0.8, 0.95),
        "sky": rng.uniform(0.9, 1.0),
        "street": rng.uniform(0.6, 0.72),
        "plain": rng.uniform(0.66, 0.8) if any(item.habitat.stance in (STAND, LIE) for item in items) else 1.0,
        "split": rng.uniform(0.4, 0.7),
        "pattern": rng.uniform(0.4, 0.7),
        "space": 1.0,
    }.get(kind, rng.uniform(0.52, 0.7))
    tones = _tones(items, kind, time, wish, rng)
    light = rng.choice((-1, 1)) * rng.uniform(0.4, 0.9)
    return Setting(
        kind,
        horizon=horizon,
        tones=tones,
        light=light,
        seed=rng.getrandbits(31),
        time=time,
        weather=wish.weather,
        modelling=1.0,
    )


def _any(kinds: Sequence[str], wish: Wish, rng: random.Random) -> str:
    """Return a random one of the ``kinds`` that are not avoided, else a flat one; avoiding night avoids space."""
    avoided = wish.avoided | ({"space"} if "night" in wish.avoided else set())
    left = [kind for kind in kinds if kind not in avoided] or [kind for kind in FLAT if kind not in avoided]
    return rng.choice(left or FLAT)


def _time(items: Sequence[Item], wish: Wish, rng: random.Random) -> str:
    """Return a random time that is not avoided; never night if one of the items is dark."""
    is_dark = any(item.tone is not None and item.tone[0] < DARK for item in items)
    avoided = wish.avoided | ({"night"} if is_dark else set())
    shares = {time: share for time, share in TIME_SHARES.items() if time not in avoided} or TIME_SHARES
    return rng.choices(list(shares), list(shares.values()))[0]


def _tones(items: Sequence[Item], kind: str, time: str, wish: Wish, rng: random.Random) -> tuple[str, ...]:
    """Return five tones ``rrggbb`` of a setting from which the things stand out: the best of several random choices."""
    things = [tone for item in items if (tone := item.tone) is not None]
    candidates: list[tuple[float, tuple[str, ...]]] = []
    for _ in range(TRIES):
        tones = palettes.tones(kind, time, wish.weather, rng, ground=wish.ground)
        behind = [colour.tone(colour.parse_hex(tones[place])) for place in _BEHIND.get(kind, (2, 3))]
        candidates.append((min((math.dist(thing, each) for thing in things for each in behind), default=APART), tones))
        if candidates[-1][0] >= APART:
            break
    return max(candidates, key=lambda each: each[0])[1]


# Which tones are behind things in each kind of setting, by index; the distance and the ground in other kinds.
_BEHIND = {
    "plain": (0,), "split": (0, 1), "pattern": (0, 1), "table": (0, 3), "room": (0, 3), "window": (1, 3), "sky": (0, 1),
    "sea": (1, 3), "underwater": (0, 1), "space": (0, 1),
}  # fmt: skip


def _alone(item: Item, setting: Setting, rng: random.Random) -> Thing:
    """Return the only thing of a scene, whole and a little off centre; a head or bust stands at the lower edge."""
    flat = setting.kind in ("plain", "split", "pattern", "sky", "space", "underwater")
    size = rng.uniform(0.62, 0.86) if flat else rng.uniform(0.56, 0.8)
    whole = 0.5 - 0.46 * size * item.size  # at most this far from the centre, so that the frame does not crop it
    x = 0.5 + rng.choice((-1, 1)) * min(rng.uniform(*OFF_CENTRE), max(0.0, whole))
    if item.habitat.stance == PORTRAIT and not flat:
        size = rng.uniform(0.84, 1.02)  # so the lower edge of the picture cuts off the bust
        return place_item(item, rng, x, 1.06 - 0.47 * size, size)
    return place_item(item, rng, x, find_foot(item, setting, rng, size), size)


def _close(item: Item, rng: random.Random) -> Thing:
    """Return a thing so large that the frame crops it."""
    size = rng.uniform(1.1, 1.45)
    return place_item(item, rng, 0.5 + rng.uniform(-0.14, 0.14), 0.55 + rng.uniform(-0.06, 0.14), size)


def _several(item: Item, setting: Setting, rng: random.Random, composition: str) -> list[Thing]:
    """Return two to nine copies of a thing, in a row or as a loose group, the hindmost first."""
    count = item.count
    if composition == "row" or (count <= 4 and rng.random() < 0.5):
        size = min(0.5, 0.92 / count)
        y = find_foot(item, setting, rng, size)
        pitch = min(0.9 / count, size * 1.02)
        return [
            place_item(item, rng, 0.5 + (at - (count - 1) / 2) * pitch, y + rng.gauss(0, 0.008), size)
            for at in range(count)
        ]
    # Rows of two to four, each further row a little smaller and higher.
    rows = {2: (2,), 3: (1, 2), 4: (2, 2), 5: (2, 3), 6: (3, 3), 7: (3, 4), 8: (2, 3, 3), 9: (3, 3, 3)}[count]
    if rng.random() < 0.5:
        rows = rows[::-1]
    size = {2: 0.45, 3: 0.4, 4: 0.4}.get(count, 0.31 if len(rows) < 3 else 0.27)
    things = []
    for row, number in enumerate(rows):
        y = 0.5 + (row - (len(rows) - 1) / 2) * size * 0.98
        if setting.kind in FLOORED and item.habitat.stance in (STAND, LIE):
            y = 0.93 - size * 0.5 - (len(rows) - 1 - row) * size * 0.86
        for at in range(number):
            x = 0.5 + (at - (number - 1) / 2) * min(0.9 / number, size * 1.06) + rng.gauss(0, 0.012)
            things.append(place_item(item, rng, x, y + rng.gauss(0, 0.012), size * rng.uniform(0.95, 1.02)))
    return things


def _grid(items: Sequence[Item], rng: random.Random) -> list[Thing]:
    """Return things repeated evenly over the picture; up to nine are repeated until they fill the grid."""
    total = sum(item.count for item in items)
    wanted = [item for item in items for _ in range(item.count)]
    if total > 9:
        columns = 4 if total <= 16 else 5
        rows = -(-total // columns)
        cells = total
    else:
        rows, columns = rng.choice(((2, 2), (3, 3), (2, 3), (3, 4)))
        cells = rows * columns
    turned = rng.random() < 0.3
    size = 0.92 / max(rows, columns)
    things = []
    for number in range(min(cells, MOST_THINGS)):
        row, column = divmod(number, columns)
        item = wanted[number] if total > 9 else items[(row + column) % len(items)]
        x, y = (column + 0.5) / columns, (row + 0.5) / rows
        thing = place_item(item, rng, 0.04 + 0.92 * x, 0.04 + 0.92 * y, size)
        if turned:
            thing = replace(thing, turn=rng.uniform(-0.4, 0.4))
        things.append(thing)
    return things


def _together(items: Sequence[Item], setting: Setting, rng: random.Random) -> list[Thing]:
    """Return up to nine different things as a still life, the hindmost first, all large enough to be recognised."""
    each = [replace(item, count=1) for item in items for _ in range(item.count)][:9]
    count = len(each)
    size = {2: 0.52, 3: 0.42, 4: 0.38}.get(count, 0.32)
    order = list(range(count))
    if count > 2:
        rng.shuffle(order)
    things = []
    for place, number in enumerate(order):
        item = each[number]
        back = count > 3 and place % 2 == 0
        x = 0.5 + (place - (count - 1) / 2) * min(0.44, 0.86 / count)
        # The thing that is named first is what the picture is of.
        here = size * rng.uniform(0.92, 1.08) * (MAIN if count > 2 and not number else 1.0)
        here *= natural_scale(item, items)
        near = 0.3 if back else rng.uniform(0.45, 0.7)
        things.append(
            place_item(item, rng, x + rng.gauss(0, 0.012), find_foot(item, setting, rng, here, near=near), here)
        )
    return sorted(things, key=lambda thing: thing.y + thing.size / 2)
