"""The row of a walk and the request for it, each made from the other: the only place where both are named.

A row holds what was resolved, so the request made from it says all that was left open in the first one. Requests for
the same walk again, in another style or size, or on from its end, are copies of it with other values.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from flask import current_app

from app.core.models.aspects import SQUARE
from app.offer.generation import frame_rates, offers, sampler_settings, walk_styles
from app.offer.generation.model_styles import ModelStyle
from app.requests.walk_requests import walk_sounds
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.walk_request import SETTINGS, USUAL, WalkRequest
from app.storage.walk_models import Stop, StopOptions, Walk
from app.walks.saved import neighbours, shapes

COLUMNS = {name: setting.column or name for name, setting in SETTINGS.items() if setting.column is not None}
"""The column of each setting that a row holds as it was requested."""
_columns = attrgetter(*COLUMNS.values())


def settings_of(walk: Walk) -> dict[str, Any]:
    """Return the settings of a walk by their names, as its row holds them."""
    return dict(zip(COLUMNS, _columns(walk), strict=True)) | {"size": _size(walk), "aspect": shapes.aspect(walk)}


def _size(walk: Walk) -> int | None:
    """Return the longer side of a walk's pictures; of one that was not rendered yet, if it is not the model's own."""
    side, times = shapes.longer_side(walk), shapes.enlargement(walk)
    if side is not None or times == 1:
        return side
    own = offers.current().get(walk.model).facts.size
    return None if own is None else own * times


def request_of(walk: Walk) -> WalkRequest:
    """Return the request for exactly this walk: with its seeds and scenes, and its photos and sound by their digests.

    It is not validated: a walk stays as it is when limits and models change.
    """
    sound = walk_sounds.requested(walk)
    settings = settings_of(walk) | {"fps": frame_rates.requestable(walk.fps)}
    if sound is not None:
        settings["frames"] = walk.sound_pictures or walk.frames
    stops = [stop_request_of(stop) for stop in walk.stops]
    return WalkRequest.model_construct(stops=stops, sound=sound, **settings)


def remade(walk: Walk) -> WalkRequest:
    """Return the request for the same walk as a remix of it, which continues no other."""
    return request_of(walk).model_copy(update={"remix_of": walk.id, "continues": None})


def unusual_settings(request: WalkRequest) -> dict[str, Any]:
    """Return the settings of a request by name, without those that it would have if it left them out."""
    offer = offers.current().get(request.model)
    sampling = sampler_settings.resolve_settings(offer, request.preset)
    defaults = dict(USUAL) | {name: sampling[name] for name in ("steps", "guidance")}
    defaults |= {"fps": frame_rates.rounded(current_app.config["FPS"]), "aspect": SQUARE}
    given = {name: getattr(request, name) for name in SETTINGS}
    if request.size not in offer.facts.sizes[1:]:
        given["size"] = None
    return {name: value for name, value in given.items() if value not in (None, defaults[name])}


def stop_request_of(stop: Stop) -> StopRequest:
    """Return the request for exactly this stop; its scene holds its layout."""
    return StopRequest.model_construct(
        prompt=stop.prompt,
        negative_prompt=stop.negative_prompt,
        seed=stop.seed,
        hand=stop.requested_style or None,
        scene=stop.scene,
        picture=stop.photo,
        cut_out=bool(stop.cut_out),
        **{name: getattr(stop, name) for name in StopOptions.names()},
    )


def joining_stop(stop: Stop) -> dict[str, Any]:
    """Return what a stop and the first one of a walk on from it have in common, as a request's JSON: all but the seed.

    Its scene and its picture come from the walk itself.
    """
    same = {"prompt": stop.prompt, "negative_prompt": stop.negative_prompt, "hand": stop.requested_style or None}
    return same | stop.options.seen()


def new_walk(request: WalkRequest, *, pinned: PinnedSettings | None = None, **columns: Any) -> Walk:
    """Return the row of a request in which nothing is left open; it is not saved.

    ``columns`` are those that no request names, or that override it; ``pinned`` settings of a recipe override both.
    """
    settings = {column: getattr(request, name) for name, column in COLUMNS.items()}
    fixed = {} if pinned is None else {"is_pinned": True} | pinned.columns()
    stops = [Stop(position=index, **stop.row()) for index, stop in enumerate(request.stops)]
    return Walk(**{"stops": stops} | settings | walk_sounds.recorded_columns(request.sound) | columns | fixed)


def record_stops(walk: Walk, known: Sequence[ModelStyle]) -> None:
    """Record on a new row what follows from its stops: their styles among those ``known``, its words, its neighbours.

    The words are those by which a search finds it.
    """
    walk_styles.record(walk, known)
    walk.search_text = walk.search_words
    neighbours.mark(walk)
