"""Simulated GPU: a limit of allocations, evaluations of fixed duration, overflow in some precisions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import torch

from worker.diffusion import tuning
from worker.diffusion.fitting import choosing, devices, placement
from worker.diffusion.fitting.placement import GB, Needs, Plan
from worker.diffusion.fitting.rehearsal import NoNumbers
from worker.diffusion.fitting.sizes import Sizes
from worker.diffusion.model import ModelError
from worker.diffusion.tuning import DTYPES, Setting

DEVICE = torch.device("cpu", 0)
CONTEXT = 300 * 2**20
"""The bytes of a driver's context; an assumption."""

TRANSFER_S = 1 / (12 * GB)
"""The seconds to transfer a byte to the GPU; an assumption."""


@dataclass
class SimulatedGpu:
    """A GPU: its bytes, those of other programs, its half precisions, and those in which numbers overflow.

    `pass_s` is the time of a guided evaluation of one picture in half precision; float32 takes four times as long.
    `fails` is the number of allocations that fail regardless of size, as with fragmented memory.
    """

    total: int
    taken: int = 0
    halves: tuple[str, ...] = ("bfloat16", "float16")
    overflows: frozenset[str] = frozenset()
    pass_s: float = 0.05
    fails: int = 0
    seconds: float = 0.0
    peak: int = 0

    @property
    def free(self) -> int:
        """Return the number of free bytes."""
        return self.total - self.taken - CONTEXT

    def allocate(self, size: int) -> None:
        """Allocate bytes for a moment.

        :raises torch.OutOfMemoryError: when they do not fit, or an allocation is set to fail.
        """
        if self.fails or size > self.free:
            self.fails = max(0, self.fails - 1)
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size / GB:.2f} GiB.")
        self.peak = max(self.peak, size)

    @contextmanager
    def install(self) -> Iterator[None]:
        """Replace the properties of the device ``cpu:0`` by this GPU's within the block."""
        with (
            mock.patch.object(devices, "is_gpu", lambda _: True),
            mock.patch.object(devices, "halves", lambda _: self.halves),
            mock.patch.object(devices, "memory", lambda _: (self.free, self.total)),
            mock.patch.object(devices, "name", lambda _: "simulated"),
            mock.patch.object(tuning.time, "perf_counter", lambda: self.seconds),
        ):
            yield


@dataclass
class SimulatedModel:
    """A model of some sizes on a simulated GPU."""

    name: str
    sizes: Sizes
    pixels: int
    gpu: SimulatedGpu
    offload: str = "auto"
    forces_upcast: bool = False
    revision: str = "simulated"
    device: torch.device = DEVICE
    plan: Plan = placement.KEEP
    tried: list[tuple[Plan, Setting]] = field(default_factory=list)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Return the plans to try.

        :raises ModelError: when none fits.
        """
        try:
            memory = self.gpu.free, self.gpu.total
            return placement.plans(self.offload, self.needs, *memory)
        except placement.NotEnoughMemory as error:
            raise ModelError(str(error)) from error

    @property
    def needs(self) -> Needs:
        """Return what the model needs memory for."""
        return Needs(self.sizes, self.pixels, upcast=self.starts_upcast)

    @property
    def starts_upcast(self) -> bool:
        """Return whether images are decoded in float32 with the precision that is tried first."""
        return self.decoder(self.gpu.halves[0]) == "float32"

    def decoder(self, precision: str) -> str:
        """Return the decoder's precision for a UNet's precision."""
        return "float32" if self.forces_upcast and precision == "float16" else precision

    def follow(self, plan: Plan) -> None:
        """Switch to a plan."""
        self.plan = plan

    def missing(self) -> str:
        """Return a description of how much memory is missing."""
        possible, memory = placement.allowed(self.offload), (self.gpu.free, self.gpu.total)
        return placement.missing(possible, self.needs, *memory)


class SimulatedRehearsal:
    """Evaluations and pictures of a simulated model."""

    def __init__(self, model: SimulatedModel) -> None:
        """Allocate for encoding: the text encoders move to the GPU, where the networks may be already."""
        self._model = model
        beside = 0 if model.plan.offload else placement.HALF_BYTES * (model.sizes.network + model.sizes.vae)
        model.gpu.allocate(placement.HALF_BYTES * model.sizes.encoders + beside)

    def __call__(self, setting: Setting) -> None:
        """Simulate an evaluation: allocate its memory and add its time."""
        model, wide = self._model, DTYPES[setting.precision].itemsize
        unet = wide * model.sizes.network
        model.tried.append((model.plan, setting))
        denoising = placement.EVALUATION_BYTES * model.pixels * setting.batch * wide // placement.HALF_BYTES
        moved = unet if model.plan.offload == "sequential" else 0
        there = wide * model.sizes.layer if moved else unet
        model.gpu.allocate(self._beside(setting) + there + denoising)
        times = 4 if setting.precision == "float32" else 1
        model.gpu.seconds += times * model.gpu.pass_s * setting.batch + moved * TRANSFER_S

    def whole(self, setting: Setting) -> None:
        """Simulate an evaluation and the decoding of a picture."""
        self(setting)
        model = self._model
        wide = DTYPES[model.decoder(setting.precision)].itemsize
        at_once = min(model.pixels, placement.TILE**2) if model.plan.tiles else model.pixels
        unet = 0 if model.plan.offload else DTYPES[setting.precision].itemsize * model.sizes.network
        decoding = placement.DECODE_BYTES * at_once * wide // placement.HALF_BYTES
        vae = wide * model.sizes.vae if model.plan.offload else 0
        model.gpu.allocate(self._beside(setting) + unet + vae + decoding)
        if setting.precision in model.gpu.overflows:
            raise NoNumbers(f"the network's numbers overflow in {setting.precision}")

    def _beside(self, setting: Setting) -> int:
        """Return the bytes that are always allocated in addition to the UNet."""
        model, wide = self._model, DTYPES[self._model.decoder(setting.precision)].itemsize
        vae = 0 if model.plan.offload else wide * model.sizes.vae
        return vae + (0 if model.plan.encoders_leave else placement.HALF_BYTES * model.sizes.encoders)


def choose(model: SimulatedModel, measured: Path | None = None) -> tuple[Plan, Setting]:
    """Return what a worker chooses at its start.

    :raises ModelError: when nothing fits.
    """
    with model.gpu.install():
        setting = choosing.choose(model, measured, rehearse=SimulatedRehearsal)  # type: ignore[arg-type]
    return model.plan, setting
