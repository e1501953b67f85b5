"""The form's fields, filled from a walk or from its recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from flask import current_app
from pydantic_core import from_json

from app.commissions import layouts
from app.commissions.schema import Commission
from app.generation import frame_rates, models_on_offer, presets, sampler_settings
from app.models.aspects import SQUARE
from app.presentation import choices
from app.storage.walk_models import STOP, Stop, Walk
from app.walks import shapes

SHARED = ("hand", "negative_prompt", "clip_skip")
OWN = ("seed", *SHARED)
"""What a stop may have of its own, where the form has one for all of them."""


def fields(walk: Walk, *, seed: bool = False, turned: bool = False) -> dict[str, Any]:
    """Return the fields of the form that ask for the same walk, as far as they are not the defaults.

    Without ``seed``, stops keep one of their own only where else nothing would lie between two of them.
    """
    stops: list[dict[str, Any]] = [
        {
            "prompt": stop.prompt,
            "drawing": _drawing(walk, stop),
            "layout": layouts.requested_layout(stop.scene, walk_seed=walk.seed),
            **_photo(stop),
            **{name: getattr(stop, name) for name in (*OWN, "lora", "lora_weight")},
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
        "unlisted": 1 if walk.unlisted else None,
        "seed": walk.seed if seed else None,
        "remix_of": walk.id,
    }


def repainted(walk: Walk, hand: str) -> dict[str, Any]:
    """Return the fields of the form that ask for the same walk in another hand: its seed, its drawings, its pace."""
    stops = [
        {"prompt": stop.prompt, "drawing": _drawing(walk, stop), "seed": stop.seed, "hand": hand,
         "negative_prompt": stop.negative_prompt, "layout": layouts.requested_layout(stop.scene, walk_seed=walk.seed)}
        for stop in walk.stops
    ]  # fmt: skip
    return fields(walk, seed=True) | {"own": None, "drawing": None} | of_stops(stops)


def of_settings(asked: Walk | Commission, *, preset: str, steps: int, guidance: float) -> dict[str, Any]:
    """Return the fields of the form that ask for these settings, as far as they are not the defaults."""
    usual = sampler_settings.resolve_settings(preset, asked.model)
    return {
        "frames": asked.frames,
        "fps": _frame_rate(asked.fps),
        "steps": steps if steps != usual["steps"] else None,
        "guidance": f"{guidance:g}" if guidance != usual["guidance"] else None,
        "preset": preset if preset != presets.DEFAULT else None,
        "size": _larger(asked),
        "aspect": _framed(asked),
        "ending": asked.ending if asked.ending != STOP else None,
        "easing": 1 if asked.easing else None,
        "model": asked.model,
    }


def _frame_rate(fps: float | None) -> str | None:
    """Return the frame rate that was asked for where it is not the site's, and no film slowed down for its flashes."""
    asked = frame_rates.requestable(fps)
    return None if asked in (None, frame_rates.rounded(current_app.config["FPS"])) else f"{asked:g}"


def _framed(asked: Walk | Commission) -> str | None:
    """Return the aspect ratio that was asked for where it is no square."""
    aspect = shapes.aspect(asked) if isinstance(asked, Walk) else asked.aspect
    return None if aspect == SQUARE else aspect


def _larger(asked: Walk | Commission) -> int | None:
    """Return the size that was asked for where it is not the model's own."""
    size = shapes.longer_side(asked) if isinstance(asked, Walk) else asked.size
    return size if size in models_on_offer.facts(models_on_offer.setting(asked.model))["sizes"][1:] else None


def of_stops(stops: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of the form that ask for these stops: what all of them share once, the rest with each."""
    shared = {
        name: stops[0].get(name) for name in SHARED if stops and len({stop.get(name) or "" for stop in stops}) == 1
    }
    chosen = [stop.get("drawing", "") for stop in stops]
    laid_out = [stop.get("layout") or "" for stop in stops]
    pictures = [stop.get("picture") or "" for stop in stops]
    laid = [stop.get("lora") or "" for stop in stops]
    weights = [f"{stop['lora_weight']:g}" if stop.get("lora") else "" for stop in stops]
    own = [
        {name: stop[name] for name in OWN if name not in shared and stop.get(name) not in (None, "")} for stop in stops
    ]
    return {
        "prompt": [stop["prompt"] for stop in stops],
        **{name: shared.get(name) or None for name in SHARED},
        "own": [write(each) for each in own] if any(own) else None,
        "drawing": chosen if any(chosen) else None,
        "layout": laid_out if any(laid_out) else None,
        "picture": pictures if any(pictures) else None,
        "lora": laid if any(laid) else None,
        "lora_weight": weights if any(laid) else None,
        "cut_out": [index for index, stop in enumerate(stops) if stop.get("cut_out")] or None,
    }


def _photo(stop: Stop) -> dict[str, Any]:
    """Name a stop's photo by its digest: whoever brought it finds it in the form, others do not."""
    return {"picture": stop.photo, "cut_out": bool(stop.cut_out)} if stop.photo else {}


def _drawing(walk: Walk, stop: Stop) -> str:
    return choices.of_stop(
        stop.prompt, stop.scene, leave_out=stop.negative_prompt, seed=walk.seed_of(stop), model=walk.model
    )


def write(own: Mapping[str, Any]) -> str:
    """Write what a stop has of its own as a field of the form."""
    return json.dumps(own, ensure_ascii=False, separators=(",", ":")) if own else ""


def read(text: str) -> dict[str, Any]:
    """Read it back; of what was altered, nothing is kept that is no such thing."""
    try:
        found = from_json(text) if text else {}  # which takes no half characters, as json does
    except ValueError:
        return {}
    return {name: found[name] for name in OWN if name in found} if isinstance(found, dict) else {}
