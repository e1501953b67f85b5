"""Subjects to learn from: scenes of all kinds by dice, alone or mixed of two, a hand, and captions that are true of it.

A subject follows from the plan's seed and its number alone, and is drawn where it is needed; nothing of it is stored.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sketch import arrangement, habitats, sketchbook, wording
from sketch.arrangement import Item, Wish
from sketch.scene import COLOURS, Scene
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling import styled
from sketch.styling.drawing_styles import unmodelled
from studio.errors import StudioError
from studio.hands import registry
from studio.text import phrasing

RARER = ("face-", "cat-face", "monkey-face", "person", "hand", "body", "emotion", "family")
"""Kinds that are wanted less often: there are many of them, and each is much like the next."""

RARELY = 1 / 3
FLAT = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "turquoise", "white", "black", "grey")
# The share of each kind of scene, and how many things of how many kinds it shows.
COMPOSITIONS = {
    "alone": 0.54, "close-up": 0.08, "several": 0.09, "grid": 0.05, "pair": 0.08, "related": 0.10, "group": 0.06,
}  # fmt: skip


ELSEWHERE = 0.4
"""The share of mixtures whose ends have compositions of their own."""


_ABLE = tuple(hand for hand in registry.HANDS.values() if hand.paints_ground)
_OFTEN = 4
"""How many times as often subjects are painted by a painterly hand: its strokes are all the model's, while marks that
are drawn are shown to the decoder."""

TAUGHT = tuple(hand.name for hand in _ABLE for _ in range(1 if hand.is_graphic else _OFTEN))
"""The hands that subjects are painted in, each as often as it is taught."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many subjects, from which seed, by which hands; and the shares of mixtures and of two hands among these.

    ``unnamed`` are the hands of prompts that name none; a hand that is named twice paints twice as many.
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
    """One end of a subject: a scene, the hand that paints it, and captions."""

    scene: Scene
    hand: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be painted, from which seed: one end, or what lies at ``t`` between two."""

    number: int
    seed: int
    first: End
    last: End | None = None
    t: float = 0.0


class Programme:
    """All subjects of a plan over the drawings of a sketchbook."""

    def __init__(self, plan: Plan, book: Sketchbook) -> None:
        self.plan = plan
        self._book = book
        by_name: dict[str, list[Drawing]] = defaultdict(list)
        for drawing in book.drawings.values():
            by_name[drawing.name].append(drawing)
        self._by_name = {
            name: sorted(unmodelled(found), key=lambda drawing: drawing.style) for name, found in by_name.items()
        }
        self.names = tuple(sorted(by_name))
        self._shares = [RARELY if self._by_name[name][0].kind.startswith(RARER) else 1.0 for name in self.names]
        self._animals = [name for name in self.names if self._by_name[name][0].kind.startswith("animal")]
        self._held = [
            name for name in self.names if habitats.of(name, self._by_name[name][0].kind).stance == habitats.LIE
        ]

    def __len__(self) -> int:
        return self.plan.number

    def subject(self, number: int) -> Subject:
        """Draw a subject."""
        dice = random.Random(f"subject:{self.plan.seed}:{number}")  # noqa: S311 - drawn to be drawn again
        whole = dice.getrandbits(31)
        first = self._end(dice, dice.choice(self.plan.hands), whole)
        if dice.random() >= self.plan.mixed:
            return Subject(number, dice.getrandbits(31), first)
        hand = dice.choice(self.plan.hands) if dice.random() < self.plan.two_hands else first.hand
        if dice.random() < ELSEWHERE:
            whole = dice.getrandbits(31)
        last = self._end(dice, hand, whole)
        return Subject(number, dice.getrandbits(31), first, last, dice.uniform(0.08, 0.92))

    def _end(self, dice: random.Random, hand: str, whole: int) -> End:
        """Draw an end; ``whole`` is the seed of its composition, the same for both ends of most mixtures."""
        kind = dice.choices(list(COMPOSITIONS), list(COMPOSITIONS.values()))[0]
        name = dice.choices(self.names, self._shares)[0]
        keeps = registry.HANDS[hand].keeps_colour
        colour = dice.choice(COLOURS) if keeps and dice.random() < self.plan.coloured else ""
        wish, items = self._asked(kind, name, colour, dice)
        marks = registry.HANDS[hand].marks
        scene = styled.arrange(items, wish, dice.getrandbits(31), marks=marks, book=self._book, walk_seed=whole)
        seen = replace(wish, kind=scene.setting.kind, time=scene.setting.time, weather=scene.setting.weather)
        written = wording.of_scene(items, seen, dice.choice)
        return End(scene, hand, _captions(written, registry.HANDS[hand], is_unnamed=hand in self.plan.unnamed))

    def _asked(self, kind: str, name: str, colour: str, dice: random.Random) -> tuple[Wish, list[Item]]:
        ground = dice.choice(FLAT) if dice.random() < 0.06 else ""
        first = self._item(name, dice, colour=colour)
        if kind == "several":
            return Wish(ground=ground), [
                self._item(name, dice, colour=colour, count=dice.choice((2, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9)))
            ]
        if kind in ("grid", "close-up"):
            others = [self._item(self._other(dice), dice)] if kind == "grid" and dice.random() < 0.25 else []
            return Wish(composition=kind, ground=ground if kind == "grid" else ""), [first, *others]
        if kind == "group":
            return Wish(), [first, *(self._item(self._other(dice), dice) for _ in range(dice.randint(2, 3)))]
        if kind == "pair":
            return Wish(ground=ground), [first, self._item(self._other(dice), dice)]
        if kind == "related":
            relation = dice.choice(arrangement.RELATIONS)
            if relation == arrangement.HOLDING:
                holder, held = (
                    dice.choice(self._animals or list(self.names)),
                    dice.choice(self._held or list(self.names)),
                )
                return Wish(relation=relation), [self._item(holder, dice, colour=colour), self._item(held, dice)]
            return Wish(relation=relation), [first, self._item(self._other(dice), dice)]
        return Wish(ground=ground), [first]

    def _other(self, dice: random.Random) -> str:
        return dice.choices(self.names, self._shares)[0]

    def _item(self, name: str, dice: random.Random, *, colour: str = "", count: int = 1) -> Item:
        drawing = dice.choice(self._by_name[name])
        return Item(drawing.digest, name, drawing.kind, count, colour, look=self._book.look(drawing.digest))


def _captions(written: Sequence[str], hand: registry.Hand, *, is_unnamed: bool) -> tuple[str, ...]:
    """Join what is said of a scene with the hand's words, in the shares in which they are learned."""
    full, short = written
    named = (f"{full}, {hand.words}", f"{short}, {hand.words}", f"{hand.of} {full}", f"{hand.of} {short}")
    prefixed = (f"{phrasing.PREFIX}{full}, {hand.words}", f"{phrasing.PREFIX}{short}, {hand.words}")
    bare = (f"{phrasing.PREFIX}{full}", f"{phrasing.PREFIX}{short}", full, short)
    return (*named, *prefixed, *bare) if is_unnamed else (*named, *prefixed)


def opened(path: Path) -> Sketchbook:
    """Open a sketchbook.

    :raises StudioError: where it is none.
    """
    try:
        return sketchbook.load(path)
    except sketchbook.SketchbookError as error:
        raise StudioError(str(error)) from error


def drawn_from(path: Path) -> Sketchbook:
    """Open a sketchbook that subjects are to be drawn from.

    :raises StudioError: where it is none, or holds no drawings.
    """
    book = opened(path)
    if not book.drawings:
        raise StudioError(f"{path} holds no drawings.")
    return book
