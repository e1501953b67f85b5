"""What the site knows of the models on offer without loading them: their facts, and whether a folder is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from flask import current_app, g, has_app_context, has_request_context

from app.i18n.formatting import join_words
from app.i18n.gettext import _
from app.models import facts as of_models
from app.models import states
from app.models.states import State

STYLES = "styles"  # the folder in the instance's, where styles that were added lie


class ModelOnOffer(NamedTuple):
    """A model on offer: as the settings name it, as recipes and commissions do, and as people do."""

    setting: str
    name: str
    title: str


def offered() -> list[ModelOnOffer]:
    """List the models that visitors may choose from; the first is the one that paints if nothing is said."""
    config = current_app.config
    settings = dict.fromkeys((config["MODEL"], *config["MODELS"], *taught()))
    return [ModelOnOffer(setting, told["name"], told["title"]) for setting in settings for told in [facts(setting)]]


def taught() -> list[str]:
    """List the folders of the models that learned a style here, by ``flask styles add``."""
    found = Path(current_app.instance_path, STYLES).glob("*/model/model_index.json")
    return sorted(str(path.parent) for path in found)


def find(name: str | None) -> ModelOnOffer | None:
    """Return the offered model of this name, the first for None; None when it is not offered."""
    models = offered()
    return models[0] if name is None else next((model for model in models if model.name == name), None)


def setting(name: str | None) -> str:
    """Return from where the model of this name is loaded; the first's, for None and for a name that is not offered."""
    found = find(name) or find(None)
    return found.setting if found else str(current_app.config["MODEL"])


def not_offered(name: str) -> str:
    """Say that a model is not here, and which are."""
    names = [model.name for model in offered()]
    if len(names) == 1:
        return _("The model %(name)s is not offered here; this is: %(other)s.", name=name, other=names[0])
    return _("The model %(name)s is not offered here; these are: %(others)s.", name=name, others=join_words(names))


def facts(setting: str | None = None) -> dict[str, Any]:
    """Return what is known of a model, of the site's first if none is named.

    They are those of :func:`app.models.facts.load_facts`.
    """
    setting = setting or current_app.config["MODEL"]
    known: dict[str, dict[str, Any]] = g.setdefault("model_facts", {}) if has_request_context() else {}
    if setting not in known:  # a page asks dozens of times, and each time the folder is looked at
        known[setting] = of_models.load_facts(setting, cache())
    return known[setting]


def licence(name: str) -> str:
    """Return the licence of the model of this name, as it stands in what is made with it; "" where none is known."""
    offer = find(name)
    return str(facts(offer.setting).get("licence") or "") if offer else ""


def folder(setting: str) -> Path:
    """Return where a model's files lie; of a name on the hub, where its files lie once they were downloaded."""
    return of_models.place(setting, cache())


def cache() -> str:
    """Return the folder of downloads from the hub as the settings name it; "" for the hub client's own."""
    return str(current_app.config["MODEL_CACHE"]) if has_app_context() else ""


def flaws() -> str:
    """Look through all models on offer: ``""`` if nothing is amiss, else a sentence on the first flaw.

    The hub is asked about models that are not downloaded yet; where it does not answer, that is no flaw.
    """
    names: dict[str, str] = {}
    for model in offered():
        if found := examine(model.setting, ask=True).flaw:
            return found
        if model.name in names:
            return f"Two models are called {model.name}: {names[model.name]} and {model.setting}. Offer one of them."
        names[model.name] = model.setting
    return ""


def flaw(model: str) -> str:
    """Look for what is amiss with a model: ``""`` if nothing is, else a sentence naming the file or the class.

    Of a name on a hub, only what is here already is looked at: a file that is not may be downloaded yet.
    """
    return examine(model).flaw


def examine(model: str, *, ask: bool = False) -> State:
    """Look for a model's flaw, and say what it is if it has none: whole, or yet to be downloaded.

    Where `ask`, the hub is asked about a model that is not here.
    """
    return states.examine(model, cache(), ask=ask)
