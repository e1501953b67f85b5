"""Admin commands for the media store: ``flask --app wsgi media …``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from app.cli.common import Result, json_command, print_text
from app.cli.progress import Progress
from app.core.errors import ConfigError
from app.storage import media_store
from app.upkeep.maintenance import media_losses, media_move, media_upkeep
from app.upkeep.maintenance.media_losses import Loss
from app.upkeep.maintenance.media_move import MoveSummary
from app.upkeep.operations import media_colours, poster_cards

group = AppGroup("media", help="Manage the files of walks, photos and styles.")
SHOWN = 20


@group.command("prune")
@click.option("--yes", is_flag=True, help="Delete; without it, only list what would be deleted.")
@json_command
def prune(yes: bool) -> dict[str, Any]:
    """Delete files older than an hour that no walk or photo refers to."""
    with Progress() as progress:
        prune_now, find = media_upkeep.prune, media_upkeep.find_unreferenced
        found = prune_now(report=progress.report) if yes else list(find(report=progress.report))
    size = sum(file.bytes for _, file in found)
    _list_some([path for path, _ in found])
    files = f"{len(found):,} file{'' if len(found) == 1 else 's'}, {size:,} bytes"
    if yes:
        print_text(f"{files}, deleted.")
    else:
        print_text(f"{files}, would be deleted." + (" Delete them with --yes." if found else ""))
    return {"deleted": yes, "files": [path for path, _ in found], "bytes": size}


@group.command("verify")
@json_command
def verify() -> Result:
    """Check that every stored file exists and can be read; status 1 if something is lost.

    Checked are the files of walks, photos and styles, and the candidates' pictures. Unreferenced files are counted;
    media prune lists them.
    """
    files, losses = 0, list[Loss]()
    with Progress() as progress:
        of_files = media_losses.count_files()
        for looked_at, lost in media_losses.verify():
            files, losses = files + looked_at, losses + lost
            for loss in lost:
                progress.clear()
                print_text(f"{loss.path} of {loss.of} {loss.id} {loss.flaw}.")
            progress.report("files checked", files, of_files)
        superfluous = sum(1 for _ in media_upkeep.find_unreferenced(report=progress.report))
    print_text(f"{files:,} files, {len(losses):,} lost.")
    if superfluous:
        print_text(f"{superfluous:,} more that nothing names; media prune lists them.")
    lost_files = [{loss.of: loss.id, "path": loss.path, "flaw": loss.flaw} for loss in losses]
    return Result({"files": files, "lost": lost_files, "superfluous": superfluous}, 1 if losses else 0)


@group.command("mend")
@json_command
def mend() -> Result:
    """Tag the colours of MP4s from releases before 1.2, which browsers show wrongly, and make small posters for lists.

    Pictures and times stay as they are. The site may be running; the command can be interrupted and repeated. Status 1
    if a file could not be mended.
    """
    with Progress() as progress:
        found = media_colours.mend(progress.report)
        small = poster_cards.make_missing(progress.report)
    amiss = [*found.amiss, *small.amiss]
    _list_some([f"{line}." for line in amiss])
    print_text(
        f"{found.films:,} films, {found.mended:,} mended, {small.made:,} small posters made, {len(amiss):,} amiss."
    )
    summary = {"films": found.films, "mended": found.mended, "cards": small.made, "amiss": amiss}
    return Result(summary, 1 if amiss else 0)


@group.command("move")
@click.argument("to_url")
@click.option(
    "--from", "from_url", default="", help="The store to copy from, if not MOMA_MEDIA_URL; used after the switch."
)
@click.option("--check-only", is_flag=True, help="Copy nothing; compare all files, and print the differences.")
@json_command
def move(to_url: str, from_url: str, check_only: bool) -> Result:
    """Copy all files to TO_URL, a folder or a bucket; the site may be running. Status 1 if a file could not be copied.

    Files that exist there are not copied again, so the command can be interrupted and repeated. Nothing is deleted.
    """
    source = _open_store(from_url, "--from") if from_url else media_store.store()
    target = _open_store(to_url, "TO_URL")
    if (source.filesystem, source.root) == (target.filesystem, target.root):
        raise ConfigError(f"{to_url} is where the files are.")
    work = media_move.compare if check_only else media_move.move
    with Progress() as progress:
        moved = work(source, target, report=progress.report)
    _say_moved(moved, source.url, to_url, target, check_only)
    return Result({"from": source.url, "to": to_url, **asdict(moved)}, 1 if moved.amiss else 0)


def _open_store(url: str, name: str) -> media_store.MediaStore:
    store, away = media_store.open_store(url, name, is_public=bool(current_app.config["ACCEL_PREFIX"]))
    if away:
        raise ConfigError(f"{name}: {url} does not answer: {away}")
    return store


def _list_some(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        print_text(line)
    if len(lines) > SHOWN:
        print_text(f"… and {len(lines) - SHOWN:,} more")


def _say_moved(
    moved: MoveSummary, from_url: str, to_url: str, target: media_store.MediaStore, check_only: bool
) -> None:
    _list_some([f"{line}." for line in moved.amiss])
    done = "compared" if check_only else f"{moved.copied:,} copied ({moved.copied_bytes:,} bytes)"
    print_text(f"{moved.files:,} files, {moved.bytes:,} bytes, {done}, {len(moved.amiss):,} amiss.")
    if check_only or moved.amiss:
        return
    if to_url.rstrip("/") != current_app.config["MEDIA_URL"].rstrip("/"):
        prefix = "_media" if target.is_local else "_bucket"
        behind = f', and accel_prefix = "/{prefix}/"' if current_app.config["ACCEL_PREFIX"] else ""
        print_text(f'Now set media_url = "{to_url}"{behind}; restart web and workers. Then copy what came in between:')
        print_text(f"flask --app wsgi media move {to_url} --from {from_url}")
    else:
        print_text(f"What is at {from_url} was left as it is. When media verify finds nothing lost, delete it by hand.")
