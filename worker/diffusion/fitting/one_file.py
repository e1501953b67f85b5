"""Load a model's parts from a single file with the keys of the original implementation, by diffusers' conversion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import accelerate
import safetensors
import torch

from app.core.models import single_file
from app.core.models.errors import ModelError
from app.core.models.families import Family
from app.core.models.single_file import SingleFile
from app.core.models.tensor_file import TensorFile
from worker.diffusion.fitting import completeness
from worker.stand_ins import diffusers

WRAPPER = "text_model."
"""What transformers puts before the names of a text encoder's tensors, or not, by its version and class."""

OPEN_CLIP = ".model."
"""How the prefix of a text encoder in the names of OpenCLIP ends."""


def load(path: str, *, network: Any, model: SingleFile, dtype: torch.dtype) -> Any:
    """Load a part as a network of this class in a precision; only its tensors are read.

    `path` is the folder of its configuration, which the part's name ends.

    :raises ModelError: naming a tensor of the part that the file lacks.
    """
    folder, part = model.family.folder, Path(path).name
    header = model.file.part(model.family.parts[part].prefix)
    shapes = {name: each.shape for name, each in header.items()}
    completeness.check_conversion(model.path, network, folder / part, shapes)
    with safetensors.safe_open(model.path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in header}
    changed = {"sample_size": model.sample_size} if part == "unet" else {}
    options = {"config": str(folder), "subfolder": part, "local_files_only": True}
    return network.from_single_file(tensors, torch_dtype=dtype, **options, **changed)


def inspect(path: Path) -> SingleFile:
    """Return the model in a file.

    :raises ModelError: when it is damaged, incomplete or not supported; of a part of another size it names a tensor.
    """
    try:
        model = single_file.inspect(path)
    except single_file.OtherSize as error:
        try:
            check_part(error.file, error.family, error.part)
        except ModelError as detail:
            raise ModelError(f"{error} {detail}") from error
        raise
    prefixes = tuple(part.prefix for part in model.family.parts.values())
    completeness.note_surplus(path, [name for name in model.file.tensors if not name.startswith(prefixes)])
    return model


def check_part(file: TensorFile, family: Family, part: str) -> None:
    """Check that the file has all tensors of a part, and no others, by their names and shapes alone.

    :raises ModelError: naming a tensor that the file lacks, one without a place in the part, or one of another shape.
    """
    index = family.index[part]
    if part in ("unet", "vae"):
        shapes = {name: each.shape for name, each in file.part(family.parts[part].prefix).items()}
        completeness.check_conversion(file.path, getattr(diffusers, index[-1]), family.folder / part, shapes)
        return
    import transformers

    kind = getattr(transformers, index[-1])
    with accelerate.init_empty_weights():
        encoder = kind(kind.config_class.from_pretrained(family.folder / part, local_files_only=True))
    _check_encoder(file, family, part, encoder)


def _check_encoder(file: TensorFile, family: Family, part: str, encoder: Any) -> None:
    prefix = family.parts[part].prefix
    places = {name.removeprefix(WRAPPER): tuple(each.shape) for name, each in encoder.state_dict().items()}
    tensors = file.part(prefix)
    ignored = tensors.keys() & set(diffusers.loaders.single_file_utils.SD_2_TEXT_ENCODER_KEYS_TO_IGNORE)
    completeness.note_surplus(file.path, ignored)  # the last layer of OpenCLIP, without which 2.x was trained
    found: set[str] = set()
    surplus = []
    for name in tensors.keys() - ignored:
        try:
            own = _convert_encoder(encoder, prefix, name, tensors[name].shape)
        except (IndexError, RuntimeError) as error:
            raise ModelError(f"The tensor {name} of the file {file.path} has another shape: {error}.") from error
        if not own or not own.keys() <= places.keys():
            surplus.append(name.removeprefix(prefix))
        elif own.items() <= places.items():
            found |= own.keys()
        else:
            raise ModelError(f"The tensor {name} of the file {file.path} has another shape than in {family.title}.")
    completeness.check_names(file.path, part, missing=places.keys() - found, surplus=surplus)


def _convert_encoder(encoder: Any, prefix: str, name: str, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors that diffusers makes of one of a text encoder, by their names."""
    single_file_utils = diffusers.loaders.single_file_utils
    tensors = {name: torch.empty(shape, device="meta")}
    if prefix.endswith(OPEN_CLIP):
        converted = single_file_utils.convert_open_clip_checkpoint(encoder, tensors, prefix)
    else:
        converted = single_file_utils.convert_ldm_clip_checkpoint(tensors)
    return {other.removeprefix(WRAPPER): tuple(each.shape) for other, each in converted.items()}


def tokenizers(model: SingleFile) -> dict[str, Any]:
    """Return a model's tokenizers; their vocabulary is shipped, since the file has none."""
    import transformers

    return {
        part: transformers.CLIPTokenizer.from_pretrained(  # nosec B615
            str(model.family.tokenizer(part)),
            pad_token=model.family.tokenizer_config(part)["pad_token"],
            local_files_only=True,
        )
        for part in ("tokenizer", "tokenizer_2")
        if part in model.family.index
    }
