"""All styles by name, and rendering of transparent drawings in a style; the same seed gives the same picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sketch.compositions.composition import PAINTED
from studio.errors import StudioError
from studio.styles import facets, finishes, flat, gouache_alone, lines, painted_strokes, painted_washes, strokes, washes
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing
from studio.styles.names import ALSO

Program = Callable[[Drawing, HashRng], Tensor]


@dataclass(frozen=True, slots=True)
class Style:
    """A style: its key, its words after a prompt, its title, its words before a prompt, and its rendering programs.

    ``words`` follow a prompt, as in "a cat, oil painting"; ``of`` precedes it, as in "an oil painting of a cat".
    ``keeps_colour`` is whether a blue cat stays blue. ``program`` renders drawings in front of the style's own
    background, and ``setting`` in front of a given one; None if the style cannot. Scenes of a style with ``marks`` are
    composed with these marks first; all but :data:`PAINTED` are graphic, and their ``setting`` adds only the surface.
    """

    name: str
    words: str
    title: str
    of: str
    program: Program | None
    keeps_colour: bool = True
    setting: Program | None = None
    marks: str = ""

    @property
    def also(self) -> tuple[str, ...]:
        """Return further names of the style in prompts, in lower case, in English and German."""
        return ALSO.get(self.name, ())

    @property
    def paints_ground(self) -> bool:
        """Return whether the style renders a given background."""
        return self.setting is not None

    @property
    def is_graphic(self) -> bool:
        """Return whether the style's scenes contain their marks already, so that only a surface is added."""
        return self.marks not in ("", PAINTED)


def _graphic(
    name: str,
    words: str,
    title: str,
    of: str,
    marks: str,
    finish: Program,
    program: Program | None = None,
    *,
    keeps_colour: bool = False,
) -> Style:
    return Style(name, words, title, of, program=program, keeps_colour=keeps_colour, setting=finish, marks=marks)


def _painterly(
    name: str, words: str, title: str, of: str, program: Program, setting: Program, *, keeps_colour: bool = True
) -> Style:
    return Style(name, words, title, of, program=program, keeps_colour=keeps_colour, setting=setting, marks=PAINTED)


_GRAPHIC = (
    _graphic("pop-art", "pop art", "Pop art", "a pop art picture of", "silkscreen",
             finishes.screen_print, flat.pop_art),
    _graphic("cut-out", "paper cut-out", "Cut paper", "a paper cut-out of", "cut-paper", finishes.paper, flat.cut_out),
    _graphic("risograph", "risograph", "Risograph", "a risograph of", "risograph",
             finishes.screen_print, flat.risograph),
    _graphic("stained-glass", "stained glass", "Stained glass", "a stained glass window of", "stained-glass",
             finishes.glass, facets.stained_glass, keeps_colour=True),
    _graphic("mosaic", "mosaic", "Mosaic", "a mosaic of", "mosaic", finishes.stone, facets.mosaic, keeps_colour=True),
    _graphic("cubist", "cubist", "Cubist", "a cubist painting of", "facets", finishes.gouache, facets.cubist),
    _graphic("pointillist", "pointillist", "Pointillist", "a pointillist painting of", "pointillism",
             finishes.paper, strokes.pointillist, keeps_colour=True),
    _graphic("woodcut", "woodcut", "Woodcut", "a woodcut of", "woodcut", finishes.relief_print, lines.woodcut),
    _graphic("poster", "constructivist poster", "Poster", "a constructivist poster of", "poster",
             finishes.screen_print),
    _graphic("planes", "planes of primary colour", "De Stijl", "planes of primary colour of", "planes",
             finishes.gouache),
    _graphic("squares", "coloured squares", "Colour patchwork", "coloured squares of", "squares", finishes.gouache),
    _graphic("linocut", "linocut", "Linocut", "a linocut of", "linocut", finishes.relief_print),
    _graphic("op-lines", "op art lines", "Op art, lines", "op art lines of", "op-lines", finishes.screen_print),
    _graphic("op-dots", "op art dots", "Op art, dots", "op art dots of", "op-dots", finishes.screen_print),
    _graphic("scratchboard", "scratchboard", "Scratchboard", "a scratchboard of", "scratchboard",
             finishes.relief_print),
    _graphic("etching", "etching", "Etching", "an etching of", "etching", finishes.relief_print),
    _graphic("textile", "printed textile", "Printed textile", "a printed textile of", "textile", finishes.cloth),
    _graphic("batik", "batik", "Batik", "a batik of", "batik", finishes.cloth),
    _graphic("tapestry", "tapestry", "Tapestry", "a tapestry of", "tapestry", finishes.cloth),
    _graphic("cyanotype", "cyanotype", "Cyanotype", "a cyanotype of", "cyanotype", finishes.paper, washes.cyanotype),
    _graphic("layered-paper", "layered paper", "Layered paper", "layered paper of", "layered-paper", finishes.paper),
)  # fmt: skip
_PAINTERLY = (
    _painterly("oil", "oil painting", "Oil painting", "an oil painting of",
               strokes.oil, painted_strokes.oil),
    _painterly("swirls", "swirling brushstrokes", "Swirling brushstrokes", "swirling brushstrokes of",
               strokes.swirls, painted_strokes.swirls),
    _painterly("pastel", "chalk pastel", "Chalk pastel", "a chalk pastel of",
               strokes.pastel, painted_strokes.pastel),
    _painterly("charcoal", "charcoal", "Charcoal", "a charcoal drawing of",
               lines.charcoal, painted_washes.charcoal, keeps_colour=False),
    _painterly("watercolour", "watercolour", "Watercolour", "a watercolour of",
               washes.watercolour, painted_washes.watercolour),
    _painterly("gouache", "gouache", "Gouache", "a gouache of",
               gouache_alone.gouache_alone, painted_washes.gouache),
    _painterly("ink-wash", "ink wash", "Ink wash", "an ink wash painting of",
               washes.ink_wash, painted_washes.ink_wash, keeps_colour=False),
)  # fmt: skip
_EARLIER = (
    Style("screen-print", "screen print", "Screen print", "a screen print of", flat.screen_print, keeps_colour=False),
    Style("primary-grid", "primary-colour grid", "Primary-colour grid", "a primary-colour grid of", flat.primary_grid,
         keeps_colour=False),
    Style("low-poly", "low poly", "Low poly", "a low poly picture of", facets.low_poly),
    Style("neon", "neon", "Neon", "a neon sign of", lines.neon),
    Style("op-art", "op art", "Op art", "an op art picture of", lines.op_art),
    Style("colour-field", "colour field", "Colour field", "a colour field painting of", washes.colour_field),
    Style("orphist", "discs of colour", "Discs of colour", "discs of colour around", washes.orphist),
)  # fmt: skip
HANDS = {hand.name: hand for hand in (*_GRAPHIC, *_PAINTERLY, *_EARLIER)}


@torch.no_grad()
def paint(name: str, motifs: Tensor, seeds: Tensor, ground: Tensor | None = None) -> Tensor:
    """Return motifs (n, 4, h, w), float 0…1 with straight alpha, rendered in a style: (n, 3, h, w), 0…1.

    Each picture depends on its motif, background and seed only. With a ``ground`` (n, 3, h, w), 0…1, hue, light and
    large shapes follow from it and from the motif, and the seed changes only texture.

    :raises StudioError: when the style is unknown, or does not render a given background, or needs one.
    """
    if name not in HANDS:
        raise StudioError(f"Unknown style {name!r}; known styles: {', '.join(HANDS)}.")
    hand, rng = HANDS[name], HashRng(seeds.to(motifs.device))
    if ground is None:
        if hand.program is None:
            raise StudioError(f"The style {name!r} renders composed scenes only, passed as the background.")
        return hand.program(Drawing(motifs.float()), rng).clamp(0, 1)
    if hand.setting is None:
        able = ", ".join(each.name for each in HANDS.values() if each.paints_ground)
        raise StudioError(f"The style {name!r} renders no given background; these do: {able}.")
    return hand.setting(Drawing(motifs.float(), ground.float().clamp(0, 1)), rng).clamp(0, 1)
