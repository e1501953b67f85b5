"""Plan where a model's parts are placed, by the free memory of the GPU.

The activation memory of evaluations and decoding was counted on the meta device, without a GPU (decision 61). What
kernels and the allocator take is an assumption (`SPARE`); a plan that still runs out of memory is followed by the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.diffusion.families import Family
from worker.diffusion.fitting.sizes import Sizes

FLOAT8_BYTES, HALF_BYTES, FULL_BYTES = 1, 2, 4

FLOAT8 = "float8"
"""The precision in which a network is stored in float8 (e4m3), and each layer computes in bfloat16."""

GB = 2**30

HOST_SPARE = 2**30
"""Bytes of the machine's memory that are left for the rest of the worker and for the system."""

SPARE = 300 * 2**20
"""Bytes of GPU memory that are left free: the allocator never uses the last of them."""

TILE = 512
"""The side in pixels of the tiles that a picture is decoded in where memory is short."""

EVALUATION_BYTES = Family.evaluation_bytes
"""Bytes that a guided UNet evaluation takes for each pixel, in half precision: SD 1.5's; SDXL's takes 315."""

DECODE_BYTES = 1536
"""Bytes that decoding takes for each pixel of its batch, in half precision."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What determines a model's memory needs.

    `sizes` are its parts' numbers of parameters, `pixels` those of a picture. `upcast` is whether the autoencoder works
    in float32, `stores_float8` whether the network may be stored in float8. `encoder_bytes` are the bytes of a text
    encoder's parameter, `evaluation_bytes` those of a UNet evaluation for each pixel.
    """

    sizes: Sizes
    pixels: int
    upcast: bool = False
    stores_float8: bool = False
    encoder_bytes: int = HALF_BYTES
    evaluation_bytes: int = EVALUATION_BYTES


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a model's parts are placed.

    `encoders_leave` is whether text encoders leave the GPU after use; `offload` is "" where the networks stay on the
    GPU, "model" for one part at a time, or "sequential" for one layer at a time. The autoencoder works in `tiles`, or
    whole. With `encoders_dropped`, text encoders are loaded again for each walk. `precisions` are those to be tried;
    empty for all that the device has.
    """

    encoders_leave: bool = False
    offload: str = ""
    tiles: bool = False
    encoders_dropped: bool = False
    precisions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The plan's name in logs and in the file of measurements."""
        leave = self.encoders_leave and not self.offload and not self.encoders_dropped
        parts = [self.offload, "encoders leave" * leave, "tiles" * self.tiles]
        parts += ["encoders loaded for each walk" * self.encoders_dropped, ", ".join(self.precisions)]
        return ", ".join(filter(None, parts)) or "all on the GPU"

    def network_bytes(self, sizes: Sizes) -> int:
        """Return how many bytes the network takes."""
        if self.precisions != (FLOAT8,):
            return HALF_BYTES * sizes.network
        return FLOAT8_BYTES * (sizes.network - sizes.wide) + HALF_BYTES * sizes.wide


KEEP = Plan()
PLANS = (
    KEEP, Plan(encoders_leave=True), Plan(encoders_leave=True, tiles=True), Plan(True, "model"),
    Plan(True, "model", tiles=True), Plan(True, "model", tiles=True, precisions=(FLOAT8,)),
    Plan(True, "sequential", tiles=True),
)  # fmt: skip
"""All plans, from the one that needs the most memory and is the fastest to the one that needs the least."""


def allowed(offload: str, *, stores_float8: bool = False) -> tuple[Plan, ...]:
    """Return the plans that the setting `OFFLOAD` allows; those in float8 only with `stores_float8`."""
    if offload == "off":
        return KEEP, Plan(tiles=True)
    possible = (plan for plan in PLANS if stores_float8 or not plan.precisions)
    return tuple(plan for plan in possible if offload in ("auto", plan.offload))


def gpu_bytes(plan: Plan, needs: Needs) -> int:
    """Return the peak GPU memory in bytes of a plan, for pictures that are rendered one at a time."""
    sizes, wide = needs.sizes, FULL_BYTES if needs.upcast else HALF_BYTES
    encoders, network, vae = HALF_BYTES * sizes.encoders, plan.network_bytes(sizes), wide * sizes.vae
    at_once = min(needs.pixels, TILE**2) if plan.tiles else needs.pixels
    denoising, decoding = needs.evaluation_bytes * needs.pixels, DECODE_BYTES * at_once * wide // HALF_BYTES
    if plan.precisions:
        denoising += HALF_BYTES * sizes.layer  # the layer that computes
    if plan.offload == "sequential":
        return SPARE + max(encoders, HALF_BYTES * sizes.layer + denoising, vae + decoding)
    if plan.offload == "model":
        return SPARE + max(encoders, network + denoising, vae + decoding)
    staying = network + vae + max(denoising, decoding)
    return SPARE + (max(staying, network + vae + encoders) if plan.encoders_leave else staying + encoders)


def host_bytes(plan: Plan, needs: Needs) -> int:
    """Return the peak of the machine's own memory in bytes of a plan for a GPU."""
    sizes = needs.sizes
    encoders = HALF_BYTES * sizes.encoders if plan.encoders_leave or plan.offload else 0
    networks = plan.network_bytes(sizes) + FULL_BYTES * sizes.vae if plan.offload else 0
    return HOST_SPARE + (max(encoders, networks) if plan.encoders_dropped else encoders + networks)


class NotEnoughMemory(Exception):
    """No plan fits into the memory that is free."""


def plans(offload: str, needs: Needs, free: int, total: int, *, host: float = math.inf) -> tuple[Plan, ...]:
    """Return the plans to be tried on a GPU with `free` of `total` bytes free, the fastest first.

    With `auto` these are the plans that fit into the free bytes; a plan that the setting names is tried in any case.
    `host` are the free bytes of the machine's own memory: where they are few, text encoders are loaded for each walk.

    :raises NotEnoughMemory: saying how much is missing.
    """
    possible = tuple(
        plan if host_bytes(plan, needs) <= host else replace(plan, encoders_dropped=True)
        for plan in allowed(offload, stores_float8=needs.stores_float8)
    )
    if offload != "auto":
        return possible
    fitting = [plan for plan in possible if gpu_bytes(plan, needs) <= free]
    if not fitting:
        raise NotEnoughMemory(missing(possible, needs, free, total))
    within_host = tuple(plan for plan in fitting if host_bytes(plan, needs) <= host)
    if not within_host:
        raise NotEnoughMemory(_of_host(min(host_bytes(plan, needs) for plan in fitting), host))
    return within_host


def missing(possible: Sequence[Plan], needs: Needs, free: int, total: int) -> str:
    """Describe how much memory is missing for the plan that needs the least."""
    least = min(gpu_bytes(plan, needs) for plan in possible)
    there = f"{free / GB:.1f} of its {total / GB:.1f} GB are free"
    if least <= free:
        frugal = "" if any(plan.offload == "sequential" for plan in possible) else " Set MOMA_OFFLOAD=sequential."
        return f"{there}, and it ran out of memory all the same.{frugal}"
    others = " Other programs use the rest." if least <= total else ""
    return f"{there}, {least / GB:.1f} GB are needed: {(least - free) / GB:.1f} GB are missing.{others}"


def cpu_plans(needs: Needs, host: int) -> tuple[Plan, ...]:
    """Return the plan for a model on a CPU with `host` bytes of memory free.

    It is float32 where that takes at most half of them, so that another precision can be tried as well; else bfloat16
    alone, and where even that is too much, with text encoders that are loaded for each walk.

    :raises NotEnoughMemory: saying how much is missing.
    """
    sizes = needs.sizes
    encoders, others = (
        needs.encoder_bytes * sizes.encoders,
        FULL_BYTES * sizes.vae + needs.evaluation_bytes * needs.pixels,
    )
    if FULL_BYTES * sizes.network <= host / 2 and FULL_BYTES * sizes.network + encoders + others <= host:
        return (KEEP,)
    network, half = HALF_BYTES * sizes.network, ("bfloat16",)
    if HOST_SPARE + network + encoders + others <= host:
        return (Plan(precisions=half),)
    least = HOST_SPARE + max(encoders, network + others)
    if least > host:
        raise NotEnoughMemory(_of_host(least, host))
    return (Plan(encoders_leave=True, encoders_dropped=True, precisions=half),)


def _of_host(least: int, host: float) -> str:
    """Describe how much of the machine's memory is missing."""
    needed, missing = (
        f"{least / GB:.1f} GB of the machine's memory are needed",
        f"{(least - host) / GB:.1f} GB are missing",
    )
    return f"{needed}, {host / GB:.1f} GB are free: {missing}."
