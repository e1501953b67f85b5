"""Admin commands for the gallery: ``flask --app wsgi gallery …``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explain_errors, print_json
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
@as_json
@explain_errors
def reindex(after: int, as_json: bool) -> None:
    """Rebuild the search indexes of all walks: full text, neighbours, and embeddings of texts and images."""
    began, progress = time.monotonic(), reindexing.ReindexProgress(0, after, 0)
    try:
        for progress in reindexing.reindex(after=after):
            if not as_json and sys.stderr.isatty():
                click.echo(f"\r{progress.done:,} done, {progress.left:,} to go", nl=False, err=True)
    except KeyboardInterrupt:
        click.echo(f"\nGo on with: flask --app wsgi gallery reindex --after {progress.last}", err=True)
        raise
    seconds = time.monotonic() - began
    rate = round(progress.done / seconds)
    vectors = {
        "by_meaning": _rebuild(semantic_search.reindex, "by meaning", quiet=as_json),
        "by_look": _rebuild(visual_search.reindex, "by look", quiet=as_json),
    }
    if as_json:
        report = {"walks": progress.done, "last": progress.last, "seconds": round(seconds, 3), "per_second": rate}
        print_json(report | vectors)
    else:
        click.echo(f"{progress.done:,} walks in {seconds:.1f} s, {rate:,} a second.")
        for what, made in vectors.items():
            message = made.get("flaw") or f"{made['vectors']:,} vectors in {made['seconds']:.1f} s."
            click.echo(f"{what.replace('_', ' ').capitalize()}: {message}")


def _rebuild(make: Callable[[], Iterator[IndexProgress]], what: str, *, quiet: bool) -> dict[str, Any]:
    """Rebuild a vector index; return the number of vectors and the seconds, or in ``flaw`` why there is none."""
    began, progress = time.monotonic(), IndexProgress(0, 0)
    try:
        for progress in make():
            if not quiet and sys.stderr.isatty():
                click.echo(f"\r{what}: {progress.done:,} done, {progress.left:,} walks to go", nl=False, err=True)
    except (SourceError, OSError) as error:
        return {"flaw": str(error)}
    return {"vectors": progress.done, "seconds": round(time.monotonic() - began, 3)}


@group.command("look")
@as_json
@explain_errors
def embed_images(as_json: bool) -> None:
    """Ask the workers to compute missing image embeddings of walks, when they have nothing else to do."""
    waiting = visual_search.count_walks_without_features()
    if waiting and not jobs.notify_workers(jobs.FEATURES_JOB):
        raise MomaError("Redis does not answer, so no worker can be notified. Start the site, then try again.")
    if as_json:
        print_json({"waiting": waiting})
    else:
        click.echo(f"{waiting:,} films wait for their image embeddings.")


@group.command("hide")
@click.argument("walk_id")
@as_json
@explain_errors
def hide(walk_id: str, as_json: bool) -> None:
    """Hide a walk from gallery, search, feed and API; its page says that it was taken down."""
    _do(curation.hide, walk_id, as_json, "is hidden.", "hid walk")


@group.command("unhide")
@click.argument("walk_id")
@as_json
@explain_errors
def unhide(walk_id: str, as_json: bool) -> None:
    """Publish a hidden walk again."""
    _do(curation.unhide, walk_id, as_json, "is no longer hidden.", "unhid walk")


@group.command("feature")
@click.argument("walk_id")
@as_json
@explain_errors
def feature(walk_id: str, as_json: bool) -> None:
    """Feature a public walk: prefer it where few are shown."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    if not walk.is_public:
        raise InvalidInput.on("walk_id", message=f"{walk.id} is not in the gallery, so it cannot be featured.")
    _do(curation.feature, walk_id, as_json, "is featured.", "featured walk")


@group.command("unfeature")
@click.argument("walk_id")
@as_json
@explain_errors
def unfeature(walk_id: str, as_json: bool) -> None:
    """Stop featuring a walk."""
    _do(curation.unfeature, walk_id, as_json, "is no longer featured.", "unfeatured walk")


@group.command("list")
@click.argument("walk_id")
@as_json
@explain_errors
def list_kept(walk_id: str, as_json: bool) -> None:
    """List a walk that a live wall saved among the gallery's newest."""
    _set_listed(walk_id, True, as_json)


@group.command("unlist")
@click.argument("walk_id")
@as_json
@explain_errors
def unlist_kept(walk_id: str, as_json: bool) -> None:
    """Show a walk that a live wall saved only in its exhibition."""
    _set_listed(walk_id, False, as_json)


@group.command("exhibit")
@click.option("--take-down", is_flag=True, help="Delete the first exhibition instead.")
@as_json
@explain_errors
def exhibit(take_down: bool, as_json: bool) -> None:
    """Publish the walks of the first exhibition that are not public, or delete all of them."""
    done = first_exhibition.delete() if take_down else first_exhibition.publish()
    audit_log.note(f"{'deleted' if take_down else 'published'} the first exhibition", who=audit_log.COMMAND)
    if as_json:
        print_json({"taken_down" if take_down else "hung": done})
    else:
        click.echo(
            f"{len(done)} of {len(first_exhibition.shipped_walks())} walks {'deleted' if take_down else 'published'}."
        )


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("walk_ids", nargs=-1, metavar="[WALKS]")
@click.option("--recipes-only", is_flag=True, help="Leave the files out; the importing site renders the walks again.")
@click.option("--owners", is_flag=True, help="Include hashes of the owners, for a site that moves with its secret.")
@as_json
@explain_errors
def export(file: Path, walk_ids: tuple[str, ...], recipes_only: bool, owners: bool, as_json: bool) -> None:
    """Export finished walks, all or those named, with recipes, titles, exhibitions and files to the archive FILE."""
    report = walk_export.export(file, walk_ids, with_files=not recipes_only, with_owners=owners)
    if as_json:
        print_json({"file": str(file), **asdict(report)})
    else:
        summary = f"{report.walks:,} walks, {report.exhibitions:,} exhibitions, {report.files:,} files"
        summary += f", {report.drawings:,} drawings" if report.drawings else ""
        click.echo(f"{summary}, {report.bytes:,} bytes saved to {file}")
    if report.lost and not as_json:
        click.echo(f"{len(report.lost):,} walks were left out, their files are lost: see media verify.", err=True)
    sys.exit(1 if report.lost else 0)


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace walks and exhibitions that exist here.")
@as_json
@explain_errors
def import_walks(file: Path, replace: bool, as_json: bool) -> None:
    """Import the walks and exhibitions of FILE that do not exist here; if any is invalid, import nothing."""
    report = walk_import.import_archive(file, replace=replace)
    audit_log.note("took in archive", file.name, who=audit_log.COMMAND)
    if as_json:
        print_json({"file": str(file), **asdict(report)})
        return
    click.echo(f"{report.hung:,} walks published, {report.queued:,} queued, {report.there:,} were here already.")
    if report.replaced:
        click.echo(f"{report.replaced:,} of them took the place of one that was here.")
    click.echo(f"{report.exhibitions:,} exhibitions published, {report.exhibitions_there:,} were here already.")
    if report.drawings:
        click.echo(f"{report.drawings:,} drawings came along: walks are painted after them, prompts not read as them.")


def _set_listed(walk_id: str, is_listed: bool, as_json: bool) -> None:
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    stretches.set_listed(walk, is_listed)
    audit_log.note("listed walk" if is_listed else "unlisted walk", walk.id, who=audit_log.COMMAND)
    if as_json:
        print_json({"id": walk.id, "unlisted": walk.unlisted})
    else:
        click.echo(f"{walk.id} is {'listed' if is_listed else 'no longer listed'}.")


def _do(act: Callable[[Walk], None], walk_id: str, as_json: bool, message: str, done: str) -> None:
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    act(walk)
    audit_log.note(done, walk.id, who=audit_log.COMMAND)
    if as_json:
        state = {"hidden": walk.hidden_at is not None, "featured": walk.featured_at is not None}
        print_json({"id": walk.id, **state})
    else:
        click.echo(f"{walk.id} {message}")
