"""Collect pictures into the work folder: from a folder or bucket, from icon sets, from a museum's catalogue."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click

from sketch.sketchbook import FILE
from studio.collecting import icon_sets, museums
from studio.collecting.collection import Collection, Item
from studio.collecting.picture_intake import SMALLEST, Prepared
from studio.collecting.polite_client import Gone, Visitor
from studio.errors import FetchError, StudioError
from studio.workspace import children
from studio.workspace.stage_command import HOUSE, progress, stage
from studio.workspace.work_folder import Folder

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".jp2")


@stage("collect")
@click.option("--from", "source", metavar="ADDRESS", help="Folder, or bucket such as s3://name/art (fsspec).")
@click.option("--icons", "with_icons", is_flag=True, help="Collect the drawings of the open-licensed icon sets.")
@click.option("--modules", type=click.Path(path_type=Path),
              help="Folder of the icon sets' npm packages; without it npm downloads them.")  # fmt: skip
@click.option("--vendor", "vendors", multiple=True, type=click.Choice(icon_sets.VENDORS), help="Only these icon sets.")
@click.option("--kept-out", multiple=True, type=click.Choice(icon_sets.VENDORS), default=("emojione",),
              show_default=True, help="Icon sets held out for testing.")  # fmt: skip
@click.option("--practice", metavar="HAND", help="Practice pictures: the shipped drawings, rendered in a style.")
@click.option("--number", type=click.IntRange(1), default=30, show_default=True, help="Number of practice pictures.")
@click.option("--catalogue", metavar="ADDRESS", help="Museum catalogue: CSV, JSON or JSON Lines (file or bucket).")
@click.option("--museum", help="Name of the museum: moma, met, rijksmuseum or another.")
@click.option("--query", help="Search term for the API of the Met or the Rijksmuseum.")
@click.option("--api", metavar="URL", help="URL of that API, if it is not the usual one.")
@click.option("--on-view", is_flag=True, help="Only works that are on view by the catalogue.")
@click.option("--pause", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds between requests.")
@click.option("--allow-host", multiple=True, metavar="HOST:PORT", help="Allow a server at a private address.")
@click.option("--limit", type=click.IntRange(1), help="Stop after this many concepts or works.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Number of rendering processes.")
@click.option("--licence", default="", help="Licence of the pictures, when the source names none.")
@click.option("--attribution", default="", help="Credit of the pictures, when the source names none.")
@click.option("--any-licence", is_flag=True, help="Also collect pictures without an allowed licence.")
@click.option("--smallest", type=click.IntRange(1), default=SMALLEST, show_default=True,
              help="Minimum of the shorter side in pixels.")  # fmt: skip
@click.option("--no-copies", is_flag=True, help="Reject works that look like one collected before, encoded otherwise.")
@click.option("--again", is_flag=True, help="Retry pictures that were rejected before.")
def command(folder: Folder, *, source: str | None, with_icons: bool, **options: Any) -> dict[str, Any]:
    """Collect pictures: --from a folder or bucket, --icons, --practice, --catalogue, or --museum with --query."""
    catalogue, museum, query = options["catalogue"], options["museum"], options["query"]
    if query and museum not in museums.APIS:
        raise click.UsageError(f"--query requires --museum {' or '.join(museums.APIS)}.")
    if not (source or with_icons or catalogue or query or options["practice"]):
        raise click.UsageError(
            "Say what to collect: --from, --icons, --practice, --catalogue, or --museum with --query."
        )
    collection = Collection(
        folder,
        any_licence=options["any_licence"],
        smallest=options["smallest"],
        again=options["again"],
        copies=not options["no_copies"],
    )
    if with_icons:
        _icons(collection, options["modules"] or icon_sets.fetch_packages(folder.path / "packages"), options)
    if options["practice"]:
        _practice(collection, options["practice"], options["number"])
    if source:
        _folder(collection, source, options)
    visitor = Visitor(pause=options["pause"], allowed=options["allow_host"], keep=folder.path / "fetched")
    if catalogue:
        _catalogue(collection, visitor, catalogue, options)
    if query:
        ask = {"met": museums.search_met, "rijksmuseum": museums.search_rijksmuseum}[museum]
        items = ask(visitor, query, options["api"] or museums.APIS[museum])
        _visit(collection, visitor, items, options)
    return collection.summary()


def _icons(collection: Collection, modules: Path, options: dict[str, Any]) -> None:
    vendors = options["vendors"] or icon_sets.VENDORS
    chosen = icon_sets.drawings(modules, vendors=vendors, kept_out=options["kept_out"], limit=options["limit"])
    wanted = [icon for icon in chosen if collection.wants(icon.item)]

    def enter(icon: icon_sets.Icon, drawn: Prepared | str) -> None:
        if isinstance(drawn, str):
            collection.set_aside(icon.item.source, drawn)
        else:
            collection.enter(icon.item, drawn, icon_sets.icon_digest(icon), kind="motif")

    if options["jobs"] == 1 or len(wanted) < 32:
        for icon in progress(wanted, what="drawings"):
            enter(*icon_sets.render_icon(icon))
        return
    with ProcessPoolExecutor(options["jobs"], get_context("spawn"), children.end_with, (os.getpid(),)) as pool:
        for icon, drawn in progress(
            pool.map(icon_sets.render_icon, wanted, chunksize=16), what="drawings", total=len(wanted)
        ):
            enter(icon, drawn)


def _practice(collection: Collection, hand: str, count: int) -> None:
    from studio.scenes import practice

    for drawn in progress(practice.pictures(HOUSE / FILE, hand, count), what="pictures", total=count):
        item = Item(
            source=drawn.source,
            title=drawn.title,
            vendor="practice",
            licence=practice.LICENCE,
            attribution=practice.CREDIT,
            materials=drawn.words,
        )
        if collection.wants(item):
            collection.take(item, drawn.data)


def _folder(collection: Collection, address: str, options: dict[str, Any]) -> None:
    import fsspec

    try:
        filesystem, root = fsspec.core.url_to_fs(address)
        files = filesystem.find(root)
    except (OSError, ValueError, ImportError) as error:
        raise StudioError(f"{address} cannot be listed: {error}") from error
    paths = sorted(path for path in files if path.lower().endswith(PICTURES))
    if not paths:
        raise StudioError(f"{address} holds no pictures ({', '.join(PICTURES)}).")
    for path in progress(paths, what="pictures"):
        if options["limit"] and collection.counts["had"] + collection.counts["taken"] >= options["limit"]:
            break
        stem = Path(path).stem
        item = Item(
            source=str(filesystem.unstrip_protocol(path)),
            title=stem.replace("_", " ").replace("-", " ").strip(),
            vendor="folder",
            licence=options["licence"],
            attribution=options["attribution"],
        )
        if not collection.wants(item):
            continue
        try:
            data = filesystem.cat_file(path)
        except OSError:
            collection.counts["failed"] += 1  # the next run retries it
            continue
        collection.take(item, data)


def _catalogue(collection: Collection, visitor: Visitor, address: str, options: dict[str, Any]) -> None:
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(address)
        data = filesystem.cat_file(path)
    except (OSError, ValueError, ImportError) as error:
        raise StudioError(f"{address} cannot be read: {error}") from error
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    vendor = options["museum"] or Path(path).stem
    words = {"vendor": vendor, "licence": options["licence"], "attribution": options["attribution"]}
    rows = (museums.make_item(row, **words) for row in museums.read_catalogue(data, address))

    def beside(name: str) -> bytes:
        if ".." in name.split("/"):
            raise Gone(f"{name} is not beside the catalogue")
        try:
            return bytes(filesystem.cat_file(f"{path.rpartition('/')[0]}/{name}"))
        except OSError as error:
            raise Gone(f"{name} cannot be read beside the catalogue: {error.strerror or error}") from error

    _visit(collection, visitor, rows, options, beside)


def _visit(
    collection: Collection,
    visitor: Visitor,
    items: Iterator[Item | None],
    options: dict[str, Any],
    beside: Callable[[str], bytes] | None = None,
) -> None:
    """Fetch the wanted items. Those that fail temporarily are retried by the next run.

    ``beside`` reads a file next to the catalogue, for items with a relative path.
    """
    seen = 0
    for item in progress(items, what="works"):
        if options["limit"] and seen >= options["limit"]:
            break
        if item is None or (options["on_view"] and not item.on_view):
            collection.counts["passed_over"] += 1
            continue
        seen += 1
        name = item.source
        is_near = bool(beside and museums.RELATIVE.match(name))
        if is_near:
            item = replace(item, source=f"{options['catalogue'].rpartition('/')[0]}/{name}")
        if not collection.wants(item):
            continue
        try:
            data = beside(name) if beside and is_near else visitor.picture(name)
        except Gone as reason:
            collection.set_aside(item.source, str(reason))
        except FetchError:
            collection.counts["failed"] += 1
        else:
            collection.take(item, data)
