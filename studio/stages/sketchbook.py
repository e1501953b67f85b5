"""Pack the drawings that scenes are made of into one file, with whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.workspace.stage_command import stage
from studio.workspace.work_folder import Folder

STYLES = {"twemoji": "flat", "noto": "classic"}


@stage("sketchbook")
@click.option(
    "--modules", type=click.Path(path_type=Path), help="A folder of unpacked npm packages; else npm gets them."
)
def command(folder: Folder, *, modules: Path | None) -> dict[str, Any]:
    """Write sketchbook.zip: a drawing of each concept by each vendor, as SVG, with names, words and credits."""
    from sketch import sketchbook
    from studio.collecting import icon_sets

    packages = modules or icon_sets.fetched(folder.path / "packages")
    kinds = icon_sets.kinds(packages)
    drawings, svgs = [], {}
    for icon in icon_sets.drawings(packages, vendors=tuple(STYLES)):
        item, digest = icon.item, sketchbook.digest_of(icon.svg)
        svgs[digest] = icon.svg
        drawings.append(
            sketchbook.Drawing(
                digest, item.title, tuple(item.keywords), kinds.get(item.title, ""), STYLES[item.vendor],
                item.artist, item.licence, item.source,
            )
        )  # fmt: skip
    folder.write(sketchbook.FILE, sketchbook.packed(drawings, svgs))
    size = (folder.path / sketchbook.FILE).stat().st_size
    return {"drawings": len(svgs), "names": len({drawing.name for drawing in drawings}), "bytes": size}
