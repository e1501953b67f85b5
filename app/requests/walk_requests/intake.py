"""Intake of requests for walks: save, commit, then notify the workers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.auth import visitors
from app.access.observability import metrics, request_ids
from app.core.errors import InvalidInput, MomaError
from app.offer.generation import frame_rates, presets, prompt_texts, sampler_settings, walk_styles
from app.offer.generation.limits import SEED_MAX
from app.requests.walk_requests import brought_photos, lineage_rules, scenes, walk_sounds
from app.requests.walk_requests.brought_photos import Photos, UploadedPhoto
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.walk_request import WalkRequest
from app.requests.walk_requests.walk_sounds import FoundSound
from app.storage.database import db, writing
from app.storage.walk_models import QUEUED, VISITOR, Stop, Walk, new_id
from app.walks.queue import admission, fair_queue, jobs
from app.walks.queue.fair_queue import QueueSnapshot
from app.walks.saved import neighbours, reuse, shapes
from app.walks.uploads import photo_stops


def place(
    request: WalkRequest,
    *,
    visitor_key: str,
    network: str | None = None,
    owner: str | None = None,
    idempotency_key: str | None = None,
    pinned: PinnedSettings | None = None,
    admit: Callable[[int], None] | None = None,
    check: Callable[[int], None] | None = None,
    skip_cache: bool = False,
    photos: Mapping[int, UploadedPhoto] | None = None,
    origin: str = VISITOR,
    notes: Mapping[int, Sequence[str]] | None = None,
) -> tuple[Walk, bool]:
    """Save a walk, commit, and notify the workers; return the walk, and whether it is new.

    A walk that was rendered before is finished at once with the cached result, unless ``skip_cache`` is true.
    ``network`` is the network whose visitors share turns; by default it is the visitor alone. ``owner`` is the owner's
    secret; without it the walk has no owner. A repeat with the same ``idempotency_key`` returns the first walk and
    creates none. ``notes`` are those on the stops whose scene was interpreted from their prompt before, by index.
    ``admit`` is called with the UNet evaluations of a new walk before it is saved, and may refuse the
    walk by raising; ``check`` likewise, which counts nothing, before a photo or a sound is copied for it.

    :raises InvalidInput: when the key was used for another walk, a stop's picture or the sound is not the owner's, the
        sound does not last for the stops, or a stop is read as the same picture as the one before.
    """
    walk, photo_files, sound = _new_row(
        request,
        visitor_key=visitor_key,
        network=network,
        owner=owner,
        pinned=pinned,
        given=photos or {},
        notes=notes,
        origin=origin,
    )
    revision = None if skip_cache else reuse.revision_for(walk, request.offer.name)
    fingerprint = _hash(request.model_dump_json() + (pinned.model_dump_json() if pinned else ""))
    key = None if idempotency_key is None else _hash(f"{visitor_key} {idempotency_key}")
    line = fair_queue.load_snapshot() if admit else None
    paths: list[str] = []
    if (photo_files or sound) and (key is None or _find_by_key(db.session(), key) is None):
        if check:
            _check_room(walk, line, check, asked=0 if revision else fair_queue.count_evaluations(walk))
        paths = photo_stops.attach(walk, photo_files)
        if sound is not None:
            paths += walk_sounds.attach(walk, sound)
    walk.idempotency_key, walk.commission_hash, walk.origin = key, fingerprint, origin
    try:
        saved, is_new = _save(walk, line, admit, revision)
    except MomaError:  # before anything was committed
        photo_stops.delete_files(paths)
        raise
    if not is_new or saved.repeat_of:  # which has the files of another
        photo_stops.delete_files(paths)
    if is_new:
        metrics.count_request(is_repeat=bool(saved.repeat_of))
    if is_new and saved.is_waiting:
        jobs.notify_workers()
    return saved, is_new


def _save(
    walk: Walk, line: QueueSnapshot | None, admit: Callable[[int], None] | None, revision: str | None
) -> tuple[Walk, bool]:
    """Commit a walk, unless its key was used before; return the saved walk, and whether it is new."""
    key = walk.idempotency_key
    try:
        with writing() as session:
            if key and (first_walk := _find_by_key(session, key)):
                return _repeat(first_walk, walk.commission_hash), False
            for name, value in fair_queue.enqueue(session, walk).items():  # from here on no walk can be deleted
                setattr(walk, name, value)
            original = reuse.find_original(session, walk, revision) if revision else None
            if admit:
                admission.check_storage(walk.network)
                if original is None and line is not None:
                    admission.check_queue(session, walk, walk.asked, line)
                admit(0 if original else walk.asked)
            if original:
                reuse.finish_as_repeat(walk, original)
            session.add(walk)
    except IntegrityError:  # on Postgres the same key may be saved between our check and our commit
        first = _find_by_key(db.session(), key) if key else None
        if first is None:
            raise
        return _repeat(first, walk.commission_hash), False
    return walk, True


def _check_room(walk: Walk, line: QueueSnapshot | None, check: Callable[[int], None], *, asked: int) -> None:
    """Check that a walk of ``asked`` UNet evaluations would be admitted, before its files are copied.

    :raises NoRoom: when it would not be. `_save` decides, alone with the queue.
    """
    admission.check_storage(walk.network)
    if asked and line is not None:
        admission.check_queue(db.session(), walk, asked, line)
    check(asked)


def _find_by_key(session: Session, key: str) -> Walk | None:
    return session.scalar(select(Walk).where(Walk.idempotency_key == key))


def _repeat(walk: Walk, fingerprint: str) -> Walk:
    if walk.commission_hash != fingerprint:
        raise InvalidInput.on(
            "Idempotency-Key", message="This Idempotency-Key was used for another walk. Send a new key with a new walk."
        )
    return walk


def _new_row(
    request: WalkRequest, *, visitor_key: str, network: str | None, owner: str | None, pinned: PinnedSettings | None,
    given: Mapping[int, UploadedPhoto], notes: Mapping[int, Sequence[str]] | None, origin: str,
) -> tuple[Walk, Photos, FoundSound | None]:  # fmt: skip
    """Return a new walk row with its settings resolved, the photos of its stops, and its sound."""
    parent = lineage_rules.continued_walk(request)
    owners = () if owner is None else visitors.owners_of(owner)
    sound = walk_sounds.find(request, owners)
    uploaded = brought_photos.find_for_stops(request, owners, excluding=given)
    stops, photos = brought_photos.stop_rows(request, uploaded), brought_photos.read_files(uploaded)
    for index, photo in given.items():
        photos[index] = photo.data, photo.digest
        stops[index] |= {"photo": photo.digest, "cut_out": photo.cut_out}
    if 0 not in photos and (still := brought_photos.last_still(parent)):
        photos[0] = still.data, still.digest
        stops[0] |= {"photo": still.digest, "cut_out": False}
    model = _model(request, parent)
    preset, settings = _settings(request, parent)
    walk = Walk(
        id=new_id(),
        visitor=visitor_key,
        network=network or visitor_key,
        owner_hash=next(iter(owners), visitors.digest(visitors.new_token())),
        unlisted=request.unlisted,
        state=QUEUED,
        request_id=request_ids.current(),
        seed=_seed(request, parent),
        frames=request.frames or _default_frames(request),
        fps=_frame_rate(request, parent),
        preset=preset,
        scheduler=settings["scheduler"],
        sampler_steps=settings["steps"],
        guidance=settings["guidance"],
        sampling=settings,
        model=model,
        ending=request.ending,
        easing=request.easing,
        continues=request.continues,
        remix_of=request.remix_of,
        stops=[Stop(position=index, **stop) for index, stop in enumerate(stops)],
    )
    walk.publish_sound = request.publish_sound and sound is not None
    walk_sounds.record(walk, request, sound, pinned)
    brought_photos.apply_consent(walk, agreed=request.photos_may_be_shown or not (uploaded or given))
    if pinned:
        walk.is_pinned = True
        for name, value in pinned.columns().items():
            setattr(walk, name, value)
    else:
        walk.sampling = prompt_texts.record(settings, walk.stops, request.offer)
    scenes.read_stops(
        walk,
        request.offer,
        parent,
        layouts=[stop.layout for stop in request.stops],
        notes=notes,
        may_stand_still=origin != VISITOR,
    )
    walk_styles.record(walk, request.offer.styles)
    walk.words = walk.search_words
    neighbours.mark(walk)
    walk.cache_key = reuse.key_of(walk, request.offer.name)
    return walk, photos, sound


def _model(request: WalkRequest, parent: Walk | None) -> str | None:
    """Return the requested model, or that of the continued walk while it is on offer."""
    if request.model is None and parent is not None and parent.model_name == request.offer.name:
        return parent.model_name
    return request.model


def _settings(request: WalkRequest, parent: Walk | None) -> tuple[str, dict[str, Any]]:
    """Return the resolved preset and settings; a continued walk's settings are the defaults, so that the films join."""
    steps, guidance, size = request.steps, request.guidance, request.size
    preset = str(request.preset or presets.DEFAULT)
    is_same_model = parent is not None and request.offer.name == parent.model_name
    if parent is not None and is_same_model and size is None:
        size = shapes.longer_side(parent)
    aspect = _aspect(request, parent)
    if request.preset is None and parent is not None:
        preset = parent.preset
        if is_same_model:  # another model wants its own
            steps = parent.sampler_steps if steps is None else steps
            guidance = parent.guidance if guidance is None else guidance
    return preset, sampler_settings.resolve_settings(
        request.offer, preset, steps=steps, guidance=guidance, size=size, aspect=aspect
    )


def _aspect(request: WalkRequest, parent: Walk | None) -> str | None:
    """Return the requested aspect ratio, or that of the continued walk if the model supports it."""
    if request.aspect is not None or parent is None:
        return request.aspect
    aspect = shapes.aspect(parent)
    return aspect if aspect in request.offer.facts.aspects else None


def _seed(request: WalkRequest, parent: Walk | None) -> int:
    """Return the requested seed, or that of the continued walk's last stop, or a random one."""
    if request.seed is not None:
        return request.seed
    if parent is not None and request.stops[0].seed is None:
        return parent.seed_of(parent.stops[-1])
    return secrets.randbelow(SEED_MAX + 1)


def _frame_rate(request: WalkRequest, parent: Walk | None) -> float:
    """Return the requested frame rate, or that of the continued walk, or the site's default."""
    if request.fps is not None:
        return frame_rates.rounded(request.fps)
    if parent is not None and frame_rates.is_exact(parent.fps):
        return parent.fps
    return frame_rates.rounded(current_app.config["FPS"])


def _default_frames(request: WalkRequest) -> int:
    return max(int(current_app.config["FRAMES_DEFAULT"]), len(request.stops))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
