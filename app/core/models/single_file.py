"""Models in one .safetensors file with the keys of the original implementation: inspect them by their headers."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.models import families, names, tensor_file
from app.core.models.errors import ModelError
from app.core.models.families import UNET, Family
from app.core.models.folder import inspect_scheduler, read_json
from app.core.models.tensor_file import TensorFile

SIDE = ".house.json"
"""The suffix of an optional file beside a model, with the same content as a folder's ``house.json``."""

SPREAD = f"{UNET}output_blocks.11.1.transformer_blocks.0.norm1.bias"
SPREAD_OF_V = 0.09
"""A higher standard deviation of this tensor distinguishes Stable Diffusion 2.x with v-prediction from epsilon.

The file does not name its prediction type; ComfyUI uses the same tensor and threshold.
"""

PREDICTIONS = {"v": "v_prediction", "v_prediction": "v_prediction", "velocity": "v_prediction", "epsilon": "epsilon"}
"""The values of ``modelspec.prediction_type``, and the prediction types they stand for."""

TRAILING = {"timestep_spacing": "trailing"}
FEW_STEPS: tuple[tuple[str, dict[str, object]], ...] = (
    (r"turbo", {"_class_name": "EulerAncestralDiscreteScheduler", **TRAILING}),
    (r"lightning", {"_class_name": "EulerDiscreteScheduler", **TRAILING}),
    (r"lcm|dmd2?", {"_class_name": "LCMScheduler"}),
    (r"hyper[-_ ]?(sd|sdxl|\d)", {"_class_name": "TCDScheduler"}),
)
"""Patterns in the names or titles of distilled models, whose files do not mark them otherwise, and their schedulers."""

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
FORMATS = {"F64": "d", "F32": "f", "F16": "e"}


class OtherSize(ModelError):
    """The part `part` of a file has another number of parameters than that of its family."""

    def __init__(self, message: str, file: TensorFile, family: Family, part: str) -> None:
        super().__init__(message)
        self.file, self.family, self.part = file, family, part


@dataclass(frozen=True, slots=True)
class SingleFile:
    """A single-file model: its header, family, scheduler configuration, and the side of its latents."""

    file: TensorFile
    family: Family
    scheduler: dict[str, Any]
    sample_size: int

    @property
    def path(self) -> Path:
        """Return the file's path."""
        return self.file.path

    @property
    def kind(self) -> str:
        """Return the pipeline's class, one of `folder.KINDS`."""
        return str(self.family.index["_class_name"])

    @property
    def unet(self) -> dict[str, Any]:
        """Return the UNet's configuration."""
        return self.family.config("unet") | {"sample_size": self.sample_size}

    @property
    def vae(self) -> dict[str, Any]:
        """Return the VAE's configuration."""
        return self.family.config("vae")

    def counts(self, part: str) -> list[int]:
        """Return the number of parameters of each tensor of a part."""
        return [tensor.count for tensor in self.file.part(self.family.parts[part].prefix).values()]


def inspect(path: Path) -> SingleFile:
    """Check a file by its header, and describe the model in it.

    :raises OtherSize: when a part has too many or too few parameters.
    :raises ModelError: when the file is damaged, no model, or not supported; the message says what it is.
    """
    _refuse_pickle(path)
    if path.suffix.lower() != ".safetensors":
        raise ModelError(f"The model {path} cannot be read: a single file must end in .safetensors. {names.USABLE}")
    file = tensor_file.read_header(path)
    if what := families.describe_unsupported(file.tensors):
        raise ModelError(f"The model {path} {what}.")
    family = families.match_family(file)
    if family is None:
        raise ModelError(f"The model {path} has no text encoder in the keys of the original Stable Diffusion.")
    _check_whole(file, family)
    return SingleFile(file, family, _scheduler(file, family), _sample_size(file, family))


def description(path: Path) -> dict[str, Any]:
    """Return a file's description: the content of ``NAME.house.json`` beside it, completed from the file's metadata.

    :raises ModelError: when one of the two cannot be read.
    """
    beside = path.with_name(path.stem + SIDE)
    house_json = read_json(beside) if beside.exists() else {}
    metadata = tensor_file.read_header(path).metadata
    name = house_json.get("name") or path.stem
    own = {"name": name, "title": metadata.get("modelspec.title") or name}
    if licence := metadata.get("modelspec.license"):
        own["licence"] = licence
    return own | house_json


def _refuse_pickle(path: Path) -> None:
    if path.suffix.lower() in names.PICKLES:
        raise ModelError(
            f"The model {path} is a pickle, which may run programs when it is read, and is refused. Download it as"
            ' .safetensors, or convert it on a machine without secrets: python -c "import torch; from safetensors.torch'
            f" import save_file; d = torch.load('{path.name}', weights_only=True); d = d.get('state_dict', d);"
            " save_file({k: v.contiguous() for k, v in d.items() if hasattr(v, 'shape')},"
            f" '{path.stem}.safetensors')\"."
        )


def _check_whole(file: TensorFile, family: Family) -> None:
    """Raise ModelError if a file lacks one of its parts, or has other networks than its family."""
    for name, part in family.parts.items():
        tensors = file.part(part.prefix)
        what = name.replace("_", " ").replace("unet", "UNet").replace("vae", "VAE")
        if not tensors:
            raise ModelError(f"The model {file.path} has no {what}, which {family.title} needs.")
        count = sum(tensor.count for tensor in tensors.values())
        if count < part.parameters or (name == "unet" and count != part.parameters):
            message = (
                f"The model {file.path} looks like {family.title}, but its {what} has {count:,} parameters and should"
                f" have {part.parameters:,}: the file is incomplete, or the network was changed."
            )
            raise OtherSize(message, file, family, name)


def _scheduler(file: TensorFile, family: Family) -> dict[str, Any]:
    """Return the scheduler configuration: the family's, changed by the file's metadata and name."""
    path = family.folder / "scheduler" / "scheduler_config.json"
    config = read_json(path) | {"prediction_type": _prediction(file, family)}
    if "ztsnr" in file.tensors:
        config |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
        if config["_class_name"] == "PNDMScheduler":  # does not support zero terminal SNR
            config["_class_name"] = "DDIMScheduler"
    known = description(file.path)
    own = known.get("scheduler")
    if isinstance(own, dict):
        config |= own
    elif known.get("few_step", True):
        words = f"{file.path.stem} {file.metadata.get('modelspec.title', '')}"
        config |= next((settings for word, settings in FEW_STEPS if _names(words, word)), {})
    inspect_scheduler(config, str(file.path))
    return config


def _prediction(file: TensorFile, family: Family) -> str:
    prediction = file.metadata.get("modelspec.prediction_type", "").lower()
    if prediction in PREDICTIONS:
        return PREDICTIONS[prediction]
    if "v_pred" in file.tensors or "768-v" in file.metadata.get("modelspec.architecture", ""):
        return "v_prediction"
    if family.folder.name == "sd2" and (_spread(file) or 0) > SPREAD_OF_V:
        return "v_prediction"
    return "epsilon"


def _spread(file: TensorFile) -> float | None:
    """Return the standard deviation of the tensor `SPREAD`; None if it is missing or of an unknown type."""
    tensor = file.tensors.get(SPREAD)
    if tensor is None or tensor.dtype not in SIZES or not tensor.count:
        return None
    content = file.content(SPREAD)
    if tensor.dtype == "BF16":
        pairs = (content[index : index + 2] for index in range(0, len(content), 2))
        numbers = [struct.unpack("<f", b"\0\0" + pair)[0] for pair in pairs]
    else:
        numbers = list(struct.unpack(f"<{tensor.count}{FORMATS[tensor.dtype]}", content))
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))


def _sample_size(file: TensorFile, family: Family) -> int:
    """Return the side of the latents: by ``modelspec.resolution`` if that is square, else the family's."""
    own = int(family.config("unet")["sample_size"])
    scale = 1 << (len(family.config("vae")["block_out_channels"]) - 1)
    sides = re.fullmatch(r"(\d{2,4})x(\d{2,4})", file.metadata.get("modelspec.resolution", ""))
    if sides and sides[1] == sides[2] and int(sides[1]) % (8 * scale) == 0:
        return int(sides[1]) // int(scale)
    is_v_of_2 = family.folder.name == "sd2" and _prediction(file, family) == "v_prediction"
    return int(own * 3 // 2) if is_v_of_2 else own


def _names(words: str, word: str) -> bool:
    return re.search(rf"(?<![a-z])(?:{word})(?![a-z])", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).lower()) is not None
