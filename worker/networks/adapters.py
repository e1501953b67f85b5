"""Adapters: low-rank changes (LoRA) of a model's network, from a style that was taught here or from a LoRA file.

They are applied by diffusers and peft. Each row of a batch has its own weight of each adapter, because between two
stops every picture has another share of both; so one batch holds all pictures, and styles are interpolated as evenly as
prompts. Without adapters the network is exactly the one that was loaded. Weights are in the units of diffusers'
`set_adapters`: 1 is the strength that the file was trained with.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import cpu_offload, hooks

from app.offer.generation.lora_file import LoraError
from worker.networks import lora_tensors, upsampling
from worker.networks.lora_tensors import LoraFormat, LoraTensors

LOADED_MOST = 4
"""How many adapters stay loaded, whether the batch uses them or not; a batch may use more."""


class AdapterError(Exception):
    """An adapter is missing, broken, not the one that was requested, or does not fit the model."""


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """An adapter's file, and the start of the SHA-256 that it must have, in hex; empty for any."""

    digest: str
    path: Path

    @property
    def name(self) -> str:
        """The adapter's name within a network."""
        return f"style_{self.digest}"

    @property
    def label(self) -> str:
        """The adapter's name at the start of error messages."""
        return f"the adapter {self.path.parents[2].name if self.path.stem == 'adapter' else self.path.stem}"

    def read_tensors(self, lora_format: LoraFormat) -> LoraTensors:
        """Return its tensors, for a model whose LoRA files have the format `lora_format`.

        :raises AdapterError: when the file is missing, broken, or has another digest.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise AdapterError(f"{self.label} is missing") from error
        if not hashlib.sha256(data).hexdigest().startswith(self.digest):
            raise AdapterError(f"{self.label} is broken, or another than was asked for")
        try:
            return lora_tensors.read_tensors(data, lora_format)
        except LoraError as error:
            raise AdapterError(f"{self.label} {error}") from error


Shares = Mapping[AdapterFile, Sequence[float]]
"""The weight of each adapter for every row of a batch."""

Weights = Mapping[AdapterFile, float]
"""The weight of each adapter at a stop."""

TokenCounts = Callable[..., Mapping[str, Sequence[int]]]
"""Returns, for modules that get a batch as one sequence, the tokens of each row, from a network's arguments.

The modules are named by the prefix of their layers' names.
"""


class AdapterLayers:
    """The adapters on a model's network: those of the last batches, until a batch has none.

    A few that a batch does not use stay loaded and inactive, since a walk of several stops returns to them.
    """

    def __init__(self, lora_format: LoraFormat) -> None:
        self._lora_format = lora_format
        self._unet: Any = None
        self._used: frozenset[AdapterFile] = frozenset()
        self._loaded: dict[AdapterFile, bool] = {}  # by last use; whether it changes the network
        self._device = torch.device("cpu")
        self._unfolded: upsampling.Unfolded = []
        self._unfolding: set[AdapterFile] = set()

    def apply(self, unet: Any, files: frozenset[AdapterFile], device: torch.device) -> None:
        """Apply exactly these adapters to a network that computes on a device; those applied already stay.

        :raises AdapterError: when one does not fit.
        """
        if unet is self._unet and files == self._used:
            return
        if unet is not self._unet or not files or (self._unfolded and not files & self._unfolding):
            self.remove_all()  # unfolded upsampling layers give other last bits
        if not files:
            return
        self._unet, self._device = unet, device
        try:
            ordered = sorted(files, key=lambda each: each.digest)  # another order gives other last bits
            self._load(unet, ordered, device)
            names = [file.name for file in ordered if self._loaded[file]]
            if names:
                unet.set_adapters(names)
                _follow_rows(unet)
            elif any(self._loaded.values()):  # they change text encoders alone
                self.remove_all()
                self._unet, self._device, self._loaded = unet, device, dict.fromkeys(files, False)
        except Exception:
            self.remove_all()
            raise
        self._used = files

    def _load(self, unet: Any, files: Sequence[AdapterFile], device: torch.device) -> None:
        """Load the files that are not loaded, and unload those that were not used for the longest time."""
        missing = [file for file in files if file not in self._loaded]
        kept = {file: self._loaded.pop(file) for file in files if file in self._loaded}
        too_many = len(self._loaded) + len(files) - max(LOADED_MOST, len(files))
        if missing or too_many > 0:
            with torch.inference_mode(mode=False), _at_rest(unet, device):
                for file in list(self._loaded)[: max(0, too_many)]:
                    if self._loaded.pop(file):
                        unet.delete_adapters(file.name)
                for file in missing:
                    kept[file] = self._add(unet, file, device)
        self._loaded |= kept

    def _add(self, unet: Any, file: AdapterFile, device: torch.device) -> bool:
        """Add one adapter to the network; return whether it changes the network."""
        lora, part = file.read_tensors(self._lora_format), self._lora_format.network
        if not lora.count(part):
            return False
        if any(".upsamplers." in name for name in lora.tensors):
            self._unfolding.add(file)
            self._unfolded = self._unfolded or upsampling.unfold(unet)
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "Already found a `peft_config`", UserWarning
            )  # several adapters are intended
            load_checked(
                file, unet, lora.of_part(part), unet.load_lora_adapter, lora.tensors, prefix=part,
                adapter_name=file.name, low_cpu_mem_usage=True,
            )  # fmt: skip
        set_strengths(file, unet, lora, part)
        self._fit(unet, file, lora, device)
        return True

    def _fit(self, unet: Any, file: AdapterFile, lora: LoraTensors, device: torch.device) -> None:
        """Restore the matrices' precision, where peft has rounded them to the stored weights' (float8)."""
        for name, weight in unet.named_parameters():
            if f".{file.name}." in name:
                own = lora.tensors.get(
                    f"{self._lora_format.network}.{name.replace(f'.{file.name}.', '.')}", weight.data
                )
                weight.data = own.to(device, unet.dtype)

    def remove_all(self) -> None:
        """Remove all adapters, which leaves the network as it was loaded."""
        if self._unet is not None:
            with _at_rest(self._unet, self._device):
                self._unet.unload_lora()
                upsampling.refold(self._unfolded)
        self._unet, self._used, self._loaded = None, frozenset(), {}
        self._unfolded, self._unfolding = [], set()


def load_checked(
    file: AdapterFile,
    network: Any,
    tensors: Mapping[str, torch.Tensor],
    load: Callable[..., Any],
    *args: Any,
    **options: Any,
) -> None:
    """Load an adapter of these tensors into a network by `load`, and check that all of them were placed.

    :raises AdapterError: when loading fails, or some tensors have no place.
    """
    try:
        load(*args, **options)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # any error of peft means that the file is unusable
        message = (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
        raise AdapterError(f"{file.label} does not fit the model: {message:.200}") from error
    mark = f".{file.name}."
    places = {name.replace(mark, "."): each for name, each in network.named_parameters() if mark in name}
    placed = {name for name, each in places.items() if not each.is_meta}
    if wrong := sorted({*tensors} ^ placed | {*places} - placed):
        count = len({*tensors} & placed)
        message = f"{count} of its {len(tensors)} tensors have a place in {type(network).__name__}, not {wrong[0]:.100}"
        raise AdapterError(f"{file.label} does not fit the model: {message}")


def set_strengths(file: AdapterFile, network: Any, lora: LoraTensors, part: str) -> None:
    """Set the alpha of each layer of an adapter to its own; diffusers knows the most frequent one of a file."""
    for name, layer in _named_layers(network).items():
        if file.name in layer.r:
            rank = layer.r[file.name]
            layer.lora_alpha[file.name] = lora.alphas.get(f"{part}.{name}", rank)
            layer.scaling[file.name] = layer.lora_alpha[file.name] / rank


def _follow_rows(unet: Any) -> None:
    """Prepare the layers for another weight in each row of a batch, for inputs of any shape."""
    for layer in _named_layers(unet).values():
        if not hasattr(layer, "row_weights"):
            layer.register_forward_pre_hook(_scale_rows)
        layer.row_weights = {}
        layer.base_scaling = {name: layer.scaling[name] for name in layer.active_adapters if name in layer.scaling}


def _scale_rows(layer: Any, inputs: tuple[Any, ...]) -> None:
    sides = (1,) * (inputs[0].dim() - 1)
    for name, weights in layer.row_weights.items():
        layer.scaling[name] = (weights * layer.base_scaling[name]).to(inputs[0].dtype).view(-1, *sides)


def _named_layers(unet: Any) -> dict[str, Any]:
    from peft.tuners.lora import LoraLayer

    return {name: part for name, part in unet.named_modules() if isinstance(part, LoraLayer)}


def _nothing(*_: Any) -> Mapping[str, Sequence[int]]:
    """Return no counts: all modules get a batch of rows."""
    return {}


@contextmanager
def _at_rest(unet: Any, device: torch.device) -> Iterator[None]:
    """Move an offloaded network to host memory while the block changes its layers, and offload it again.

    Offloaded weights are on the meta device, where those of an adapter would be lost.
    """
    hook = getattr(unet, "_hf_hook", None)
    every = (
        hook.hooks if isinstance(hook, hooks.SequentialHook) else [hook]
    )  # a network with its own weights has two hooks
    if not any(isinstance(each, hooks.AlignDevicesHook) for each in every):
        yield
        return
    hooks.remove_hook_from_module(unet, recurse=True)
    try:
        yield
    finally:
        cpu_offload(unet, device)


class AdaptedNetwork:
    """A network with adapters, called like the network itself; each row of a batch has its own weights of them."""

    def __init__(self, unet: Any, shares: Shares, count_tokens: TokenCounts = _nothing) -> None:
        self._unet, self._shares, self._count_tokens = unet, shares, count_tokens
        self._layers = _named_layers(unet)

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the network."""
        precision: torch.dtype = self._unet.dtype
        return precision

    def __call__(self, latents: Any, *inputs: Any, **others: Any) -> Any:
        """Return the prediction for a batch of latents.

        For guidance the batch holds the pictures twice: all rows without the prompt, then all with it.
        """
        tokens = self._count_tokens(latents, *inputs)
        counts = {name: _count(name, tokens) for name in self._layers}
        device = latents[0].device
        for file, shares in self._shares.items():
            weights = torch.tensor(shares, dtype=torch.float32, device=device).repeat(len(latents) // len(shares))
            spread = {
                count: weights if count is None else weights.repeat_interleave(torch.tensor(count, device=device))
                for count in set(counts.values())
            }
            for name, layer in self._layers.items():
                if file.name in layer.base_scaling:
                    layer.row_weights[file.name] = spread[counts[name]]
        return self._unet(latents, *inputs, return_dict=False, **others)[0]


def _count(layer: str, tokens: Mapping[str, Sequence[int]]) -> tuple[int, ...] | None:
    """Return how many tokens of each row a layer gets in one sequence; None where it gets a batch of rows."""
    return next((tuple(each) for module, each in tokens.items() if layer.startswith(f"{module}.")), None)
