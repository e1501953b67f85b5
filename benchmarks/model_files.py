"""Test each layout of a model's files offline: ``python -m benchmarks.model_files --model "SD 1.5"``.

Writes a model of real size with random weights in half precision, as a folder, as one with only half-precision file
names, in shards, and as a single file. Loads each in a separate process without a network, and generates a small
picture in one step in bfloat16. Prints a Markdown table: files, seconds, and the peak of anonymous memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from app.core.models import families
from app.core.models.families import Family
from benchmarks import original_keys
from benchmarks.loading_memory import anonymous

FAMILIES = {"SD 1.5": "sd1", "SD 2": "sd2", "SDXL": "sdxl"}
SHARDS = 3


def write(family: Family, folder: Path) -> Path:
    """Write a family's model with random weights in half precision, as diffusers saves it; return the folder."""
    import diffusers
    import transformers

    shutil.copytree(family.folder, folder, ignore=shutil.ignore_patterns("family.json"))
    torch.manual_seed(0)
    for part in family.parts:
        config = family.config(part)
        is_text = part.startswith("text")
        with torch.device("meta"):
            if is_text:
                network = getattr(transformers, config["architectures"][0])(transformers.CLIPTextConfig(**config))
            else:
                network = getattr(diffusers, config["_class_name"]).from_config(config)
        weights = {name: _random(name, each.shape) for name, each in network.named_parameters()}
        name = "model" if is_text else "diffusion_pytorch_model"
        save_file(weights, folder / part / f"{name}.safetensors", metadata={"format": "pt"})
    for tokenizer in folder.glob("tokenizer*"):
        for path in (families.FOLDER / "clip").glob("*.[jt]*"):
            if path.name != "tokenizer_config.json":
                shutil.copy(path, tokenizer)
    return folder


def _random(name: str, shape: torch.Size) -> torch.Tensor:
    """Return weights in the range of usual initialisations, so that nothing overflows."""
    if len(shape) == 1:
        return torch.full(shape, float(name.endswith("weight")), dtype=torch.half)
    return torch.empty(shape, dtype=torch.half).normal_(0, 0.5 * shape[1:].numel() ** -0.5)


def relay(folder: Path, family: Family, layout: str) -> Path:
    """Convert a folder to another layout, and return the model's new path."""
    if layout == "single file":
        about = {name: {"prefix": part.prefix} for name, part in family.parts.items()}
        return original_keys.save(folder, about, folder.with_name(f"{family.folder.name}.safetensors"))
    for path in [*folder.rglob("*.safetensors")] if layout != "folder" else []:
        if layout == "fp16 names alone":
            path.rename(path.with_suffix(".fp16.safetensors"))
            continue
        tensors, where = load_file(path), {}
        for number in range(SHARDS):
            stem = path.name.removesuffix(".safetensors").removesuffix(".fp16")
            file = path.with_name(f"{stem}.fp16-{number + 1:05}-of-{SHARDS:05}.safetensors")
            part = {name: tensors[name] for name in sorted(tensors)[number::SHARDS]}
            save_file(part, file, metadata={"format": "pt"})
            where |= dict.fromkeys(part, file.name)
        index = path.with_name(f"{stem}.safetensors.index.fp16.json")
        index.write_text(json.dumps({"metadata": {}, "weight_map": where}))
        path.unlink()
    return folder


def load(place: Path) -> dict[str, Any]:
    """Load a model, generate a picture of an eighth of its size in one step, and return the measurements."""
    from worker.diffusion.model import Model

    before, peak, done = anonymous(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, anonymous())

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.perf_counter()
    model = Model.load(str(place), device="cpu")
    model.keep_precision("bfloat16")
    unet, vae = model.networks("bfloat16", "contiguous")
    loaded = time.perf_counter() - began
    prompt, _ = model.encode("a fox in the snow", "")
    solver = model.solver("EulerDiscreteScheduler", 1)
    channels, height, width = model.latent_shape
    latents = torch.randn(1, channels, height // 8, width // 8) * solver.init_noise_sigma
    states = torch.from_numpy(prompt.states)[None]
    pooled = None if prompt.pooled is None else torch.from_numpy(prompt.pooled)[None]
    with torch.inference_mode():
        scaled = solver.scale_model_input(latents, solver.timesteps[0])
        prediction = model.predict(unet, scaled, solver.timesteps[0], states, pooled)
        after = solver.step(prediction, solver.timesteps[0], latents, return_dict=False)[0]
        picture = model.decode(vae, after.to(vae.dtype))
    done.set()
    watching.join()
    is_finite = bool(torch.from_numpy(picture).isfinite().all())
    return {"seconds": loaded, "bytes": max(peak, anonymous()) - before, "paints": is_finite, "size": model.size[0]}


def main() -> None:
    """Measure each layout in a separate process, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="SD 1.5", choices=FAMILIES)
    parser.add_argument("--place", type=Path, help="for one process")
    options = parser.parse_args()
    if options.place:
        print(json.dumps(load(options.place)))
        return
    family = next(each for each in families.every() if each.folder.name == FAMILIES[options.model])
    print("| model | files | on disk | loads in | host memory | paints offline |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as aside:
        folder = write(family, Path(aside) / family.folder.name)
        for layout in ("folder", "single file", "fp16 names alone", "fp16 shards"):
            place = relay(folder, family, layout)
            files = [place] if place.is_file() else [*place.rglob("*.safetensors")]
            disk = sum(path.stat().st_size for path in files)
            command = [sys.executable, "-m", "benchmarks.model_files", "--place", str(place)]
            offline = os.environ | {"HF_HUB_OFFLINE": "1"}
            ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=offline)
            found = json.loads(ran.stdout.splitlines()[-1])
            print(
                f"| {options.model}, {found['size']} pixels | {layout} | {disk / 1e9:.2f} GB | {found['seconds']:.0f} s"
                f" | {found['bytes'] / 1e9:.2f} GB | {'yes' if found['paints'] else 'no'} |",
                flush=True,
            )
            if place.is_file():
                place.unlink()


if __name__ == "__main__":
    main()
