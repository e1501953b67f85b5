"""Decide where a model's parts lie, by the memory that is free on the GPU.

What passes and decoding take besides the weights is what `python -m benchmarks.activations` counts on the meta device;
no GPU was at hand. What kernels and the allocator take beyond that is an assumption (`SPARE`), so a plan that runs out
of memory all the same is followed by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.diffusion.fitting.sizes import Sizes

HALF_BYTES, FULL_BYTES = 2, 4

GB = 2**30

SPARE = 300 * 2**20
"""Bytes of a GPU that are left free: its allocator never uses the last of them."""

TILE = 512
"""The side in pixels of the tiles that a picture is decoded in where memory is short."""

PASS_BYTES = 520
"""Bytes that a guided pass of one picture takes for each pixel, in half precision: SD 1.5's; SDXL's takes 315."""

DECODE_BYTES = 1536
"""Bytes that decoding takes for each pixel that is decoded at once, in half precision."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a model's parts lie.

    `encoders_leave` the GPU after a prompt is encoded; `offload` is "" where the networks stay on the GPU, else
    "model" (one part at a time) or "sequential" (one layer at a time). The autoencoder works in `tiles`, or whole.
    """

    encoders_leave: bool = False
    offload: str = ""
    tiles: bool = False

    @property
    def name(self) -> str:
        """Name it in a log and in what is remembered of a device."""
        parts = [self.offload, "encoders leave" * (self.encoders_leave and not self.offload), "tiles" * self.tiles]
        return ", ".join(filter(None, parts)) or "all on the GPU"


KEEP = Plan()
PLANS = (
    KEEP, Plan(encoders_leave=True), Plan(encoders_leave=True, tiles=True), Plan(True, "model"),
    Plan(True, "model", tiles=True), Plan(True, "sequential", tiles=True),
)  # fmt: skip
"""What can be done, from what needs the most memory and is the fastest to what needs the least."""


def allowed(offload: str) -> tuple[Plan, ...]:
    """List the plans that the setting `OFFLOAD` allows."""
    if offload == "auto":
        return PLANS
    if offload == "off":
        return KEEP, Plan(tiles=True)
    return tuple(plan for plan in PLANS if plan.offload == offload)


def needed(plan: Plan, sizes: Sizes, pixels: int, *, upcast: bool = False) -> int:
    """Return how many bytes of a GPU a plan needs at its peak, for pictures of so many pixels, one at a time.

    `upcast` tells that the autoencoder works in float32.
    """
    wide = FULL_BYTES if upcast else HALF_BYTES
    encoders, network, vae = HALF_BYTES * sizes.encoders, HALF_BYTES * sizes.network, wide * sizes.vae
    at_once = min(pixels, TILE**2) if plan.tiles else pixels
    denoising, decoding = PASS_BYTES * pixels, DECODE_BYTES * at_once * wide // HALF_BYTES
    if plan.offload == "sequential":
        return SPARE + max(encoders, HALF_BYTES * sizes.layer + denoising, vae + decoding)
    if plan.offload == "model":
        return SPARE + max(encoders, network + denoising, vae + decoding)
    staying = network + vae + max(denoising, decoding)
    return SPARE + (max(staying, network + vae + encoders) if plan.encoders_leave else staying + encoders)


class TooLittle(Exception):
    """No plan fits into the memory that is free."""


def plans(offload: str, sizes: Sizes, pixels: int, free: int, total: int, *, upcast: bool = False) -> tuple[Plan, ...]:
    """Return the plans to be tried on a GPU with so many free bytes, the fastest first.

    With `auto` those that the free bytes are enough for; what a setting names is tried in any case. `upcast` tells that
    the autoencoder works in float32. Raises TooLittle, which says how much is missing.
    """
    possible = allowed(offload)
    if offload != "auto":
        return possible
    fitting = tuple(plan for plan in possible if needed(plan, sizes, pixels, upcast=upcast) <= free)
    if not fitting:
        raise TooLittle(missing(possible, sizes, pixels, free, total, upcast=upcast))
    return fitting


def missing(possible: Sequence[Plan], sizes: Sizes, pixels: int, free: int, total: int, *, upcast: bool = False) -> str:
    """Describe how much memory is missing for the plan that needs the least."""
    least = min(needed(plan, sizes, pixels, upcast=upcast) for plan in possible)
    there = f"{free / GB:.1f} of its {total / GB:.1f} GB are free"
    if least <= free:
        frugal = "" if any(plan.offload == "sequential" for plan in possible) else " Set MOMA_OFFLOAD=sequential."
        return f"{there}, and it ran out of memory all the same.{frugal}"
    others = " Other programs use the rest." if least <= total else ""
    return f"{there}, {least / GB:.1f} GB are needed: {(least - free) / GB:.1f} GB are missing.{others}"
