"""The sampler's settings for a request: its preset resolved for the model and the site's defaults."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.offer.generation import models_on_offer, presets


def resolve_settings(
    preset: str | None = None,
    model: str | None = None,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    size: int | None = None,
    aspect: str | None = None,
) -> dict[str, Any]:
    """Return the resolved settings of a preset (by default the usual one) for a model on offer (by default the first).

    Steps and guidance that are not given follow the site's settings, as far as the model supports them, or else the
    preset.
    """
    config = current_app.config
    facts = models_on_offer.facts(models_on_offer.setting(model))
    guidance = guidance if guidance is not None else config["GUIDANCE"] or None
    steps = steps or min(config["STEPS"], steps_max(model)) or None
    return presets.resolve(preset or presets.DEFAULT, facts, steps=steps, guidance=guidance, size=size, aspect=aspect)


def frame_of(model: str | None, size: int, aspect: str) -> tuple[int, int]:
    """Return the width and height of the pictures that a model on offer renders at a size and aspect ratio."""
    return presets.frame(models_on_offer.facts(models_on_offer.setting(model)), size, aspect)


def steps_max(model: str | None = None) -> int:
    """Return the most steps that may be requested of a model on offer, by default of the first."""
    most = int(current_app.config["STEPS_MAX"])
    own = models_on_offer.facts(models_on_offer.setting(model)).steps_max
    return most if own is None else min(most, own)
