"""What the site knows of the models on offer without loading them: their facts, and whether a folder is whole."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from flask import current_app, g, has_request_context

from app.generation import model_layout
from app.generation.model_layout import MissingFile, ModelError
from app.i18n.formatting import join_words
from app.i18n.gettext import _

CONSISTENT = ("LCMScheduler", "TCDScheduler")
DISTILLED_STEPS = 50  # as the solvers of diffusers have it where a folder says nothing
DECODER = "decoder"
STYLES = "styles"  # the folder in the instance's, where styles that were added lie


class ModelOnOffer(NamedTuple):
    """A model on offer: as the settings name it, as recipes and commissions do, and as people do."""

    setting: str
    name: str
    title: str


class Examined(NamedTuple):
    """What was found of a model: its flaw, ``""`` without one, or what it is."""

    flaw: str
    state: str


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

    What its ``house.json`` says (licence, sources, hands, starters …), and always ``name`` and ``title``, ``size`` (the
    pixels of a side, or ``None``), ``sizes`` (those that may be asked for, its own first), ``scheduler`` (the solver
    that its folder names, or ""), ``few_step`` (whether it was distilled to paint in a few steps without guidance),
    ``embeds_guidance`` (whether guidance is one of its inputs, and costs no second pass), ``has_sketches`` (whether
    sketches lead it), ``width`` (of the text states that its UNet reads, or ``None`` where that is not known: it tells
    which LoRA files fit), ``finer`` (how many times as large its decoder can paint the same latents) and ``steps_max``
    (how many steps the schedule has that it was distilled on, or ``None`` where any number can be painted).
    """
    setting = setting or current_app.config["MODEL"]
    known: dict[str, dict[str, Any]] = g.setdefault("model_facts", {}) if has_request_context() else {}
    if setting not in known:  # a page asks dozens of times, and each time the folder is looked at
        known[setting] = _read(folder(setting), "" if Path(setting).is_dir() else setting)
    return known[setting]


def folder(setting: str) -> Path:
    """Return a model's folder; of a name on the hub, where its files lie once a worker had them, else no folder."""
    if Path(setting).is_dir():
        return Path(setting)
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    repository = Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()
    repository /= "models--" + setting.replace("/", "--")
    try:
        return repository / "snapshots" / (repository / "refs" / "main").read_text("utf-8").strip()
    except OSError:
        return Path(setting)


def flaws() -> str:
    """Look through all models on offer: ``""`` if nothing is amiss, else a sentence on the first flaw."""
    names: dict[str, str] = {}
    for model in offered():
        if found := flaw(model.setting):
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


def examine(model: str) -> Examined:
    """Look for a model's flaw, and say what it is if it has none: whole, or yet to be downloaded."""
    is_here = False
    try:
        is_here = model_layout.is_folder(model)
        model_layout.inspect(folder(model))
    except MissingFile as missing:
        later = f"{model} is not downloaded yet; a worker downloads it from the hub when it first loads it"
        return Examined(str(missing), "") if is_here else Examined("", later)
    except ModelError as error:
        return Examined(str(error), "")
    return Examined("", f"{model} is whole")


@lru_cache(maxsize=32)
def _read(folder: Path, name: str) -> dict[str, Any]:
    told = _json_or_nothing(folder / "house.json")
    told["name"] = name or told.get("name") or folder.resolve().name
    scheduler = _json_or_nothing(folder / "scheduler" / "scheduler_config.json")
    unet, vae = (_json_or_nothing(folder / part / "config.json") for part in ("unet", "vae"))
    known = {
        "title": told["name"],
        "size": _size(unet, vae),
        "width": unet.get("cross_attention_dim"),
        "scheduler": scheduler.get("_class_name", ""),
        "few_step": _is_few_step(scheduler),
        "embeds_guidance": unet.get("time_cond_proj_dim") is not None,
        "has_sketches": (folder / model_layout.SKETCH).exists(),
    } | told
    known["finer"] = 2 if _json_or_nothing(folder / DECODER / "config.json").get("finer") else 1
    known["sizes"] = _sizes(known["size"], told.get("sizes"), known["finer"])
    return {"steps_max": _steps_max(scheduler) if known["few_step"] else None} | known


def _json_or_nothing(path: Path) -> dict[str, Any]:
    try:
        return model_layout.read_json(path)
    except ModelError:
        return {}


def _size(unet: dict[str, Any], vae: dict[str, Any]) -> int | None:
    """Return how many pixels a side of its pictures has, if they are square; ``None`` where that is not known."""
    latents, blocks = unet.get("sample_size"), vae.get("block_out_channels")
    return latents * 2 ** (len(blocks) - 1) if isinstance(latents, int) and isinstance(blocks, list) else None


def _sizes(own: int | None, told: object, finer: int) -> list[int]:
    """List the sizes that a model paints: its own, those multiples of it that it says it paints well, and the finer."""
    if not own:
        return []
    larger = [*(told if isinstance(told, list) else []), own * finer]
    return [own, *sorted({size for size in larger if type(size) is int and size > own and not size % own})]


def _is_few_step(scheduler: dict[str, Any]) -> bool:
    """Tell a distilled model by the solver that its folder names: LCM's or TCD's, or Euler's as Turbo runs it."""
    solver = scheduler.get("_class_name")
    if solver in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"):
        # Zero terminal SNR wants the trailing spacing too, of models that need all their steps.
        return scheduler.get("timestep_spacing") == "trailing" and not scheduler.get("rescale_betas_zero_snr")
    return solver in CONSISTENT


def _steps_max(scheduler: dict[str, Any]) -> int | None:
    """Return how many steps a consistency model's solver takes at most: it picks them from those of its training."""
    if scheduler.get("_class_name") not in CONSISTENT:
        return None
    steps = scheduler.get("original_inference_steps")
    return steps if isinstance(steps, int) and steps > 0 else DISTILLED_STEPS
