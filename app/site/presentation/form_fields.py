"""Fill the fields of the form from a request for a walk, and so from a walk or its recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from itertools import pairwise
from typing import Any

from flask import current_app
from pydantic_core import from_json

from app.core.i18n.gettext import _
from app.offer.generation import frame_rates
from app.requests.walk_requests import layouts, walk_rows
from app.requests.walk_requests.stop_options import OF_EACH_STOP, StopRequest
from app.requests.walk_requests.walk_request import SETTINGS, USUAL, TypedSettings, WalkRequest
from app.site.presentation import choices
from app.site.presentation import typed_numbers as typed
from app.storage.walk_models import Walk

SHARED = ("hand", "negative_prompt", "clip_skip")
OWN_MAX = 20_000  # characters
OWN = ("seed", *SHARED)
"""The fields that a stop may have for itself, where the form has one field for all stops."""
TYPED = tuple(each.name for each in fields_of(TypedSettings))
"""The form's fields for the whole walk."""
CARRIED = tuple(name for name in SETTINGS if name in TYPED and name not in ("seed", "unlisted", "photos_may_be_shown"))
"""The settings that addresses of the form carry from a walk by themselves."""


def fields(walk: Walk, *, seed: bool = False, turned: bool = False) -> dict[str, Any]:
    """Return the form fields that request the same walk as a remix of it; the arguments are those of `of_request`."""
    return of_request(walk_rows.remade(walk), seed=seed, turned=turned)


def repainted(walk: Walk, style: str) -> dict[str, Any]:
    """Return the form fields that request the same walk in another style, with its seed, drawings and settings."""
    request = walk_rows.remade(walk)
    stops = [stop.model_copy(update={"hand": style}) for stop in request.stops]
    return of_request(request.model_copy(update={"stops": stops}))


def of_request(request: WalkRequest, *, seed: bool = True, turned: bool = False) -> dict[str, Any]:
    """Return the form fields that make a request, with ``None`` for those that have default values.

    Consents to publish are not among them: who sends the form gives them.

    :param seed: keep the seeds. Otherwise stops keep their own seeds only if two neighbours would else be the same.
    :param turned: reverse the stops, without times in a sound, which are those of one direction.
    """
    stops = [_of_stop(stop, request) for stop in request.stops]
    if turned:
        stops.reverse()
    if not seed and all({**one, "seed": None} != {**other, "seed": None} for one, other in pairwise(stops)):
        stops = [{**stop, "seed": None} for stop in stops]
    unusual = walk_rows.unusual_settings(request)
    return {
        **of_stops(stops),
        **{name: written(unusual.get(name)) for name in CARRIED},
        **_sound(request, turned=turned),
        "unlisted": 1 if request.unlisted else None,
        "seed": request.seed if seed else None,
        "remix_of": request.remix_of,
    }


def titles() -> dict[str, str]:
    """Return the titles of the settings on the form, in the page's language."""
    return {name: _(setting.title) for name, setting in SETTINGS.items() if setting.title}


def plain_fields(form: TypedSettings) -> list[tuple[str, str, str, str, str]]:
    """Return the numbers that the form asks for in a plain field: name, title, text, usual value, and a note."""
    return [
        (name, _(each.title), typed.localised(getattr(form, name)), typed.localised(f"{USUAL[name]:g}"), _(each.note))
        for name, each in SETTINGS.items()
        if each.note
    ]


def written(value: Any) -> Any:
    """Return a value of a setting as a form field holds it."""
    return f"{value:g}" if isinstance(value, float) else 1 if value is True else value


def _of_stop(stop: StopRequest, request: WalkRequest) -> dict[str, Any]:
    """Return the form fields of a stop. A photo is named by its digest, which works only for the photo's owner."""
    walk_seed = request.seed or 0
    seed = walk_seed if stop.seed is None else stop.seed
    drawing = choices.of_stop(stop.prompt, stop.scene, leave_out=stop.negative_prompt, seed=seed, model=request.model)
    return {
        "drawing": drawing,
        "layout": layouts.requested_layout(stop.scene, walk_seed=walk_seed),
        **{name: getattr(stop, name) for name in ("prompt", "picture", "cut_out", *OWN, *OF_EACH_STOP)},
    }


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
    return {name: "" if value is None else str(written(value)) for name, value in values.items()}


def _sound(request: WalkRequest, *, turned: bool) -> dict[str, Any]:
    """Return the form fields of a request's sound; none without one.

    They name it by its digest, which works only for those who may use it.
    """
    sound = request.sound
    if sound is None:
        return {}
    fps = request.fps or float(current_app.config["FPS"])
    numbers = {"sound_start": sound.start or None, "sound_length": sound.length}
    times = ["" if turned or stop.at is None else f"{stop.at:g}" for stop in request.stops]
    shown = request.frames or 0 if sound.length is None else frame_rates.frame_at(sound.length, fps)
    is_usual = request.frames == min(current_app.config["SOUND_PICTURES"], shown)
    return {
        "sound": sound.id,
        **{name: None if value is None else f"{value:g}" for name, value in numbers.items()},
        "sound_way": sound.way,
        "at": times if any(times) else None,
        "frames": None if is_usual else request.frames,
    }


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
