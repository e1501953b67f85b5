"""Commissioning a walk: save, commit, then notify the workers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.auth import visitors
from app.commissions import brought_photos, lineage_rules, scenes
from app.commissions.brought_photos import BroughtPhoto, Photos
from app.commissions.recipe_pins import PinnedSettings
from app.commissions.schema import Commission
from app.errors import InvalidInput, MomaError
from app.generation import adapters, frame_rates, loras, models_on_offer, presets, prompt_texts, sampler_settings
from app.generation.limits import SEED_MAX
from app.observability import metrics, request_ids
from app.queue import admission, fair_queue, jobs
from app.queue.fair_queue import QueueSnapshot
from app.storage.database import db, writing
from app.storage.walk_models import QUEUED, VISITOR, Stop, Walk, new_id
from app.text import folding
from app.uploads import photo_stops
from app.walks import neighbours, reuse, shapes


def place(
    wanted: Commission,
    *,
    visitor_key: str,
    network: str | None = None,
    owner: str | None = None,
    idempotency_key: str | None = None,
    pinned: PinnedSettings | None = None,
    admit: Callable[[int], None] | None = None,
    anew: bool = False,
    photos: Mapping[int, BroughtPhoto] | None = None,
    origin: str = VISITOR,
) -> tuple[Walk, bool]:
    """Save a walk, commit, and notify the workers; return it, and whether it is new.

    One that was painted before is finished at once, with the same pictures, unless it is to be painted ``anew``.
    ``network`` names whose visitors share turns, the visitor alone where it is left out. ``owner`` is the secret that
    will own the walk; without one nobody does. A repeat with the same ``idempotency_key`` returns the first walk and
    makes none. ``admit`` is called with the passes of a new walk before it is saved, and may refuse it by raising.

    :raises InvalidInput: when the key was used for something else, or the picture of a stop is not its owner's.
    """
    walk, put_in = _new_row(
        wanted, visitor_key=visitor_key, network=network, owner=owner, pinned=pinned, given=photos or {}
    )
    revision = None if anew else reuse.revision_for(walk)
    fingerprint = _hash(wanted.model_dump_json() + (pinned.model_dump_json() if pinned else ""))
    key = None if idempotency_key is None else _hash(f"{visitor_key} {idempotency_key}")
    line = fair_queue.load_snapshot() if admit else None
    put: list[str] = []
    if put_in and (key is None or _commissioned_with(db.session(), key) is None):
        put = photo_stops.put_into(walk, put_in)
    walk.idempotency_key, walk.commission_hash, walk.origin = key, fingerprint, origin
    try:
        saved, is_new = _save(walk, line, admit, revision)
    except MomaError:  # before anything was committed
        photo_stops.take_back(put)
        raise
    if not is_new or saved.repeat_of:  # which has the files of another
        photo_stops.take_back(put)
    if is_new:
        metrics.count_commission(is_repeat=bool(saved.repeat_of))
    if is_new and saved.is_waiting:
        jobs.notify_workers()
    return saved, is_new


def _save(
    walk: Walk, line: QueueSnapshot | None, admit: Callable[[int], None] | None, revision: str | None
) -> tuple[Walk, bool]:
    """Commit a walk, or find that its key was used; return the one that there is, and whether it is new."""
    key = walk.idempotency_key
    try:
        with writing() as session:
            if key and (earlier := _commissioned_with(session, key)):
                return _repeat(earlier, walk.commission_hash), False
            for name, value in fair_queue.join(session, walk).items():  # from here on nobody else takes walks down
                setattr(walk, name, value)
            original = reuse.find_original(session, walk, revision) if revision else None
            if admit:
                admission.check_storage(walk.network)
                if original is None and line is not None:
                    admission.check_line(session, walk, walk.asked, line)
                admit(0 if original else walk.asked)
            if original:
                reuse.finish_as_repeat(walk, original)
            session.add(walk)
    except IntegrityError:  # on Postgres the same key may be saved between our check and our commit
        first = _commissioned_with(db.session(), key) if key else None
        if first is None:
            raise
        return _repeat(first, walk.commission_hash), False
    return walk, True


def _commissioned_with(session: Session, key: str) -> Walk | None:
    return session.scalar(select(Walk).where(Walk.idempotency_key == key))


def _repeat(walk: Walk, fingerprint: str) -> Walk:
    if walk.commission_hash != fingerprint:
        raise InvalidInput.on(
            "Idempotency-Key", message="This Idempotency-Key was used for another walk. Send a new key with a new walk."
        )
    return walk


def _new_row(
    wanted: Commission, *, visitor_key: str, network: str | None, owner: str | None, pinned: PinnedSettings | None,
    given: Mapping[int, BroughtPhoto],
) -> tuple[Walk, Photos]:  # fmt: skip
    """Write a walk down as it was asked for, with its settings resolved; return it, and the photos of its stops."""
    parent = lineage_rules.gone_on_from(wanted)
    brought = brought_photos.of_stops(wanted, None if owner is None else visitors.digest(owner), besides=given)
    stops, photos = brought_photos.described(wanted, brought), brought_photos.read(brought)
    for index, photo in given.items():
        photos[index] = photo.data, photo.digest
        stops[index] |= {"photo": photo.digest, "cut_out": photo.cut_out}
    if 0 not in photos and (still := brought_photos.last_still(parent)):
        photos[0] = still.data, still.digest
        stops[0] |= {"photo": still.digest, "cut_out": False}
    model = _model(wanted, parent)
    preset, settings = _settings(wanted, parent, model)
    walk = Walk(
        id=new_id(),
        visitor=visitor_key,
        network=network or visitor_key,
        owner_hash=visitors.digest(owner or visitors.new_token()),
        unlisted=wanted.unlisted,
        state=QUEUED,
        request_id=request_ids.current(),
        seed=_seed(wanted, parent),
        frames=wanted.frames or _default_frames(wanted),
        fps=_frame_rate(wanted, parent),
        preset=preset,
        scheduler=settings["scheduler"],
        sampler_steps=settings["steps"],
        guidance=settings["guidance"],
        sampling=settings,
        model=model,
        ending=wanted.ending,
        easing=wanted.easing,
        continues=wanted.continues,
        remix_of=wanted.remix_of,
        stops=[Stop(position=index, **stop) for index, stop in enumerate(stops)],
    )
    brought_photos.hold_back(walk, agreed=wanted.photos_may_be_shown or not (brought or given))
    if pinned:
        walk.is_pinned = True
        for name, value in pinned.columns().items():
            setattr(walk, name, value)
    else:
        painted_by = models_on_offer.setting(model)
        learned = adapters.recorded(settings, (stop.hand for stop in walk.stops), painted_by)
        laid = loras.recorded(learned, (stop.lora for stop in walk.stops), painted_by)
        walk.sampling = prompt_texts.recorded(laid, walk.stops, painted_by)
    scenes.read_stops(walk, parent, layouts=[stop.layout for stop in wanted.stops])
    walk.words = folding.index_text(walk.searched)
    neighbours.mark(walk)
    walk.cache_key = reuse.key_of(walk)
    return walk, photos


def _model(wanted: Commission, parent: Walk | None) -> str | None:
    """Take the model that was asked for, or that of the walk gone on from as long as it is on offer."""
    if wanted.model is None and parent is not None and parent.model_name and models_on_offer.find(parent.model_name):
        return parent.model_name
    return wanted.model


def _settings(wanted: Commission, parent: Walk | None, model: str | None) -> tuple[str, dict[str, Any]]:
    """Resolve the preset that was asked for, or go on as the parent was painted, so that the films join."""
    steps, guidance, size = wanted.steps, wanted.guidance, wanted.size
    preset = str(wanted.preset or presets.DEFAULT)
    offer = models_on_offer.find(model)
    is_same_model = parent is not None and offer is not None and offer.name == parent.model_name
    if parent is not None and is_same_model and size is None:
        size = shapes.longer_side(parent)
    aspect = _aspect(wanted, parent, model)
    if wanted.preset is None and parent is not None:
        preset = parent.preset
        if is_same_model:  # another model wants its own
            steps = parent.sampler_steps if steps is None else steps
            guidance = parent.guidance if guidance is None else guidance
    return preset, sampler_settings.resolve_settings(
        preset, model, steps=steps, guidance=guidance, size=size, aspect=aspect
    )


def _aspect(wanted: Commission, parent: Walk | None, model: str | None) -> str | None:
    """Take the aspect ratio that was asked for, or that of the walk gone on from if the model paints it."""
    if wanted.aspect is not None or parent is None:
        return wanted.aspect
    aspect = shapes.aspect(parent)
    return aspect if aspect in models_on_offer.facts(models_on_offer.setting(model))["aspects"] else None


def _seed(wanted: Commission, parent: Walk | None) -> int:
    """Take the seed that was asked for, or that of the stop gone on from, or draw one."""
    if wanted.seed is not None:
        return wanted.seed
    if parent is not None and wanted.stops[0].seed is None:
        return parent.seed_of(parent.stops[-1])
    return secrets.randbelow(SEED_MAX + 1)


def _frame_rate(wanted: Commission, parent: Walk | None) -> float:
    """Take the frame rate that was asked for, or that of the walk gone on from, or the site's."""
    if wanted.fps is not None:
        return frame_rates.rounded(wanted.fps)
    if parent is not None and frame_rates.is_exact(parent.fps):
        return parent.fps
    return frame_rates.rounded(current_app.config["FPS"])


def _default_frames(wanted: Commission) -> int:
    return max(int(current_app.config["FRAMES_DEFAULT"]), len(wanted.stops))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
