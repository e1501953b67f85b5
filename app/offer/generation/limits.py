"""The limits of requests, most of them settings of the site."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from app.core.models.facts import CLIP_LAYERS
from app.offer.generation import loras, models_on_offer, sampler_settings
from app.offer.generation.model_styles import ModelStyle
from app.offer.generation.model_styles import known as known_hands

SEED_MAX = 2**32 - 1
STOPS_MIN = 2
CLIP_SKIP_MAX = 99  # for models that are not on offer


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a request; each number is a setting, or less if the model supports less."""

    stops_max: int
    prompt_max: int
    frames_max: int
    frames_default: int
    steps_max: int = 100
    guidance_max: float = 20.0
    hands: tuple[ModelStyle, ...] = ()  # the model's styles
    any_hand: bool = False  # the styles of a model that is not on offer are unknown
    sizes: tuple[int, ...] = ()  # supported sizes: pixels of the longer side
    aspects: tuple[str, ...] = ()  # supported aspect ratios
    models: tuple[str, ...] = ()  # the names of the models on offer
    loras: tuple[str, ...] = ()  # the names of the LoRAs that fit the model
    takes_guidance: bool = True
    has_negatives: bool = True
    clip_skip_max: int = CLIP_SKIP_MAX
    setting: str = ""  # the setting that loads the model

    @classmethod
    def current(cls, model: str | None = None) -> Limits:
        """Return the site's limits for a model by its name, or for the first model."""
        config = current_app.config
        offer, setting = models_on_offer.find(model), models_on_offer.setting(model)
        facts = models_on_offer.facts(setting)
        return cls(
            config["STOPS_MAX"],
            config["PROMPT_MAX"],
            config["FRAMES_MAX"],
            config["FRAMES_DEFAULT"],
            steps_max=sampler_settings.steps_max(model),
            guidance_max=config["GUIDANCE_MAX"],
            hands=() if offer is None else known_hands(offer.setting),
            any_hand=offer is None,
            sizes=tuple(facts.sizes),
            aspects=tuple(facts.aspects),
            models=tuple(each.name for each in models_on_offer.offered()),
            loras=() if offer is None else tuple(lora.name for lora in loras.of_model(setting)),
            takes_guidance=facts.takes_guidance,
            has_negatives=facts.has_negatives,
            clip_skip_max=CLIP_SKIP_MAX if offer is None else facts.clip_skip_max or CLIP_LAYERS - 1,
            setting=setting,
        )
