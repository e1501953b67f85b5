"""Adapters: changes of low rank to a network's attention, by which it paints a style that it learned here.

They are laid over the network by diffusers' and peft's own means. Each row of a batch has its own share of each, since
on the way from one style to another every picture has another share of both: one batch holds them all, and what lies
between two styles is as even as what lies between two prompts. Without them the network is the very one that was
loaded.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from accelerate import cpu_offload, hooks


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

    def weights(self) -> dict[str, torch.Tensor]:
        """Read it.

        Raises AdapterError where it is missing, broken or another.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise AdapterError(f"a style's adapter is missing: {self.path}") from error
        if not hashlib.sha256(data).hexdigest().startswith(self.digest):
            raise AdapterError(f"a style's adapter is broken, or another than was asked for: {self.path}")
        return safetensors.torch.load(data)


Shares = Mapping[AdapterFile, Sequence[float]]
"""How much of each adapter every row of a batch has."""


class Laid:
    """The adapters that lie over a model's network: those of the last batch that had some, until another wants none."""

    def __init__(self) -> None:
        self._unet: Any = None
        self._files: frozenset[AdapterFile] = frozenset()
        self._device = torch.device("cpu")

    def lay(self, unet: Any, files: frozenset[AdapterFile], device: torch.device) -> None:
        """Lay these over a network that computes on a device, and nothing else; what lies there already stays.

        Raises AdapterError where one does not fit.
        """
        if unet is self._unet and files == self._files:
            return
        self.take_off()
        if not files:
            return
        self._unet, self._files, self._device = unet, files, device
        try:
            ordered = sorted(files, key=lambda each: each.digest)  # sums are the same to the bit in one order alone
            with torch.inference_mode(mode=False), _at_rest(unet, device):
                for file in ordered:
                    self._lay(unet, file, device)
            unet.set_adapters([file.name for file in ordered])
        except AdapterError:
            self.take_off()
            raise
        except Exception as error:  # whatever peft raises about a file, the file is at fault
            self.take_off()
            raise AdapterError(f"a style's adapter does not fit the model: {error}") from error

    def _lay(self, unet: Any, file: AdapterFile, device: torch.device) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)  # several are meant
            unet.load_lora_adapter(file.weights(), prefix=None, adapter_name=file.name, low_cpu_mem_usage=True)
        dtype = next(unet.parameters()).dtype
        for name, part in unet.named_modules():
            if f".lora_A.{file.name}" in name or f".lora_B.{file.name}" in name:
                part.to(device, dtype)

    def take_off(self) -> None:
        """Give the network back as it was loaded."""
        if self._unet is not None:
            with _at_rest(self._unet, self._device):
                self._unet.unload_lora()
        self._unet, self._files = None, frozenset()


@contextmanager
def _at_rest(unet: Any, device: torch.device) -> Iterator[None]:
    """Keep a network whose layers are offloaded whole in host memory while they are changed; offload them afterwards.

    While they are offloaded their weights are on the meta device, and those of an adapter would be lost there.
    """
    if not isinstance(getattr(unet, "_hf_hook", None), hooks.AlignDevicesHook):
        yield
        return
    hooks.remove_hook_from_module(unet, recurse=True)
    try:
        yield
    finally:
        cpu_offload(unet, device)


class Adapted:
    """A network with adapters laid over it, called as ever; each row of its batches has its own share of each."""

    def __init__(self, unet: Any, of_rows: Shares) -> None:
        from peft.tuners.lora import LoraLayer

        self._unet, self._of_rows = unet, of_rows
        self._layers = [part for part in unet.modules() if isinstance(part, LoraLayer)]

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the network."""
        precision: torch.dtype = self._unet.dtype
        return precision

    def __call__(
        self, latents: torch.Tensor, t: torch.Tensor | int, states: torch.Tensor, **others: Any
    ) -> torch.Tensor:
        """Predict for a batch of latents; for pictures that come twice, as guidance needs them, one after the other."""
        for file, of_rows in self._of_rows.items():
            share = torch.tensor(of_rows, dtype=latents.dtype, device=latents.device)
            share = share.repeat(len(latents) // len(of_rows)).view(-1, 1, 1)  # rows, tokens, width
            for layer in self._layers:
                if file.name in layer.scaling:
                    layer.scaling[file.name] = share
        predicted: torch.Tensor = self._unet(latents, t, states, return_dict=False, **others)[0]
        return predicted
