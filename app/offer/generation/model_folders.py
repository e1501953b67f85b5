"""The folders of the models on offer, and whether they are complete."""

from __future__ import annotations

from pathlib import Path

from flask import current_app, has_app_context

from app.core.models import states
from app.core.models.states import State

STYLES = "styles"  # the folder of added styles in the instance folder


def settings() -> list[str]:
    """Return the settings that load the models on offer, the first model's first."""
    config = current_app.config
    return list(dict.fromkeys((str(config["MODEL"]), *config["MODELS"], *taught())))


def taught() -> list[str]:
    """Return the folders of the models that learned a style here with ``flask styles add``."""
    paths = Path(current_app.instance_path, STYLES).glob("*/model/model_index.json")
    return sorted(str(path.parent) for path in paths)


def cache() -> str:
    """Return the folder of downloads from the hub as the settings name it; "" for the hub client's default."""
    return str(current_app.config["MODEL_CACHE"]) if has_app_context() else ""


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
