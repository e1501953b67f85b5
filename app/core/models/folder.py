"""Check a model's folder by its JSON files and the headers of its weights, without loading it.

The site, ``flask doctor`` and workers use these checks, and so refuse the same folders with the same messages. Only the
standard library is needed. The rules for schedulers follow from the source of diffusers 0.42.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from app.core.models import kinds, merges, tensor_file
from app.core.models.errors import MissingFile, ModelError
from app.core.models.kinds import Kind

KINDS = tuple(kind.pipeline for kind in kinds.EVERY)
"""The supported pipelines, as ``model_index.json`` names them."""

TITLES = {kind.pipeline: kind.title for kind in kinds.EVERY}
"""The titles of the supported pipelines."""

PARTS = {"unet": kinds.UNET, "vae": kinds.VAES}
"""The classes of UNet and VAE, in the kinds with a UNet."""

OPTIONAL = ("safety_checker", "feature_extractor", "image_encoder")
"""Parts of a pipeline that are not needed to generate from text: they are not loaded and may be missing."""

TOKENIZERS = ("tokenizer", "tokenizer_2", "tokenizer_3")
CONFIGS = {"scheduler": "scheduler_config.json"} | dict.fromkeys(TOKENIZERS, "tokenizer_config.json")

VOCABULARIES = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",), ("spiece.model",))
"""The files that hold a tokenizer's vocabulary, in each possible layout."""

PREDICTIONS = ("epsilon", "v_prediction", "sample")
"""What a network may predict: the noise, the velocity (Salimans & Ho, arXiv 2202.00512), or the sample."""

FLOW = "flow_prediction"
"""The prediction of the flow from picture to noise (Liu et al., arXiv 2209.03003), which needs flow noise levels."""

FLOW_SCHEDULERS = (
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "SASolverScheduler",
    "UniPCMultistepScheduler",
)
"""The schedulers that support ``use_flow_sigmas``; others ignore it.

diffusers' DEIS takes it too, but leaves 10 to 30 % of the noise in the picture.
"""

SCHEDULERS = (
    *FLOW_SCHEDULERS,
    "DEISMultistepScheduler",
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
"""The schedulers that a folder may name: those whose settings the worker's solvers support.

Their noise levels follow from betas, and their prediction types are the solvers'. Others differ: EDM schedulers
precondition the network's input and output; flow-matching ones and IPNDM have other noise levels and no prediction
type; CogVideoX's shift the betas; inverse ones go from a picture to noise; RePaint needs a picture, UnCLIP a learned
variance.
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
"""Scheduler settings that change the meaning of the network's output, with the values that the solvers support."""

FLOW_SETTINGS: dict[str, tuple[object, ...]] = {
    "invert_sigmas": (False, None),
    "stochastic_sampling": (False, None),
}
"""The same for the flow families' solver, which neither inverts the levels nor draws noise at each step."""

CHAT_TEMPLATES = ("chat_template.jinja", "chat_template.json")

SKETCH, SKETCH_VERSION, SKETCH_CHANNELS = "sketch.json", 1, 4
"""The file that marks a sketch-conditioned model, the version of its sketches, and their channels (RGB, distance)."""

HALF = re.compile(r"\.fp16[.-]")
SHARD = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})(?P<variant>.*)")


def inspect(folder: Path) -> str:
    """Check a model's folder and return its pipeline's class, one of :data:`KINDS`.

    :raises MissingFile: naming the first file that is missing.
    :raises ModelError: naming what is not supported, or the first file that is damaged.
    """
    try:
        index = read_json(folder / "model_index.json")
    except MissingFile as error:
        if file := next(iter(sorted(folder.glob("*.safetensors"))), None):
            raise ModelError(f"{error} To paint with the single file in that folder, name the file: {file}") from error
        raise
    pipeline = inspect_index(index, str(folder))
    kind = kinds.BY_PIPELINE[pipeline]
    _inspect_scheduler(folder / "scheduler", _named_class(index, "scheduler"), kind)
    _inspect_networks(folder, kind)
    for part in parts(folder):
        read_json(part / CONFIGS.get(part.name, "config.json"))
        if part.name in TOKENIZERS:
            _inspect_vocabulary(part)
            if kind.chats:
                _inspect_chat(part)
        elif part.name not in CONFIGS:
            _inspect_weights(part)
    _inspect_own_files(folder)
    return pipeline


def inspect_index(index: dict[str, Any], name: str) -> str:
    """Check the ``model_index.json`` of the model ``name``, and return its pipeline's class.

    :raises ModelError: when the pipeline is not supported, or the index lacks a part that it needs.
    """
    pipeline = index.get("_class_name")
    kind = kinds.find(pipeline)
    if kind is None:
        if what := kinds.describe_unsupported(str(pipeline)):
            raise ModelError(f"The model {name} {what}.")
        raise ModelError(f"The model {name} is of the kind {pipeline}; this program paints with {_join_names(KINDS)}.")
    if kind.is_flow:
        _inspect_parts(index, kind, name)
    return kind.pipeline


def parts(folder: Path) -> list[Path]:
    """Return the folders of the parts to load, as ``model_index.json`` names them."""
    index = read_json(folder / "model_index.json")
    return [folder / name for name in sorted(index) if is_named(index, name)]


def weights(part: Path) -> list[Path]:
    """Return a part's weight files: the safetensors files, or without any the pickles."""
    return sorted(part.glob("*.safetensors")) or sorted(part.glob("*.bin"))


def is_half(path: str) -> bool:
    """Return whether a weight file is in half precision, by its name."""
    return HALF.search(path.rpartition("/")[2]) is not None


def is_usual(path: str) -> bool:
    """Return whether a weight file is one to load, by its name: without a variant, or half precision."""
    return "." not in Path(path).stem or is_half(path)


def is_named(index: dict[str, Any], part: str) -> bool:
    """Return whether an index names a part that is to be loaded."""
    return bool(_named_class(index, part)) and part not in OPTIONAL


def is_half_only(part: Path) -> bool:
    """Return whether a part has weights in half precision only, in one file or in shards."""
    names = [path.stem for path in weights(part)]
    return all("." in name for name in names) and any(HALF.search(f"{name}.") for name in names)


def sketch_side(folder: Path) -> int | None:
    """Return the side in pixels of the sketches that condition a model, by its ``sketch.json``; None without one.

    :raises ModelError: when it needs another version of sketches.
    """
    path = folder / SKETCH
    if not path.exists():
        return None
    config = read_json(path)
    if config.get("version") != SKETCH_VERSION or not isinstance(config.get("side"), int):
        raise ModelError(f"{path} asks for other sketches than this program draws, of version {SKETCH_VERSION}.")
    return int(config["side"])


def inspect_scheduler(
    config: dict[str, Any], path: str, *, named: str = "", part: str = "", kind: Kind = kinds.STABLE_DIFFUSION
) -> None:
    """Check a scheduler's settings from the file `path`; `named` is the class that the index names for `part`.

    :raises ModelError: when the worker's solvers do not support them.
    """
    names = [name for name in (named, str(config.get("_class_name") or "")) if name]
    schedulers = kind.schedulers or SCHEDULERS
    for name in names:
        if name not in schedulers:
            known = _join_names(sorted(schedulers))
            raise ModelError(f"{part or path} is of the class {name}; this program paints with {known}.")
    for key, known_values in (FLOW_SETTINGS if kind.is_flow else SETTINGS).items():
        if key in config and config[key] not in known_values:
            allowed = _join_names([json.dumps(value) for value in known_values])
            raise ModelError(f"{path} sets {key} to {json.dumps(config[key])}; this program knows {allowed}.")
    if kind.is_flow:
        return
    is_flow = bool(config.get("use_flow_sigmas"))
    if is_flow and not any(name in FLOW_SCHEDULERS for name in names):
        raise ModelError(f"{path} sets use_flow_sigmas, which only {_join_names(FLOW_SCHEDULERS)} know.")
    prediction, predictions = config.get("prediction_type", PREDICTIONS[0]), (FLOW,) if is_flow else PREDICTIONS
    if prediction not in predictions:
        raise ModelError(f"{path} predicts {json.dumps(prediction)}; this program knows {_join_names(predictions)}.")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    :raises MissingFile: when there is no such file.
    :raises ModelError: when the file cannot be read or holds no JSON object.
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
    """Return the class that an index names for a part; ``""`` for a missing part or one set to null."""
    entry = index.get(part)
    return str(entry[-1]) if isinstance(entry, list) and entry and entry[0] else ""


def _inspect_parts(index: dict[str, Any], kind: Kind, name: str) -> None:
    """Raise ModelError if an index lacks a part that the kind needs, or names another class for a text encoder."""
    needed = (*kind.parts, *(part for part in kind.tokenizers if part not in kind.absent))
    with_words = [f"tokenizer{part.removeprefix('text_encoder')}" for part in kind.encoders if is_named(index, part)]
    for part in dict.fromkeys((*needed, *with_words)):
        if not is_named(index, part):
            what = part.replace("_", " ").replace("vae", "VAE")
            raise ModelError(f"The model {name} has no {what}, which {kind.title} needs.")
    for part, classes in kind.encoders.items():
        if is_named(index, part) and (name_of_class := _named_class(index, part)) not in classes:
            raise ModelError(
                f"{name}/{part} is of the class {name_of_class}; this program paints with {_join_names(classes, 'or')}."
            )


def _inspect_scheduler(part: Path, named: str, kind: Kind) -> None:
    """Raise ModelError for a scheduler that the solvers do not support, because pictures would be wrong."""
    path = part / CONFIGS["scheduler"]
    inspect_scheduler(read_json(path), str(path), named=named, part=str(part), kind=kind)


def _inspect_networks(folder: Path, kind: Kind) -> None:
    """Raise ModelError for networks that need more than noise and a prompt, such as a picture to inpaint."""
    allowed = {kind.network: kind.network_classes, "vae": kind.vae_classes}
    configs = {part: read_json(folder / part / "config.json") for part in allowed}
    for part, config in configs.items():
        if (name := config.get("_class_name")) not in allowed[part]:
            raise ModelError(
                f"{folder / part} is of the class {name}; this program paints with {_join_names(allowed[part], 'or')}."
            )
    if kind.is_flow:
        _inspect_transformer(folder, kind, configs[kind.network], configs["vae"])
    else:
        _inspect_unet(folder, configs["unet"], configs["vae"])


def _inspect_transformer(folder: Path, kind: Kind, network: dict[str, Any], vae: dict[str, Any]) -> None:
    wanted = vae.get("latent_channels", 4) * kind.folded
    channels = network.get("in_channels")
    if channels != wanted or network.get("out_channels") not in (None, wanted):
        raise ModelError(
            f"{folder / kind.network} takes {channels} channels, where latents have {wanted}: it is made for another"
            " task than painting from words, such as inpainting."
        )
    house = folder / "house.json"
    size = read_json(house).get("size") if house.exists() else None
    unit = 2 ** len(vae.get("block_out_channels", ()))  # the VAE's scale times patches of 2 × 2
    if size is not None and (type(size) is not int or size < unit or size % unit):
        raise ModelError(f"{house} sets size to {json.dumps(size)}; this program knows multiples of {unit}.")


def _inspect_unet(folder: Path, unet: dict[str, Any], vae: dict[str, Any]) -> None:
    latents = vae.get("latent_channels", 4)
    channels, wanted = unet.get("in_channels", 4), latents + _sketch_channels(folder, unet)
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


def _sketch_channels(folder: Path, unet: dict[str, Any]) -> int:
    """Return the number of channels of a sketch folded to the size of the latents; 0 without sketches.

    :raises ModelError: when the sketch cannot be folded to that size.
    """
    side, sample = sketch_side(folder), unet.get("sample_size")
    if side is None:
        return 0
    if not isinstance(sample, int) or side % sample:
        raise ModelError(f"{folder / SKETCH}: sketches of {side} cannot be folded to latents of {sample}.")
    return int(SKETCH_CHANNELS * (side // sample) ** 2)


def _inspect_vocabulary(part: Path) -> None:
    """Raise MissingFile if a tokenizer has no vocabulary: it would load all the same, without any words."""
    if not any(all((part / name).is_file() for name in names) for names in VOCABULARIES):
        is_t5 = str(read_json(part / CONFIGS[part.name]).get("tokenizer_class")).startswith("T5")
        others = "so is spiece.model" if is_t5 else "so are vocab.json and merges.txt"
        raise MissingFile(f"The model file {part}/tokenizer.json is missing, and {others}.")
    found = {path.name: read_json(path) for path in part.glob("*.json")}
    if "vocab.json" in found and "tokenizer.json" not in found:
        _inspect_merges(part / "merges.txt", found["vocab.json"])


def _inspect_merges(path: Path, vocabulary: dict[str, Any]) -> None:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The model file {path} is broken: {error}.") from error
    if not merges.is_whole(vocabulary, text):
        raise ModelError(f"The model file {path} is cut off: it does not make the words of vocab.json.")


def _inspect_chat(part: Path) -> None:
    """Raise MissingFile if a tokenizer has no chat template, which a language model as text encoder needs."""
    config = part / CONFIGS[part.name]
    if not read_json(config).get("chat_template") and not any((part / name).is_file() for name in CHAT_TEMPLATES):
        raise MissingFile(
            f"The model file {part / CHAT_TEMPLATES[0]} is missing, and {config.name} holds no chat_template."
        )


def _inspect_weights(part: Path) -> None:
    paths = weights(part)
    if not any(is_usual(path.name) for path in paths):
        raise MissingFile(f"The model file {part}/*.safetensors is missing.")
    for path in paths:
        if shard := SHARD.fullmatch(path.stem):
            _inspect_shards(path, shard)
        if path.suffix == ".safetensors":
            tensor_file.read_header(path)


def _inspect_own_files(folder: Path) -> None:
    """Raise ModelError for a damaged file that only this program knows; each may be missing."""
    if (house := folder / "house.json").exists():
        read_json(house)
    for path in (*folder.glob("sketchbook*.zip"), folder / "lexicon.npz"):
        if path.exists() and not zipfile.is_zipfile(path):
            raise ModelError(f"The model file {path} is broken: it is no ZIP archive, or is cut off.")
    for path in (folder / "decoder").glob("*.safetensors"):
        tensor_file.read_header(path)


def _inspect_shards(path: Path, shard: re.Match[str]) -> None:
    """Check that all shards and their index are beside a shard, and that it holds the tensors that the index names.

    :raises MissingFile: naming the file that is missing.
    :raises ModelError: naming the shard, and the tensor that it lacks.
    """
    stem, count, variant = shard["stem"], shard["count"], shard["variant"]
    for number in range(1, int(count) + 1):
        beside = path.with_name(f"{stem}-{number:05}-of-{count}{variant}{path.suffix}")
        if not beside.exists():
            raise MissingFile(f"The model file {beside} is missing.")
    indices = list(path.parent.glob("*.index*.json"))
    if not indices:
        raise MissingFile(f"The model file {path.parent}/*{path.suffix}.index.json is missing.")
    if path.suffix == ".safetensors":
        own = tensor_file.read_header(path).tensors
        for index in indices:
            places = read_json(index).get("weight_map")
            named = places.items() if isinstance(places, dict) else ()
            if lacking := next((name for name, file in named if file == path.name and name not in own), None):
                raise ModelError(f"The model file {path} is incomplete: it lacks the tensor {lacking}.")


def _join_names(names: tuple[str, ...] | list[str], joined: str = "and") -> str:
    *others, last = names
    return f"{', '.join(others)} {joined} {last}" if others else last
