"""Scenes in a style: what stands where, in which drawings, and in which composition.

The site arranges visitors' prompts and the studio the training pictures by this one function.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from sketch import arrangement
from sketch.arrangement import Item, Wish
from sketch.compositions import composing, layouts
from sketch.compositions.composition import MARKS, PAINTED, Composition
from sketch.compositions.register import STYLES
from sketch.painterly import arranging
from sketch.scene import Scene
from sketch.sketchbook import Sketchbook
from sketch.styling import drawing_styles, framed

PLACELESS = 0.3
"""The share of graphic pictures whose style draws the ground, if the prompt names no place."""

CROPPING = 0.09
"""The share of single things so near that the frame crops them; animals and people would lose their heads."""

HEADED = ("animal-", "person", "hand", "face", "cat-face", "monkey-face", "family")
"""Kinds of things that are always shown whole."""

WHOLE, TURNED, CROPPED = (0.76, 0.94), (0.70, 0.84), (1.04, 1.16)
"""The ranges of a single thing's size, as a share of the picture's side; a rotated one reaches further."""

BEYOND = 0.03
"""How far a thing that is not cropped may reach beyond the frame: its outline identifies it."""


def arrange(
    items: Sequence[Item], wish: Wish, seed: int, *, marks: str, book: Sketchbook, walk_seed: int | None = None
) -> Scene:
    """Return a scene arranged and composed in a style; the same arguments and drawings give the same scene.

    ``marks`` are those of the style; "" for models that paint scenes as they are drawn. ``walk_seed`` determines the
    composition as a whole, so that the stops of a walk are alike; by default it is ``seed``.

    :raises SketchbookError: when a drawing does not exist or cannot be rendered.
    """
    whole = seed if walk_seed is None else walk_seed
    if marks not in MARKS:
        return arrangement.arrange(items, wish, seed)
    if marks == PAINTED:
        shown = [framed.as_view(_with_modelled(item, book), book) for item in items]
        scene = arranging.arrange(shown, wish, seed, book)
        return replace(_bleed(scene, wish, book), composition=Composition(seed=seed % 2**24))
    items = [framed.as_view(item, book) for item in items]
    if items and _says_no_place(wish) and random.Random(f"place:{whole}").random() < PLACELESS:  # noqa: S311 - a reproducible random sequence
        wish = replace(wish, kind="plain")
    colours = tuple(item.colour for item in items if item.colour)
    chosen = composing.choose(marks, seed=seed, walk_seed=whole, colours=colours)
    scene = _nearer(arrangement.arrange(items, wish, seed), items, wish, seed, chosen)
    scene = _bleed(_gather(scene, chosen), wish, book)
    flat = replace(scene.setting, modelling=scene.setting.modelling * STYLES[marks].modelling)
    return replace(scene, setting=flat, composition=chosen)


def _gather(scene: Scene, chosen: Composition) -> Scene:
    """Return a scene of several things reduced so that all are visible where cells show less than the whole."""
    if len(scene.things) < 2 or not composing.is_repeated(chosen):
        return scene
    gathered = [
        replace(
            thing,
            x=0.5 + (thing.x - 0.5) / layouts.FULL,
            y=0.5 + (thing.y - 0.5) / layouts.FULL,
            size=thing.size / layouts.FULL,
        )
        for thing in scene.things
    ]
    return replace(scene, things=tuple(gathered))


def _bleed(scene: Scene, wish: Wish, book: Sketchbook) -> Scene:
    """Return a scene filled by a drawing that is a picture in a square, unless a composition was requested."""
    return scene if wish.composition else framed.bleed(scene, book)


def _nearer(scene: Scene, items: Sequence[Item], wish: Wish, seed: int, chosen: Composition) -> Scene:
    """Return a scene whose single thing is larger, sometimes cropped: small, it would look like a sign."""
    if len(scene.things) != 1 or wish.composition or any(item.is_view for item in items):
        return scene
    rng = random.Random(f"nearer:{seed}")  # noqa: S311 - a reproducible random sequence
    thing, is_turned = scene.things[0], chosen.layout == "tilted"
    is_cropped = rng.random() < CROPPING and not is_turned and not items[0].kind.startswith(HEADED)
    size = rng.uniform(*(CROPPED if is_cropped else TURNED if is_turned else WHOLE))
    size = size if is_turned else max(thing.size, size)
    x = 0.5 + (thing.x - 0.5) * rng.uniform(0.6, 1.3)
    y = thing.y if thing.y > 0.62 else 0.5 + rng.uniform(-0.05, 0.05)
    if not is_cropped:
        x, y = (min(max(each, size / 2 - BEYOND), 1 - size / 2 + BEYOND) if size < 1 else 0.5 for each in (x, y))
    return replace(scene, things=(replace(thing, size=size, x=x, y=y, turn=thing.turn + rng.gauss(0, 0.06)),))


def _says_no_place(wish: Wish) -> bool:
    return not (wish.kind or wish.time or wish.weather or wish.ground)


def _with_modelled(item: Item, book: Sketchbook) -> Item:
    """Return an item with its modelled drawing, if there is one."""
    digest = drawing_styles.find_modelled(book, item.drawing)
    return item if digest == item.drawing else replace(item, drawing=digest, appearance=book.appearance(digest))
