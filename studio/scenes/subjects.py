"""Random training subjects: scenes of all kinds, single or mixed from two, with a style and matching captions.

The plan's seed and a subject's number determine the subject. It is rendered when it is needed, and nothing is stored.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sketch import habitats, relations, sketchbook, wording
from sketch.arrangement import Item, Wish
from sketch.scene import COLOURS, Scene
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling import styled
from sketch.styling.drawing_styles import without_modelled
from studio.errors import StudioError
from studio.styles import registry
from studio.text import phrasing

RARER = ("face-", "cat-face", "monkey-face", "person", "hand", "body", "emotion", "family")
"""Kinds of drawings that occur less often, because many of them look alike."""

RARELY = 1 / 3
FLAT = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "turquoise", "white", "black", "grey")
# The share of each kind of scene.
COMPOSITIONS = {
    "alone": 0.54, "close-up": 0.08, "several": 0.09, "grid": 0.05, "pair": 0.08, "related": 0.10, "group": 0.06,
}  # fmt: skip


ELSEWHERE = 0.4
"""The share of mixed subjects whose two scenes have compositions of different seeds."""


_ABLE = tuple(hand for hand in registry.HANDS.values() if hand.paints_ground)
_OFTEN = 4
"""How often painterly styles occur, relative to graphic ones. The model makes all strokes of a painterly picture, while
a decoder is shown the drawn marks of a graphic one."""

TAUGHT = tuple(hand.name for hand in _ABLE for _ in range(1 if hand.is_graphic else _OFTEN))
"""The styles of subjects; one that occurs more often is listed several times."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Number of subjects, seed, styles (``hands``), and the shares of some kinds of subject.

    ``mixed`` is the share of subjects between two scenes, ``two_hands`` that of these with two styles, and ``coloured``
    that of scenes with a requested colour, in styles that keep it. ``unnamed`` are the styles of prompts that name
    none. A style that is listed twice occurs twice as often.
    """

    number: int
    seed: int = 1
    hands: tuple[str, ...] = TAUGHT
    unnamed: tuple[str, ...] = ("oil", "watercolour", "pop-art", "stained-glass", "pastel")
    mixed: float = 0.33
    two_hands: float = 0.25
    coloured: float = 0.16


@dataclass(frozen=True, slots=True)
class End:
    """One end of a subject: a scene, its style, and its captions."""

    scene: Scene
    hand: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What to render, and from which seed: the scene ``first``, or the mixture of two scenes at ``t``, 0…1."""

    number: int
    seed: int
    first: End
    last: End | None = None
    t: float = 0.0


class Programme:
    """All subjects of a plan, made of the drawings of a library."""

    def __init__(self, plan: Plan, book: Sketchbook) -> None:
        self.plan = plan
        self._book = book
        by_name: dict[str, list[Drawing]] = defaultdict(list)
        for drawing in book.drawings.values():
            by_name[drawing.name].append(drawing)
        self._by_name = {
            name: sorted(without_modelled(drawings), key=lambda drawing: drawing.style)
            for name, drawings in by_name.items()
        }
        self.names = tuple(sorted(by_name))
        self._shares = [RARELY if self._by_name[name][0].kind.startswith(RARER) else 1.0 for name in self.names]
        self._animals = [name for name in self.names if self._by_name[name][0].kind.startswith("animal")]
        self._held = [
            name
            for name in self.names
            if habitats.find_habitat(name, self._by_name[name][0].kind).stance == habitats.LIE
        ]

    def __len__(self) -> int:
        return self.plan.number

    def subject(self, number: int) -> Subject:
        """Return the subject with a number; the same plan, library and number give the same subject."""
        rng = random.Random(f"subject:{self.plan.seed}:{number}")  # noqa: S311 - must be repeatable
        whole = rng.getrandbits(31)
        first = self._end(rng, rng.choice(self.plan.hands), whole)
        if rng.random() >= self.plan.mixed:
            return Subject(number, rng.getrandbits(31), first)
        hand = rng.choice(self.plan.hands) if rng.random() < self.plan.two_hands else first.hand
        if rng.random() < ELSEWHERE:
            whole = rng.getrandbits(31)
        last = self._end(rng, hand, whole)
        return Subject(number, rng.getrandbits(31), first, last, rng.uniform(0.08, 0.92))

    def _end(self, rng: random.Random, hand: str, whole: int) -> End:
        """Return a random end in a style; ``whole`` seeds its composition, which both ends of most mixtures share."""
        kind = rng.choices(list(COMPOSITIONS), list(COMPOSITIONS.values()))[0]
        name = rng.choices(self.names, self._shares)[0]
        keeps = registry.HANDS[hand].keeps_colour
        colour = rng.choice(COLOURS) if keeps and rng.random() < self.plan.coloured else ""
        wish, items = self._wish(kind, name, colour, rng)
        marks = registry.HANDS[hand].marks
        scene = styled.arrange(items, wish, rng.getrandbits(31), marks=marks, book=self._book, walk_seed=whole)
        seen = replace(wish, kind=scene.setting.kind, time=scene.setting.time, weather=scene.setting.weather)
        written = wording.describe_scene(items, seen, rng.choice)
        return End(scene, hand, _captions(written, registry.HANDS[hand], is_unnamed=hand in self.plan.unnamed))

    def _wish(self, kind: str, name: str, colour: str, rng: random.Random) -> tuple[Wish, list[Item]]:
        """Return the request and the items of a scene of a kind; the first item usually has the given name."""
        ground = rng.choice(FLAT) if rng.random() < 0.06 else ""
        first = self._item(name, rng, colour=colour)
        if kind == "several":
            return Wish(ground=ground), [
                self._item(name, rng, colour=colour, count=rng.choice((2, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9)))
            ]
        if kind in ("grid", "close-up"):
            others = [self._item(self._other(rng), rng)] if kind == "grid" and rng.random() < 0.25 else []
            return Wish(composition=kind, ground=ground if kind == "grid" else ""), [first, *others]
        if kind == "group":
            return Wish(), [first, *(self._item(self._other(rng), rng) for _ in range(rng.randint(2, 3)))]
        if kind == "pair":
            return Wish(ground=ground), [first, self._item(self._other(rng), rng)]
        if kind == "related":
            relation = rng.choice(relations.RELATIONS)
            if relation == relations.HOLDING:
                holder, carried = (
                    rng.choice(self._animals or list(self.names)),
                    rng.choice(self._held or list(self.names)),
                )
                return Wish(relation=relation), [self._item(holder, rng, colour=colour), self._item(carried, rng)]
            return Wish(relation=relation), [first, self._item(self._other(rng), rng)]
        return Wish(ground=ground), [first]

    def _other(self, rng: random.Random) -> str:
        """Return the name of a random drawing; rarer kinds are chosen less often."""
        return rng.choices(self.names, self._shares)[0]

    def _item(self, name: str, rng: random.Random, *, colour: str = "", count: int = 1) -> Item:
        """Return an item with a random one of the drawings of this name."""
        drawing = rng.choice(self._by_name[name])
        return Item(drawing.digest, name, drawing.kind, count, colour, appearance=self._book.appearance(drawing.digest))


def _captions(written: Sequence[str], hand: registry.Style, *, is_unnamed: bool) -> tuple[str, ...]:
    """Return a scene's captions with the words of its style, and also without them if the style is unnamed.

    ``written`` are the scene's texts with its place and without it.
    """
    full, short = written
    named = (f"{full}, {hand.words}", f"{short}, {hand.words}", f"{hand.of} {full}", f"{hand.of} {short}")
    prefixed = (f"{phrasing.PREFIX}{full}, {hand.words}", f"{phrasing.PREFIX}{short}, {hand.words}")
    bare = (f"{phrasing.PREFIX}{full}", f"{phrasing.PREFIX}{short}", full, short)
    return (*named, *prefixed, *bare) if is_unnamed else (*named, *prefixed)


def load_library(path: Path) -> Sketchbook:
    """Return the drawing library in a file.

    :raises StudioError: when the file is missing or is not a drawing library.
    """
    try:
        return sketchbook.load(path)
    except sketchbook.SketchbookError as error:
        raise StudioError(str(error)) from error


def load_subject_library(path: Path) -> Sketchbook:
    """Return the drawing library in a file, from which subjects can be made.

    :raises StudioError: when the file is missing, is not a drawing library, or holds no drawings.
    """
    book = load_library(path)
    if not book.drawings:
        raise StudioError(f"{path} holds no drawings.")
    return book
