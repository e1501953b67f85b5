"""The families of models, and what differs between them; no other package checks a model's kind."""

from __future__ import annotations

from worker.diffusion.families.family import CLASSIFIER_FREE, Between, Family, States, Text
from worker.diffusion.families.flux1 import Flux1
from worker.diffusion.families.flux2 import Flux2Klein
from worker.diffusion.families.sd3 import StableDiffusion3
from worker.diffusion.families.stable_diffusion import LatentConsistency, StableDiffusion, StableDiffusionXL
from worker.diffusion.families.text_options import DEFAULT_OPTIONS, EmbeddingFile, TextOptions
from worker.diffusion.families.z_image import ZImage

__all__ = [
    "CLASSIFIER_FREE",
    "DEFAULT_OPTIONS",
    "FAMILIES",
    "Between",
    "EmbeddingFile",
    "Family",
    "States",
    "Text",
    "TextOptions",
    "find_family",
]

FAMILIES: tuple[type[Family], ...] = (
    StableDiffusion,
    StableDiffusionXL,
    LatentConsistency,
    StableDiffusion3,
    Flux1,
    Flux2Klein,
    ZImage,
)


def find_family(kind: str) -> type[Family]:
    """Return the family whose pipelines have this class; `app.core.models.folder` has accepted it."""
    return next(each for each in FAMILIES if kind in each.kinds)
