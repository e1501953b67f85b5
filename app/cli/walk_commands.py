"""Admin commands for walks, except the list: ``flask --app wsgi walks …``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.access.auth import visitors
from app.access.observability import live_view, overview
from app.cli import candidates, uploads
from app.cli.common import json_command, print_text, wants_json
from app.cli.walks import COMMANDS, FILES
from app.collection.moderation import audit_log
from app.collection.moderation.audit_log import COMMAND
from app.core.errors import InvalidInput, MediaError, MomaError
from app.offer.generation import walk_styles
from app.requests.walk_requests import drafts, intake, recipe, repainting, walk_rows
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.sound_request import WAYS
from app.requests.walk_requests.validation import validate
from app.requests.walk_requests.walk_request import SETTINGS, WalkRequest
from app.site.presentation import walk_description
from app.storage import media_store
from app.storage.upload_models import Upload
from app.storage.walk_models import FINISHED, Walk
from app.upkeep.processes.local_worker import provide_worker, wait_for_upload, wait_for_walk
from app.walks.saved import film_formats, film_recipes, lifecycle, lookup
from app.walks.uploads import kinds

WORD = "command line"
KINDS = {f".{each.extension}": each.kind for each in film_formats.FORMATS}

group = AppGroup("walks", help="Create, show and manage walks.")


def _setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each setting of a walk that has one."""
    for name, setting in reversed([*SETTINGS.items()]):
        if setting.option:
            kind: Any = click.Choice(setting.values) if setting.values else setting.kind
            how = {"is_flag": True} if kind is bool else {"type": kind}
            command = click.option(f"--{name.replace('_', '-')}", help=setting.option, **how)(command)
    return command


@group.command("create")
@click.argument("prompts", nargs=-1)
@click.option("--photo", "photos", metavar="[STOP=]FILE", multiple=True,
              help="A picture as the stop of this number, or as the last; PROMPTS are the other stops. "
                   "With --recipe, a picture that the recipe refers to.")  # fmt: skip
@click.option("--cut-out", is_flag=True, help="Use only the main subject of each picture, cut out along its outline.")
@click.option("--sound", "sound_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A sound that the film is set to. With --recipe, the sound that the recipe refers to.")  # fmt: skip
@click.option("--start", type=float, help="Where the part of the sound begins, in seconds.")
@click.option("--length", type=float, help="How long the part and the film are, in seconds; by default 15.")
@click.option("--way", type=click.Choice(WAYS), help="How the walk follows the sound; steady by default.")
@click.option("--at", "times", metavar="SECONDS", multiple=True,
              help="When the film reaches a stop; given for each in their order, - for on a beat.")  # fmt: skip
@_setting_options
@click.option("--stop-seed", "stop_seeds", type=int, multiple=True,
              help="The seed of a stop; given once for each, in their order.")  # fmt: skip
@click.option("--pick", "picks", metavar="PICTURE", multiple=True,
              help="A candidate for a stop, as `walks candidates` names it; once for each, - for none.")  # fmt: skip
@click.option("--leave-out", default="", help="The negative prompt of every stop.")
@click.option("--hand", "style", help="The style of every stop, such as linocut; it may also end a prompt.")
@click.option("--lora", "loras", metavar="NAME[=WEIGHT]", multiple=True,
              help="The LoRA of every stop, its weight from -2 to 2; or given once for each, - for none.")  # fmt: skip
@click.option("--clip-skip", type=int, help="How many of the text encoder's last layers to skip.")
@click.option("--layout", help="The layout of every stop: auto, or one that the style offers, such as grid.")
@click.option("--continue", "continues", metavar="WALK_ID",
              help="Begin at the last stop of a finished walk; PROMPTS are the stops that follow.")  # fmt: skip
@click.option("--anew", "skip_cache", is_flag=True, help="Render it even if an identical walk is finished.")
@click.option("--recipe", "recipe_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help=f"Render again from a recipe, or from a {film_formats.LISTED} made here.")  # fmt: skip
@click.option("--wait", is_flag=True, help="Wait until it is finished.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help=f"Write the {FILES} there; waits.")  # fmt: skip
@json_command
def create(
    prompts: tuple[str, ...],
    recipe_file: Path | None,
    skip_cache: bool,
    unlisted: bool,
    wait: bool,
    out: Path | None,
    photos: tuple[str, ...],
    cut_out: bool,
    sound_file: Path | None,
    **options: Any,
) -> dict[str, Any]:
    """Request a walk between PROMPTS. If no site is running, Redis and a worker are started for the duration."""
    if out:
        _check_out(out)
    owner = visitors.new_token()
    sound = None if sound_file is None else uploads.upload(kinds.OF_WALKS, sound_file, owner)
    if recipe_file:
        agreed, may_publish = options.pop("photos_may_be_shown"), options.pop("publish_sound")
        _refuse_options(prompts, options | {"cut_out": cut_out})
        wanted, pinned = _read_recipe(recipe_file)
        wanted.unlisted, wanted.photos_may_be_shown, wanted.publish_sound = unlisted, agreed, may_publish
        _check_sound(sound, wanted, sound_file, "recipe names")
        uploads.upload_for_recipe(wanted, photos, owner)
    else:
        times = options.pop("times")
        request = _build_request(prompts, sound=sound, has_times=bool(times), **options) | {"unlisted": unlisted}
        uploads.put_photos(request, photos, cut_out=cut_out, owner=owner)
        uploads.put_times(request["stops"], times)  # last, because pictures are stops too
        wanted, pinned = validate(request), None
    unread = uploads.unread(owner, sound_file, *photos)
    return _submit(wanted, owner=owner, pinned=pinned, skip_cache=skip_cache, wait=wait, out=out, unread=unread)


group.add_command(candidates.command)


@group.command("repaint")
@click.argument("walk_id")
@click.option("--style", required=True, help="The style, by its name in `flask styles list`.")
@click.option("--anew", "skip_cache", is_flag=True, help="Render it even if an identical walk is finished.")
@click.option("--unlisted", is_flag=True, default=None, help="Keep it out of the gallery; by default as the walk is.")
@click.option("--sound", "sound_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The walk's sound, needed where its owner did not say that it may be published.")  # fmt: skip
@click.option("--publish-sound", is_flag=True, help="You may publish the sound; else the walk is unlisted.")
@click.option("--wait", is_flag=True, help="Wait until it is finished.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help=f"Write the {FILES} there; waits.")  # fmt: skip
@json_command
def repaint(
    walk_id: str,
    style: str,
    skip_cache: bool,
    unlisted: bool | None,
    sound_file: Path | None,
    publish_sound: bool,
    wait: bool,
    out: Path | None,
) -> dict[str, Any]:
    """Render a finished walk again in another style, with the same sketches, noise and seeds."""
    if out:
        _check_out(out)
    owner = visitors.new_token()
    wanted = repainting.restyled_request(lookup.walk_at_address(walk_id), style, unlisted=unlisted)
    wanted.publish_sound = publish_sound
    sound = None if sound_file is None else uploads.upload(kinds.OF_WALKS, sound_file, owner)
    _check_sound(sound, wanted, sound_file, "walk has")
    unread = uploads.unread(owner, sound_file)
    return _submit(wanted, owner=owner, pinned=None, skip_cache=skip_cache, wait=wait, out=out, unread=unread)


@group.command("top")
@click.option("--once", is_flag=True, help="Print the overview once.")
@click.option("--seconds", type=click.FloatRange(0.2, 3600), default=1.0, help="Interval between two updates.")
@json_command
def top(once: bool, seconds: float) -> dict[str, Any] | None:
    """Show the queue and what each worker does, live; quit with q or Ctrl-C."""
    if not (once or wants_json()):
        live_view.watch(seconds)
        return None
    shown = overview.collect()
    print_text("\n".join(live_view.lines(shown, width=shutil.get_terminal_size().columns)))
    return overview.as_json(shown)


@group.command("show")
@click.argument("walk_id")
@json_command
def show(walk_id: str) -> dict[str, Any]:
    """Show one walk."""
    return _show(lookup.walk_at_address(walk_id, even_hidden=True))


@group.command("retry")
@click.argument("walk_id")
@json_command
def retry(walk_id: str) -> dict[str, Any]:
    """Put a failed or cancelled walk back into the queue."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    lifecycle.retry(walk)
    audit_log.note("put walk back in line", walk.id, who=COMMAND)
    return _show(walk)


@group.command("cancel")
@click.argument("walk_id")
@json_command
def cancel(walk_id: str) -> dict[str, Any]:
    """Cancel a walk that is queued or being rendered."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    lifecycle.cancel(walk)
    audit_log.note("cancelled walk", walk.id, who=COMMAND)
    return _show(walk)


@group.command("delete")
@click.argument("walk_id")
@json_command
def delete(walk_id: str) -> dict[str, Any]:
    """Delete a walk with its pictures and prompts."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    lifecycle.delete_walk(walk, by_operator=True)
    audit_log.note("deleted walk", walk.id, who=COMMAND)
    print_text(f"{walk_id} was taken down.")
    return {"id": walk_id, "deleted": True}


@group.command("export", help=COMMANDS["export"].help)
@click.argument("walk_id")
@click.argument("out", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@json_command
def export(walk_id: str, out: Path) -> dict[str, Any]:
    """Write a finished walk's film, poster or recipe to OUT."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    _check_out(out)
    _write(walk, out)
    print_text(f"{out}: {out.stat().st_size:,} bytes")
    return {"id": walk.id, "out": str(out), "bytes": out.stat().st_size}


def _submit(
    wanted: WalkRequest,
    *,
    owner: str,
    pinned: PinnedSettings | None,
    skip_cache: bool,
    wait: bool,
    out: Path | None,
    unread: Sequence[Upload],
) -> dict[str, Any]:
    """Request a walk and show it; with ``wait`` or ``out``, wait for it first and write its film to ``out``.

    A worker must have read its ``unread`` uploads first.
    """
    with provide_worker(needed=wait or out is not None or bool(unread)) as tend:
        for each in unread:
            wait_for_upload(each, tend)
        draft = drafts.draft(wanted, visitor_key=visitors.digest(WORD), owner=owner, pinned=pinned)
        walk, _ = intake.submit(draft, skip_cache=skip_cache)
        if wait or out:
            walk = wait_for_walk(walk, tend, quiet=wants_json())
            if walk.state != FINISHED:
                raise MomaError(f"The walk {walk.id} ended as {walk.state}. {walk.error or ''}".strip())
        if out:
            _write(walk, out)
    return _show(walk)


def _check_sound(sound: Upload | None, wanted: WalkRequest, file: Path | None, subject: str) -> None:
    if sound and (wanted.sound is None or wanted.sound.id != sound.digest):
        raise InvalidInput.on("sound", message=f"The {subject} another sound than {file}, or none.")


def _check_out(out: Path) -> None:
    if out.suffix.lower() not in (*KINDS, ".json"):
        raise InvalidInput.on("out", message=f"{out} must end in {', '.join(KINDS)} or .json.")
    if not out.parent.is_dir():
        raise InvalidInput.on("out", message=f"There is no folder {out.parent} to write {out.name} to.")


def _build_request(
    prompts: tuple[str, ...],
    *,
    leave_out: str,
    style: str | None,
    layout: str | None,
    clip_skip: int | None,
    loras: tuple[str, ...],
    stop_seeds: tuple[int, ...],
    picks: tuple[str, ...],
    sound: Upload | None,
    start: float | None,
    length: float | None,
    way: str | None,
    has_times: bool,
    **settings: Any,
) -> dict[str, Any]:
    """Return the options as an unchecked request for a walk; missing ones keep their defaults."""
    if stop_seeds and len(stop_seeds) != len(prompts):
        raise InvalidInput.on("stop-seed", message="Give --stop-seed once for each prompt, or not at all.")
    shared = {"negative_prompt": leave_out, "hand": style, "layout": layout, "clip_skip": clip_skip}
    seeds = stop_seeds or (None,) * len(prompts)
    stops = [{"prompt": prompt, "seed": seed, **shared} for prompt, seed in zip(prompts, seeds, strict=True)]
    for stop, fields in zip(stops, candidates.parse_picks(picks, prompts), strict=False):
        stop.update(fields)
    for stop, fields in zip(stops, _loras(loras, len(prompts)), strict=False):
        stop.update(fields)
    if settings["continues"]:
        parent = lookup.walk_at_address(settings["continues"])
        settings["continues"] = parent.id
        last = parent.stops[-1]
        stops.insert(0, walk_rows.joining_stop(last) | {"seed": parent.seed_of(last)})
    part = {"start": start, "length": length, "way": way}
    given = {name: value for name, value in part.items() if value is not None}
    if sound is None and (given or has_times):
        raise InvalidInput.on("sound", message="Give the sound with --sound, or no part, way and times of one.")
    if sound is not None:
        settings["sound"] = {"id": sound.id, **given}
    return {"stops": stops, **{name: value for name, value in settings.items() if value is not None}}


def _loras(loras: tuple[str, ...], count: int) -> list[dict[str, Any]]:
    """Return the LoRA of each stop from the values of --lora; an empty dictionary for none."""
    if len(loras) not in (0, 1, count):
        raise InvalidInput.on("lora", message="Give --lora once for all stops, or once for each prompt.")
    found = []
    for text in loras * count if len(loras) == 1 else loras:
        name, sign, weight = text.partition("=")
        try:
            fields = {"lora_weight": float(weight)} if sign else {}
        except ValueError as error:
            raise InvalidInput.on("lora", message=f"{text:.80}: the weight must be a number from -2 to 2.") from error
        found.append({} if name == candidates.NONE else {"lora": name, **fields})
    return found


def _refuse_options(prompts: tuple[str, ...], options: dict[str, Any]) -> None:
    if prompts or any(value not in (None, "", ()) and value is not False for value in options.values()):
        raise InvalidInput.on("recipe", message="A recipe says all: give no prompts and none of their options with it.")


def _read_recipe(file: Path) -> tuple[WalkRequest, PinnedSettings]:
    try:
        with file.open("rb") as opened, film_recipes.mapped(opened) as content:
            return recipe.read_upload(content)
    except OSError as error:
        raise InvalidInput.on("recipe", message=f"{file} cannot be read: {error.strerror or error}.") from error


def _write(walk: Walk, out: Path) -> None:
    if out.suffix.lower() == ".json":
        data = (json.dumps(recipe.recipe_of(walk), indent=2, ensure_ascii=False) + "\n").encode()
    else:
        data = _film(walk, KINDS[out.suffix.lower()])
    try:
        out.write_bytes(data)
    except OSError as error:
        raise MediaError(f"{out} cannot be written: {error.strerror or error}") from error


def _film(walk: Walk, kind: str) -> bytes:
    medium = walk.media.get(kind)
    if medium is None:
        raise MediaError(f"The walk {walk.id} has no {kind} yet; it is {walk.state}.")
    return media_store.store().read_bytes(medium.path)


def _show(walk: Walk) -> dict[str, Any]:
    print_text(f"{walk.title}\n  {walk.state}, {walk.painted_count} of {walk.frames} frames, seed {walk.seed}")
    print_text(f"  {walk.url}" + (", hidden" if walk.hidden_at else ""))
    if walk.error:
        print_text(f"  {walk.error}")
    if styles := walk_styles.words_in(walk):
        print_text(f"  style: {', '.join(styles)}")
    for stop in walk.stops:
        if stop.note:
            print_text(f"  {stop.prompt:.60}: {stop.note}")
    return walk_description.describe(walk) | {"hidden": walk.hidden_at is not None}
