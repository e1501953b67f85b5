"""A VAE that replaces a model's own, from the folder or the file that the setting `VAE` names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch

from app.core.models import tensor_file
from app.core.models.errors import BrokenFile, ModelError
from app.core.models.folder import PARTS, read_json, weights
from app.core.models.names import expand
from worker.diffusion import model_folder
from worker.diffusion.fitting import completeness

FIRST = "decoder.conv_in.weight"
"""The weight whose second dimension is the number of latent channels."""


@dataclass(frozen=True, slots=True)
class ReplacedVae:
    """The path of another VAE and the class that reads it; `config` is the folder of its configuration."""

    path: Path
    class_name: str
    config: Path

    @property
    def files(self) -> list[Path]:
        """Its files."""
        return [self.path] if self.path.is_file() else [self.path / "config.json", *weights(self.path)]

    @property
    def weights(self) -> list[Path]:
        """The files with its weights."""
        return [self.path] if self.path.is_file() else weights(self.path)

    def load(self, part: str, *, network: Any, dtype: torch.dtype) -> Any:
        """Load it from its one file as a network of diffusers, with the configuration of the model's own VAE.

        :raises ModelError: naming a tensor that is missing, surplus, or of another shape.
        """
        unread = completeness.check_conversion(self.path, network, self.config, completeness.shapes(self.path))
        options: dict[str, Any] = {"config": str(self.config), "torch_dtype": dtype, "local_files_only": True}
        with safetensors.safe_open(part, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys() if name not in unread}  # noqa: SIM118
        return network.from_single_file(tensors, **options)

    def revision(self, of_model: str) -> str:
        """Return the revision of a model with this VAE."""
        return model_folder.revision_with(of_model, self.files)


def inspect(setting: str, model: Path) -> ReplacedVae | None:
    """Return the VAE that the setting names for a model's folder; None for an empty setting.

    :raises ModelError: when it is missing, of another kind, or made for other latents than the model's UNet.
    """
    if not setting:
        return None
    path = Path(expand(setting))
    if not path.exists():
        raise ModelError(f"The VAE {path} is missing: MOMA_VAE names a folder or a .safetensors file.")
    return _of_file(path, model / "vae") if path.is_file() else _of_folder(path, model / "vae")


def _of_file(path: Path, own: Path) -> ReplacedVae:
    config = read_json(own / "config.json")
    if path.suffix != ".safetensors" or config["_class_name"] != "AutoencoderKL":
        raise ModelError(
            f"The VAE {path} cannot be used: a single file must be a .safetensors file of an AutoencoderKL, and stand"
            f" in for one; the model's own is an {config['_class_name']}."
        )
    try:
        tensors = tensor_file.read_header(path).tensors
    except BrokenFile as error:
        raise ModelError(f"The VAE {path} is broken: {error.reason}.") from error
    shape = next((each.shape for name, each in tensors.items() if name.endswith(FIRST)), None)
    if shape is None:
        raise ModelError(f"The VAE {path} cannot be used: it lacks the tensor {FIRST}.")
    if len(shape) != 4:
        raise ModelError(f"The VAE {path} cannot be used: its tensor {FIRST} is no kernel of a convolution.")
    _compare(path, "latent channels", shape[1], config.get("latent_channels", 4))
    return ReplacedVae(path, "AutoencoderKL", own)


def _of_folder(path: Path, own: Path) -> ReplacedVae:
    path = path if (path / "config.json").exists() else path / "vae"
    config, ours = read_json(path / "config.json"), read_json(own / "config.json")
    name = config.get("_class_name")
    if name not in PARTS["vae"]:
        raise ModelError(f"The VAE {path} is of the class {name}; known are {', '.join(PARTS['vae'])}.")
    if not weights(path):
        raise ModelError(f"The VAE {path} has no weights.")
    _compare(path, "latent channels", config.get("latent_channels", 4), ours.get("latent_channels", 4))
    _compare(path, "pixels to a latent", *(2 ** (len(_blocks(each)) - 1) for each in (config, ours)))
    if name == ours.get("_class_name") == "AutoencoderKL":  # a tiny one is made for latents that are scaled already
        for setting, default in (
            ("scaling_factor", 0.18215),
            ("shift_factor", None),
            ("latents_mean", None),
            ("latents_std", None),
        ):
            _compare(path, setting, config.get(setting, default), ours.get(setting, default))
    return ReplacedVae(path, str(name), path)


def _blocks(config: dict[str, Any]) -> list[int]:
    return list(config.get("block_out_channels") or config.get("decoder_block_out_channels") or [64])


def _compare(path: Path, setting: str, value: object, expected: object) -> None:
    if value != expected:
        raise ModelError(f"The VAE {path} does not suit the model: its {setting} are {value}, the model's {expected}.")
