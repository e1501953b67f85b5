"""Measure host memory while a real model is loaded: ``python -m benchmarks.loading_memory --model "SD 1.5"``.

Writes a model of real size with random weights into a folder (or uses an existing one), then loads it in a separate
process under observation: the peak of anonymous memory (RssAnon) above what the process had before, for a simulated GPU
(whose weights stay in host memory), and for a CPU in a fixed precision.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

WAYS = ("gpu", "float32", "bfloat16")


def anonymous() -> int:
    """Return this process's anonymous memory in bytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def load(folder: Path, way: str) -> dict[str, float]:
    """Load a model in one way; return the number of parameters, the peak of additional bytes, and the seconds."""
    from benchmarks.simulated_gpu import SimulatedGpu
    from worker.diffusion.model import Model

    before, peak, done = anonymous(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, anonymous())

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.perf_counter()
    if way == "gpu":
        with SimulatedGpu(80 * 2**30).install():
            model = Model.load(str(folder), device="cpu:0")
            model.keep_precision("bfloat16")
            model.networks("bfloat16", "contiguous")
    else:
        model = Model.load(str(folder), device="cpu")
        model.keep_precision(way)
        model.networks(way, "contiguous")
    seconds = time.perf_counter() - began
    done.set()
    watching.join()
    sizes = model._source.sizes
    return {"parameters": sizes.all, "bytes": max(peak, anonymous()) - before, "seconds": seconds}


def main() -> None:
    """Measure each way in a separate process, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="SD 1.5", choices=("SD 1.5", "SDXL"))
    parser.add_argument("--folder", type=Path, help="the model's folder; written if it does not exist")
    parser.add_argument("--way", choices=WAYS, help="for one process")
    options = parser.parse_args()
    if options.way:
        print(json.dumps(load(options.folder, options.way)))
        return
    with tempfile.TemporaryDirectory() as aside:
        folder = options.folder or Path(aside) / "model"
        if not (folder / "model_index.json").exists():
            code = f"from benchmarks import real_models; from pathlib import Path; real_models.save({options.model!r}, "
            subprocess.run([sys.executable, "-c", f"{code}Path({str(folder)!r}))"], check=True)
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.loading_memory", "--folder", str(folder), "--way", way]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            wide = {"gpu": 2, "bfloat16": 2, "float32": 4}[way]
            each = found["bytes"] / found["parameters"]
            print(
                f"{options.model} {way:9} {found['bytes'] / 1e9:6.2f} GB, {each:5.2f} bytes a parameter,"
                f" {each / wide:5.2f} x the weights, {found['seconds']:5.1f} s"
            )


if __name__ == "__main__":
    main()
