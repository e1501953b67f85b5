"""A model's folder: checks that it is complete and supported, and computes its fingerprint.

The files are checked before the libraries read them, because the libraries' messages seldom name the file.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import safetensors

import decoder
from app.core.models import folder as model_layout
from app.core.models.errors import ModelError
from app.core.models.folder import PARTS, SKETCH, is_half_only, parts, read_json, sketch_side, weights
from app.core.models.single_file import SingleFile
from app.core.models.single_file import description as describe_file
from decoder import DecoderError, SceneDecoder
from sketch.styling import colour_table
from sketch.styling.colour_table import ColourTable, ColourTableError

__all__ = ["ModelError", "fingerprint", "house", "inspect", "palette", "scene_decoder", "sketch_side", "variant"]

HAND_PATTERN = "{prompt}, {words}"
"""How a prompt and a style's words are joined by default; only another pattern is part of the revision."""

TEXTS = (".json", ".txt", ".jinja", ".model")
"""The suffixes of configurations, vocabularies and chat templates."""

DECODER = "decoder"
"""The folder of the decoder that is given scenes, which most models do not have."""


def house(folder: Path) -> dict[str, Any]:
    """Return the content of ``house.json`` of a folder, or of a single file; empty where there is none."""
    if folder.is_file():
        return describe_file(folder)
    path = folder / "house.json"
    return read_json(path) if path.exists() else {}


def scene_decoder(folder: Path) -> SceneDecoder | None:
    """Load the decoder that is given scenes; return None where there is none.

    :raises ModelError: when it cannot be loaded, or is made for other latents or sketches.
    """
    if not (folder / DECODER).is_dir():
        return None
    try:
        loaded = decoder.load(folder / DECODER)
    except DecoderError as error:
        raise ModelError(str(error)) from error
    unet, vae = (read_json(folder / part / "config.json") for part in PARTS)
    side, sample = sketch_side(folder), unet.get("sample_size")
    scale = 2 ** (len(vae.get("block_out_channels") or vae.get("decoder_block_out_channels") or ()) - 1)
    if (loaded.shape.latent, decoder.SCALE) != (vae.get("latent_channels", 4), scale) or side != 2 * (sample or 0):
        raise ModelError(f"{folder / DECODER} is made for other latents or sketches than the model's")
    return loaded


def palette(folder: Path) -> ColourTable | None:
    """Load the table of colours that recolours sketches in one of the model's styles; return None where there is none.

    :raises ModelError: when the file is no such table.
    """
    path = folder / colour_table.FILE
    if not path.exists():
        return None
    try:
        return ColourTable.from_text(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ColourTableError) as error:
        raise ModelError(f"The model file {path} is broken: {error}.") from error


def inspect(folder: Path) -> str:
    """Return the kind of pipeline, one of `app.core.models.folder.KINDS`.

    :raises ModelError: naming the first file that is missing or broken, or why the kind is not supported.
    """
    kind = model_layout.inspect(folder)
    for path in (path for part in parts(folder) for path in weights(part) if path.suffix == ".safetensors"):
        try:
            with safetensors.safe_open(path, framework="pt"):
                pass
        except Exception as error:
            raise ModelError(f"The model file {path} is broken: {error}.") from error
    return kind


def variant(folder: Path) -> str | None:
    """Return "fp16" for a folder with a part that exists in half precision alone, else None."""
    return "fp16" if any(is_half_only(part) for part in parts(folder)) else None


def state(folder: Path, others: Iterable[Path] = ()) -> dict[Path, tuple[int, int]]:
    """Return size and modification time (in ns) of each file that is loaded, and of other files."""
    paths = [*others, *(path for part in parts(folder) for path in part.iterdir() if path.is_file())]
    return {path: (about.st_size, about.st_mtime_ns) for path in sorted(paths) if (about := path.stat())}


def revision_with(revision: str, files: Iterable[Path]) -> str:
    """Return the revision of a model in which files replace some of its own."""
    return hashlib.sha256(revision.encode() + b"".join(map(file_digest, files))).hexdigest()[:12]


def file_digest(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def fingerprint_of_file(model: SingleFile) -> str:
    """Return a hash of what the pictures of a single-file model depend on: file and configurations."""
    digest = hashlib.sha256(describe_file(model.path).get("prefix", "").encode())
    shipped = [path for path in model.family.folder.rglob("*") if path.suffix in (".json", ".txt")]
    for path in sorted(path for path in shipped if path.parent.name != "scheduler"):
        digest.update(path.relative_to(model.family.folder).as_posix().encode() + path.read_bytes())
    digest.update(json.dumps([model.scheduler, model.sample_size], sort_keys=True).encode())
    digest.update(file_digest(model.path))
    return digest.hexdigest()[:12]


def fingerprint(folder: Path) -> str:
    """Return a hash of all that pictures depend on: prefix, prompt pattern, configurations, vocabularies, weights."""
    about = house(folder)
    texts = [path for part in parts(folder) for path in part.iterdir() if path.suffix in TEXTS]
    tensors = [path for part in parts(folder) for path in weights(part)]
    digest = hashlib.sha256(about.get("prefix", "").encode())
    if (pattern := about.get("hand_pattern", HAND_PATTERN)) != HAND_PATTERN:
        digest.update(b"\0" + pattern.encode())
    lead = [path for path in (folder / SKETCH, folder / colour_table.FILE) if path.exists()]
    beside = [path for name in (decoder.CONFIG, decoder.WEIGHTS) if (path := folder / DECODER / name).exists()]
    for path in sorted((folder / "model_index.json", *lead, *beside, *texts, *tensors)):
        digest.update(path.relative_to(folder).as_posix().encode() + file_digest(path))
    return digest.hexdigest()[:12]
