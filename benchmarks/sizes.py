"""What a model's sizes cost: ``python -m benchmarks.sizes [--model FOLDER] [--against FOLDER]``.

Bytes on disk, and a film's time as a ratio. A model, else one of the studio's default sizes with random weights, which
paint in the time of learned ones, and the one it is held against take turns in one process. Pictures of different
models pace differently, so the passes of each are told as well.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import torch

from app.generation import presets
from benchmarks.counting import counted, networks
from benchmarks.ours import Ours
from studio.stages.publish import write
from studio.training import autoencoder, diffusion, pipeline
from worker.diffusion.painter import Painter

HOUSE = Path("models/house")
FRAMES, ROUNDS, PAIR = 24, 5, ("a fox", "a kite")


def build(folder: Path) -> Path:
    """Write a model of the default sizes, with the house model's text encoder."""
    torch.manual_seed(0)
    vae = autoencoder.make()
    latent, side = vae.config.latent_channels, vae.config.sample_size // 2 ** (len(autoencoder.CHANNELS) - 1)
    for name, part in {
        "vae": vae,
        "unet": diffusion.unet(diffusion.CHANNELS, latent=latent, sample=side, width=384),
        "scheduler": diffusion.solver(diffusion.Objective()),
    }.items():
        part.save_pretrained(folder / "parts" / name)
    parts = {name: folder / "parts" / name for name in ("vae", "unet", "scheduler")}
    pipe = pipeline.pipeline(pipeline.of_folder(HOUSE) | parts)
    (folder / "model").mkdir()
    write(pipe, folder / "model")
    return folder / "model"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="else one of the default sizes, with random weights")
    parser.add_argument("--against", type=Path, default=HOUSE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        model = options.model or build(Path(aside))
        size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())
        folders = {"against": options.against, "model": model}
        contenders = {name: Ours(Painter.load(str(folder)), folder) for name, folder in folders.items()}
        seconds: dict[str, list[float]] = {name: [] for name in contenders}
        processor: dict[str, list[float]] = {name: [] for name in contenders}
        passes = {}
        for number in range(ROUNDS + 1):  # the first warms up
            for name in list(contenders) if number % 2 else list(reversed(contenders)):
                ours = contenders[name]
                with counted(*networks(ours.painter)) as work:
                    wall, spent = time.perf_counter(), time.process_time()
                    ours.film(PAIR, FRAMES, presets.DEFAULT)
                    wall, spent = time.perf_counter() - wall, time.process_time() - spent
                passes[name] = (work.passes, work.decodes)
                if number:
                    seconds[name].append(wall)
                    processor[name].append(spent)
    told = {
        "bytes": size, "frames": FRAMES, "rounds": ROUNDS, "passes_and_decodes": passes,
        "wall_ratio": _ratio(seconds), "processor_ratio": _ratio(processor),
        "seconds": {name: round(statistics.median(values), 2) for name, values in seconds.items()},
        "precision": {name: ours.painter.rendering().precision for name, ours in contenders.items()},
    }  # fmt: skip
    print(json.dumps(told, indent=1))


def _ratio(spent: dict[str, list[float]]) -> list[float]:
    """Return the median ratio of the rounds, the least and the most."""
    ratios = [new / old for new, old in zip(spent["model"], spent["against"], strict=True)]
    return [round(value, 3) for value in (statistics.median(ratios), min(ratios), max(ratios))]


if __name__ == "__main__":
    main()
