"""Benchmark Stable Diffusion 3.5 medium in real size on a CPU, part by part: ``python -m benchmarks.large_models``.

Writes the model with random weights in bfloat16, tensor by tensor, so that writing needs the memory of one tensor. Then
separate processes do what a worker would: encode with each text encoder and free it; load the transformer and predict
once with guidance; do so with weights in 8 bits by diffusers' layerwise casting; decode. Prints a row for each phase:
seconds, and the peaks of anonymous and resident memory above what the process had.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from benchmarks import large_parts
from benchmarks.loading_memory import anonymous

MODEL = "SD 3.5 medium"
T5_TOKENS, CLIP_TOKENS = 256, 77
GROUPS: dict[str, tuple[str, ...]] = {
    "text": ("text_encoder", "text_encoder_2", "text_encoder_3"),
    "transformer": ("transformer",),
    "8 bits": ("transformer",),
    "8 bits, modulation too": ("transformer",),
    "vae": ("vae",),
}
"""The work of one process, and the parts that it needs."""


def write(folder: Path, parts: set[str], model: str = MODEL) -> Path:
    """Write parts of a model with random bfloat16 weights and their configurations into folders; return the model's."""
    for part in parts:
        kind, config = large_parts.MODELS[model][part]
        with torch.device("meta"):
            network = large_parts.network(kind, config)
        place = folder / part
        place.mkdir(parents=True)
        if hasattr(network, "save_config"):
            network.save_config(place)
            name = "diffusion_pytorch_model"
        else:
            network.config.architectures = [kind]
            network.config.save_pretrained(place)
            name = "model"
        saved = {id(each): (name, each.shape) for name, each in network.state_dict(keep_vars=True).items()}
        stream(dict(saved.values()), place / f"{name}.safetensors")
    return folder


def stream(shapes: dict[str, torch.Size], path: Path) -> None:
    """Write a safetensors file of random bfloat16 tensors, one at a time.

    The format: eight bytes with the length of the header, the header as JSON, then the tensors' bytes.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    rng = torch.Generator().manual_seed(0)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            file.write(memoryview(_random(name, shape, rng).view(torch.uint8).numpy().reshape(-1)))


def _random(name: str, shape: torch.Size, rng: torch.Generator) -> torch.Tensor:
    """Return weights in the range of usual initialisations, so that nothing overflows."""
    if len(shape) == 1:
        return torch.full(shape, float(name.endswith("weight")), dtype=torch.bfloat16)
    return torch.empty(shape, dtype=torch.bfloat16).normal_(0, 0.5 * shape[1:].numel() ** -0.5, generator=rng)


def resident() -> int:
    """Return this process's resident memory in bytes, including mapped files."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


class Phases:
    """Recorder of seconds and memory in a process, phase by phase."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._base = anonymous(), resident()

    @contextmanager
    def phase(self, name: str) -> Iterator[dict[str, Any]]:
        """Measure the block, print its row, and yield the row, to which the block may add."""
        row: dict[str, Any] = {"phase": name, "most": [0, 0]}
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.01):
                row["most"] = [max(pair) for pair in zip(row["most"], self._above(), strict=True)]

        watching = threading.Thread(target=watch)
        watching.start()
        began = time.perf_counter()
        try:
            yield row
        finally:
            row["seconds"] = time.perf_counter() - began
            done.set()
            watching.join()
        gc.collect()
        row["held"] = self._above()
        self.rows.append(row)
        sizes = [f"{each / 1e9:.2f} GB" for each in (*row["most"], *row["held"])]
        print(f"| {name} | {row['seconds']:.1f} s | {' | '.join(sizes)} | {row.get('note', '')} |", flush=True)

    def _above(self) -> list[int]:
        return [now - before for now, before in zip((anonymous(), resident()), self._base, strict=True)]


def load(folder: Path, part: str, model: str = MODEL) -> Any:
    """Return a part in bfloat16, loaded by its library's default."""
    import diffusers
    import transformers

    kind, _ = large_parts.MODELS[model][part]
    library: Any = diffusers if hasattr(diffusers, kind) else transformers
    name = {"torch_dtype": torch.bfloat16} if library is diffusers else {"dtype": torch.bfloat16}
    return getattr(library, kind).from_pretrained(folder / part, **name).eval()


def encode(phases: Phases, folder: Path) -> None:
    """Encode two prompts of random tokens with three encoders, one after another."""
    rng = torch.Generator().manual_seed(1)
    for part in GROUPS["text"]:
        with phases.phase(f"{part}: load"):
            encoder = load(folder, part)
        with phases.phase(f"{part}: two prompts"):
            ids = torch.randint(0, 32000, (2, T5_TOKENS if part == "text_encoder_3" else CLIP_TOKENS), generator=rng)
            encoder(ids)
            del encoder


def predict(network: Any, latents: torch.Tensor, states: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
    """Return a guided prediction for one picture at half of its noise."""
    out = network(latents.repeat(2, 1, 1, 1), states, pooled, torch.full((2,), 500.0), return_dict=False)[0]
    words, none = out.float()
    return none + 3.5 * (words - none)


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Return the root mean square of a difference, relative to that of ``other``."""
    return float((one - other).square().mean().sqrt() / other.square().mean().sqrt())


def run(folder: Path, group: str, pixels: list[int]) -> None:
    """Run one group's phases in this process, and print a row for each."""
    phases = Phases()
    with torch.inference_mode():
        if group == "text":
            encode(phases, folder)
        elif group == "vae":
            decode(phases, folder, pixels)
        else:
            transform(phases, folder, group, pixels)


def transform(phases: Phases, folder: Path, group: str, pixels: list[int]) -> None:
    """Load the transformer, cast it to the requested precision, and predict; the first result is the reference."""
    with phases.phase("transformer: load"):
        network = load(folder, "transformer")
    cast: Callable[[Any], None] | None = {"8 bits": large_parts.cast_by_default,
                                          "8 bits, modulation too": large_parts.cast_all}.get(group)  # fmt: skip
    if cast:
        with phases.phase(f"transformer: cast to {group}"):
            cast(network)
    rng = torch.Generator().manual_seed(2)
    states = torch.randn(2, CLIP_TOKENS + T5_TOKENS, 4096, generator=rng).bfloat16()
    pooled = torch.randn(2, 2048, generator=rng).bfloat16()
    for size in pixels:
        noise = torch.randn(1, 16, size // 8, size // 8, generator=torch.Generator().manual_seed(3)).bfloat16()
        with phases.phase(f"{group}: guided pass, {size} px") as row:
            found = predict(network, noise, states, pooled)
            whole = folder / f"{size}.pt"
            if cast and whole.exists():
                row["note"] = f"relative RMS from bfloat16: {distance(found, torch.load(whole, weights_only=True)):.4f}"
            else:
                torch.save(found, whole)
                row["note"] = f"finite: {bool(found.isfinite().all())}"


def decode(phases: Phases, folder: Path, pixels: list[int]) -> None:
    """Decode random latents with the VAE, in half precision and in float32."""
    with phases.phase("vae: load"):
        vae = load(folder, "vae")
    for dtype in (torch.bfloat16, torch.float32):
        vae = vae.to(dtype)
        for size in pixels:
            with phases.phase(f"vae: decode {size} px in {str(dtype).removeprefix('torch.')}"):
                vae.decode(torch.randn(1, 16, size // 8, size // 8, dtype=dtype), return_dict=False)


def main() -> None:
    """Write the model, measure each group in a separate process, and delete the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="for one process: the model's folder")
    parser.add_argument("--group", choices=GROUPS, action="append", help="what to measure; all by default")
    parser.add_argument("--pixels", type=int, nargs="+", default=[512, 1024])
    options = parser.parse_args()
    groups = options.group or [*GROUPS]
    if options.folder:
        run(options.folder, groups[0], options.pixels)
        return
    with tempfile.TemporaryDirectory() as aside:
        began = time.perf_counter()
        folder = write(Path(aside) / "model", {part for group in groups for part in GROUPS[group]})
        disk = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
        print(f"{MODEL}: {disk / 1e9:.2f} GB written in {time.perf_counter() - began:.0f} s", flush=True)
        print("| phase | seconds | most anonymous | most resident | anonymous after | resident after | |")
        print("|---|---|---|---|---|---|---|", flush=True)
        command = [sys.executable, "-m", "benchmarks.large_models", "--folder", str(folder)]
        pixels = ["--pixels", *(str(size) for size in options.pixels)]
        for group in groups:
            offline = os.environ | {"HF_HUB_OFFLINE": "1"}
            subprocess.run([*command, "--group", group, *pixels], check=True, env=offline)


if __name__ == "__main__":
    main()
