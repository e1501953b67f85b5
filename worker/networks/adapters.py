"""Adapters: changes of low rank (LoRA) that are laid over a model's network, of a style taught here or of a LoRA file.

They are laid over the network by diffusers' and peft's own means. Each row of a batch has its own weight of each, since
on the way from one stop to another every picture has another share of both: one batch holds them all, and what lies
between two styles is as even as what lies between two prompts. Without them the network is the very one that was
loaded. Weights are in the units of diffusers' `set_adapters`: 1 is the strength that the file was trained with.
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

from app.generation.lora_file import LoraError
from worker.networks import lora_tensors, upsampling
from worker.networks.lora_tensors import LoraFormat, LoraTensors

LOADED_MOST = 4
"""How many adapters stay loaded at least, used by the batch or not."""


class AdapterError(Exception):
    """An adapter is missing, broken, another, or does not fit."""


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """Where an adapter lies, and the first of its file's SHA-256 in hex: the one that was asked for, or none."""

    digest: str
    path: Path

    @property
    def name(self) -> str:
        """Name it within a network."""
        return f"style_{self.digest}"

    @property
    def label(self) -> str:
        """Name it at the beginning of what is wrong with it."""
        return f"the adapter {self.path.parents[2].name if self.path.stem == 'adapter' else self.path.stem}"

    def read_tensors(self, wanted: LoraFormat) -> LoraTensors:
        """Read it for a model whose LoRA files have this format.

        Raises AdapterError where it is missing, broken or another.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise AdapterError(f"{self.label} is missing") from error
        if not hashlib.sha256(data).hexdigest().startswith(self.digest):
            raise AdapterError(f"{self.label} is broken, or another than was asked for")
        try:
            return lora_tensors.read_tensors(data, wanted)
        except LoraError as error:
            raise AdapterError(f"{self.label} {error}") from error


Shares = Mapping[AdapterFile, Sequence[float]]
"""The weight of each adapter for every row of a batch."""

Weights = Mapping[AdapterFile, float]
"""The weight of each adapter at a stop."""

TokenCounts = Callable[..., Mapping[str, Sequence[int]]]
"""Tells, of what a network is called with, how many tokens of each row some of its modules are given in one long row.

These are named by how the names of their layers begin.
"""


class AdapterLayers:
    """The adapters that lie over a model's network: those of the last batches that had some, until one wants none.

    A few that a batch does not use stay loaded, and are not computed: a walk of several stops comes back to them.
    """

    def __init__(self, wanted: LoraFormat) -> None:
        self._wanted = wanted
        self._unet: Any = None
        self._used: frozenset[AdapterFile] = frozenset()
        self._loaded: dict[AdapterFile, bool] = {}  # in the order of their last use; whether each changes the network
        self._device = torch.device("cpu")
        self._unfolded: upsampling.Unfolded = []
        self._unfolding: set[AdapterFile] = set()

    def apply(self, unet: Any, files: frozenset[AdapterFile], device: torch.device) -> None:
        """Use these over a network that computes on a device, and nothing else; what lies there already stays.

        Raises AdapterError where one does not fit.
        """
        if unet is self._unet and files == self._used:
            return
        if unet is not self._unet or not files or (self._unfolded and not files & self._unfolding):
            self.remove_all()  # a network whose enlargements are written out has other last bits
        if not files:
            return
        self._unet, self._device = unet, device
        try:
            ordered = sorted(files, key=lambda each: each.digest)  # sums are the same to the bit in one order alone
            self._load(unet, ordered, device)
            names = [file.name for file in ordered if self._loaded[file]]
            if names:
                unet.set_adapters(names)
                _follow_rows(unet)
            elif any(self._loaded.values()):  # these change text encoders alone
                self.remove_all()
                self._unet, self._device, self._loaded = unet, device, dict.fromkeys(files, False)
        except Exception:
            self.remove_all()
            raise
        self._used = files

    def _load(self, unet: Any, files: Sequence[AdapterFile], device: torch.device) -> None:
        """Load what is not there yet; let the adapters go that were not used for the longest time."""
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
        """Lay one over the network; return whether it changes it."""
        lora, part = file.read_tensors(self._wanted), self._wanted.network
        count = lora.count(part)
        if not count:
            return False
        if any(".upsamplers." in name for name in lora.tensors):
            self._unfolding.add(file)
            self._unfolded = self._unfolded or upsampling.unfold(unet)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)  # several are meant
            load_checked(
                file, unet, count, unet.load_lora_adapter, lora.tensors, prefix=part, network_alphas=lora.alphas,
                metadata=lora.configs, adapter_name=file.name, low_cpu_mem_usage=True,
            )  # fmt: skip
        self._fit(unet, file, lora, device)
        return True

    def _fit(self, unet: Any, file: AdapterFile, lora: LoraTensors, device: torch.device) -> None:
        """Hold the matrices as the network computes, where peft has rounded them as its weights are stored (float8)."""
        for name, weight in unet.named_parameters():
            if f".{file.name}." in name:
                own = lora.tensors.get(f"{self._wanted.network}.{name.replace(f'.{file.name}.', '.')}", weight.data)
                weight.data = own.to(device, unet.dtype)

    def remove_all(self) -> None:
        """Give the network back as it was loaded."""
        if self._unet is not None:
            with _at_rest(self._unet, self._device):
                self._unet.unload_lora()
                upsampling.refold(self._unfolded)
        self._unet, self._used, self._loaded = None, frozenset(), {}
        self._unfolded, self._unfolding = [], set()


def load_checked(
    file: AdapterFile, network: Any, count: int, load: Callable[..., Any], *given: Any, **how: Any
) -> None:
    """Load an adapter of so many tensors into a network, and check that all of them found their place there.

    Raises AdapterError where some did not.
    """
    try:
        load(*given, **how)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever peft raises about a file, the file is at fault
        message = (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
        raise AdapterError(f"{file.label} does not fit the model: {message:.200}") from error
    found = [each for own, each in network.named_parameters() if f".{file.name}." in own]
    if len(found) != count or any(each.is_meta for each in found):
        placed = sum(not each.is_meta for each in found)
        message = f"{placed} of its {count} tensors have a place in {type(network).__name__}"
        raise AdapterError(f"{file.label} does not fit the model: {message}")


def _follow_rows(unet: Any) -> None:
    """Prepare the layers to have another weight for each row of a batch, whatever the shape of what they are given."""
    for layer in _layers(unet):
        if not hasattr(layer, "row_weights"):
            layer.register_forward_pre_hook(_scale_rows)
        layer.row_weights = {}
        layer.base_scaling = {name: layer.scaling[name] for name in layer.active_adapters if name in layer.scaling}


def _scale_rows(layer: Any, given: tuple[Any, ...]) -> None:
    sides = (1,) * (given[0].dim() - 1)
    for name, weights in layer.row_weights.items():
        layer.scaling[name] = (weights * layer.base_scaling[name]).to(given[0].dtype).view(-1, *sides)


def _layers(unet: Any) -> list[Any]:
    return list(_named_layers(unet).values())


def _named_layers(unet: Any) -> dict[str, Any]:
    from peft.tuners.lora import LoraLayer

    return {name: part for name, part in unet.named_modules() if isinstance(part, LoraLayer)}


def _nothing(*_: Any) -> Mapping[str, Sequence[int]]:
    """Return that every row has its own in all modules."""
    return {}


@contextmanager
def _at_rest(unet: Any, device: torch.device) -> Iterator[None]:
    """Keep a network whose layers are offloaded whole in host memory while they are changed; offload them afterwards.

    While they are offloaded their weights are on the meta device, and those of an adapter would be lost there.
    """
    hook = getattr(unet, "_hf_hook", None)
    every = (
        hook.hooks if isinstance(hook, hooks.SequentialHook) else [hook]
    )  # a network with weights of its own has two
    if not any(isinstance(each, hooks.AlignDevicesHook) for each in every):
        yield
        return
    hooks.remove_hook_from_module(unet, recurse=True)
    try:
        yield
    finally:
        cpu_offload(unet, device)


class AdaptedNetwork:
    """A network with adapters laid over it, called as ever; each row of its batches has its own weight of each."""

    def __init__(self, unet: Any, shares: Shares, count_tokens: TokenCounts = _nothing) -> None:
        self._unet, self._shares, self._count_tokens = unet, shares, count_tokens
        self._layers = _named_layers(unet)

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the network."""
        precision: torch.dtype = self._unet.dtype
        return precision

    def __call__(self, latents: Any, *given: Any, **others: Any) -> Any:
        """Predict for a batch of latents; for pictures that come twice, as guidance needs them, one after the other."""
        tokens = self._count_tokens(latents, *given)
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
        return self._unet(latents, *given, return_dict=False, **others)[0]


def _count(layer: str, tokens: Mapping[str, Sequence[int]]) -> tuple[int, ...] | None:
    """Return how many tokens of each row a layer is given in one long row; None where it is given rows."""
    return next((tuple(each) for module, each in tokens.items() if layer.startswith(f"{module}.")), None)
