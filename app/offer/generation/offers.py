"""The models on offer: what each is and can do, made once from the settings and the models' folders.

A page, the API or a command loads them once and passes the one that it needs on, with the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from flask import current_app, g, has_request_context

from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.models.facts import ModelFacts, load_facts, locate
from app.core.text import style_words
from app.offer.generation import adapters, embeddings, loras, model_folders, model_styles
from app.offer.generation.adapters import Adapter
from app.offer.generation.embeddings import Embedding
from app.offer.generation.loras import Lora
from app.offer.generation.model_styles import ModelStyle
from app.storage.walk_models import Walk


@dataclass(frozen=True)
class Offer:
    """A model on offer: the setting that loads it, its folder or file, and its facts.

    What other folders hold for it is read when it is first needed: its styles, LoRA files and embeddings.
    """

    setting: str
    folder: Path = field(compare=False, repr=False)
    facts: ModelFacts = field(compare=False, repr=False)

    @classmethod
    def load(cls, setting: str) -> Offer:
        """Return a model by its setting; for a model on the hub, its folder is the one among the downloads."""
        cache = model_folders.cache()
        return cls(setting, locate(setting, cache), load_facts(setting, cache))

    @property
    def name(self) -> str:
        """Return its name in recipes and requests."""
        return self.facts.name

    @property
    def title(self) -> str:
        """Return its name on pages."""
        return self.facts.title

    @cached_property
    def adapters(self) -> tuple[Adapter, ...]:
        """Return the styles that it learned as adapters."""
        return adapters.of_folder(self.folder)

    @cached_property
    def styles(self) -> tuple[ModelStyle, ...]:
        """Return its styles: its own, then its adapters'."""
        return model_styles.of_model(self.facts, self.adapters)

    @cached_property
    def style_pattern(self) -> str:
        """Return how it joins prompt and style."""
        return self.facts.hand_pattern or style_words.PATTERN

    @cached_property
    def loras(self) -> tuple[Lora, ...]:
        """Return the LoRA files and learned styles that fit it."""
        return loras.of_model(self.facts, self.adapters)

    @property
    def taught(self) -> list[Lora]:
        """Return the styles that it learned as adapters, as LoRAs."""
        return loras.taught(self.facts, self.adapters)

    @cached_property
    def embeddings(self) -> tuple[Embedding, ...]:
        """Return the embeddings that fit it."""
        return tuple(each for each in self.site_embeddings if each.fits(self.facts))

    @cached_property
    def site_embeddings(self) -> tuple[Embedding, ...]:
        """Return all embeddings of the site, whether or not they fit it."""
        return embeddings.every()

    def read_files(self) -> Offer:
        """Read its styles, LoRA files and embeddings now rather than when they are first needed; return it."""
        _ = self.styles, self.style_pattern, self.loras, self.embeddings
        return self


@dataclass(frozen=True, slots=True)
class Offers:
    """The models that visitors may choose from; the first is the default."""

    models: tuple[Offer, ...]

    def __iter__(self) -> Iterator[Offer]:
        """Return an iterator over the models."""
        return iter(self.models)

    @property
    def first(self) -> Offer:
        """Return the default."""
        return self.models[0]

    def find(self, name: str | None) -> Offer | None:
        """Return the model of this name, or the first for ``None``; ``None`` if it is not on offer."""
        return self.first if name is None else next((each for each in self.models if each.name == name), None)

    def get(self, name: str | None) -> Offer:
        """Return the model of this name; the first for ``None`` and for unknown names."""
        return self.find(name) or self.first

    def of_walk(self, walk: Walk) -> Offer:
        """Return the model that renders a walk; the first if that is no longer on offer."""
        return self.get(walk.model_name or walk.model)

    def licence(self, name: str) -> str:
        """Return the licence of the model of this name; "" if it is not known."""
        offer = self.find(name)
        return offer.facts.licence if offer else ""

    def with_adapter(self, style: str) -> list[str]:
        """Return the names of the models that learned the style of this name as an adapter."""
        return [each.name for each in self.models if adapters.is_learned(style, each.folder)]

    def not_offered(self, name: str) -> str:
        """Return the message that a model is not offered, with those that are."""
        names = [each.name for each in self.models]
        if len(names) == 1:
            return _("The model %(name)s is not offered here; this is: %(other)s.", name=name, other=names[0])
        return _("The model %(name)s is not offered here; these are: %(others)s.", name=name, others=join_words(names))


def load() -> Offers:
    """Return the models on offer, as the settings and their folders are now."""
    return Offers(tuple(Offer.load(setting) for setting in model_folders.settings()))


def first() -> Offer:
    """Return the site's first model."""
    return current().first if has_request_context() else Offer.load(str(current_app.config["MODEL"]))


def current() -> Offers:
    """Return the models on offer, the same during a request; outside of requests they are loaded each time."""
    if not has_request_context():
        return load()
    if "offers" not in g:
        g.offers = load()
    known: Offers = g.offers
    return known


def flaws() -> str:
    """Return a sentence about the first flaw of the models on offer; ``""`` if all are intact.

    The hub is asked about models that are not downloaded yet; no answer is not a flaw.
    """
    names: dict[str, str] = {}
    for offer in load():
        if problem := model_folders.examine(offer.setting, ask=True).flaw:
            return problem
        if offer.name in names:
            return f"Two models are called {offer.name}: {names[offer.name]} and {offer.setting}. Offer one of them."
        names[offer.name] = offer.setting
    return ""
