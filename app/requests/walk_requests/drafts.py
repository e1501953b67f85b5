"""Drafts of walks: what a request leaves open is resolved, and its prompts are read, before the queue takes it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.access.auth import visitors
from app.access.observability import request_ids
from app.offer.generation import frame_rates, prompt_texts, sampler_settings
from app.offer.generation.limits import SEED_MAX
from app.requests.walk_requests import brought_photos, lineage_rules, scenes, walk_rows, walk_sounds
from app.requests.walk_requests.brought_photos import Photos, UploadedPhoto
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.walk_request import SETTINGS, USUAL, WalkRequest
from app.requests.walk_requests.walk_sounds import FoundSound
from app.storage.upload_models import Upload
from app.storage.walk_models import QUEUED, VISITOR, Walk, new_id
from app.walks.saved import reuse, shapes


@dataclass(frozen=True, slots=True)
class Draft:
    """A walk that is not saved yet, the model that it is for, and the photos and the sound to copy for it."""

    walk: Walk
    model: str
    photos: Photos
    sound: FoundSound | None


def draft(
    request: WalkRequest,
    *,
    visitor_key: str,
    network: str | None = None,
    owner: str | None = None,
    pinned: PinnedSettings | None = None,
    photos: Mapping[int, UploadedPhoto] | None = None,
    origin: str = VISITOR,
    notes: Mapping[int, Sequence[str]] | None = None,
) -> Draft:
    """Return the draft of a requested walk; nothing is stored.

    ``network`` is the network whose visitors share turns; by default it is the visitor alone. ``owner`` is the owner's
    secret; without it the walk has no owner. ``photos`` are those that the site attaches to stops itself, by index.
    ``notes`` are those on the stops whose scene was interpreted from their prompt before, by index.

    :raises InvalidInput: when a stop's picture or the sound is not the owner's, the sound does not last for the stops,
        or a stop is read as the same picture as the one before.
    """
    parent = lineage_rules.continued_walk(request)
    owners = () if owner is None else visitors.owners_of(owner)
    sound = walk_sounds.find(request, owners)
    uploaded, given = brought_photos.find_for_stops(request, owners, excluding=photos or {}), photos or {}
    resolved, files = _with_photos(_resolved(request, parent), uploaded, given, parent)
    settings = sampler_settings.resolve_settings(
        request.offer,
        resolved.preset,
        steps=resolved.steps,
        guidance=resolved.guidance,
        size=resolved.size,
        aspect=resolved.aspect,
    )
    walk = walk_rows.new_walk(
        resolved.model_copy(update={"steps": settings["steps"], "guidance": settings["guidance"]}),
        pinned=pinned,
        id=new_id(),
        visitor=visitor_key,
        network=network or visitor_key,
        origin=origin,
        owner_hash=next(iter(owners), visitors.digest(visitors.new_token())),
        request_hash=request.fingerprint(pinned),
        request_id=request_ids.current(),
        state=QUEUED,
        scheduler=settings["scheduler"],
        sampling=settings,
        publish_sound=request.publish_sound and sound is not None,
    )
    walk_sounds.record(walk, request, sound, pinned)
    brought_photos.apply_consent(walk, agreed=request.photos_may_be_shown or not (uploaded or given))
    if pinned is None:
        walk.sampling = prompt_texts.record(settings, walk.stops, request.offer)
    scenes.read_stops(
        walk,
        request.offer,
        parent,
        layouts=[stop.layout for stop in request.stops],
        notes=notes,
        may_stand_still=origin != VISITOR,
    )
    walk_rows.record_stops(walk, request.offer.styles)
    walk.cache_key = reuse.key_of(walk, request.offer.name)
    return Draft(walk, request.offer.name, files, sound)


def _resolved(request: WalkRequest, parent: Walk | None) -> WalkRequest:
    """Return a request with the settings that it leaves open: those of the continued walk, or else the usual ones."""
    found = {name: getattr(request, name) for name in SETTINGS}
    if parent is not None:
        found |= _of_parent(request, parent)
    if found["seed"] is None:
        found["seed"] = secrets.randbelow(SEED_MAX + 1)
    found["frames"] = request.frames or max(int(current_app.config["FRAMES_DEFAULT"]), len(request.stops))
    found["fps"] = frame_rates.rounded(found["fps"] or current_app.config["FPS"])
    return request.model_copy(update={name: USUAL[name] if value is None else value for name, value in found.items()})


def _of_parent(request: WalkRequest, parent: Walk) -> dict[str, Any]:
    """Return the settings that a walk takes over from the one that it continues, so that the films join."""
    own = {"frames", "continues", "remix_of"}
    if request.stops[0].seed is not None:
        own.add("seed")
    if not frame_rates.is_exact(parent.fps):
        own.add("fps")
    if shapes.aspect(parent) not in request.offer.facts.aspects:
        own.add("aspect")
    if parent.model_name != request.offer.name:  # another model wants its own
        own |= {"model", "size", "steps", "guidance"}
    elif request.preset is not None:
        own |= {"steps", "guidance"}
    earlier = walk_rows.settings_of(parent)
    earlier |= {"seed": parent.seed_of(parent.stops[-1]), "model": parent.model_name}
    return {name: value for name, value in earlier.items() if name not in own and getattr(request, name) is None}


def _with_photos(
    request: WalkRequest, uploaded: Mapping[int, Upload], given: Mapping[int, UploadedPhoto], parent: Walk | None
) -> tuple[WalkRequest, Photos]:
    """Return the request with its photos named by their digests, and their files by the stops' indexes.

    A stop without a prompt takes its photo's description. Without a photo of its own, the first stop of a walk that
    continues another has the last picture of that, if that was made from a photo.
    """
    files, stops = brought_photos.read_files(uploaded), list(request.stops)
    for index, photo in uploaded.items():
        words = stops[index].prompt or photo.description or ""
        stops[index] = stops[index].model_copy(update={"picture": photo.digest, "prompt": words})
    for index, each in given.items():
        files[index] = each.data, each.digest
        stops[index] = stops[index].model_copy(update={"picture": each.digest, "cut_out": each.cut_out})
    if 0 not in files and (still := brought_photos.last_still(parent)):
        files[0] = still.data, still.digest
        stops[0] = stops[0].model_copy(update={"picture": still.digest, "cut_out": False})
    return request.model_copy(update={"stops": stops}), files
