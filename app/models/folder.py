"""What a model's folder must hold, as its JSON and the headers of its weights say, without loading it.

The site, ``flask doctor`` and the worker refuse the same folders in the same sentences, because all of them ask here.
Only the standard library is needed. The rules for schedulers follow from the sources of diffusers 0.42.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from app.models import tensor_file
from app.models.errors import MissingFile, ModelError

KINDS = ("StableDiffusionPipeline", "StableDiffusionXLPipeline", "LatentConsistencyModelPipeline")
"""The pipelines that are painted with, as ``model_index.json`` names them."""

TITLES = dict(zip(KINDS, ("Stable Diffusion", "Stable Diffusion XL", "Latent consistency"), strict=True))
"""What people call them."""

PARTS = {"unet": ("UNet2DConditionModel",), "vae": ("AutoencoderKL", "AutoencoderTiny")}
"""The classes that the two networks of a picture may have."""

OPTIONAL = ("safety_checker", "feature_extractor", "image_encoder")
"""The parts of a pipeline that take no part in painting from words: they are not loaded and may be missing."""

TOKENIZERS = ("tokenizer", "tokenizer_2")
CONFIGS = {"scheduler": "scheduler_config.json"} | dict.fromkeys(TOKENIZERS, "tokenizer_config.json")

VOCABULARIES = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",))
"""The files that hold a tokenizer's words, in the layouts there are."""

PREDICTIONS = ("epsilon", "v_prediction", "sample")
"""What a network may predict: the noise, the velocity (Salimans & Ho, arXiv 2202.00512), or the picture itself."""

FLOW = "flow_prediction"
"""The way from the picture to the noise (Liu et al., arXiv 2209.03003); its solver's noise levels must be a flow's."""

FLOW_SCHEDULERS = (
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "SASolverScheduler",
    "UniPCMultistepScheduler",
)
"""The schedulers in which ``use_flow_sigmas`` means something; others ignore it."""

SCHEDULERS = (
    *FLOW_SCHEDULERS,
    "DDIMParallelScheduler",
    "DDIMScheduler",
    "DDPMParallelScheduler",
    "DDPMScheduler",
    "DPMSolverSDEScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LCMScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "TCDScheduler",
)
"""The schedulers that a folder may name: those whose settings the worker's solvers can be given.

Their noise levels follow from betas, and their prediction types are the solvers'. EDM schedulers precondition the
network's input and output, flow-matching ones and IPNDM have other noise levels and no prediction type, CogVideoX's
shift the betas, inverse ones lead from a picture to noise, RePaint wants a picture, UnCLIP a learned variance.
"""

SETTINGS: dict[str, tuple[object, ...]] = {
    "beta_schedule": ("linear", "scaled_linear", "squaredcos_cap_v2"),
    "preconditioned": (False, None),
    "shift_terminal": (None,),
    "sigma_data": (None,),
    "snr_shift_scale": (None,),
    "timestep_type": ("discrete", None),
    "use_dynamic_shifting": (False, None),
    "variance_type": ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", None),
}
"""Settings of a scheduler that change what the network's numbers mean, with the values that the solvers know."""

SKETCH, SKETCH_VERSION, SKETCH_CHANNELS = "sketch.json", 1, 4
"""The file that says that a model is led by sketches; the version of these; their three colours and a distance."""

HALF = re.compile(r"\.fp16[.-]")
SHARD = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})(?P<variant>.*)")


def inspect(folder: Path) -> str:
    """Return the kind of pipeline in a folder, one of :data:`KINDS`.

    :raises ModelError: naming what makes the model one of another kind, or the first file that is missing or broken.
    """
    try:
        index = read_json(folder / "model_index.json")
    except MissingFile as error:
        if file := next(iter(sorted(folder.glob("*.safetensors"))), None):
            raise ModelError(f"{error} To paint with the single file in that folder, name the file: {file}") from error
        raise
    kind = inspect_index(index, str(folder))
    _inspect_scheduler(folder / "scheduler", _named_class(index, "scheduler"))
    _inspect_networks(folder)
    for part in parts(folder):
        read_json(part / CONFIGS.get(part.name, "config.json"))
        if part.name in TOKENIZERS:
            _inspect_vocabulary(part)
        elif part.name not in CONFIGS:
            _inspect_weights(part)
    return kind


def inspect_index(index: dict[str, Any], name: str) -> str:
    """Return the kind of pipeline that the ``model_index.json`` of a model of this name tells of.

    :raises ModelError: when this program does not paint with that kind.
    """
    kind = index.get("_class_name")
    if kind not in KINDS:
        raise ModelError(f"The model {name} is of the kind {kind}; this program paints with {_listed(KINDS)}.")
    return str(kind)


def parts(folder: Path) -> list[Path]:
    """List the folders of the parts that are painted with, as ``model_index.json`` names them."""
    index = read_json(folder / "model_index.json")
    return [folder / name for name in sorted(index) if is_named(index, name)]


def weights(part: Path) -> list[Path]:
    """List a part's weight files as the pipeline chooses them: safetensors before pickles."""
    return sorted(part.glob("*.safetensors")) or sorted(part.glob("*.bin"))


def is_half(path: str) -> bool:
    """Return whether a weight file's name says that it is in half precision."""
    return HALF.search(path.rpartition("/")[2]) is not None


def is_usual(path: str) -> bool:
    """Return whether a weight file's name is one that is loaded: with no variant, or half precision."""
    return "." not in Path(path).stem or is_half(path)


def is_named(index: dict[str, Any], part: str) -> bool:
    """Return whether an index names a part that is painted with."""
    return bool(_named_class(index, part)) and part not in OPTIONAL


def is_half_only(part: Path) -> bool:
    """Return whether a part's weights are there in half precision alone, whole or in shards."""
    names = [path.stem for path in weights(part)]
    return all("." in name for name in names) and any(HALF.search(f"{name}.") for name in names)


def sketch_side(folder: Path) -> int | None:
    """Return how many pixels a side the sketches have that lead a model, by its ``sketch.json``; None without one.

    :raises ModelError: when it asks for sketches that this program does not draw.
    """
    path = folder / SKETCH
    if not path.exists():
        return None
    config = read_json(path)
    if config.get("version") != SKETCH_VERSION or not isinstance(config.get("side"), int):
        raise ModelError(f"{path} asks for other sketches than this program draws, of version {SKETCH_VERSION}.")
    return int(config["side"])


def inspect_scheduler(config: dict[str, Any], path: str, *, named: str = "", part: str = "") -> None:
    """Look through a scheduler's settings, which stand in `path`; `named` is the class that an index gives `part`.

    :raises ModelError: when the solvers cannot stand in for it.
    """
    names = [name for name in (named, str(config.get("_class_name") or "")) if name]
    for name in names:
        if name not in SCHEDULERS:
            known = _listed(sorted(SCHEDULERS))
            raise ModelError(f"{part or path} is of the class {name}; this program paints with {known}.")
    for key, known_values in SETTINGS.items():
        if key in config and config[key] not in known_values:
            allowed = _listed([json.dumps(value) for value in known_values])
            raise ModelError(f"{path} sets {key} to {json.dumps(config[key])}; this program knows {allowed}.")
    is_flow = bool(config.get("use_flow_sigmas"))
    if is_flow and not any(name in FLOW_SCHEDULERS for name in names):
        raise ModelError(f"{path} sets use_flow_sigmas, which only {_listed(FLOW_SCHEDULERS)} know.")
    prediction, predictions = config.get("prediction_type", PREDICTIONS[0]), (FLOW,) if is_flow else PREDICTIONS
    if prediction not in predictions:
        raise ModelError(f"{path} predicts {json.dumps(prediction)}; this program knows {_listed(predictions)}.")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    :raises MissingFile: when there is no such file.
    :raises ModelError: when it holds something else.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MissingFile(f"The model file {path} is missing.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"The model file {path} is broken: {error}.") from error
    if not isinstance(value, dict):
        raise ModelError(f"The model file {path} is broken: it holds no object.")
    return value


def _named_class(index: dict[str, Any], part: str) -> str:
    """Return the class that an index names for a part; "" for a part that is not there by intent."""
    entry = index.get(part)
    return str(entry[-1]) if isinstance(entry, list) and entry and entry[0] else ""


def _inspect_scheduler(part: Path, named: str) -> None:
    """Refuse a scheduler that the solvers cannot stand in for: it would be painted with, and wrongly."""
    path = part / CONFIGS["scheduler"]
    inspect_scheduler(read_json(path), str(path), named=named, part=str(part))


def _inspect_networks(folder: Path) -> None:
    """Refuse networks that want more than noise and words, such as a picture to paint into."""
    configs = {part: read_json(folder / part / "config.json") for part in PARTS}
    for part, config in configs.items():
        if (name := config.get("_class_name")) not in PARTS[part]:
            raise ModelError(
                f"{folder / part} is of the class {name}; this program paints with {_listed(PARTS[part], 'or')}."
            )
    unet, latents = configs["unet"], configs["vae"].get("latent_channels", 4)
    channels, wanted = unet.get("in_channels", 4), latents + _sketched(folder, unet)
    if channels != wanted or unet.get("out_channels", 4) != latents:
        raise ModelError(
            f"{folder / 'unet'} takes {channels} channels, where latents{' and sketch' * (wanted > latents)} have"
            f" {wanted}: it is made for another task than painting from words, such as inpainting."
        )
    added = "text_time" if (folder / "text_encoder_2").is_dir() else "text"
    if unet.get("addition_embed_type") not in (None, added) or unet.get("class_embed_type"):
        extra = unet.get("class_embed_type") or unet.get("addition_embed_type")
        raise ModelError(f"{folder / 'unet'} wants an input that a prompt does not give: {extra}.")
    if not unet.get("sample_size"):
        raise ModelError(f"{folder / 'unet'} does not say how large its pictures are: sample_size.")


def _sketched(folder: Path, unet: dict[str, Any]) -> int:
    """Count the channels of a sketch that is folded to the size of the latents."""
    side, sample = sketch_side(folder), unet.get("sample_size")
    if side is None:
        return 0
    if not isinstance(sample, int) or side % sample:
        raise ModelError(f"{folder / SKETCH}: sketches of {side} cannot be folded to latents of {sample}.")
    return int(SKETCH_CHANNELS * (side // sample) ** 2)


def _inspect_vocabulary(part: Path) -> None:
    """Look for a vocabulary: without one, a tokenizer loads all the same and knows no word."""
    if not any(all((part / name).is_file() for name in names) for names in VOCABULARIES):
        raise MissingFile(f"The model file {part}/tokenizer.json is missing, and so are vocab.json and merges.txt.")
    for path in part.glob("*.json"):
        read_json(path)


def _inspect_weights(part: Path) -> None:
    paths = weights(part)
    if not any(is_usual(path.name) for path in paths):
        raise MissingFile(f"The model file {part}/*.safetensors is missing.")
    for path in paths:
        if shard := SHARD.fullmatch(path.stem):
            _inspect_shards(path, shard)
        if path.suffix == ".safetensors":
            tensor_file.read(path)


def _inspect_shards(path: Path, shard: re.Match[str]) -> None:
    """Look for the other shards beside one of them, and for the index that says which tensor lies in which."""
    stem, count, variant = shard["stem"], shard["count"], shard["variant"]
    for number in range(1, int(count) + 1):
        beside = path.with_name(f"{stem}-{number:05}-of-{count}{variant}{path.suffix}")
        if not beside.exists():
            raise MissingFile(f"The model file {beside} is missing.")
    if not any(path.parent.glob("*.index*.json")):
        raise MissingFile(f"The model file {path.parent}/*{path.suffix}.index.json is missing.")


def _listed(names: tuple[str, ...] | list[str], joined: str = "and") -> str:
    *others, last = names
    return f"{', '.join(others)} {joined} {last}" if others else last
