"""Admin commands for the gallery: ``flask --app wsgi gallery …``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import Result, json_command, print_text
from app.cli.progress import Progress
from app.collection.moderation import audit_log, curation
from app.collection.search import reindexing, semantic_search, visual_search
from app.collection.search.vector_index import IndexProgress, SourceError
from app.core.errors import InvalidInput, MomaError
from app.storage.walk_models import Walk
from app.upkeep.archives import walk_export, walk_import
from app.upkeep.operations import first_exhibition
from app.walks.queue import jobs
from app.walks.saved import lookup
from app.wall import stretches

group = AppGroup("gallery", help="Manage the walks in the gallery, and its search indexes.")


@group.command("reindex")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Continue an interrupted run after this number.")
@json_command
def reindex(after: int) -> dict[str, Any]:
    """Rebuild the search indexes of all walks: full text, neighbours, and embeddings of texts and images."""
    began, progress = time.monotonic(), reindexing.ReindexProgress(0, after, 0)
    try:
        with Progress() as shown:
            for progress in reindexing.reindex(after=after):
                shown.report("walks", progress.done, progress.done + progress.left)
    except KeyboardInterrupt:
        click.echo(f"Go on with: flask --app wsgi gallery reindex --after {progress.last}", err=True)
        raise
    seconds = time.monotonic() - began
    rate = round(progress.done / seconds)
    vectors = {
        "by_meaning": _rebuild(semantic_search.reindex, "by meaning"),
        "by_look": _rebuild(visual_search.reindex, "by look"),
    }
    print_text(f"{progress.done:,} walks in {seconds:.1f} s, {rate:,} a second.")
    for what, made in vectors.items():
        message = made.get("flaw") or f"{made['vectors']:,} vectors in {made['seconds']:.1f} s."
        print_text(f"{what.replace('_', ' ').capitalize()}: {message}")
    report = {"walks": progress.done, "last": progress.last, "seconds": round(seconds, 3), "per_second": rate}
    return report | vectors


def _rebuild(make: Callable[[], Iterator[IndexProgress]], what: str) -> dict[str, Any]:
    """Rebuild a vector index; return the number of vectors and the seconds, or in ``flaw`` why there is none."""
    began, progress = time.monotonic(), IndexProgress(0, 0)
    try:
        with Progress() as shown:
            for progress in make():
                shown.report(what, progress.done, progress.done + progress.left)
    except (SourceError, OSError) as error:
        return {"flaw": str(error)}
    return {"vectors": progress.done, "seconds": round(time.monotonic() - began, 3)}


@group.command("look")
@json_command
def embed_images() -> dict[str, Any]:
    """Ask the workers to compute missing image embeddings of walks, when they have nothing else to do."""
    waiting = visual_search.count_walks_without_features()
    if waiting and not jobs.notify_workers(jobs.FEATURES_JOB):
        raise MomaError("Redis does not answer, so no worker can be notified. Start the site, then try again.")
    print_text(f"{waiting:,} films wait for their image embeddings.")
    return {"waiting": waiting}


@group.command("hide")
@click.argument("walk_id")
@json_command
def hide(walk_id: str) -> dict[str, Any]:
    """Hide a walk from gallery, search, feed and API; its page says that it was taken down."""
    return _do(curation.hide, walk_id, "is hidden.", "hid walk")


@group.command("unhide")
@click.argument("walk_id")
@json_command
def unhide(walk_id: str) -> dict[str, Any]:
    """Publish a hidden walk again."""
    return _do(curation.unhide, walk_id, "is no longer hidden.", "unhid walk")


@group.command("feature")
@click.argument("walk_id")
@json_command
def feature(walk_id: str) -> dict[str, Any]:
    """Feature a public walk: prefer it where few are shown."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    if not walk.is_public:
        raise InvalidInput.on("walk_id", message=f"{walk.id} is not in the gallery, so it cannot be featured.")
    return _do(curation.feature, walk_id, "is featured.", "featured walk")


@group.command("unfeature")
@click.argument("walk_id")
@json_command
def unfeature(walk_id: str) -> dict[str, Any]:
    """Stop featuring a walk."""
    return _do(curation.unfeature, walk_id, "is no longer featured.", "unfeatured walk")


@group.command("list")
@click.argument("walk_id")
@json_command
def list_kept(walk_id: str) -> dict[str, Any]:
    """List a walk that a live wall saved among the gallery's newest."""
    return _set_listed(walk_id, True)


@group.command("unlist")
@click.argument("walk_id")
@json_command
def unlist_kept(walk_id: str) -> dict[str, Any]:
    """Show a walk that a live wall saved only in its exhibition."""
    return _set_listed(walk_id, False)


@group.command("exhibit")
@click.option("--take-down", is_flag=True, help="Delete the first exhibition instead.")
@json_command
def exhibit(take_down: bool) -> dict[str, Any]:
    """Publish the walks of the first exhibition that are not public, or delete all of them."""
    done = first_exhibition.delete() if take_down else first_exhibition.publish()
    audit_log.note(f"{'deleted' if take_down else 'published'} the first exhibition", who=audit_log.COMMAND)
    print_text(
        f"{len(done)} of {len(first_exhibition.shipped_walks())} walks {'deleted' if take_down else 'published'}."
    )
    return {"taken_down" if take_down else "hung": done}


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("walk_ids", nargs=-1, metavar="[WALKS]")
@click.option("--recipes-only", is_flag=True, help="Leave the files out; the importing site renders the walks again.")
@click.option("--owners", is_flag=True, help="Include hashes of the owners, for a site that moves with its secret.")
@json_command
def export(file: Path, walk_ids: tuple[str, ...], recipes_only: bool, owners: bool) -> Result:
    """Export finished walks, all or those named, with recipes, titles, exhibitions and files to the archive FILE."""
    report = walk_export.export(file, walk_ids, with_files=not recipes_only, with_owners=owners)
    summary = f"{report.walks:,} walks, {report.exhibitions:,} exhibitions, {report.files:,} files"
    summary += f", {report.drawings:,} drawings" if report.drawings else ""
    print_text(f"{summary}, {report.bytes:,} bytes saved to {file}")
    if report.lost:
        print_text(f"{len(report.lost):,} walks were left out, their files are lost: see media verify.", err=True)
    return Result({"file": str(file), **asdict(report)}, 1 if report.lost else 0)


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace walks and exhibitions that exist here.")
@json_command
def import_walks(file: Path, replace: bool) -> dict[str, Any]:
    """Import the walks and exhibitions of FILE that do not exist here; if any is invalid, import nothing."""
    report = walk_import.import_archive(file, replace=replace)
    audit_log.note("took in archive", file.name, who=audit_log.COMMAND)
    print_text(f"{report.hung:,} walks published, {report.queued:,} queued, {report.there:,} were here already.")
    if report.replaced:
        print_text(f"{report.replaced:,} of them took the place of one that was here.")
    print_text(f"{report.exhibitions:,} exhibitions published, {report.exhibitions_there:,} were here already.")
    if report.drawings:
        print_text(f"{report.drawings:,} drawings came along: walks are painted after them, prompts not read as them.")
    return {"file": str(file), **asdict(report)}


def _set_listed(walk_id: str, is_listed: bool) -> dict[str, Any]:
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    stretches.set_listed(walk, is_listed)
    audit_log.note("listed walk" if is_listed else "unlisted walk", walk.id, who=audit_log.COMMAND)
    print_text(f"{walk.id} is {'listed' if is_listed else 'no longer listed'}.")
    return {"id": walk.id, "unlisted": walk.unlisted}


def _do(act: Callable[[Walk], None], walk_id: str, message: str, done: str) -> dict[str, Any]:
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    act(walk)
    audit_log.note(done, walk.id, who=audit_log.COMMAND)
    print_text(f"{walk.id} {message}")
    return {"id": walk.id, "hidden": walk.hidden_at is not None, "featured": walk.featured_at is not None}
