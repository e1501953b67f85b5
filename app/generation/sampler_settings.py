"""How the sampler is led for a commission: its preset resolved for the model that paints, and the site's own wishes."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.generation import models_on_offer, presets


def resolve_settings(
    preset: str | None = None,
    model: str | None = None,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    size: int | None = None,
    aspect: str | None = None,
) -> dict[str, Any]:
    """Resolve a preset, the usual one without a name, for a model on offer, the first without one.

    What neither ``steps`` nor ``guidance`` says, the site's settings say, as far as the model takes so many steps, or
    else the preset.
    """
    config = current_app.config
    facts = models_on_offer.facts(models_on_offer.setting(model))
    guidance = guidance if guidance is not None else config["GUIDANCE"] or None
    steps = steps or min(config["STEPS"], steps_max(model)) or None
    return presets.resolve(preset or presets.DEFAULT, facts, steps=steps, guidance=guidance, size=size, aspect=aspect)


def frame_of(model: str | None, size: int, aspect: str) -> tuple[int, int]:
    """Return width and height of the pictures that a model on offer paints of this size and aspect ratio."""
    return presets.frame(models_on_offer.facts(models_on_offer.setting(model)), size, aspect)


def steps_max(model: str | None = None) -> int:
    """Return how many steps may be asked of a model on offer, of the first without a name."""
    most = int(current_app.config["STEPS_MAX"])
    own = models_on_offer.facts(models_on_offer.setting(model))["steps_max"]
    return most if own is None else min(most, own)
