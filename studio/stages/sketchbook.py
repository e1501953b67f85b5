"""Pack the drawings that scenes are made of into one file, with whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import stage
from studio.workspace.work_folder import Folder

if TYPE_CHECKING:
    from sketch.sketchbook import Drawing, Sketchbook
    from studio.collecting.icon_sets import Icon

STYLES = {"twemoji": "flat", "noto": "classic", "fluent-emoji": "fluent-gradient"}
"""The icon sets that are packed, and what the style of each is called."""


@stage("sketchbook")
@click.option("--modules", type=click.Path(path_type=Path),
              help="A folder of unpacked npm packages; else npm gets them.")  # fmt: skip
@click.option("--onto", type=click.Path(path_type=Path),
              help="A sketchbook whose drawings stay as they are; only what it lacks is added.")  # fmt: skip
@click.option("--vendor", "vendors", multiple=True, type=click.Choice(tuple(STYLES)), help="Only these icon sets.")
def command(folder: Folder, *, modules: Path | None, onto: Path | None, vendors: tuple[str, ...]) -> dict[str, Any]:
    """Write sketchbook.zip: a drawing of each concept by each vendor, as SVG, with names, words and credits."""
    from sketch import sketchbook
    from studio.collecting import icon_sets
    from studio.scenes.subjects import opened
    from studio.workspace.stage_command import progress

    held = opened(onto) if onto else sketchbook.Sketchbook((), {})
    drawings = list(held.drawings.values())
    svgs = {digest: held.svg(digest) for digest in held.drawings}
    packages = modules or icon_sets.fetched(folder.path / "packages")
    kinds, refused = icon_sets.kinds(packages), 0
    for icon in progress(
        _wanted(icon_sets.drawings(packages, vendors=vendors or tuple(STYLES)), held), what="drawings"
    ):
        try:
            svg = _taken(icon)
        except StudioError:
            refused += 1
            continue
        digest = sketchbook.digest_of(svg)
        svgs[digest] = svg
        drawings.append(_described(icon, digest, kinds, held))
    folder.write(sketchbook.FILE, sketchbook.packed(drawings, svgs))
    size = (folder.path / sketchbook.FILE).stat().st_size
    names = len({drawing.name for drawing in drawings})
    return {"drawings": len(svgs), "names": names, "refused": refused, "bytes": size}


def _wanted(icons: Iterable[Icon], held: Sketchbook) -> Iterator[Icon]:
    """Skip what a sketchbook has already, and names that it has not, where it has any."""
    drawn = {(each.name, each.style) for each in held.drawings.values()}
    names = {name for name, _ in drawn}
    for icon in icons:
        name = icon.item.title
        if (name, STYLES[icon.item.vendor]) not in drawn and (not names or name in names):
            yield icon


def _described(icon: Icon, digest: str, kinds: Mapping[str, str], held: Sketchbook) -> Drawing:
    """Describe a drawing, in the words of the others of its name where a sketchbook has them."""
    from sketch.sketchbook import Drawing

    item = icon.item
    other = next((each for each in held.drawings.values() if each.name == item.title), None)
    words = other.words if other else tuple(item.keywords)
    kind = other.kind if other else kinds.get(item.title, "")
    return Drawing(digest, item.title, words, kind, STYLES[item.vendor], item.artist, item.licence, item.source)


def _taken(icon: Icon) -> str:
    """Return a drawing as it is packed: one with modelled form without what the site does not draw.

    :raises StudioError: where it cannot be made into one that the site takes.
    """
    from sketch.styling.drawing_styles import MODELLED
    from sketch.svg import SketchbookError
    from studio.collecting.modelled_drawings import cleaned

    if STYLES[icon.item.vendor] not in MODELLED:
        return icon.svg
    try:
        return cleaned(icon.svg)
    except SketchbookError as error:
        raise StudioError(f"{icon.item.source} cannot be packed: {error}") from error
