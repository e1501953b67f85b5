"""All hands by name, and how drawings with transparency are painted by one: the same picture for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.errors import StudioError
from studio.hands import facets, flat, lines, strokes, washes
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing

Program = Callable[[Drawing, Dice], Tensor]


@dataclass(frozen=True, slots=True)
class Hand:
    """A way of painting: its name, the words that name it behind a prompt, what people call it, and its program.

    ``of`` is the other wording, before a prompt; ``keeps_colour`` says whether a blue cat is still blue by it.
    """

    name: str
    words: str
    title: str
    of: str
    program: Program
    keeps_colour: bool = True


_ALL = (
    Hand("pop-art", "pop art", "Pop art", "a pop art picture of", flat.pop_art),
    Hand("cut-out", "paper cut-out", "Cut paper", "a paper cut-out of", flat.cut_out),
    Hand("risograph", "risograph", "Risograph", "a risograph of", flat.risograph, keeps_colour=False),
    Hand("screen-print", "screen print", "Screen print", "a screen print of", flat.screen_print, keeps_colour=False),
    Hand(
        "primary-grid",
        "primary-colour grid",
        "Primary-colour grid",
        "a primary-colour grid of",
        flat.primary_grid,
        keeps_colour=False,
    ),
    Hand("stained-glass", "stained glass", "Stained glass", "a stained glass window of", facets.stained_glass),
    Hand("mosaic", "mosaic", "Mosaic", "a mosaic of", facets.mosaic),
    Hand("cubist", "cubist", "Cubist", "a cubist painting of", facets.cubist),
    Hand("low-poly", "low poly", "Low poly", "a low poly picture of", facets.low_poly),
    Hand("pointillist", "pointillist", "Pointillist", "a pointillist painting of", strokes.pointillist),
    Hand("oil", "oil painting", "Oil painting", "an oil painting of", strokes.oil),
    Hand("swirls", "swirling brushstrokes", "Swirling brushstrokes", "swirling brushstrokes of", strokes.swirls),
    Hand("pastel", "chalk pastel", "Chalk pastel", "a chalk pastel of", strokes.pastel),
    Hand("woodcut", "woodcut", "Woodcut", "a woodcut of", lines.woodcut, keeps_colour=False),
    Hand("charcoal", "charcoal", "Charcoal", "a charcoal drawing of", lines.charcoal, keeps_colour=False),
    Hand("neon", "neon", "Neon", "a neon sign of", lines.neon),
    Hand("op-art", "op art", "Op art", "an op art picture of", lines.op_art),
    Hand("watercolour", "watercolour", "Watercolour", "a watercolour of", washes.watercolour),
    Hand("ink-wash", "ink wash", "Ink wash", "an ink wash painting of", washes.ink_wash, keeps_colour=False),
    Hand("cyanotype", "cyanotype", "Cyanotype", "a cyanotype of", washes.cyanotype, keeps_colour=False),
    Hand("colour-field", "colour field", "Colour field", "a colour field painting of", washes.colour_field),
    Hand("orphist", "discs of colour", "Discs of colour", "discs of colour around", washes.orphist),
)
HANDS = {hand.name: hand for hand in _ALL}


@torch.no_grad()
def paint(name: str, motifs: Tensor, seeds: Tensor) -> Tensor:
    """Paint motifs (n, 4, h, w), float 0…1 with straight alpha, by a hand: (n, 3, h, w), 0…1.

    Each picture follows from its motif and its seed alone, whatever else is in the batch.

    :raises StudioError: for a hand that does not exist.
    """
    if name not in HANDS:
        raise StudioError(f"There is no hand {name!r}; there are {', '.join(HANDS)}.")
    return HANDS[name].program(Drawing(motifs.float()), Dice(seeds.to(motifs.device))).clamp(0, 1)
