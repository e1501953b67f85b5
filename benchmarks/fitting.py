"""Show what is chosen on simulated GPUs of several sizes: ``python -m benchmarks.fitting``.

The sizes are those of real configurations, counted on the meta device; the memory of UNet evaluations and decoding is
what `benchmarks.activations` counts. Prints a Markdown table: GPUs in rows, conditions in columns.
"""

from __future__ import annotations

from typing import Any

import torch

from benchmarks import real_models
from benchmarks.simulated_gpu import SimulatedGpu, SimulatedModel, choose
from worker.diffusion.fitting.placement import GB
from worker.diffusion.fitting.sizes import Sizes
from worker.diffusion.model import ModelError

MEMORY = (4, 6, 8, 12, 16, 24)
OLD = ("float16",)
CONDITIONS: dict[str, dict[str, Any]] = {
    "with bfloat16": {},
    "without": {"halves": OLD},
    "without, and float16 overflows": {"halves": OLD, "overflows": frozenset(OLD)},
    "passes of 2 s": {"pass_s": 2.0},
    "all but 3 GB taken": {"left": 3 * GB},
    "an allocation fails": {"fails": 1},
}


def sizes(kind: str) -> Sizes:
    """Return a real model's numbers of parameters, counted on the meta device."""
    with torch.device("meta"):
        parts = {name: make() for name, make in real_models.parts(kind).items()}
    counts = {name: sum(each.numel() for each in part.parameters()) for name, part in parts.items()}
    encoders = sum(count for name, count in counts.items() if name.startswith("text"))
    layer = max(each.numel() for each in parts["unet"].parameters())
    return Sizes(counts["unet"], counts["vae"], encoders, layer)


def gpu(memory: int, *, left: int | None = None, **settings: Any) -> SimulatedGpu:
    """Return a simulated GPU of some GB, of which other programs leave ``left`` bytes."""
    taken = 0 if left is None else memory * GB - left
    return SimulatedGpu(memory * GB, taken=taken, **settings)


def chosen(kind: str, counted: Sizes, card: SimulatedGpu) -> str:
    """Return what is chosen for a model on a GPU, with the peak of allocated bytes, or why the model is refused."""
    model = SimulatedModel(kind, counted, real_models.PIXELS[kind], card, forces_upcast=kind == "SDXL")
    try:
        plan, setting = choose(model)
    except ModelError as error:
        return f"refused: {error}"
    twice = ", every batch twice" if setting.precision in card.overflows else ""
    return f"{plan.name}, {setting.precision}, batch {setting.batch}, {card.peak / GB:.1f} GB{twice}"


def main() -> None:
    """Print the table."""
    print("| model | GPU |", " | ".join(CONDITIONS), "|")
    print("|---" * (2 + len(CONDITIONS)) + "|")
    for kind in real_models.KINDS:
        counted = sizes(kind)
        for memory in MEMORY:
            cells = [chosen(kind, counted, gpu(memory, **settings)) for settings in CONDITIONS.values()]
            print(f"| {kind} | {memory} GB |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
