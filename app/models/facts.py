"""What is known of a model without loading it: its name, sizes, solver, licence, and what it says of itself."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from app.models import cache, folder, licence, names, single_file
from app.models.errors import ModelError

CONSISTENT = ("LCMScheduler", "TCDScheduler")
DISTILLED_STEPS = 50  # as the solvers of diffusers have it where a folder says nothing
DECODER = "decoder"
DESCRIBING = ("scheduler/scheduler_config.json", "unet/config.json", "vae/config.json", "README.md", "house.json")


def place(setting: str, cached: str = "") -> Path:
    """Return where a model's files lie, a folder or a file; of a name on the hub whose files are not here, no folder.

    `cached` is the folder of downloads as the settings name it.
    """
    try:
        name = names.parse(setting)
    except ModelError:
        return Path(names.expand(setting))
    return name.path or cache.snapshot(name, cached) or Path(setting)


def read(setting: str, cached: str = "") -> dict[str, Any]:
    """Return a model's facts.

    What its ``house.json`` says (licence, sources, hands, starters …), and always ``name`` and ``title``, ``size`` (the
    pixels of a side, or ``None``), ``sizes`` (those that may be asked for, its own first), ``scheduler`` (the solver
    that its folder names, or ""), ``few_step`` (whether it was distilled to paint in a few steps without guidance),
    ``embeds_guidance`` (whether guidance is one of its inputs, and costs no second pass), ``has_sketches`` (whether
    sketches lead it), ``width`` (of the text states that its UNet reads, or ``None`` where that is not known: it tells
    which LoRA files fit), ``finer`` (how many times as large its decoder can paint the same latents) and ``steps_max``
    (how many steps the schedule has that it was distilled on, or ``None`` where any number can be painted).
    ``licence`` is there where its card, ``house.json`` or its file names one.
    """
    path = place(setting, cached)
    if path.is_file():
        about = path.stat()
        beside = path.with_name(path.stem + single_file.SIDE)
        return _of_file(path, about.st_mtime_ns, beside.stat().st_mtime_ns if beside.exists() else 0)
    named = names.HUB_NAME.fullmatch(setting)
    there = sum((path / each).exists() for each in DESCRIBING)  # a download may be under way
    return _of_folder(path, named["repository"] if named and not Path(names.expand(setting)).is_dir() else "", there)


def kind(path: Path) -> str:
    """Return what people call the kind of the model in a folder or a file; "" where that is not known."""
    try:
        if path.is_file():
            return single_file.inspect(path).family.title
        named = str(folder.read_json(path / "model_index.json").get("_class_name"))
        return folder.TITLES.get(named, named)
    except ModelError:
        return ""


@lru_cache(maxsize=32)
def _of_folder(path: Path, name: str, _there: int) -> dict[str, Any]:
    told = _json_or_nothing(path / "house.json")
    told["name"] = name or told.get("name") or path.resolve().name
    if not told.get("licence") and (of_card := licence.of_card(path)):
        told["licence"] = of_card
    scheduler = _json_or_nothing(path / "scheduler" / "scheduler_config.json")
    unet, vae = (_json_or_nothing(path / part / "config.json") for part in ("unet", "vae"))
    finer = 2 if _json_or_nothing(path / DECODER / "config.json").get("finer") else 1
    return _facts(told, scheduler, unet, vae, finer) | {"has_sketches": (path / folder.SKETCH).exists()}


@lru_cache(maxsize=32)
def _of_file(path: Path, _changed: int, _beside: int) -> dict[str, Any]:
    try:
        told = single_file.house(path)
        found = single_file.inspect(path)
    except ModelError:
        return _facts({"name": path.stem}, {}, {}, {}, 1) | {"has_sketches": False}
    return _facts(told, found.scheduler, found.unet, found.vae, 1) | {"has_sketches": False}


def _facts(
    told: dict[str, Any], scheduler: dict[str, Any], unet: dict[str, Any], vae: dict[str, Any], finer: int
) -> dict[str, Any]:
    known = {
        "title": told["name"],
        "size": _size(unet, vae),
        "width": unet.get("cross_attention_dim"),
        "scheduler": scheduler.get("_class_name", ""),
        "few_step": _is_few_step(scheduler),
        "embeds_guidance": unet.get("time_cond_proj_dim") is not None,
    } | told
    known["scheduler"] = known["scheduler"] if isinstance(known["scheduler"], str) else scheduler["_class_name"]
    known["finer"] = finer
    known["sizes"] = _sizes(known["size"], told.get("sizes"), finer)
    return {"steps_max": _steps_max(scheduler) if known["few_step"] else None} | known


def _json_or_nothing(path: Path) -> dict[str, Any]:
    try:
        return folder.read_json(path)
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
    """Recognise a distilled model by the solver that its folder names: LCM's or TCD's, or Euler's as Turbo runs it."""
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
