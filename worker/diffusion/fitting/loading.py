"""Load a model's parts from its folder, each in the precision that it is used in.

No part is kept in float32 to make copies from: that would take twice the memory that the device needs. The folder is
the original; another precision is loaded from it again.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from app.core.models.errors import ModelError
from app.core.models.folder import CONFIGS, is_half, is_half_only, is_named, read_json, weights
from app.core.models.folder import parts as model_parts
from worker.diffusion import families, solvers
from worker.diffusion import model_folder as files
from worker.diffusion.families import Family
from worker.diffusion.fitting import completeness, devices, one_file, replaced_network, replaced_vae, sizes
from worker.networks import bert, decoding, upsampling
from worker.networks.traced_unet import SMALL
from worker.stand_ins import diffusers


class Source:
    """The files of one model, its `family`, and the `config` of its network.

    `folder` holds its configurations: for a single file, those shipped with its family. `sizes` are the numbers of
    parameters of its parts. `is_small` is whether the network is traced and rewritten for a CPU.
    """

    def __init__(self, folder: Path, device: torch.device, vae: str = "", transformer: str = "") -> None:
        """Read the index, and the headers of the weights, of a folder or a single file.

        `vae` and `transformer` name another VAE and another network, if any.

        :raises ModelError: naming the first file that is missing or broken, or why the kind is not supported.
        """
        self.path, self._device = folder, device
        self._single = one_file.inspect(folder) if folder.is_file() else None
        self.folder = folder = self._single.family.folder if self._single else folder
        self.family = families.find_family(self._single.kind if self._single else files.inspect(folder))
        self._replaced = replaced_vae.inspect(vae, folder)
        self._network_file = replaced_network.inspect(transformer, self.family)
        self._state = self._files_state()
        self._check_types()
        others = self._replaced.weights if self._replaced else ()
        if self._single:
            self.sizes = sizes.count_file(self._single, others)
        else:
            self.sizes = sizes.count_folder(folder, self.family, others)
        if file := self._network_file:
            self.sizes = replace(self.sizes, network=file.halves, layer=file.layer)
        self.is_small = self.sizes.network <= SMALL
        self.config = _complete(self.family.network_class, folder / self.family.part)
        if self._single:
            self.config.sample_size = self._single.sample_size
        own = str(read_json(folder / "vae" / "config.json")["_class_name"])
        self._vae_class = getattr(diffusers, self._replaced.class_name if self._replaced else own)
        self.forces_upcast = self._forces_upcast()

    def revision(self, of_hub: str) -> str:
        """Return the revision: the hub's, or the folder's fingerprint; other VAEs and networks change it."""
        own = files.fingerprint_of_file(self._single) if self._single else ""
        revision = of_hub or own or files.fingerprint(self.folder)
        for other in (self._replaced, self._network_file):
            revision = other.revision(revision) if other else revision
        return revision

    def make_family(self, vae: Any, house: Mapping[str, Any]) -> Family:
        """Return the family for this model's configurations, its VAE's and the content of ``house.json``."""
        return self.family(self.config, vae, read_json(self.folder / "model_index.json"), house)

    def pipeline(self, dtype: torch.dtype) -> Any:
        """Load text encoders, tokenizers and scheduler, as a pipeline without networks, in a precision.

        :raises ModelError: when that fails.
        """
        if not self._single and bert.fits(self.folder):
            tokenizer = self._loaded(bert.BertTokenizer, self.folder / "tokenizer")
            encoder = self._loaded(bert.Bert, self.folder / "text_encoder", dtype=dtype)
            quick = bert.TextPipeline(tokenizer, encoder, solvers.of_folder(self.folder))
            _limit_prompt_lengths(quick)
            return quick
        loader = self.family.pipeline
        options: dict[str, Any] = {"torch_dtype": dtype, "local_files_only": True, **self.family.pipeline_options}
        index = read_json(self.folder / "model_index.json")
        options |= {part: None for part in self.family.optional if not is_named(index, part)}
        if self._single:
            scheduler = solvers.make_from_config(self._single.scheduler)
            options |= one_file.tokenizers(self._single) | {"scheduler": scheduler, "config": str(self.folder)}
            parts = [part for part in self.family.encoders if part in self._single.family.parts]
            for part in parts:
                one_file.check_part(self._single.file, self._single.family, part)
            pipe = self._loaded(loader, self.path, method="from_single_file", **options)
            for part in parts:
                completeness.check_placed(self.path, getattr(pipe, part))
        else:
            if (scheduler := solvers.make_stand_in(self.folder)) is not None:
                options["scheduler"] = None
            options |= self._text_encoders(index, dtype)
            pipe = self._loaded(loader, self.folder, variant=files.variant(self.folder), **options)
        pipe.set_progress_bar_config(disable=True)
        if scheduler is not None:
            pipe.scheduler = scheduler
        _limit_prompt_lengths(pipe)
        return pipe

    def _text_encoders(self, index: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
        """Load the text encoders of a folder, which the pipeline would load without saying what they lack."""
        import transformers

        found = {}
        for part in self.family.encoders:
            if is_named(index, part):
                loader = getattr(transformers, str(index[part][-1]), None)
                if loader is None:
                    raise ModelError(f"{self.folder / part} is of the unknown class {index[part][-1]}.")
                path = self.folder / part
                has_halves = any(is_half(each.name) for each in weights(path))
                found[part] = self._loaded(
                    loader, path, dtype=dtype, variant=files.variant(self.folder) if has_halves else None,
                    local_files_only=True, output_loading_info=True, ignore_mismatched_sizes=True,
                )  # fmt: skip
        return found

    def network(self, dtype: torch.dtype) -> Any:
        """Load the network in a precision.

        :raises ModelError: when that fails.
        """
        loader, part = self.family.network_class, self.folder / self.family.part
        if self._network_file:
            network = self._loaded(self._network_file, part, method="load", network=loader, dtype=dtype).eval()
        else:
            network = self._network(loader, part, dtype)
        if not devices.is_gpu(self._device) and self.is_small:
            self.family.prepare(network)
        return network

    def vae(self) -> Any:
        """Load the autoencoder in float32, with the decoder that is given scenes where there is one.

        :raises ModelError: when that fails.
        """
        path = self._replaced.path if self._replaced else self.folder / "vae"
        vae = self._network(self._vae_class, path, torch.float32)
        if (scene_decoder := files.scene_decoder(self.folder)) is not None:
            decoding.join(vae, scene_decoder)
        if not devices.is_gpu(self._device):
            if isinstance(vae, diffusers.AutoencoderTiny):
                upsampling.fold(vae.decoder)
            if decoding.decodes_scenes(vae):
                upsampling.fold(getattr(vae, decoding.SCENES))
        return vae

    def _check_types(self) -> None:
        """Raise ModelError for a tensor that holds other numbers than weights do."""
        if self._single:
            prefixes = tuple(part.prefix for part in self._single.family.parts.values())
            completeness.check_types(self.path, prefixes)
        parts = [] if self._single else model_parts(self.folder)
        paths = [path for part in parts if part.name not in CONFIGS for path in weights(part)]
        for path in (*paths, *(self._replaced.weights if self._replaced else ())):
            if path.suffix == ".safetensors":
                completeness.check_types(path)

    def check_unchanged(self) -> None:
        """Raise ModelError when a file of the folder has changed since the model was inspected."""
        try:
            state = self._files_state()
        except (OSError, ModelError):  # a file or a part is gone
            state = {}
        if state != self._state:
            raise ModelError(f"The {self._what} changed while it was loaded.")

    def _forces_upcast(self) -> bool:
        """Return whether the autoencoder overflows in float16, by its configuration.

        Where that says nothing, the family decides: the default of diffusers' class is Stable Diffusion XL's.
        """
        part = self._replaced.config if self._replaced else self.folder / "vae"
        does = self.family.upcasts and self._vae_class is diffusers.AutoencoderKL
        return bool(read_json(part / "config.json").get("force_upcast", does))

    @property
    def stores_float8(self) -> bool:
        """Return whether the network may be stored in float8; a quantised one is already smaller."""
        return self.family.stores_float8 and not (self._network_file and self._network_file.is_quantised)

    @property
    def _what(self) -> str:
        return f"model file {self.path}" if self._single else f"model folder {self.folder}"

    def _files_state(self) -> dict[Path, tuple[int, int]]:
        others = list(self._replaced.files) if self._replaced else []
        others += [self._network_file.path] if self._network_file else []
        return files.state(self.folder, [*others, self.path] if self._single else others)

    def _network(self, loader: Any, part: Path, dtype: torch.dtype) -> Any:
        if self._replaced and part == self._replaced.path and part.is_file():
            return self._loaded(self._replaced, part, method="load", network=loader, dtype=dtype).eval()
        if self._single and part.parent == self.folder:
            return self._loaded(one_file, part, method="load", network=loader, model=self._single, dtype=dtype).eval()
        options: dict[str, Any] = {"torch_dtype": dtype, "variant": "fp16" if is_half_only(part) else None}
        if all(path.suffix == ".bin" for path in weights(part)):
            options["use_safetensors"] = False  # otherwise diffusers logs an error before it looks for these
        return self._loaded(loader, part, local_files_only=True, output_loading_info=True, **options).eval()

    def _loaded(self, loader: Any, path: Path, *, method: str = "from_pretrained", **options: Any) -> Any:
        try:
            loaded = getattr(loader, method)(str(path), **options)
        except (torch.OutOfMemoryError, ModelError):
            raise
        except Exception as error:  # any error of the library means that the folder is unusable
            self.check_unchanged()
            what = f"VAE {path}" if self._replaced and path == self._replaced.path else self._what
            what = f"file {completeness.file_of(path)}" if path.parent == self.folder else what
            what = f"file {self._network_file.path}" if self._network_file and loader is self._network_file else what
            raise ModelError(f"{what} cannot be loaded: {error}") from error
        self.check_unchanged()
        if isinstance(loaded, tuple):
            loaded, info = loaded
            completeness.check_info(path, info)
            completeness.check_placed(path, loaded)
        return loaded


def _complete(kind: Any, part: Path) -> SimpleNamespace:
    """Return a network's configuration with the defaults of its class, without making the network."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
    return SimpleNamespace(**defaults | read_json(part / "config.json"))


def _limit_prompt_lengths(pipe: Any) -> None:
    """Limit each tokenizer's length to the positions that its text encoder has."""
    for number in ("", "_2"):
        tokenizer, encoder = (getattr(pipe, part + number, None) for part in ("tokenizer", "text_encoder"))
        most = getattr(getattr(encoder, "config", None), "max_position_embeddings", None)
        if tokenizer is not None and most:
            tokenizer.model_max_length = min(tokenizer.model_max_length, most)
