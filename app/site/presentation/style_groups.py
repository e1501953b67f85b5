"""Group the styles of a model for pages, and list the layouts that a stop may have."""

from collections.abc import Sequence
from typing import NamedTuple

from app.collection.styles.style import Style
from app.core.i18n.gettext import N_, _
from app.offer.generation import model_styles
from app.offer.generation.model_styles import ModelStyle
from sketch.compositions.composition import LAYOUTS

LAYOUT_NAMES = {
    "": N_("Automatic"),
    "single": N_("Once"),
    "grid": N_("Grid"),
    "panels": N_("Strips"),
    "pattern": N_("Pattern"),
    "tilted": N_("Tilted"),
}


class StyleGroup(NamedTuple):
    """Styles under a heading; ``name`` is the group's id in the page."""

    title: str
    name: str
    styles: tuple[Style, ...]


def grouped(styles: Sequence[Style]) -> list[StyleGroup]:
    """Return the styles in groups, those trained on this site last; no groups if the model's styles have no layouts."""
    if not model_styles.any_composes(style.model_style for style in styles):
        return []
    graphic = tuple(style for style in styles if style.model_style.is_graphic)
    taught = tuple(style for style in styles if not style.model_style.marks)
    painterly = tuple(style for style in styles if style not in graphic and style not in taught)
    groups = [
        StyleGroup(_("Graphic"), "styles-graphic", graphic),
        StyleGroup(_("Painterly"), "styles-painterly", painterly),
        StyleGroup(_("Added here"), "styles-added", taught),
    ]
    return [group for group in groups if group.styles]


def layouts(known: Sequence[ModelStyle]) -> dict[str, str]:
    """Map the layouts that any of these styles offers to their names on pages; ``""`` is the style's own choice.

    The map is empty if none of them offers a choice.
    """
    offered = {layout for style in known for layout in style.layouts}
    if not offered - {"single"}:
        return {}
    return {name: _(LAYOUT_NAMES[name]) for name in ("", *LAYOUTS) if not name or name in offered}
