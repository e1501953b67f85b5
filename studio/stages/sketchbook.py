"""Pack the drawings that scenes are made of into one file, with whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import stage
from studio.workspace.work_folder import Folder

if TYPE_CHECKING:
    from sketch.sketchbook import Sketchbook
    from studio.collecting.icon_sets import Icon

STYLES = {"twemoji": "flat", "noto": "classic", "fluent-emoji": "fluent-gradient"}
"""The icon sets that are packed, and what the style of each is called."""


@stage("sketchbook")
@click.option(
    "--modules", type=click.Path(path_type=Path), help="A folder of unpacked npm packages; else npm gets them."
)
@click.option("--onto", type=click.Path(path_type=Path),
              help="A sketchbook whose drawings stay as they are; only what it lacks is added.")  # fmt: skip
def command(folder: Folder, *, modules: Path | None, onto: Path | None) -> dict[str, Any]:
    """Write sketchbook.zip: a drawing of each concept by each vendor, as SVG, with names, words and credits."""
    from sketch import sketchbook
    from studio.collecting import icon_sets
    from studio.scenes.subjects import opened
    from studio.workspace.stage_command import progress

    held = opened(onto) if onto else sketchbook.Sketchbook((), {})
    drawings = list(held.drawings.values())
    svgs = {digest: held.svg(digest) for digest in held.drawings}
    drawn = {(each.name, each.style) for each in drawings}
    missing = tuple(vendor for vendor in STYLES if not onto or not _is_held(held, STYLES[vendor]))
    packages = modules or icon_sets.fetched(folder.path / "packages")
    kinds = {each.name: each.kind for each in drawings} or icon_sets.kinds(packages)
    words = {each.name: each.words for each in drawings}
    refused = 0
    for icon in progress(icon_sets.drawings(packages, vendors=missing), what="drawings"):
        item, style = icon.item, STYLES[icon.item.vendor]
        if (item.title, style) in drawn or (onto and item.title not in words):
            continue
        try:
            svg = _taken(icon)
        except StudioError:
            refused += 1
            continue
        digest = sketchbook.digest_of(svg)
        svgs[digest] = svg
        drawings.append(
            sketchbook.Drawing(
                digest, item.title, words.get(item.title, tuple(item.keywords)), kinds.get(item.title, ""), style,
                item.artist, item.licence, item.source,
            )
        )  # fmt: skip
    folder.write(sketchbook.FILE, sketchbook.packed(drawings, svgs))
    size = (folder.path / sketchbook.FILE).stat().st_size
    names = len({drawing.name for drawing in drawings})
    return {"drawings": len(svgs), "names": names, "refused": refused, "bytes": size}


def _is_held(held: Sketchbook, style: str) -> bool:
    """Tell whether a sketchbook holds drawings of a style for every name."""
    of_style = {each.name for each in held.drawings.values() if each.style == style}
    return of_style == {each.name for each in held.drawings.values()}


def _taken(icon: Icon) -> str:
    """Return a drawing as it is packed: one with modelled form without what the site does not draw.

    :raises StudioError: where it cannot be made into one that the site takes.
    """
    from sketch.drawing_styles import MODELLED
    from sketch.svg import SketchbookError
    from studio.collecting.modelled_drawings import cleaned

    if STYLES[icon.item.vendor] not in MODELLED:
        return icon.svg
    try:
        return cleaned(icon.svg)
    except SketchbookError as error:
        raise StudioError(f"{icon.item.source} cannot be packed: {error}") from error
