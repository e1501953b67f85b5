"""Facts about a model, found without loading it: its name, sizes, scheduler, licence and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.core.models import cache, folder, kinds, licence, names, single_file
from app.core.models.aspects import ASPECTS, SQUARE
from app.core.models.errors import ModelError
from app.core.models.kinds import Configs, Kind

CONSISTENT = ("LCMScheduler", "TCDScheduler")
DISTILLED_STEPS = 50  # the default of diffusers' LCM and TCD schedulers
DECODER = "decoder"
CLIP = "text_encoder", "text_encoder_2"
CLIP_WIDTHS = [768, 1280]  # of Stable Diffusion XL
CLIP_LAYERS = 12  # the fewest of those that Stable Diffusion has
LATENT, PATCH = 8, 2
DESCRIBING = (
    "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "transformer/config.json",
    "vae/config.json", "text_encoder/config.json", "text_encoder_2/config.json", "README.md", "house.json",
)  # fmt: skip


def locate(setting: str, cached: str = "") -> Path:
    """Return the folder or file of a model; for a model of the hub that is not downloaded a path that does not exist.

    `setting` names the model as in the settings, `cached` the folder of downloads.
    """
    try:
        name = names.parse(setting)
    except ModelError:
        return Path(names.expand(setting))
    return name.path or cache.snapshot(name, cached) or Path(setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What is known of a model; one that is not downloaded has unknown values.

    Those from ``licence`` on are those of its ``house.json``, or empty.
    """

    name: str = ""
    title: str = ""
    """Its name on pages."""
    size: int | None = None
    """The side of its pictures in pixels."""
    sizes: tuple[int, ...] = ()
    """The sides that may be requested."""
    frame: tuple[int, ...] | None = None
    """Width and height of its pictures."""
    aspects: tuple[str, ...] = (SQUARE,)
    """The aspect ratios that may be requested."""
    finer: int = 1
    """By how much its decoder can enlarge the same latents."""
    family: str = ""
    """As in `app.core.models.kinds`, or ""; with `width` it decides which LoRA files fit."""
    width: int | None = None
    """Of the text states that its network takes."""
    scheduler: str = ""
    schedule: Mapping[str, Any] = field(default_factory=dict)
    """Its scheduler's class, or "", and configuration."""
    few_step: bool = False
    """Whether it is distilled."""
    steps_max: int | None = None
    """The steps of the schedule it was distilled on."""
    embeds_guidance: bool = False
    """Whether guidance is an input of its network, and needs no second evaluation."""
    takes_guidance: bool = True
    has_negatives: bool = True
    """Whether it uses a visitor's guidance, and negative prompts."""
    reads_weights: bool = False
    """Whether prompts may have weights, any length and textual inversions."""
    clip_skip_max: int | None = None
    """How many of the text encoders' last layers can be skipped."""
    text_widths: tuple[int, ...] | None = None
    """The widths of its text encoders' embeddings; ``None`` if unknown or unsupported."""
    has_sketches: bool = False
    """Whether it is sketch-conditioned."""
    multiple: int = LATENT
    """What each side of a picture is a multiple of, in pixels."""

    usual_steps: int | None = None
    usual_guidance: float | None = None
    """Of flow families: those of the most similar known model."""
    licence: str = ""
    """Of its card, ``house.json`` or file."""
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hands: tuple[Mapping[str, Any], ...] = ()
    """Its styles, and in `hand_pattern` how a prompt names one; `unnamed` are those for stops that name none."""
    hand_pattern: str = ""
    unnamed: tuple[str, ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()
    vocabulary: tuple[str, ...] = ()
    starters: tuple[Sequence[str], ...] = ()

    @classmethod
    def from_mapping(cls, known: Mapping[str, Any]) -> ModelFacts:
        """Return the facts in a mapping such as ``house.json``, of which other keys are ignored."""
        names = {each.name for each in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in known.items() if name in names
        }
        return cls(**values)


def load_facts(setting: str, cached: str = "") -> ModelFacts:
    """Return a model's facts; `setting` names the model as in the settings, `cached` the folder of downloads."""
    path = locate(setting, cached)
    if path.is_file():
        about = path.stat()
        beside = path.with_name(path.stem + single_file.SIDE)
        return _file_facts(path, about.st_mtime_ns, beside.stat().st_mtime_ns if beside.exists() else 0)
    named = names.HUB_NAME.fullmatch(setting)
    there = sum((path / each).exists() for each in DESCRIBING)  # part of the cache key: a download may be running
    return _folder_facts(path, named["repository"] if named and not Path(names.expand(setting)).is_dir() else "", there)


def kind_title(path: Path) -> str:
    """Return the title of the kind of the model in a folder or file, such as Stable Diffusion XL; ``""`` if unknown."""
    try:
        if path.is_file():
            return single_file.inspect(path).family.title
        named = str(folder.read_json(path / "model_index.json").get("_class_name"))
        return folder.TITLES.get(named, named)
    except ModelError:
        return ""


@lru_cache(maxsize=32)
def _folder_facts(path: Path, name: str, _there: int) -> ModelFacts:
    house = _json_or_nothing(path / "house.json")
    house["name"] = name or house.get("name") or path.resolve().name
    if not house.get("licence") and (of_card := licence.from_card(path)):
        house["licence"] = of_card
    index = _json_or_nothing(path / "model_index.json")
    kind = kinds.find(index.get("_class_name"))
    scheduler = _json_or_nothing(path / "scheduler" / "scheduler_config.json")
    network = _json_or_nothing(path / (kind.network if kind else "unet") / "config.json")
    vae = _json_or_nothing(path / "vae" / "config.json")
    configs = {"index": index, "scheduler": scheduler, "network": network, "vae": vae}
    finer = 2 if _json_or_nothing(path / DECODER / "config.json").get("finer") else 1
    has_sketches = (path / folder.SKETCH).exists()
    encoders = [_json_or_nothing(path / part / "config.json") for part in CLIP]
    facts = _facts(house, kind, configs, finer) | {"has_sketches": has_sketches}
    is_known = kind is not None or has_sketches
    texts = _text_facts(None if has_sketches else kind, encoders, facts["width"], is_known=is_known)
    return ModelFacts.from_mapping(facts | texts)


@lru_cache(maxsize=32)
def _file_facts(path: Path, _changed: int, _beside: int) -> ModelFacts:
    try:
        house = single_file.description(path)
        file = single_file.inspect(path)
    except ModelError:
        nothing: Configs = {"index": {}, "scheduler": {}, "network": {}, "vae": {}}
        known = _facts({"name": path.stem}, None, nothing, 1) | {"has_sketches": False}
        return ModelFacts.from_mapping(known | _text_facts(None, (), None, is_known=False))
    configs = {"index": {}, "scheduler": file.scheduler, "network": file.unet, "vae": file.vae}
    known = _facts(house, kinds.find(file.kind), configs, 1) | {"has_sketches": False}
    return ModelFacts.from_mapping(known | _text_facts(kinds.find(file.kind), (), known["width"], is_known=True))


def _facts(house: dict[str, Any], kind: Kind | None, configs: Configs, finer: int) -> dict[str, Any]:
    scheduler = configs["scheduler"]
    own = _flow_facts(house, kind, configs) if kind is not None and kind.is_flow else _unet_facts(configs)
    known = {"title": house["name"], "family": kind.family if kind else ""} | own | house
    known["scheduler"] = known["scheduler"] if isinstance(known["scheduler"], str) else scheduler["_class_name"]
    known["finer"] = finer
    known["schedule"] = dict(scheduler)
    known["sizes"] = _sizes(known["size"], house.get("sizes"), finer)
    known["multiple"] = _multiple(configs, kind)
    known["aspects"] = _aspects(known["size"], house.get("aspects"))
    known["frame"] = [known["size"]] * 2 if known["size"] else _frame(configs)
    return {"steps_max": _steps_max(scheduler) if known["few_step"] else None} | known


def _text_facts(
    kind: Kind | None, encoders: Sequence[Mapping[str, Any]], width: int | None, *, is_known: bool
) -> dict[str, Any]:
    """Return the facts about prompts, by the text encoders' configurations; an unknown model allows everything."""
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


def _unet_facts(configs: Configs) -> dict[str, Any]:
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


def _flow_facts(house: dict[str, Any], kind: Kind, configs: Configs) -> dict[str, Any]:
    """Return the facts of a model with a transformer; some are its kind's defaults until it is downloaded."""
    network = configs["network"]
    few_step = house["few_step"] if "few_step" in house else kind.is_distilled(configs, f"{house['name']}")
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
    """Return the side of a model's square pictures in pixels; ``None`` if unknown or not square."""
    latents, scale = network.get("sample_size"), _scale(vae)
    return latents * scale if isinstance(latents, int) and scale else None


def _scale(vae: Mapping[str, Any]) -> int | None:
    """Return how many pixels a side one latent stands for; ``None`` if unknown."""
    blocks = vae.get("block_out_channels")
    return 2 ** (len(blocks) - 1) if isinstance(blocks, list) and blocks else None


def _sizes(own: int | None, listed: object, finer: int) -> list[int]:
    """Return the sizes that a model generates: its own, the multiples that it names, and its finer decoder's."""
    if not own:
        return []
    larger = [*(listed if isinstance(listed, list) else []), own * finer]
    return [own, *sorted({size for size in larger if type(size) is int and size > own and not size % own})]


def _multiple(configs: Configs, kind: Kind | None) -> int:
    """Return what a picture's sides are multiples of, in pixels: one latent, or a patch of 2 × 2; at least 8.

    Diffusers' UNets round up a side that cannot be halved, and enlarge it back to the former size; its pipelines accept
    only multiples of 8.
    """
    return max(LATENT, (_scale(configs["vae"]) or LATENT) * (PATCH if kind is not None and kind.is_flow else 1))


def _aspects(own: int | None, listed: object) -> list[str]:
    """Return a model's aspect ratios: those that it names, else all; only 1:1 if its pictures are not square."""
    if not own:
        return [SQUARE]
    named = [each for each in ASPECTS if each in listed] if isinstance(listed, list) else [*ASPECTS]
    return [SQUARE, *(each for each in named if each != SQUARE)]


def _frame(configs: Configs) -> list[int] | None:
    """Return width and height of a model's non-square pictures; ``None`` if unknown."""
    latents, scale = configs["network"].get("sample_size"), _scale(configs["vae"])
    if not (isinstance(latents, list) and len(latents) == 2 and scale):
        return None
    height, width = latents
    return [side * scale for side in (width, height)]


def _is_few_step(scheduler: Mapping[str, Any]) -> bool:
    """Return whether a model is distilled, by its scheduler: LCM, TCD, or Euler configured as for Turbo models."""
    solver = scheduler.get("_class_name")
    if solver in ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"):
        # Models with zero terminal SNR use trailing spacing too, and need all their steps.
        return scheduler.get("timestep_spacing") == "trailing" and not scheduler.get("rescale_betas_zero_snr")
    return solver in CONSISTENT


def _steps_max(scheduler: Mapping[str, Any]) -> int | None:
    """Return the most steps that a consistency model's scheduler takes, which picks them from its training's steps.

    None for other schedulers.
    """
    if scheduler.get("_class_name") not in CONSISTENT:
        return None
    steps = scheduler.get("original_inference_steps")
    return steps if isinstance(steps, int) and steps > 0 else DISTILLED_STEPS
