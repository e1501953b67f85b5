"""All hands by name, and how drawings with transparency are painted by one: the same picture for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.errors import StudioError
from studio.hands import (
    facets,
    flat,
    lines,
    painted_strokes,
    painted_washes,
    setting_pieces,
    setting_prints,
    setting_strokes,
    strokes,
    washes,
)
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing

Program = Callable[[Drawing, Dice], Tensor]


@dataclass(frozen=True, slots=True)
class Hand:
    """A way of painting: its name, the words that name it behind a prompt, what people call it, and its program.

    ``of`` is the other wording, before a prompt; ``keeps_colour`` says whether a blue cat is still blue by it.
    ``setting`` is the program that paints a drawing before a given ground, if the hand has one.
    """

    name: str
    words: str
    title: str
    of: str
    program: Program
    keeps_colour: bool = True
    setting: Program | None = None

    @property
    def paints_ground(self) -> bool:
        """Whether the hand paints a ground that it is given."""
        return self.setting is not None


_ALL = (
    Hand("pop-art", "pop art", "Pop art", "a pop art picture of", flat.pop_art, setting=setting_prints.pop_art),
    Hand("cut-out", "paper cut-out", "Cut paper", "a paper cut-out of", flat.cut_out, setting=setting_prints.cut_out),
    Hand(
        "risograph",
        "risograph",
        "Risograph",
        "a risograph of",
        flat.risograph,
        keeps_colour=False,
        setting=setting_prints.risograph,
    ),
    Hand("screen-print", "screen print", "Screen print", "a screen print of", flat.screen_print, keeps_colour=False),
    Hand(
        "primary-grid",
        "primary-colour grid",
        "Primary-colour grid",
        "a primary-colour grid of",
        flat.primary_grid,
        keeps_colour=False,
    ),
    Hand(
        "stained-glass",
        "stained glass",
        "Stained glass",
        "a stained glass window of",
        facets.stained_glass,
        setting=setting_pieces.stained_glass,
    ),
    Hand("mosaic", "mosaic", "Mosaic", "a mosaic of", facets.mosaic, setting=setting_pieces.mosaic),
    Hand("cubist", "cubist", "Cubist", "a cubist painting of", facets.cubist, setting=setting_pieces.cubist),
    Hand("low-poly", "low poly", "Low poly", "a low poly picture of", facets.low_poly, setting=setting_pieces.low_poly),
    Hand(
        "pointillist",
        "pointillist",
        "Pointillist",
        "a pointillist painting of",
        strokes.pointillist,
        setting=setting_strokes.pointillist,
    ),
    Hand("oil", "oil painting", "Oil painting", "an oil painting of", strokes.oil, setting=painted_strokes.oil),
    Hand(
        "swirls",
        "swirling brushstrokes",
        "Swirling brushstrokes",
        "swirling brushstrokes of",
        strokes.swirls,
        setting=painted_strokes.swirls,
    ),
    Hand("pastel", "chalk pastel", "Chalk pastel", "a chalk pastel of", strokes.pastel, setting=painted_strokes.pastel),
    Hand(
        "woodcut",
        "woodcut",
        "Woodcut",
        "a woodcut of",
        lines.woodcut,
        keeps_colour=False,
        setting=setting_prints.woodcut,
    ),
    Hand(
        "charcoal",
        "charcoal",
        "Charcoal",
        "a charcoal drawing of",
        lines.charcoal,
        keeps_colour=False,
        setting=painted_washes.charcoal,
    ),
    Hand("neon", "neon", "Neon", "a neon sign of", lines.neon, setting=setting_strokes.neon),
    Hand("op-art", "op art", "Op art", "an op art picture of", lines.op_art),
    Hand(
        "watercolour",
        "watercolour",
        "Watercolour",
        "a watercolour of",
        washes.watercolour,
        setting=painted_washes.watercolour,
    ),
    Hand(
        "gouache",
        "gouache",
        "Gouache",
        "a gouache of",
        painted_washes.gouache_alone,
        setting=painted_washes.gouache,
    ),
    Hand(
        "ink-wash",
        "ink wash",
        "Ink wash",
        "an ink wash painting of",
        washes.ink_wash,
        keeps_colour=False,
        setting=painted_washes.ink_wash,
    ),
    Hand(
        "cyanotype",
        "cyanotype",
        "Cyanotype",
        "a cyanotype of",
        washes.cyanotype,
        keeps_colour=False,
        setting=setting_prints.cyanotype,
    ),
    Hand(
        "colour-field",
        "colour field",
        "Colour field",
        "a colour field painting of",
        washes.colour_field,
        setting=setting_strokes.colour_field,
    ),
    Hand(
        "orphist",
        "discs of colour",
        "Discs of colour",
        "discs of colour around",
        washes.orphist,
        setting=setting_pieces.orphist,
    ),
)
HANDS = {hand.name: hand for hand in _ALL}


@torch.no_grad()
def paint(name: str, motifs: Tensor, seeds: Tensor, ground: Tensor | None = None) -> Tensor:
    """Paint motifs (n, 4, h, w), float 0…1 with straight alpha, by a hand: (n, 3, h, w), 0…1.

    Each picture follows from its motif, its ground and its seed alone, whatever else is in the batch. Before a
    ``ground`` (n, 3, h, w), 0…1, hue, light and large shapes follow from it and from the motif; the seed only
    changes texture.

    :raises StudioError: for a hand that does not exist, or one that does not paint a given ground.
    """
    if name not in HANDS:
        raise StudioError(f"There is no hand {name!r}; there are {', '.join(HANDS)}.")
    hand, dice = HANDS[name], Dice(seeds.to(motifs.device))
    if ground is None:
        return hand.program(Drawing(motifs.float()), dice).clamp(0, 1)
    if hand.setting is None:
        able = ", ".join(each.name for each in HANDS.values() if each.paints_ground)
        raise StudioError(f"The hand {name!r} invents its own ground; one that is given is painted by {able}.")
    return hand.setting(Drawing(motifs.float(), ground.float().clamp(0, 1)), dice).clamp(0, 1)
