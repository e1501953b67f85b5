"""Pack the drawings of the scenes into one file, with their credits."""

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
    from studio.collecting.things import Drawn

STYLES = {"twemoji": "flat", "noto": "classic", "fluent-emoji": "fluent-gradient"}
"""The icon sets that are packed, and the name of each one's style."""


@stage("sketchbook")
@click.option(
    "--modules", type=click.Path(path_type=Path), help="Folder of unpacked npm packages; without it npm downloads them."
)
@click.option("--onto", type=click.Path(path_type=Path),
              help="Drawing library whose drawings stay as they are; only missing ones are added.")  # fmt: skip
@click.option("--vendor", "vendors", multiple=True, type=click.Choice(tuple(STYLES)), help="Only these icon sets.")
@click.option("--more", "beside", type=click.Path(path_type=Path), default=None,
              help="Write only our own drawings of the table that this library lacks, to lie beside it.")  # fmt: skip
@click.option("--things", "table", type=click.Path(path_type=Path), default=None,
              help="Table of things beyond the emoji, such as studio/collecting/things.tsv.")  # fmt: skip
def command(
    folder: Folder,
    *,
    modules: Path | None,
    onto: Path | None,
    vendors: tuple[str, ...],
    beside: Path | None,
    table: Path | None,
) -> dict[str, Any]:
    """Write sketchbook.zip: a drawing of each concept by each vendor, and of other things, with names and credits."""
    from sketch import sketchbook
    from studio.collecting import icon_sets, things
    from studio.scenes.subjects import load_library
    from studio.workspace.stage_command import progress

    if beside:
        return _write_more(folder, sketchbook.load_alone(beside), table)
    library = load_library(onto) if onto else sketchbook.Sketchbook((), {})
    drawings = list(library.drawings.values())
    svgs = {digest: library.svg(digest) for digest in library.drawings}
    packages = modules or icon_sets.fetch_packages(folder.path / "packages", things.SETS if table else {})
    kinds, refused = icon_sets.kinds(packages), 0
    for icon in progress(
        _missing(icon_sets.drawings(packages, vendors=vendors or tuple(STYLES)), library), what="drawings"
    ):
        try:
            svg = _packable(icon)
        except StudioError:
            refused += 1
            continue
        digest = sketchbook.digest_of(svg)
        svgs[digest] = svg
        drawings.append(_describe(icon, digest, kinds, library))
    for drawn in things.drawings(packages, things.read_table(table) if table else []):
        digest = sketchbook.digest_of(drawn.svg)
        svgs[digest] = drawn.svg
        drawings.append(_thing(drawn, digest))
    folder.write(sketchbook.FILE, sketchbook.pack(drawings, svgs))
    size = (folder.path / sketchbook.FILE).stat().st_size
    names = len({drawing.name for drawing in drawings})
    return {"drawings": len(svgs), "names": names, "refused": refused, "bytes": size}


def _write_more(folder: Folder, library: Sketchbook, table: Path | None) -> dict[str, Any]:
    """Write our own drawings that a library lacks, and return how many they are."""
    from sketch import sketchbook
    from studio.collecting import things

    file = sketchbook.beside(Path(sketchbook.FILE)).name
    own = [each for each in things.read_table(table or things.TABLE) if each.package == things.OWN_SET]
    drawn = {sketchbook.digest_of(each.svg): each for each in things.drawings(folder.path, own)}
    lacking = {digest: each for digest, each in drawn.items() if digest not in library}
    drawings = [_thing(each, digest) for digest, each in lacking.items()]
    folder.write(file, sketchbook.pack(drawings, {digest: each.svg for digest, each in lacking.items()}))
    return {"drawings": len(drawings), "bytes": (folder.path / file).stat().st_size}


def _missing(icons: Iterable[Icon], library: Sketchbook) -> Iterator[Icon]:
    """Yield the icons that a drawing library lacks, but only under its names if it has any."""
    drawn = {(each.name, each.style) for each in library.drawings.values()}
    names = {name for name, _ in drawn}
    for icon in icons:
        name = icon.item.title
        if (name, STYLES[icon.item.vendor]) not in drawn and (not names or name in names):
            yield icon


def _describe(icon: Icon, digest: str, kinds: Mapping[str, str], library: Sketchbook) -> Drawing:
    """Return the entry of a drawing, with the words of the library's drawings of the same name if there are any."""
    from sketch.sketchbook import Drawing

    item = icon.item
    other = next((each for each in library.drawings.values() if each.name == item.title), None)
    words = other.words if other else tuple(item.keywords)
    kind = other.kind if other else kinds.get(item.title, "")
    return Drawing(
        digest,
        item.title,
        words=words,
        kind=kind,
        style=STYLES[item.vendor],
        artist=item.artist,
        licence=item.licence,
        source=item.source,
    )


def _thing(drawn: Drawn, digest: str) -> Drawing:
    """Return the entry of a thing's drawing."""
    from sketch.sketchbook import Drawing

    thing = drawn.thing
    return Drawing(
        digest,
        thing.name,
        words=thing.also,
        kind=thing.kind,
        style=drawn.style,
        artist=drawn.artist,
        licence=drawn.licence,
        source=drawn.source,
    )


def _packable(icon: Icon) -> str:
    """Return the SVG to pack; of a drawing with shading, without the parts that the site cannot draw.

    :raises StudioError: when the site cannot use the drawing.
    """
    from sketch.styling.drawing_styles import MODELLED
    from sketch.svg import SketchbookError
    from studio.collecting.modelled_drawings import clean_drawing

    if STYLES[icon.item.vendor] not in MODELLED:
        return icon.svg
    try:
        return clean_drawing(icon.svg)
    except SketchbookError as error:
        raise StudioError(f"{icon.item.source} cannot be packed: {error}") from error
