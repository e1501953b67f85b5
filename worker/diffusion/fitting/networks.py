"""A model's UNet and autoencoder: in which precision they are in memory, and where they are placed."""

from __future__ import annotations

import copy
import logging
from typing import Any

import torch
from accelerate import cpu_offload

from worker.diffusion import device_errors
from worker.diffusion import tuning as machine
from worker.diffusion.fitting import devices, offload, placement
from worker.diffusion.fitting.loading import Source
from worker.diffusion.fitting.placement import Plan
from worker.networks import decoding
from worker.networks.traced_unet import Traced
from worker.stand_ins import diffusers

log = logging.getLogger(__name__)

FULL, FLOAT8 = "float32", placement.FLOAT8


class NoGpuMemory(torch.OutOfMemoryError):
    """A GPU has no room for a network in float32."""


class Networks:
    """The networks of one model.

    A small model on a CPU keeps them in float32, and a copy in each precision that is measured. Any other keeps one
    UNet and one autoencoder, in the precision that was used last; another is loaded from the folder again.
    """

    def __init__(self, source: Source, device: torch.device) -> None:
        """Load the autoencoder in float32; the UNet is loaded when it is first used."""
        self.device, self.plan = device, placement.KEEP
        self._source = source
        self._keeps_all = source.is_small and not devices.is_gpu(device)
        self._unets: dict[str, Traced] = {}
        self._vaes: dict[str, Any] = {FULL: source.vae()}
        self._formats: dict[str, str] = {}
        self._placed: set[str] = set()
        self._room = offload.Room(device)
        self.vae_config = self._vaes[FULL].config
        self.decodes_scenes, self.finest = decoding.decodes_scenes(self._vaes[FULL]), decoding.finest(self._vaes[FULL])

    def holds(self, precision: str) -> bool:
        """Return whether the UNet is in memory in a precision."""
        return precision in self._unets

    def follow(self, plan: Plan) -> None:
        """Place the networks by a plan from now on; those in memory are loaded again."""
        if plan != self.plan:
            self.plan = plan
            self._unets.clear()
            self._vaes.clear()
            self._formats.clear()
            self._placed.clear()
            self._room = offload.Room(self.device)
            device_errors.free_memory()

    def unet(self, precision: str, memory_format: str) -> Traced:
        """Return the UNet, ready to be called.

        It is placed only where necessary, because iterating over all its weights takes milliseconds.

        :raises ModelError: when it must be loaded and cannot be.
        :raises NoGpuMemory: when a GPU has no room for it in float32.
        """
        if precision not in self._unets:
            self._unets[precision] = self._made(precision)
        unet = self._unets[precision]
        if self._formats.get(precision) != memory_format:
            self._put_in_place(unet, memory_format)
            self._formats[precision] = memory_format
        return unet

    def vae(self, precision: str) -> Any:
        """Return the autoencoder, ready to be called.

        It consists of convolutions, which are faster with channels last in any precision.

        :raises ModelError: when it must be loaded and cannot be.
        """
        if precision not in self._vaes:
            full = self._vaes.get(FULL)
            if full is None:
                self._drop_vaes()
                full = self._source.vae()
            if self._keeps_all:
                self._vaes[FULL] = full
                full = copy.deepcopy(full) if precision != FULL else full
            else:
                self._drop_vaes()
            self._vaes[precision] = full.to(machine.DTYPES[precision])
        if precision not in self._placed:
            self._put_vae_in_place(self._vaes[precision])
            self._placed.add(precision)
        return self._vaes[precision]

    def keep_precision(self, precision: str) -> None:
        """Keep the UNet in this precision, and a small one in float32 too, for overflows; delete other copies."""
        for other in [name for name in self._unets if name not in (FULL, precision)]:
            self._unets.pop(other)
            self._formats.pop(other, None)
        for other in [name for name in self._vaes if name not in (FULL, precision)]:
            self._vaes.pop(other)
            self._placed.discard(other)
        kept = FULL if self._keeps_all else precision
        if kept not in self._unets:
            self._unets[kept] = self._made(kept)

    def make_room(self) -> None:
        """Move the part that is on the GPU for its turn back to host memory."""
        self._room.clear()

    def _made(self, precision: str) -> Traced:
        """Load or copy the UNet."""
        dtype = machine.DTYPES[precision]
        if not self._keeps_all:
            self._drop_unets()
            if precision == FULL:
                self._check_room()
            network = self._source.network(torch.bfloat16 if precision == FLOAT8 else dtype)
            if precision == FLOAT8:
                network.enable_layerwise_casting(storage_dtype=dtype, compute_dtype=torch.bfloat16)
            return Traced(network, traces=False)
        if FULL not in self._unets:
            self._unets[FULL] = Traced(self._source.network(torch.float32), traces=self._source.family.traces)
        full = self._unets[FULL]
        return full if precision == FULL else Traced(copy.deepcopy(full.unet).to(dtype), traces=full.is_small)

    def _check_room(self) -> None:
        """Raise NoGpuMemory when a GPU has no room for the UNet in float32."""
        memory = devices.memory(self.device)
        if memory is None or self.plan.offload == "sequential":
            return
        missing = placement.FULL_BYTES * self._source.sizes.network + placement.SPARE - memory[0]
        if missing > 0:
            raise NoGpuMemory(
                f"out of memory: the UNet in float32 needs {missing / placement.GB:.1f} GB more than are free"
            )

    def _drop_unets(self) -> None:
        for unet in self._unets.values():
            self._room.remove(unet.unet)
        self._unets.clear()
        self._formats.clear()
        device_errors.free_memory()

    def _drop_vaes(self) -> None:
        for vae in self._vaes.values():
            self._room.remove(vae)
        self._vaes.clear()
        self._placed.clear()
        device_errors.free_memory()

    def _put_in_place(self, unet: Traced, memory_format: str) -> None:
        laid_out = machine.MEMORY_FORMATS[memory_format]
        if not self.plan.offload:
            unet.to(self.device).to(memory_format=laid_out)  # type: ignore[call-overload]
            return
        is_hooked = hasattr(unet.unet, "_hf_hook")
        if self.plan.offload == "sequential":
            if not is_hooked:
                cpu_offload(unet.unet.to(memory_format=laid_out), self.device)
            return
        unet.to(memory_format=laid_out)  # type: ignore[call-overload]
        if not is_hooked:
            self._room.add(unet.unet)

    def _put_vae_in_place(self, vae: Any) -> None:
        if self.plan.tiles:
            _tile(vae)
        if self.plan.offload:
            within = [getattr(vae, decoding.SCENES)] if decoding.decodes_scenes(vae) else []
            self._room.add(vae.to(memory_format=torch.channels_last), *within)
        else:
            vae.to(self.device).to(memory_format=torch.channels_last)


def _tile(vae: Any) -> None:
    """Set an autoencoder to one picture at a time, in tiles of `placement.TILE` pixels; a tiny one needs no tiles."""
    vae.enable_slicing()
    if not isinstance(vae, diffusers.AutoencoderKL):
        return
    vae.enable_tiling()
    scale = 2 ** (len(vae.config.block_out_channels) - 1)
    side = min(placement.TILE, vae.tile_sample_min_size)
    vae.tile_sample_min_size, vae.tile_latent_min_size = side, side // scale
