"""What is known of a model without loading it: its name, sizes, solver, licence, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.models import cache, folder, kinds, licence, names, single_file
from app.models.aspects import ASPECTS, SQUARE
from app.models.errors import ModelError
from app.models.kinds import Configs, Kind

CONSISTENT = ("LCMScheduler", "TCDScheduler")
DISTILLED_STEPS = 50  # as the solvers of diffusers have it where a folder says nothing
DECODER = "decoder"
CLIP = "text_encoder", "text_encoder_2"
CLIP_WIDTHS = [768, 1280]  # of Stable Diffusion XL
CLIP_LAYERS = 12  # the fewest of those that Stable Diffusion has
LATENT, PATCH = 8, 2
DESCRIBING = (
    "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "transformer/config.json",
    "vae/config.json", "text_encoder/config.json", "text_encoder_2/config.json", "README.md", "house.json",
)  # fmt: skip


def place(setting: str, cached: str = "") -> Path:
    """Return where a model's files lie, a folder or a file; of a name on the hub whose files are not here, no folder.

    `cached` is the folder of downloads as the settings name it.
    """
    try:
        name = names.parse(setting)
    except ModelError:
        return Path(names.expand(setting))
    return name.path or cache.snapshot(name, cached) or Path(setting)


def load_facts(setting: str, cached: str = "") -> dict[str, Any]:
    """Return a model's facts.

    What its ``house.json`` says (licence, sources, hands, starters …), and always ``name`` and ``title``, ``size`` (the
    pixels of a side, or ``None``), ``sizes`` (those that may be asked for, its own first), ``scheduler`` (the solver
    that its folder names, or ""), ``few_step`` (whether it was distilled to paint in a few steps without guidance),
    ``embeds_guidance`` (whether guidance is one of its inputs, and costs no second pass), ``takes_guidance`` (whether a
    visitor's guidance means anything to it), ``has_negatives`` (whether negative prompts do), ``reads_weights``
    (whether its prompts may have weights, any length and textual inversions), ``clip_skip_max`` (how many of its text
    encoders' last layers can be left out, or ``None`` where none can), ``text_widths`` (how many numbers a vector has
    that its text encoders read, where it reads embeddings and that is known, else ``None``), ``has_sketches`` (whether
    sketches lead it), ``family`` (as `app.models.kinds` calls it, or "") and ``width`` (of the text states that its
    network reads, or ``None`` where that is not known): both tell which LoRA files fit; ``finer`` (how many times as
    large its decoder can paint the same latents), ``multiple`` (of how many pixels each side is a multiple),
    ``aspects`` (the aspect ratios that may be asked for), ``frame`` (width and height of its own pictures, or ``None``)
    and ``steps_max`` (how many steps the schedule has that it was distilled on, or ``None`` where any number can be
    painted). ``licence`` is there where its card, ``house.json`` or its file names one; ``schedule`` is the
    configuration of its scheduler; ``usual_steps`` and ``usual_guidance``, in flow families, are those of the known
    model that it is most like.
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
    index = _json_or_nothing(path / "model_index.json")
    kind = kinds.find(index.get("_class_name"))
    scheduler = _json_or_nothing(path / "scheduler" / "scheduler_config.json")
    network = _json_or_nothing(path / (kind.network if kind else "unet") / "config.json")
    vae = _json_or_nothing(path / "vae" / "config.json")
    configs = {"index": index, "scheduler": scheduler, "network": network, "vae": vae}
    finer = 2 if _json_or_nothing(path / DECODER / "config.json").get("finer") else 1
    has_sketches = (path / folder.SKETCH).exists()
    encoders = [_json_or_nothing(path / part / "config.json") for part in CLIP]
    found = _facts(told, kind, configs, finer) | {"has_sketches": has_sketches}
    return found | _of_texts(
        None if has_sketches else kind, encoders, found["width"], is_known=kind is not None or has_sketches
    )


@lru_cache(maxsize=32)
def _of_file(path: Path, _changed: int, _beside: int) -> dict[str, Any]:
    try:
        told = single_file.house(path)
        found = single_file.inspect(path)
    except ModelError:
        nothing: Configs = {"index": {}, "scheduler": {}, "network": {}, "vae": {}}
        known = _facts({"name": path.stem}, None, nothing, 1) | {"has_sketches": False}
        return known | _of_texts(None, (), None, is_known=False)
    configs = {"index": {}, "scheduler": found.scheduler, "network": found.unet, "vae": found.vae}
    known = _facts(told, kinds.find(found.kind), configs, 1) | {"has_sketches": False}
    return known | _of_texts(kinds.find(found.kind), (), known["width"], is_known=True)


def _facts(told: dict[str, Any], kind: Kind | None, configs: Configs, finer: int) -> dict[str, Any]:
    scheduler = configs["scheduler"]
    own = _of_flow(told, kind, configs) if kind is not None and kind.is_flow else _of_unet(configs)
    known = {"title": told["name"], "family": kind.family if kind else ""} | own | told
    known["scheduler"] = known["scheduler"] if isinstance(known["scheduler"], str) else scheduler["_class_name"]
    known["finer"] = finer
    known["schedule"] = dict(scheduler)
    known["sizes"] = _sizes(known["size"], told.get("sizes"), finer)
    known["multiple"] = _multiple(configs, kind)
    known["aspects"] = _aspects(known["size"], told.get("aspects"))
    known["frame"] = [known["size"]] * 2 if known["size"] else _frame(configs)
    return {"steps_max": _steps_max(scheduler) if known["few_step"] else None} | known


def _of_texts(
    kind: Kind | None, encoders: Sequence[Mapping[str, Any]], width: int | None, *, is_known: bool
) -> dict[str, Any]:
    """Return what its texts may hold, by the configurations of its text encoders; of an unknown model, everything."""
    layers = [each["num_hidden_layers"] for each in encoders if isinstance(each.get("num_hidden_layers"), int)]
    widths = [each["hidden_size"] for each in encoders if isinstance(each.get("hidden_size"), int)]
    reads = kind.has_weights if kind else not is_known
    skips = kind.has_clip_skip if kind else not is_known
    usual = (CLIP_WIDTHS if width == sum(CLIP_WIDTHS) else [width]) if width else None
    return {
        "reads_weights": reads,
        "clip_skip_max": max(1, min(layers, default=CLIP_LAYERS) - 1) if skips else None,
        "text_widths": (widths or usual) if reads else None,
    }


def _of_unet(configs: Configs) -> dict[str, Any]:
    scheduler, unet = configs["scheduler"], configs["network"]
    return {
        "size": _size(unet, configs["vae"]),
        "width": unet.get("cross_attention_dim"),
        "scheduler": scheduler.get("_class_name", ""),
        "few_step": _is_few_step(scheduler),
        "embeds_guidance": unet.get("time_cond_proj_dim") is not None,
        "takes_guidance": True,
        "has_negatives": True,
    }


def _of_flow(told: dict[str, Any], kind: Kind, configs: Configs) -> dict[str, Any]:
    """Return the facts of a model with a transformer; of one that is not downloaded yet, some are as usual."""
    network = configs["network"]
    few_step = told["few_step"] if "few_step" in told else kind.is_distilled(configs, f"{told['name']}")
    embeds = kind.embeds_guidance(configs)
    takes = embeds or (kind.has_passes and not few_step)
    steps, guidance = (kind.nearest(configs, few_step=each) for each in (bool(few_step), not takes))
    return {
        "size": _size(network, configs["vae"]) or kind.size,
        "width": network.get("joint_attention_dim") or network.get("cap_feat_dim"),
        "scheduler": kinds.FLOW_SOLVER,
        "few_step": few_step,
        "embeds_guidance": embeds,
        "takes_guidance": takes,
        "has_negatives": kind.has_negatives and takes,
        "usual_steps": steps.steps if steps else None,
        "usual_guidance": guidance.guidance if guidance else None,
    }


def _json_or_nothing(path: Path) -> dict[str, Any]:
    try:
        return folder.read_json(path)
    except ModelError:
        return {}


def _size(network: Mapping[str, Any], vae: Mapping[str, Any]) -> int | None:
    """Return how many pixels a side of its pictures has, if they are square; ``None`` where that is not known."""
    latents, scale = network.get("sample_size"), _scale(vae)
    return latents * scale if isinstance(latents, int) and scale else None


def _scale(vae: Mapping[str, Any]) -> int | None:
    """Return of how many pixels a side one latent is; ``None`` where that is not known."""
    blocks = vae.get("block_out_channels")
    return 2 ** (len(blocks) - 1) if isinstance(blocks, list) and blocks else None


def _sizes(own: int | None, told: object, finer: int) -> list[int]:
    """List the sizes that a model paints: its own, those multiples of it that it says it paints well, and the finer."""
    if not own:
        return []
    larger = [*(told if isinstance(told, list) else []), own * finer]
    return [own, *sorted({size for size in larger if type(size) is int and size > own and not size % own})]


def _multiple(configs: Configs, kind: Kind | None) -> int:
    """Return of how many pixels a picture's sides are multiples: a latent's, or a patch's of two by two; at least 8.

    A UNet of diffusers rounds up where a side cannot be halved, and enlarges to what was there before; its pipelines
    take multiples of 8 alone.
    """
    return max(LATENT, (_scale(configs["vae"]) or LATENT) * (PATCH if kind is not None and kind.is_flow else 1))


def _aspects(own: int | None, told: object) -> list[str]:
    """List the aspect ratios that a model paints: those that it names, all if its own pictures are square, or none."""
    if not own:
        return [SQUARE]
    named = [each for each in ASPECTS if each in told] if isinstance(told, list) else [*ASPECTS]
    return [SQUARE, *(each for each in named if each != SQUARE)]


def _frame(configs: Configs) -> list[int] | None:
    """Return width and height of the pictures of a model that are not square; ``None`` where that is not known."""
    latents, scale = configs["network"].get("sample_size"), _scale(configs["vae"])
    if not (isinstance(latents, list) and len(latents) == 2 and scale):
        return None
    height, width = latents
    return [side * scale for side in (width, height)]


def _is_few_step(scheduler: Mapping[str, Any]) -> bool:
    """Recognise a distilled model by the solver that its folder names: LCM's or TCD's, or Euler's as Turbo runs it."""
    solver = scheduler.get("_class_name")
    if solver in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"):
        # Zero terminal SNR wants the trailing spacing too, of models that need all their steps.
        return scheduler.get("timestep_spacing") == "trailing" and not scheduler.get("rescale_betas_zero_snr")
    return solver in CONSISTENT


def _steps_max(scheduler: Mapping[str, Any]) -> int | None:
    """Return how many steps a consistency model's solver takes at most: it picks them from those of its training."""
    if scheduler.get("_class_name") not in CONSISTENT:
        return None
    steps = scheduler.get("original_inference_steps")
    return steps if isinstance(steps, int) and steps > 0 else DISTILLED_STEPS
