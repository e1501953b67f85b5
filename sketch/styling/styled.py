"""Scenes as a style wants them: what stands where, in which drawings, and how the picture is composed.

The site arranges what visitors write and the studio what a model learns from by this one function.
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
"""The share of graphic pictures whose style draws the ground, where no place is asked for."""

CROPPING = 0.09
"""The share of single things that are so near that the frame crops them: an animal or a person would lose its head."""

HEADED = ("animal-", "person", "hand", "face", "cat-face", "monkey-face", "family")
"""Kinds of things that are always shown whole."""

WHOLE, TURNED, CROPPED = (0.76, 0.94), (0.70, 0.84), (1.04, 1.16)
"""How large a single thing is shown, as a share of the picture's side; one that is turned reaches further."""

BEYOND = 0.03
"""How far a thing that is not cropped reaches beyond the frame at most: it is known by its outline."""


def arrange(
    items: Sequence[Item], wish: Wish, seed: int, *, marks: str, book: Sketchbook, walk_seed: int | None = None
) -> Scene:
    """Arrange things in a setting and compose them: the same scene for the same things, wish, seeds and drawings.

    ``marks`` are those of the style, "" where a model paints scenes as they are drawn. What belongs to a composition as
    a whole follows from ``walk_seed``, so that the stops of a walk are alike; by default it is ``seed``.

    :raises SketchbookError: where a drawing is not there or cannot be rendered.
    """
    whole = seed if walk_seed is None else walk_seed
    if marks not in MARKS:
        return arrangement.arrange(items, wish, seed)
    if marks == PAINTED:
        shown = [framed.seen_as_view(_modelled(item, book), book) for item in items]
        scene = arranging.arrange(shown, wish, seed, book)
        return replace(_bled(scene, wish, book), composition=Composition(seed=seed % 2**24))
    items = [framed.seen_as_view(item, book) for item in items]
    if items and _says_no_place(wish) and random.Random(f"place:{whole}").random() < PLACELESS:  # noqa: S311 - drawn to be drawn again
        wish = replace(wish, kind="plain")
    colours = tuple(item.colour for item in items if item.colour)
    chosen = composing.choose(marks, seed=seed, walk_seed=whole, colours=colours)
    scene = _nearer(arrangement.arrange(items, wish, seed), items, wish, seed, chosen)
    scene = _bled(_gathered(scene, chosen), wish, book)
    flat = replace(scene.setting, modelling=scene.setting.modelling * STYLES[marks].modelling)
    return replace(scene, setting=flat, composition=chosen)


def _gathered(scene: Scene, chosen: Composition) -> Scene:
    """Return a scene of several things that are all seen where cells show less than the whole of it."""
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


def _bled(scene: Scene, wish: Wish, book: Sketchbook) -> Scene:
    """Return a scene that a drawing which is a picture by itself fills, but for compositions that were asked for."""
    return scene if wish.composition else framed.bled(scene, book)


def _nearer(scene: Scene, items: Sequence[Item], wish: Wish, seed: int, chosen: Composition) -> Scene:
    """Return a scene whose single thing is nearer, at times cropped by the frame: small, it is a sign."""
    if len(scene.things) != 1 or wish.composition or any(item.is_view for item in items):
        return scene
    rng = random.Random(f"nearer:{seed}")  # noqa: S311 - drawn to be drawn again
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


def _modelled(item: Item, book: Sketchbook) -> Item:
    """Return a thing in its modelled drawing, where there is one."""
    digest = drawing_styles.modelled(book, item.drawing)
    return item if digest == item.drawing else replace(item, drawing=digest, look=book.look(digest))
