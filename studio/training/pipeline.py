"""Load a whole model as diffusers' pipeline, from a diffusers folder or from trained parts and a base."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

from studio.errors import FolderError, StudioError
from studio.workspace.work_folder import Folder

PARTS = ("text_encoder", "tokenizer", "unet", "vae", "scheduler")


def facts(model: Path) -> dict[str, Any]:
    """Return the contents of a model's ``house.json``, or an empty dict when it has none.

    :raises StudioError: when the file is not JSON.
    """
    path = model / "house.json"
    try:
        contents: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    except ValueError as error:
        raise StudioError(f"{path} is not JSON: {error}") from error
    return contents


def trained_part_folders(folder: Folder, base: Path, **named: Path | None) -> dict[str, Path]:
    """Return the folder of each part of the trained model; parts that were not trained are the base's.

    Parts in ``named`` override both.

    :raises FolderError: when no UNet was trained.
    """
    learned = folder.path / "model"
    own = {part: learned / part for part in ("unet", "vae", "scheduler") if (learned / part).exists()}
    own |= {part: path for part, path in named.items() if path is not None}
    if "unet" not in own:
        raise FolderError(f"{learned / 'unet'} is missing; the stage train makes it.")
    return {part: own.get(part, base / part) for part in PARTS}


def config(part: Path) -> dict[str, Any]:
    """Return the configuration of a network.

    :raises StudioError: when it is missing or not JSON.
    """
    try:
        contents: dict[str, Any] = json.loads(_text(part / "config.json"))
    except ValueError as error:
        raise StudioError(f"{part / 'config.json'} is not JSON: {error}") from error
    return contents


def part_folders(path: Path) -> dict[str, Path]:
    """Return the folder of each part of a diffusers folder.

    :raises StudioError: when ``path`` is not a diffusers folder.
    """
    if not (path / "model_index.json").exists():
        raise StudioError(f"{path} is not a diffusers folder: model_index.json is missing.")
    return {part: path / part for part in PARTS}


def pipeline(parts: dict[str, Path], *, device: str = "cpu") -> Any:
    """Load the parts and return a ``StableDiffusionPipeline`` in float32.

    :raises StudioError: when a part cannot be loaded, naming it.
    """
    import diffusers
    from transformers import AutoModel, AutoTokenizer, CLIPTextModel

    from studio.training import autoencoder

    of_clip = '"CLIPTextModel' in _text(parts["text_encoder"] / "config.json")
    kind = json.loads(_text(parts["scheduler"] / "scheduler_config.json")).get("_class_name", "")
    loaders: dict[str, Any] = {
        "text_encoder": CLIPTextModel if of_clip else AutoModel,
        "tokenizer": AutoTokenizer,
        "unet": diffusers.UNet2DConditionModel,
        "scheduler": getattr(diffusers, kind, None),
    }
    loaded: dict[str, Any] = {"vae": autoencoder.load_autoencoder(parts["vae"]).float()}
    for name, loader in loaders.items():
        try:
            loaded[name] = loader.from_pretrained(parts[name])
        except Exception as error:  # libraries raise many kinds of errors for a bad folder
            raise StudioError(f"{parts[name]} cannot be loaded: {error}") from error
    with warnings.catch_warnings():
        # The text encoder may be of another class than the pipeline expects; it works.
        warnings.simplefilter("ignore")
        pipe = diffusers.StableDiffusionPipeline(
            **{name: part.float() if hasattr(part, "float") else part for name, part in loaded.items()},
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device)


def set_size(pipe: Any, size: int) -> None:
    """Set the side in pixels that a pipeline generates by default.

    :raises StudioError: when the size is not a multiple of what the UNet needs.
    """
    sides = size / pipe.vae_scale_factor
    halvings = 2 ** (len(pipe.unet.config.down_block_types) - 1)
    if sides % halvings:
        raise StudioError(
            f"--size must be a multiple of {pipe.vae_scale_factor * halvings} for this model, not {size}."
        )
    pipe.unet.register_to_config(sample_size=int(sides))


KINDS = ("StableDiffusionPipeline", "StableDiffusionXLPipeline", "LatentConsistencyModelPipeline")
"""The pipeline classes whose UNet can be fine-tuned, as named in ``model_index.json``."""


def check_base(base: Path) -> None:
    """Check that a base is a diffusers folder of a class that can be fine-tuned.

    :raises StudioError: when it is not, saying what it is.
    """
    if base.is_file():
        raise StudioError(
            f"{base} is a single file; --base takes a folder as diffusers saves it: docs/how-to/operators/own-model.md."
        )
    try:
        index = json.loads(_text(base / "model_index.json"))
        kind = str(index["_class_name"])
    except (StudioError, ValueError, LookupError, TypeError) as error:
        raise StudioError(f"{base} is not a diffusers model: it needs a readable model_index.json.") from error
    if kind not in KINDS:
        raise StudioError(f"{base} is a {kind}; supported for tuning: Stable Diffusion 1.x, 2.x and XL.")


def fingerprint(parts: dict[str, Path]) -> str:
    """Return a digest of all files that a picture depends on: configurations, vocabularies, weights."""
    whole = hashlib.sha256()
    for name in sorted(parts):
        for path in sorted(parts[name].iterdir()):
            if path.suffix in (".json", ".txt", ".safetensors", ".bin"):
                whole.update(f"{name}/{path.name}".encode())
                with path.open("rb") as file:
                    whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:12]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror}.") from error
