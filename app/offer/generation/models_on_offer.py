"""Facts about the models on offer without loading them, and whether their folders are complete."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from flask import current_app, has_app_context

from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.models import facts as of_models
from app.core.models import states
from app.core.models.facts import ModelFacts
from app.core.models.states import State
from app.offer.generation import per_request

STYLES = "styles"  # the folder of added styles in the instance folder


class ModelOnOffer(NamedTuple):
    """A model on offer: its setting, its name in recipes and requests, and its title."""

    setting: str
    name: str
    title: str


def offered() -> list[ModelOnOffer]:
    """Return the models that visitors may choose from; the first is the default."""
    return per_request.once("offered", "", _find_offered)


def _find_offered() -> list[ModelOnOffer]:
    config = current_app.config
    settings = dict.fromkeys((config["MODEL"], *config["MODELS"], *taught()))
    return [ModelOnOffer(setting, known.name, known.title) for setting in settings for known in [facts(setting)]]


def taught() -> list[str]:
    """Return the folders of the models that learned a style here with ``flask styles add``."""
    paths = Path(current_app.instance_path, STYLES).glob("*/model/model_index.json")
    return sorted(str(path.parent) for path in paths)


def find(name: str | None) -> ModelOnOffer | None:
    """Return the offered model of this name, or the first for ``None``; ``None`` if it is not offered."""
    models = offered()
    return models[0] if name is None else next((model for model in models if model.name == name), None)


def setting(name: str | None) -> str:
    """Return the setting that loads the model of this name; the first model's for ``None`` and for unknown names."""
    offer = find(name) or find(None)
    return offer.setting if offer else str(current_app.config["MODEL"])


def not_offered(name: str) -> str:
    """Return the message that a model is not offered, with those that are."""
    names = [model.name for model in offered()]
    if len(names) == 1:
        return _("The model %(name)s is not offered here; this is: %(other)s.", name=name, other=names[0])
    return _("The model %(name)s is not offered here; these are: %(others)s.", name=name, others=join_words(names))


def facts(setting: str | None = None) -> ModelFacts:
    """Return the facts of a model by its setting, or of the site's first (:func:`app.core.models.facts.load_facts`)."""
    named = setting or str(current_app.config["MODEL"])
    return per_request.once("facts", named, lambda: of_models.load_facts(named, cache()))


def licence(name: str) -> str:
    """Return the licence of the model of this name; "" if it is not known."""
    offer = find(name)
    return facts(offer.setting).licence if offer else ""


def folder(setting: str) -> Path:
    """Return the folder of a model; for a model on the hub, its folder among the downloads."""
    return per_request.once("folder", setting, lambda: of_models.locate(setting, cache()))


def cache() -> str:
    """Return the folder of downloads from the hub as the settings name it; "" for the hub client's default."""
    return str(current_app.config["MODEL_CACHE"]) if has_app_context() else ""


def flaws() -> str:
    """Return a sentence about the first flaw of the models on offer; ``""`` if all are intact.

    The hub is asked about models that are not downloaded yet; no answer is not a flaw.
    """
    names: dict[str, str] = {}
    for model in offered():
        if problem := examine(model.setting, ask=True).flaw:
            return problem
        if model.name in names:
            return f"Two models are called {model.name}: {names[model.name]} and {model.setting}. Offer one of them."
        names[model.name] = model.setting
    return ""


def flaw(model: str) -> str:
    """Return a sentence about a model's flaw, naming the file or the class; ``""`` if it is intact.

    Of a model on a hub, only downloaded files are checked, since the others may still be downloaded.
    """
    return examine(model).flaw


def examine(model: str, *, ask: bool = False) -> State:
    """Return the state of a model: its flaw, complete, or not downloaded yet.

    With `ask`, the hub is asked about a model that is not on this machine.
    """
    return states.examine(model, cache(), ask=ask)
