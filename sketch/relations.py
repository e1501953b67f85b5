"""Place things as the word between them says: on, in, behind or beside each other, held, worn, chased, surrounded."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace

from sketch.habitats import PORTRAIT
from sketch.placing import Item, find_foot, natural_scale, place_item, place_row
from sketch.scene import Setting, Thing

ABOVE, BELOW, LEFT, RIGHT, IN, ON, HOLDING, WEARING, BESIDE, BEFORE, BEHIND = RELATIONS = (
    "above", "below", "left", "right", "in", "on", "holding", "wearing", "beside", "in front", "behind",
)  # fmt: skip
"""The relations of which the model learned the words."""

CHASING, KICKING, CONTAINING, BEARING = "chasing", "kicking", "containing", "bearing"
SURROUNDED, SURROUNDING = "surrounded", "surrounding"
INVERSE = {
    ABOVE: BELOW, BELOW: ABOVE, ON: BEARING, IN: CONTAINING, BEFORE: BEHIND, BEHIND: BEFORE, LEFT: RIGHT, RIGHT: LEFT,
    BESIDE: BESIDE, SURROUNDED: SURROUNDING, SURROUNDING: SURROUNDED,
}  # fmt: skip
"""The relation of the second thing to the first: a tree behind it is one that it stands in front of."""

OF_MORE = (IN, ON, HOLDING, WEARING, CHASING, KICKING, CONTAINING, BEARING, SURROUNDED, SURROUNDING)
"""Relations of the first two things that are shown where there are further things too."""

CLOTHING = "clothing"
CONTAINER = re.compile(
    r"\b(bowl|cup|mug|teacup|glass|basket|bucket|pot|bathtub|jar|bag|vase|nest|cauldron|cradle|crib|wheelbarrow|cart"
    r"|boat|canoe|raft|sink|saucepan|wok|cardboard box|wooden crate|barrel|hot tub|pram|stroller|chest|minecart"
    r"|backpack|sack|purse|handbag|suitcase|stocking)$"
)
"""Names of things into which others can be put, so that they look out at the top."""

GROUND = re.compile(
    r"\b(court|field|meadow|lawn|garden|park|beach|lake|pond|river|canal|ocean|sea|desert|dune|road|path|street|runway"
    r"|deck|savanna|valley|forest|jungle|vineyard|swamp|surface|square|stage|stadium|rink|pool|parking lot|pier|jetty"
    r"|glacier|rice terraces|crossroads|alley|sidewalk|carpet|rug|track|room|kitchen|library|museum|classroom|bedroom"
    r"|bathroom|village|town|cityscape|canyon|cave|coast|bay|marina|harbor)s?$"
)
"""Names of places in which things stand, so that the place is behind them."""

SURFACE = re.compile(
    r"\b(flag|mug|t-shirt|sign|placard|poster|billboard|banner|shield|screen|television|canvas|framed picture|plate"
    r"|coin|stamp|toast|pizza|tray)$"
)
"""Names of things on whose face others are drawn, or lie."""

VEHICLE = re.compile(r"\b(car|automobile|van|truck|taxi|tractor|jeep|bumper car|go-kart|wagon|cable car|rickshaw)$")
"""Names of vehicles in which a driver is seen above the lower half."""

SEAT = re.compile(r"\b(couch|sofa|bench|armchair|chair|bed|throne|hammock|swing|seat|stool|lounger|couch and lamp)$")
TABLE = re.compile(r"\b(table|desk|sideboard|counter|bookshelf|shelves)$")
"""Names of furniture that bears things on its middle, below the upper edge of its drawing; and on its top."""

READ = re.compile(r"\b(newspaper|book|magazine|comic|map|letter|scroll|page|menu|tablet)s?\b")
"""Names of what is held before the chest, to be read."""

LEANING = -0.16
"""How far what runs leans forward, in radians."""

RING = 6
"""How many of a kind surround a thing, where their number is not said."""

MOST_HOLDERS = 3
"""The most things of a kind that hold something each; more would hide what they hold."""

Zone = tuple[float, float, float, float, float]
_ZONES: tuple[tuple[re.Pattern[str], Zone], ...] = (
    (re.compile(r"glasses|goggles|\bmask|eye patch|monocle|lens|beard"), (-0.27, 0.26, -0.22, -0.04, 0.6)),
    (re.compile(r"\b(tie|scarf|necklace|collar|ribbon bow|pendant|torc|amulet|beads)\b"), (-0.06, 0.24, 0.0, 0.4, 0.4)),
    (re.compile(r"jeans|trousers|shorts|skirt|kilt|briefs|loincloth|greaves|knee"), (0.26, 0.38, 0.3, 0.7, 0.6)),
    (re.compile(r"shoe|boot|sneaker|socks|slipper|sandal|skate|clogs|flops"), (0.46, 0.28, 0.42, 0.62, 0.4)),
    (re.compile(r"shirt|jacket|coat|dress|gown|vest|kimono|sari|cape|cloak|robe|suit|armor|uniform|hoodie|jersey|poncho"
                r"|\btop$|turtleneck|swimsuit|bikini|clothes|cuirass|breastplate|costume|belt|corset"),
     (0.07, 0.46, 0.1, 0.6, 0.8)),
    (re.compile(r"glove|gauntlet|ring|\bbag|purse|backpack|satchel|watch"), (0.12, 0.3, 0.2, 0.5, 0.4)),
)  # fmt: skip
"""Where clothes are worn, by their names: for a person how far below the centre and how large, for an animal seen from
the side how far below it, and for a head how far below it and how large; all as shares of the bearer's side."""

_HAT: Zone = (-0.43, 0.38, -0.42, -0.44, 0.6)
_ANIMALS_HEAD = 0.26
"""How far an animal's head is from its centre, to the left unless it is mirrored."""


def is_container(name: str) -> bool:
    """Return whether a thing of this name holds others, which look out of it."""
    return bool(CONTAINER.search(name.casefold()))


def place_related(items: Sequence[Item], relation: str, setting: Setting, rng: random.Random) -> list[Thing]:
    """Return things placed as the relation of the first two says, the hindmost first; several of a kind in a row.

    Further clothes are worn too, and other further things stand in front at the sides.
    """
    if relation == WEARING and items[0].count == 1:
        worn = [item for item in items[1:] if item.kind == CLOTHING or item is items[1]]
        rest = [item for item in items[1:] if all(item is not each for each in worn)]
        things = _dressed(items[0], worn, rng)
    else:
        things, rest = _place_two(items[0], items[1], relation, setting, rng), list(items[2:])
    for number, item in enumerate(rest):
        x = (0.15, 0.85, 0.32, 0.68)[number % 4]
        things += place_row(item, rng, x, find_foot(item, setting, rng, 0.3, near=0.9), 0.3)
    return things


def _place_two(first: Item, second: Item, relation: str, setting: Setting, rng: random.Random) -> list[Thing]:
    if relation in _TURNED:
        return _place_two(second, first, _TURNED[relation], setting, rng)
    if relation == SURROUNDED and second.count == 1:
        return _place_two(first, second, BEFORE, setting, rng)
    if relation in (IN, ON) and GROUND.search(second.name.casefold()) and second.count == 1:
        return _within(first, second, rng)
    if relation in (IN, ON) and SURFACE.search(second.name.casefold()):
        return _marked(second, first, rng)
    if relation == HOLDING and GROUND.search(first.name.casefold()) and first.count == 1:
        return _within(second, first, rng)
    if relation == HOLDING and (SURFACE.search(first.name.casefold()) or _is_its_face(second, first)):
        return _marked(first, second, rng)
    if relation == IN and (is_container(second.name) or VEHICLE.search(second.name.casefold())):
        return _looking_out(first, second, setting, rng)
    if relation == HOLDING and first.count > MOST_HOLDERS:
        return _beside((first, second), setting, rng)
    placing = _PLACING.get(relation)
    if placing is not None:
        return placing(first, second, setting, rng)
    if relation in (BEFORE, BEHIND):
        near, far = (first, second) if relation == BEFORE else (second, first)
        side = rng.choice((-1, 1))
        behind = place_row(far, rng, 0.5 + 0.14 * side, find_foot(far, setting, rng, 0.62, near=0.25), 0.62)
        return [
            *behind,
            *place_row(near, rng, 0.5 - 0.16 * side, find_foot(near, setting, rng, 0.46, near=0.85), 0.46),
        ]
    pair = (second, first) if relation == RIGHT else (first, second)
    return _beside(pair, setting, rng)


def _dressed(bearer: Item, clothes: Sequence[Item], rng: random.Random) -> list[Thing]:
    """Return a person, animal or head with clothes where they are worn."""
    body = place_item(bearer, rng, 0.5, 0.58, 0.74)
    is_head = bearer.habitat.stance == PORTRAIT
    if is_head and clothes:
        body = place_item(bearer, rng, 0.5, 0.46, 0.6)
    is_sideways = bearer.kind.startswith("animal") and not is_head
    head = _head_of(body) if is_sideways else 0.0
    things = [body]
    for item in sorted(clothes, key=lambda each: -_zone(each)[1]):
        down, size, down_animal, down_head, size_head = _zone(item)
        down, size = (down_head, size_head) if is_head else (down_animal, size) if is_sideways else (down, size)
        x = 0.5 + (head if down < 0.05 else 0.3 * head if is_sideways else 0.0)
        things += place_row(item, rng, x, body.y + down * body.size, size * body.size)
    return things


def _head_of(animal: Thing) -> float:
    """Return how far to the right of its centre the head of an animal seen from the side is."""
    return _ANIMALS_HEAD * animal.size * (1 if animal.mirrored else -1)


def _zone(item: Item) -> Zone:
    name = item.name.casefold()
    return next((zone for pattern, zone in _ZONES if pattern.search(name)), _HAT)


def _worn(first: Item, second: Item, _: Setting, rng: random.Random) -> list[Thing]:
    """Return several bearers with their clothes, or each below what they wear."""
    bodies = place_row(first, rng, 0.5, 0.6, 0.66)
    if second.kind == CLOTHING and second.count in (1, 2, first.count):
        down, size = _zone(second)[:2]
        one = [(body.x, body.y + down * body.size, size * body.size) for body in bodies]
        return [*bodies, *(place_item(second, rng, x, y, side) for x, y, side in one)]
    side = -0.01 if bodies[0].mirrored else 0.01
    return [*bodies, *place_row(second, rng, 0.5 + side, 0.24, 0.36)]


def _held(first: Item, second: Item, setting: Setting, rng: random.Random) -> list[Thing]:
    """Return holders and what they hold: in a hand, before the chest to read, at an animal's mouth, below a head."""
    side = rng.choice((-1, 1))
    y = min(0.6, find_foot(first, setting, rng, 0.66, near=0.7))
    if first.count > 1:
        held = place_row(second, rng, 0.5 + 0.25 * side, y + 0.1, 0.4)
        return [*place_row(first, rng, 0.5 - 0.13 * side, y, 0.66), *held]
    size = 0.4 * min(1.0, natural_scale(second, (first, second)) + 0.1)
    if first.habitat.stance == PORTRAIT:
        return [place_item(first, rng, 0.5, 0.4, 0.58), *place_row(second, rng, 0.5, 0.76, size)]
    holder = place_item(first, rng, 0.5, y, 0.66)
    if first.kind.startswith("animal"):
        x, down = _head_of(holder), 0.06
    else:
        x, down = (0.0, 0.1) if READ.search(second.name.casefold()) else (0.2 * side, 0.06)
    return [holder, *place_row(second, rng, 0.5 + x, y + down, size)]


def _kicked(first: Item, second: Item, setting: Setting, rng: random.Random) -> list[Thing]:
    """Return a thing with a small one at its foot."""
    side = rng.choice((-1, 1))
    y = min(0.6, find_foot(first, setting, rng, 0.7, near=0.7))
    kickers = place_row(first, rng, 0.5 - 0.12 * side, y, 0.7)
    return [*kickers, *place_row(second, rng, 0.5 + 0.28 * side, y + 0.22, 0.24)]


def _chased(first: Item, second: Item, setting: Setting, rng: random.Random) -> list[Thing]:
    """Return a thing to the right of a smaller one that runs away; both lean left, where nearly all drawings face."""
    things = []
    for item, x, size in ((second, 0.24, 0.38), (first, 0.66, 0.56)):
        row = place_row(item, rng, x, find_foot(item, setting, rng, size, near=0.6), size)
        things += [replace(each, turn=each.turn + LEANING, mirrored=False) for each in row]
    return things


def _surrounded(first: Item, second: Item, _: Setting, rng: random.Random) -> list[Thing]:
    """Return a thing within a ring of others, of which those in front are lower, larger and before it."""
    count = second.count if second.count > 2 else RING  # two stand for a plural without a number
    ring = []
    for at in range(count):
        angle = math.tau * (at + 0.5) / count
        y = 0.55 - 0.3 * math.cos(angle)
        size = (0.22 + 0.1 * y) * min(1.0, RING / count)
        ring.append(place_item(second, rng, 0.5 + 0.37 * math.sin(angle), y, size))
    middle = place_row(first, rng, 0.5, 0.48, 0.5)
    return [*(each for each in ring if each.y < 0.55), *middle, *(each for each in ring if each.y >= 0.55)]


def _above(first: Item, second: Item, setting: Setting, rng: random.Random, *, share: float = 0.98) -> list[Thing]:
    below, above = rng.uniform(0.5, 0.56), rng.uniform(0.38, 0.44)
    base = 0.72 if setting.kind in ("plain", "split", "pattern", "sky", "space") else 0.96 - below / 2
    bearers = place_row(second, rng, 0.5, base, below)
    return [*bearers, *place_row(first, rng, 0.5 + rng.gauss(0, 0.03), base - share * (below + above) / 2, above)]


def _on(first: Item, second: Item, setting: Setting, rng: random.Random) -> list[Thing]:
    name = second.name.casefold()
    if not (SEAT.search(name) or TABLE.search(name)):
        return _above(first, second, setting, rng, share=0.68)
    size = 0.4 if SEAT.search(name) else 0.34
    bearers = place_row(second, rng, 0.5, 0.64, 0.66)
    foot = bearers[0].y + (0.1 if SEAT.search(name) else -0.1) * bearers[0].size
    return [*bearers, *place_row(first, rng, 0.5 + rng.gauss(0, 0.03), foot - 0.46 * size, size)]


def _inside(first: Item, second: Item, setting: Setting, rng: random.Random) -> list[Thing]:
    """Return a thing before the middle of a large one, as if within."""
    large = place_row(second, rng, 0.5, find_foot(second, setting, rng, 0.8, near=0.8), 0.8)
    inner = 0.4 * (large[0].size / (0.8 * second.size))
    return [*large, *place_row(first, rng, 0.5, large[0].y - 0.02, inner)]


def _marked(surface: Item, mark: Item, rng: random.Random) -> list[Thing]:
    """Return a thing with others on its face."""
    face = place_item(surface, rng, 0.5, 0.52, 0.82)
    return [face, *place_row(mark, rng, 0.5, 0.54, 0.34)]


def _is_its_face(face: Item, of: Item) -> bool:
    """Return whether a thing "has" a face of its own, as no being does: a triangle with a smiling face."""
    return face.kind.startswith("face") and not of.kind.startswith(("person", "animal"))


def _looking_out(first: Item, second: Item, setting: Setting, rng: random.Random) -> list[Thing]:
    """Return a thing that looks out of a container, which hides its lower part."""
    size = 0.66
    y = max(0.62, find_foot(second, setting, rng, size, near=0.8))
    holders = place_row(second, rng, 0.5, y, size)
    return [*place_row(first, rng, 0.5, y - 0.32 * size, 0.66 * size), *holders]


def _within(first: Item, second: Item, rng: random.Random) -> list[Thing]:
    """Return a thing in a place, which is large behind it."""
    ground = place_item(second, rng, 0.5, 0.5, 1.06)
    side = rng.choice((-1, 1))
    return [ground, *place_row(first, rng, 0.5 + 0.06 * side, 0.68, 0.54)]


def _beside(items: Sequence[Item], setting: Setting, rng: random.Random) -> list[Thing]:
    """Return all things next to each other, from left to right, in about equal sizes."""
    things = []
    total = sum(item.count for item in items)
    size, at = min(0.52, 0.98 / total), 0
    for item in items:
        for _ in range(item.count):
            x = 0.5 + (at - (total - 1) / 2) * min(0.46, 0.9 / total)
            here = size * rng.uniform(0.94, 1.06) * natural_scale(item, items)
            things.append(
                place_item(item, rng, x, find_foot(item, setting, rng, here, near=rng.uniform(0.4, 0.6)), here)
            )
            at += 1
    return things


_TURNED = {BELOW: ABOVE, CONTAINING: IN, BEARING: ON, SURROUNDING: SURROUNDED}
_PLACING = {
    WEARING: _worn, HOLDING: _held, KICKING: _kicked, CHASING: _chased, ABOVE: _above, ON: _on, IN: _inside,
    SURROUNDED: _surrounded,
}  # fmt: skip
