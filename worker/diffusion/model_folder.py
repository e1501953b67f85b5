"""A model's folder: whether it is whole and of a kind that this program paints with, and what it is fingerprinted by.

The files are read before the libraries read them, because their messages seldom name the file at fault.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors

import decoder
from decoder import DecoderError, SceneDecoder

KINDS = ("StableDiffusionPipeline", "StableDiffusionXLPipeline", "LatentConsistencyModelPipeline")
"""The pipelines that are painted with, as `model_index.json` names them."""

PREDICTIONS = ("epsilon", "v_prediction", "sample")
"""What a network may predict: the noise, the velocity (Salimans & Ho, arXiv 2202.00512), or the picture itself."""

FLOW = "flow_prediction"
"""The way from the picture to the noise (Liu et al., arXiv 2209.03003); its solver's noise levels must be a flow's."""

PARTS = {"unet": ("UNet2DConditionModel",), "vae": ("AutoencoderKL", "AutoencoderTiny")}
"""The classes that the two networks of a picture may have."""

OPTIONAL = ("safety_checker", "feature_extractor", "image_encoder")
"""The parts of a pipeline that take no part in painting from words."""

TOKENIZERS = ("tokenizer", "tokenizer_2")
CONFIGS = {"scheduler": "scheduler_config.json"} | dict.fromkeys(TOKENIZERS, "tokenizer_config.json")

VOCABULARIES = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",))
"""The files that hold a tokenizer's words, in the layouts there are."""

HAND_PATTERN = "{prompt}, {words}"
"""How prompt and hand are joined if the model says nothing else; only another pattern is part of its revision."""


SKETCH, SKETCH_VERSION, SKETCH_CHANNELS = "sketch.json", 1, 4
"""The file that says that a model is led by sketches; the version of these; their three colours and a distance."""


DECODER = "decoder"
"""The folder beside the other parts with a decoder that is shown scenes, which most models have not."""


class ModelError(Exception):
    """A model, or a part of it that a recipe asks for, is missing, broken, or none that this program paints with."""


def house(folder: Path) -> dict[str, Any]:
    """Read what a folder says of itself, if it does."""
    path = folder / "house.json"
    return _json(path) if path.exists() else {}


def sketch_side(folder: Path) -> int | None:
    """Say how large the sketches are that lead a model, by its `sketch.json`; None where none do.

    Raises ModelError where it asks for sketches that this program does not draw.
    """
    path = folder / SKETCH
    if not path.exists():
        return None
    told = _json(path)
    if told.get("version") != SKETCH_VERSION or not isinstance(told.get("side"), int):
        raise ModelError(f"{path} asks for other sketches than this program draws, of version {SKETCH_VERSION}")
    return int(told["side"])


def scene_decoder(folder: Path) -> SceneDecoder | None:
    """Load the decoder that is shown scenes; None where there is none.

    Raises ModelError where it cannot be loaded, or is made for other latents or sketches.
    """
    if not (folder / DECODER).is_dir():
        return None
    try:
        found = decoder.load(folder / DECODER)
    except DecoderError as error:
        raise ModelError(str(error)) from error
    unet, vae = (_json(folder / part / "config.json") for part in PARTS)
    side, sample = sketch_side(folder), unet.get("sample_size")
    scale = 2 ** (len(vae.get("block_out_channels") or vae.get("decoder_block_out_channels") or ()) - 1)
    if (found.shape.latent, decoder.SCALE) != (vae.get("latent_channels", 4), scale) or side != 2 * (sample or 0):
        raise ModelError(f"{folder / DECODER} is made for other latents or sketches than the model's")
    return found


def inspect(folder: Path) -> str:
    """Return the kind of pipeline, one of `KINDS`.

    Raises ModelError naming the first file that is missing or broken, or what makes the model one of another kind.
    """
    kind = str(_json(folder / "model_index.json").get("_class_name"))
    if kind not in KINDS:
        raise ModelError(
            f"{folder} is of the kind {kind}; this program paints with {', '.join(KINDS[:-1])} and {KINDS[-1]}"
        )
    for part in _parts(folder):
        _json(part / CONFIGS.get(part.name, "config.json"))
        if part.name in TOKENIZERS:
            _inspect_vocabulary(part)
        elif part.name not in CONFIGS:
            _inspect_weights(part)
    _inspect_kind(folder)
    return kind


def variant(folder: Path) -> str | None:
    """Return "fp16" for a folder whose network is there in half precision alone."""
    weights = _weights(folder / "unet")
    return "fp16" if weights and all(".fp16." in path.name for path in weights) else None


def fingerprint(folder: Path) -> str:
    """Hash what a picture depends on: how prompts are put, configurations, vocabularies, weights."""
    told = house(folder)
    texts = [path for part in _parts(folder) for path in part.iterdir() if path.suffix in (".json", ".txt")]
    weights = [path for part in _parts(folder) for path in _weights(part)]
    digest = hashlib.sha256(told.get("prefix", "").encode())
    if (pattern := told.get("hand_pattern", HAND_PATTERN)) != HAND_PATTERN:
        digest.update(b"\0" + pattern.encode())
    lead = [path for path in [folder / SKETCH] if path.exists()]
    beside = [path for name in (decoder.CONFIG, decoder.WEIGHTS) if (path := folder / DECODER / name).exists()]
    for path in sorted((folder / "model_index.json", *lead, *beside, *texts, *weights)):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"model file missing: {path}") from None
    except ValueError as error:
        raise ModelError(f"model file broken: {path}: {error}") from error


def _parts(folder: Path) -> list[Path]:
    index = _json(folder / "model_index.json")
    named = [key for key, value in index.items() if isinstance(value, list) and value[0]]
    return [folder / name for name in sorted(named) if name not in OPTIONAL]


def _inspect_kind(folder: Path) -> None:
    """Refuse networks that want more than noise and words, such as a picture to paint into."""
    unet, vae = (_json(folder / part / "config.json") for part in PARTS)
    for part, config in (("unet", unet), ("vae", vae)):
        if (name := config.get("_class_name")) not in PARTS[part]:
            raise ModelError(
                f"{folder / part} is of the class {name}; this program paints with {' or '.join(PARTS[part])}"
            )
    channels, latents = unet.get("in_channels", 4), vae.get("latent_channels", 4)
    wanted = latents + _sketched(folder, unet)
    if channels != wanted or unet.get("out_channels", 4) != latents:
        raise ModelError(
            f"{folder / 'unet'} takes {channels} channels, where latents{' and sketch' * (wanted > latents)} have"
            f" {wanted}: it is made for another task than painting from words, such as inpainting"
        )
    added = "text_time" if (folder / "text_encoder_2").is_dir() else "text"
    if unet.get("addition_embed_type") not in (None, added) or unet.get("class_embed_type"):
        wanted = unet.get("class_embed_type") or unet.get("addition_embed_type")
        raise ModelError(f"{folder / 'unet'} wants an input that a prompt does not give: {wanted}")
    if not unet.get("sample_size"):
        raise ModelError(f"{folder / 'unet'} does not say how large its pictures are: sample_size")
    scheduler = _json(folder / "scheduler" / CONFIGS["scheduler"])
    prediction = scheduler.get("prediction_type", PREDICTIONS[0])
    known = (FLOW,) if scheduler.get("use_flow_sigmas") else PREDICTIONS
    if prediction not in known:
        raise ModelError(f"{folder / 'scheduler'} predicts {prediction!r}; known are {', '.join(known)}")


def _sketched(folder: Path, unet: dict[str, Any]) -> int:
    """Count the channels of a sketch that is folded to the size of the latents."""
    side, sample = sketch_side(folder), unet.get("sample_size")
    if side is None:
        return 0
    if not isinstance(sample, int) or side % sample:
        raise ModelError(f"{folder / SKETCH}: sketches of {side} cannot be folded to latents of {sample}")
    return int(SKETCH_CHANNELS * (side // sample) ** 2)


def _inspect_vocabulary(part: Path) -> None:
    """Look for a vocabulary: without one, a tokenizer loads all the same and knows no word."""
    if not any(all((part / name).is_file() for name in names) for names in VOCABULARIES):
        raise ModelError(f"model file missing: {part / VOCABULARIES[0][0]}")
    for path in part.glob("*.json"):
        _json(path)


def _inspect_weights(part: Path) -> None:
    weights = _weights(part)
    if not weights:
        raise ModelError(f"model file missing: {part}/*.safetensors")
    for path in weights:
        if path.suffix == ".safetensors":
            try:
                with safetensors.safe_open(path, framework="pt"):
                    pass
            except Exception as error:
                raise ModelError(f"model file broken: {path}: {error}") from error


def _weights(part: Path) -> list[Path]:
    """List a part's weight files as the pipeline chooses them: safetensors before pickles."""
    return sorted(part.glob("*.safetensors")) or sorted(part.glob("*.bin"))
