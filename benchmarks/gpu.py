"""Benchmark films by real models on a real GPU: ``python -m benchmarks.gpu --model SDXL --memory 12``.

The weights are random, in half precision and in the models' real sizes; random weights take as long as trained ones.
``--memory`` limits what torch may allocate and the free memory that the worker sees, so that a large GPU stands in for
a smaller one; kernels run at the large one's speed. Prints JSON: loading time, placement of the parts, the seconds of a
first and a second film, and the peaks of GPU and host memory. ``--beside`` also generates by the loops of earlier
systems, with the same weights on the same GPU: the pipeline's own call for each frame, in 50 guided steps, as
stable-diffusion-videos does (``P0``), and latent blending's tree of branches, in batches (``P2``).
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from app.core.models.facts import ModelFacts
from app.offer.generation import presets
from benchmarks import contenders, real_models
from benchmarks.trajectories import Sampler
from tests.support.whole_walk import WholeWalk
from worker.diffusion import solvers
from worker.diffusion.rendering import StopInput
from worker.diffusion.tuning import DTYPES
from worker.diffusion.walk_pipeline import WalkPipeline

GB = 2**30
CONTEXT = 400 * 2**20
"""The bytes of a process's CUDA context, in addition to torch's allocations; they count towards a smaller GPU's
memory."""

USUAL_FRAMES = 8
"""The number of frames on which the usual loop is timed."""

TREE_STEPS, GUIDANCE = 30, 7.5
"""Latent blending's steps for Stable Diffusion, and the default guidance of both earlier systems."""

STOPS = (("a red house by the sea", 1), ("a forest in winter", 2))


def limit(memory: int) -> None:
    """Limit torch, and the reported GPU memory, to a number of bytes."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, memory / total))
    torch.cuda.mem_get_info = lambda *_: (memory - CONTEXT - torch.cuda.memory_reserved(), memory)


def write(kind: str, folder: Path) -> Path:
    """Write a model of a real size with random weights in half precision, made on the GPU; return its folder."""
    default = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float16)
        with torch.device("cuda"):
            return real_models.save(kind, folder)
    finally:
        torch.set_default_dtype(default)


def films(painter: WalkPipeline, preset: str, frames: int) -> dict[str, Any]:
    """Generate a walk of two stops twice; return the seconds of both runs and the UNet evaluations of the second."""
    sampling = presets.resolve(preset, ModelFacts(scheduler="DDIMScheduler"))
    rendering = painter.rendering(sampling)
    stops = [StopInput(prompt, "", seed) for prompt, seed in STOPS]
    seconds, passes = [], 0
    for _ in range(2):
        began, before = time.perf_counter(), painter.evaluations
        walk = WholeWalk(painter, painter.prepare(stops, rendering), sampling)
        walk.paint(frames=frames)  # ends with pictures in host memory, so the GPU has finished
        seconds.append(round(time.perf_counter() - began, 2))
        passes = painter.evaluations - before
    return {"frames": frames, "steps": sampling["steps"], "seconds": seconds, "passes": passes,
            "frames_per_second": round(frames / seconds[-1], 2)}  # fmt: skip


def beside(painter: WalkPipeline, folder: Path, *, frames: int, usual_frames: int = USUAL_FRAMES) -> dict[str, float]:
    """Return the frames per second of earlier systems' loops; that of the usual loop from a few equal frames.

    Each is run twice, and the second run counts.
    """
    setting = painter._setting
    sampling = {"scheduler": solvers.SOLVER, "steps": TREE_STEPS, "guidance": GUIDANCE}
    prepared = painter.prepare([StopInput(prompt, "", seed) for prompt, seed in STOPS], painter.rendering(sampling))
    sampler = Sampler(painter, prepared, batch=setting.batch)
    rates = {"P2": frames / _second(lambda: contenders.branch_tree(sampler, frames))}
    pipe = contenders.usual_pipeline(str(folder), dtype=DTYPES[setting.precision], device=painter.device)
    pair, places = (STOPS[0][0], STOPS[1][0]), [place / usual_frames for place in range(usual_frames)]
    usual_s = _second(lambda: contenders.usual(pipe, pair, places, seed=1, guidance=GUIDANCE))
    return {name: round(rate, 2) for name, rate in ({"P0": usual_frames / usual_s} | rates).items()}


def _second(do: Callable[[], object]) -> float:
    do()
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print the results as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="SD 1.5", choices=real_models.KINDS)
    parser.add_argument("--folder", type=Path, help="the model's folder; written if it does not exist")
    parser.add_argument("--memory", type=int, help="GB of the simulated smaller GPU; by default all memory")
    parser.add_argument("--offload", default="auto", choices=("auto", "model", "sequential", "off"))
    parser.add_argument("--preset", default=presets.DEFAULT, choices=presets.NAMES)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--beside", action="store_true", help="also run earlier systems' loops (SD 1.5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        folder = options.folder or Path(aside) / "model"
        if not (folder / "model_index.json").exists():
            write(options.model, folder)
            torch.cuda.empty_cache()
        if options.memory:
            limit(options.memory * GB)
        began = time.perf_counter()
        painter = WalkPipeline.load(str(folder), device="cuda", offload=options.offload)
        report: dict[str, Any] = {"model": options.model, "gpu": torch.cuda.get_device_name(), "memory": options.memory,
                                "load_seconds": round(time.perf_counter() - began, 1)}  # fmt: skip
        report |= {
            "setting": str(painter._setting),
            "options": str(painter._gpu),
            "placement": painter.model._networks.plan.name,
        }
        torch.cuda.reset_peak_memory_stats()
        report |= films(painter, options.preset, options.frames)
        if options.beside:
            report["others_frames_per_second"] = beside(painter, folder, frames=options.frames)
        report |= {"reserved_gb": round(torch.cuda.max_memory_reserved() / GB, 2),
                 "host_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GB, 2)}  # fmt: skip
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
