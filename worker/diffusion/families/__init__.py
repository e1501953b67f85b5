"""The families of models: what is different from one to the other. Nothing else asks which kind a model is."""

from __future__ import annotations

from worker.diffusion.families.family import INPUT, PASSES, UNGUIDED, Family, States, Text
from worker.diffusion.families.stable_diffusion import LatentConsistency, StableDiffusion, StableDiffusionXL

__all__ = ["FAMILIES", "INPUT", "PASSES", "UNGUIDED", "Family", "States", "Text", "of"]

FAMILIES: tuple[type[Family], ...] = (StableDiffusion, StableDiffusionXL, LatentConsistency)


def of(kind: str) -> type[Family]:
    """Return the family whose pipelines have this class, which `app.models.folder` let through."""
    return next(each for each in FAMILIES if kind in each.kinds)
