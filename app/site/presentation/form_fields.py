"""Fill the fields of the form from a walk or its recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from flask import current_app
from pydantic_core import from_json

from app.core.models.aspects import SQUARE
from app.offer.generation import frame_rates, offers, presets, sampler_settings
from app.requests.walk_requests import layouts, walk_sounds
from app.requests.walk_requests.sound_request import SoundRequest
from app.requests.walk_requests.stop_options import OF_EACH_STOP
from app.requests.walk_requests.walk_request import WalkRequest
from app.site.presentation import choices
from app.storage.walk_models import STOP, Stop, Walk
from app.walks.saved import shapes

SHARED = ("hand", "negative_prompt", "clip_skip")
OWN_MAX = 20_000  # characters
OWN = ("seed", *SHARED)
"""The fields that a stop may have for itself, where the form has one field for all stops."""


def fields(walk: Walk, *, seed: bool = False, turned: bool = False) -> dict[str, Any]:
    """Return the form fields that request the same walk, without those that have default values.

    :param seed: keep the seeds. Otherwise stops keep their own seeds only if two neighbours would else be the same.
    :param turned: reverse the stops.
    """
    stops: list[dict[str, Any]] = [
        {
            "prompt": stop.prompt,
            "drawing": _drawing(walk, stop),
            "layout": layouts.requested_layout(stop.scene, walk_seed=walk.seed),
            **_photo(stop),
            **{name: getattr(stop, name) for name in (*OWN, *OF_EACH_STOP)},
        }
        for stop in walk.stops
    ]
    if turned:
        stops.reverse()
    if not seed and all({**one, "seed": None} != {**other, "seed": None} for one, other in pairwise(stops)):
        stops = [{**stop, "seed": None} for stop in stops]
    return {
        **of_stops(stops),
        **of_settings(walk, preset=walk.preset, steps=walk.sampler_steps, guidance=walk.guidance),
        **_sound(walk, turned=turned),
        "unlisted": 1 if walk.unlisted else None,
        "seed": walk.seed if seed else None,
        "remix_of": walk.id,
    }


def repainted(walk: Walk, hand: str) -> dict[str, Any]:
    """Return the form fields that request the same walk in another style, with its seed, drawings and settings."""
    stops = [
        {"prompt": stop.prompt, "drawing": _drawing(walk, stop), "seed": stop.seed, "hand": hand,
         "negative_prompt": stop.negative_prompt, "layout": layouts.requested_layout(stop.scene, walk_seed=walk.seed)}
        for stop in walk.stops
    ]  # fmt: skip
    return fields(walk, seed=True) | {"own": None, "drawing": None} | of_stops(stops)


def of_settings(source: Walk | WalkRequest, *, preset: str, steps: int, guidance: float) -> dict[str, Any]:
    """Return the form fields for these settings, with ``None`` for those that have default values."""
    defaults = sampler_settings.resolve_settings(offers.current().get(source.model), preset)
    return {
        "frames": source.frames,
        "fps": _frame_rate(source.fps),
        "steps": steps if steps != defaults["steps"] else None,
        "guidance": f"{guidance:g}" if guidance != defaults["guidance"] else None,
        "preset": preset if preset != presets.DEFAULT else None,
        "size": _size(source),
        "aspect": _aspect(source),
        "ending": source.ending if source.ending != STOP else None,
        "easing": 1 if source.easing else None,
        "model": source.model,
    }


def _frame_rate(fps: float | None) -> str | None:
    """Return the requested frame rate; ``None`` for the site's default, and for a film slowed down against flashes."""
    requested = frame_rates.requestable(fps)
    return None if requested in (None, frame_rates.rounded(current_app.config["FPS"])) else f"{requested:g}"


def _aspect(source: Walk | WalkRequest) -> str | None:
    """Return the requested aspect ratio; ``None`` for a square."""
    aspect = shapes.aspect(source) if isinstance(source, Walk) else source.aspect
    return None if aspect == SQUARE else aspect


def _size(source: Walk | WalkRequest) -> int | None:
    """Return the requested length of the longer side in pixels; ``None`` for the model's default."""
    size = shapes.longer_side(source) if isinstance(source, Walk) else source.size
    return size if size in offers.current().get(source.model).facts.sizes[1:] else None


def of_stops(stops: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the form fields for these stops: fields with the same value in all stops once, others for each stop."""
    shared = {
        name: stops[0].get(name) for name in SHARED if stops and len({stop.get(name) or "" for stop in stops}) == 1
    }
    chosen = [stop.get("drawing", "") for stop in stops]
    laid_out = [stop.get("layout") or "" for stop in stops]
    pictures = [stop.get("picture") or "" for stop in stops]
    options = [written_options(stop) for stop in stops]
    own = [
        {name: stop[name] for name in OWN if name not in shared and stop.get(name) not in (None, "")} for stop in stops
    ]
    return {
        "prompt": [stop["prompt"] for stop in stops],
        **{name: shared.get(name) or None for name in SHARED},
        "own": [write_own(each) for each in own] if any(own) else None,
        "drawing": chosen if any(chosen) else None,
        "layout": laid_out if any(laid_out) else None,
        "picture": pictures if any(pictures) else None,
        **{
            name: [each[name] for each in options] if any(each[name] for each in options) else None
            for name in OF_EACH_STOP
        },
        "cut_out": [index for index, stop in enumerate(stops) if stop.get("cut_out")] or None,
    }


def written_options(stop: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that the form asks for each stop, as typed; "" for those that are not set."""
    values = {name: stop.get(name) for name in OF_EACH_STOP}
    return {
        name: "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in values.items()
    }


def _photo(stop: Stop) -> dict[str, Any]:
    """Return the form fields of a stop's photo. They name it by its digest, which works only for the photo's owner."""
    return {"picture": stop.photo, "cut_out": bool(stop.cut_out)} if stop.photo else {}


def of_sound(sound: SoundRequest, times: Sequence[float | None], *, pictures: int, fps: float) -> dict[str, Any]:
    """Return the form fields of the sound of a walk with these times of its stops and this number of pictures.

    They name it by its digest, which works only for those who may use it.
    """
    numbers = {"sound_start": sound.start or None, "sound_length": sound.length}
    written = ["" if time is None else f"{time:g}" for time in times]
    shown = pictures if sound.length is None else frame_rates.frame_at(sound.length, fps)
    is_usual = pictures == min(current_app.config["SOUND_PICTURES"], shown)
    return {
        "sound": sound.id,
        **{name: None if value is None else f"{value:g}" for name, value in numbers.items()},
        "sound_way": sound.way,
        "at": written if any(written) else None,
        "frames": None if is_usual else pictures,
    }


def _sound(walk: Walk, *, turned: bool) -> dict[str, Any]:
    """Return the form fields of a walk's sound; none without one. The times of stops are those of one direction."""
    sound = walk_sounds.requested(walk)
    if sound is None:
        return {}
    times = [] if turned else [stop.at for stop in walk.stops]
    return of_sound(sound, times, pictures=walk.sound_pictures or walk.frames, fps=walk.fps)


def _drawing(walk: Walk, stop: Stop) -> str:
    return choices.of_stop(
        stop.prompt, stop.scene, leave_out=stop.negative_prompt, seed=walk.seed_of(stop), model=walk.model
    )


def write_own(own: Mapping[str, Any]) -> str:
    """Return a stop's own fields (``OWN``) as the text of the form field ``own``; ``""`` if it has none."""
    return json.dumps(own, ensure_ascii=False, separators=(",", ":")) if own else ""


def read_own(text: str) -> dict[str, Any]:
    """Return a stop's own fields from the form field ``own``; unknown names, invalid and too long text are ignored."""
    try:
        # unlike json.loads, from_json refuses lone surrogates
        own = from_json(text) if 0 < len(text) <= OWN_MAX else {}
    except ValueError:
        return {}
    return {name: own[name] for name in OWN if name in own} if isinstance(own, dict) else {}
