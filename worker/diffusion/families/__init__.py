"""The families of models, and what differs between them; no other package checks a model's kind."""

from __future__ import annotations

from importlib import import_module

from worker.diffusion.families.family import CLASSIFIER_FREE, Batch, Between, Family, Prompts, States, Text
from worker.diffusion.families.text_options import DEFAULT_OPTIONS, EmbeddingFile, TextOptions

__all__ = [
    "CLASSIFIER_FREE",
    "DEFAULT_OPTIONS",
    "FAMILIES",
    "Batch",
    "Between",
    "EmbeddingFile",
    "Family",
    "Prompts",
    "States",
    "Text",
    "TextOptions",
    "find_family",
]

FAMILIES = {
    "StableDiffusionPipeline": "stable_diffusion.StableDiffusion",
    "StableDiffusionXLPipeline": "stable_diffusion.StableDiffusionXL",
    "LatentConsistencyModelPipeline": "stable_diffusion.LatentConsistency",
    "StableDiffusion3Pipeline": "sd3.StableDiffusion3",
    "FluxPipeline": "flux1.Flux1",
    "Flux2KleinPipeline": "flux2.Flux2Klein",
    "ZImagePipeline": "z_image.ZImage",
}
"""The module and class of the family of each class of pipelines; a module is imported when a model needs it."""


def find_family(kind: str) -> type[Family]:
    """Return the family whose pipelines have this class; `app.core.models.folder` has accepted it."""
    module, _, name = FAMILIES[kind].partition(".")
    family: type[Family] = getattr(import_module(f"{__name__}.{module}"), name)
    return family
