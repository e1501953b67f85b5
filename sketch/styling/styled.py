"""Arrange scenes in a style: what stands where, in which drawings, and in which composition.

The site uses it for visitors' prompts and the studio for training pictures.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from sketch import arrangement, habitats, lettering
from sketch.arrangement import Item, Wish
from sketch.compositions import composing
from sketch.compositions.composition import MARKS, PAINTED, Composition
from sketch.compositions.register import STYLES
from sketch.painterly import arranging
from sketch.relations import ABOVE
from sketch.scene import Scene
from sketch.sketchbook import Sketchbook
from sketch.styling import drawing_styles, framed, grouping, writing

PLACELESS = 0.12
"""The share of pictures in a graphic style with a plain background, on which the style draws, if the prompt names no
place; in the others what stands or lies somewhere has a ground, since without one it looks like an icon."""

CROPPING = 0.03
"""The share of single things that are so near that the frame crops them; kinds in :data:`HEADED` are never cropped."""

HEADED = ("animal-", "person", "hand", "face", "cat-face", "monkey-face", "family")
"""Kinds of things that are always shown whole, because animals and people would lose their heads."""

WHOLE, TURNED, CROPPED = (0.76, 0.92), (0.66, 0.80), (1.04, 1.16)
"""The ranges of a single thing's size, as a share of the picture's side: shown whole, in a tilted layout, and
cropped."""


def arrange(
    items: Sequence[Item], wish: Wish, seed: int, *, marks: str, book: Sketchbook, walk_seed: int | None = None
) -> Scene:
    """Return a scene arranged and composed in a style; the same arguments and drawings give the same scene.

    ``marks`` are the style's marks; with unknown ones or "", the scene has no composition, as models without styles
    need. ``walk_seed`` determines the composition as a whole, so that the stops of a walk look alike; it defaults to
    ``seed``.

    :raises SketchbookError: when a drawing does not exist or cannot be rendered.
    """
    whole = seed if walk_seed is None else walk_seed
    written = [item for item in items if item.kind == lettering.KIND]
    rest = [item for item in items if item.kind != lettering.KIND]
    rest = [_with_modelled(item, book) for item in rest] if marks == PAINTED else rest
    if not rest:
        wish = replace(wish, relation=ABOVE if len(written) == 2 else "")
        return _arrange(items, wish, seed, marks=marks, book=book, whole=whole)
    return writing.write(_arrange(rest, wish, seed, marks=marks, book=book, whole=whole), rest, written)


def _arrange(items: Sequence[Item], wish: Wish, seed: int, *, marks: str, book: Sketchbook, whole: int) -> Scene:
    """Return a scene of items without what is written on them."""
    if marks not in MARKS:
        return arrangement.arrange(items, wish, seed)
    if marks == PAINTED:
        shown = [framed.as_view(item, book) for item in items]
        near = _grounded(shown, wish) if grouping.is_group(shown) else wish
        scene = arranging.arrange(shown, near, seed, book)
        return replace(_filled(scene, shown, wish, seed, book), composition=Composition.of_painting(seed))
    items = [framed.as_view(item, book) for item in items]
    says_place = wish.kind or wish.time or wish.weather or wish.ground
    wish, is_open = _grounded(items, wish), items and not says_place and not grouping.is_group(items)
    if is_open and random.Random(f"place:{whole}").random() < PLACELESS:  # noqa: S311 - a reproducible random sequence
        wish = replace(wish, kind="plain")
    colours = tuple(item.colour for item in items if item.colour)
    chosen = composing.choose(marks, seed=seed, walk_seed=whole, colours=colours)
    scene = _nearer(arrangement.arrange(items, wish, seed), items, wish, seed, chosen)
    scene = _filled(scene, items, wish, seed, book)
    if len(scene.things) > 1:  # in cells, more would be shown than the prompt names
        chosen = replace(chosen, layout="single", rows=1, columns=1, tilt=0.0)
    flat = replace(scene.setting, modelling=scene.setting.modelling * STYLES[marks].modelling)
    return replace(scene, setting=flat, composition=chosen)


def _grounded(items: Sequence[Item], wish: Wish) -> Wish:
    """Return the wish, without flat settings for several of one thing and for what stands or lies on a ground.

    A setting, ground or composition that the prompt requests stays.
    """
    if wish.kind or wish.ground or wish.composition:
        return wish
    stands = bool(items) and items[0].habitat.stance in (habitats.STAND, habitats.LIE)
    return replace(wish, avoided=wish.avoided | {*arrangement.FLAT}) if stands or grouping.is_group(items) else wish


def _filled(scene: Scene, items: Sequence[Item], wish: Wish, seed: int, book: Sketchbook) -> Scene:
    """Return the scene with several of one thing as a group, and filled by its picture in a square, if it has one.

    If the prompt requests a composition, it stays as it is.
    """
    if wish.composition:
        return scene
    return framed.bleed(grouping.regroup(scene, items[0], seed, book) if grouping.is_group(items) else scene, book)


def _nearer(scene: Scene, items: Sequence[Item], wish: Wish, seed: int, chosen: Composition) -> Scene:
    """Return a scene whose single thing is larger and sometimes cropped, because a small one would look like a sign."""
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
        x, y = (min(max(each, size / 2), 1 - size / 2) if size < 1 else 0.5 for each in (x, y))
    return replace(scene, things=(replace(thing, size=size, x=x, y=y, turn=thing.turn + rng.gauss(0, 0.06)),))


def _with_modelled(item: Item, book: Sketchbook) -> Item:
    """Return the item with the modelled drawing of the same name, if there is one."""
    digest = drawing_styles.find_modelled(book, item.drawing)
    return (
        item
        if digest == item.drawing
        else replace(item, drawing=digest, appearance=book.appearance(digest), variants=())
    )
