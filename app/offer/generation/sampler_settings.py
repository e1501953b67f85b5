"""The sampler's settings for a request: its preset resolved for the model and the site's defaults."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.offer.generation import presets
from app.offer.generation.offers import Offer


def resolve_settings(
    offer: Offer,
    preset: str | None = None,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    size: int | None = None,
    aspect: str | None = None,
) -> dict[str, Any]:
    """Return the resolved settings of a preset (by default the usual one) for a model on offer.

    Steps and guidance that are not given follow the site's settings, as far as the model supports them, or else the
    preset.
    """
    config = current_app.config
    guidance = guidance if guidance is not None else config["GUIDANCE"] or None
    steps = steps or min(config["STEPS"], steps_max(offer)) or None
    return presets.resolve(
        preset or presets.DEFAULT, offer.facts, steps=steps, guidance=guidance, size=size, aspect=aspect
    )


def steps_max(offer: Offer) -> int:
    """Return the most steps that may be requested of a model on offer."""
    most = int(current_app.config["STEPS_MAX"])
    own = offer.facts.steps_max
    return most if own is None else min(most, own)
