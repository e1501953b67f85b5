"""The limits of requests, most of them settings of the site."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from app.core.models.facts import CLIP_LAYERS
from app.offer.generation import offers, sampler_settings
from app.offer.generation.model_styles import ModelStyle
from app.offer.generation.offers import Offer, Offers

SEED_MAX = 2**32 - 1
STOPS_MIN = 2
CLIP_SKIP_MAX = 99  # for models that are not on offer


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a request for a model; each number is a setting, or less if the model supports less."""

    offer: Offer
    """The model; the first if the request names one that is not on offer, as old recipes may."""
    stops_max: int
    prompt_max: int
    frames_max: int
    frames_default: int
    steps_max: int = 100
    guidance_max: float = 20.0
    styles: tuple[ModelStyle, ...] = ()  # the model's styles
    any_style: bool = False  # the styles of a model that is not on offer are unknown
    models: tuple[str, ...] = ()  # the names of the models on offer
    loras: tuple[str, ...] = ()  # the names of the LoRAs that fit the model

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the supported sizes: pixels of the longer side."""
        return self.offer.facts.sizes

    @property
    def aspects(self) -> tuple[str, ...]:
        """Return the supported aspect ratios."""
        return self.offer.facts.aspects

    @property
    def takes_guidance(self) -> bool:
        """Return whether the model uses a visitor's guidance."""
        return self.offer.facts.takes_guidance

    @property
    def has_negatives(self) -> bool:
        """Return whether the model uses negative prompts."""
        return self.offer.facts.has_negatives

    @property
    def clip_skip_max(self) -> int:
        """Return how many of the text encoders' last layers can be skipped; ignored by models that cannot."""
        return CLIP_SKIP_MAX if self.any_style else self.offer.facts.clip_skip_max or CLIP_LAYERS - 1

    @classmethod
    def current(cls, model: str | None = None) -> Limits:
        """Return the site's limits for a model by its name, or for the first model."""
        known = offers.current()
        return cls.for_offer(known, known.find(model))

    @classmethod
    def for_offer(cls, known: Offers, offer: Offer | None) -> Limits:
        """Return the site's limits for one of the models on offer; ``None`` for a model that is not on offer."""
        config, model = current_app.config, offer or known.first
        return cls(
            model,
            config["STOPS_MAX"],
            config["PROMPT_MAX"],
            config["FRAMES_MAX"],
            config["FRAMES_DEFAULT"],
            steps_max=sampler_settings.steps_max(model),
            guidance_max=config["GUIDANCE_MAX"],
            styles=() if offer is None else offer.styles,
            any_style=offer is None,
            models=tuple(each.name for each in known),
            loras=() if offer is None else tuple(lora.name for lora in offer.loras),
        )
