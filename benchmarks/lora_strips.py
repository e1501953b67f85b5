"""Paint a walk with a LoRA whose modules have several ranks and alphas, by this checkout and by an earlier one.

``python -m benchmarks.lora_strips FOLDER --other CHECKOUT --sheet FILE`` trains a LoRA of the built-in network in
FOLDER, unless it is there, and paints the same frames without it, with its changes added to the network's weights as
plain products of matrices, by the other checkout, and by this one. Printed is how far the rows are apart, in levels of
255. The site offers no LoRA for the built-in model; the worker's code applies one to any UNet.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from app.core.models.facts import load_facts
from app.offer.generation import presets
from benchmarks import beside
from benchmarks.asking import Asking
from benchmarks.site import ROOT
from tests.support.lora_arithmetic import expected
from worker.diffusion.model import Model
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline

Pictures = NDArray[np.uint8]
Lesson = tuple[Tensor, ...]
"""Clean latents of several pictures, their sketches folded to the latents' size, states of the texts and of no text."""

HOUSE = ROOT / "models" / "house"
SEED, SIDE, GAP = 20261130, 96, 4
STOPS = ("a red fox", "a sailing boat")
POSITIONS = [number / 6 for number in range(7)]

RAMP = np.array([(18, 12, 70), (200, 40, 90), (255, 226, 130)], np.float32)
"""What the LoRA teaches: the colours of dark, of middle and of light."""

SETTING = Setting("float32", "contiguous", 1, 8)
RANK, ALPHA, AT_ONCE = 16, 8.0, 8
LAYERS = (
    "to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "conv1", "conv2", "conv_shortcut", "conv_in",
    "conv_out", "time_emb_proj",
)  # fmt: skip
OF_ATTENTION, OF_OTHERS = 1.0, 16.0
"""The alphas in the file, whose matrices make up for them; the other layers are more than those of attention."""

KEPT = 0.97
"""The share of a module's change that is kept when it is resized, by the sum of squares."""


def main() -> None:
    """Train the LoRA if it is missing, paint the rows, write the sheet and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lora_strips", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the LoRA and of the model with the changes added")
    parser.add_argument("--other", type=Path, required=True, help="an earlier checkout with its environment")
    parser.add_argument("--sheet", type=Path, required=True, help="picture to write")
    parser.add_argument("--steps", type=int, default=240, help="number of training steps")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lora = folder / "lora.safetensors"
    if not lora.exists():
        save_file(resized(train(collect(WalkPipeline(Model.load(str(HOUSE)), SETTING)), options.steps)), lora)
    alphas = Counter(float(each) for name, each in load_file(lora).items() if name.endswith(".alpha"))
    print(f"modules by alpha: {dict(sorted(alphas.items()))}")
    merged = merge(lora, folder / "merged")
    with beside.answering(options.other, "lora") as process:
        walk = beside.ask(process, json.dumps({"model": str(HOUSE), "prompts": STOPS, "seed": SEED}))
        rows = {
            "without it, other": frames(process, folder, HOUSE, walk),
            "other": frames(process, folder, HOUSE, walk, lora),
        }
    with beside.answering(ROOT, "lora") as process:
        rows |= {
            "without it": frames(process, folder, HOUSE, walk),
            "plain product": frames(process, folder, merged, walk),
            "this": frames(process, folder, HOUSE, walk, lora),
        }
    np.savez(folder / "rows.npz", **rows)
    for one, two in (
        ("without it", "without it, other"), ("without it", "plain product"), ("plain product", "other"),
        ("plain product", "this"),
    ):  # fmt: skip
        print(f"{one} | {two}: {distances(rows[one], rows[two])}")
    sheet([rows[name] for name in ("without it", "plain product", "other", "this")]).save(
        options.sheet, quality=40, method=6
    )


def collect(painter: WalkPipeline, count: int = 48) -> list[Lesson]:
    """Paint so many pictures of the model's things, and return them in the colours of the ramp, as latents."""
    asking, facts, rng = Asking(painter, HOUSE), load_facts(str(HOUSE)), random.Random(SEED)
    rendering = painter.rendering(presets.resolve(presets.FAST, facts))
    lessons = []
    for first in range(0, count, AT_ONCE):
        stops = [asking.stop(rng.choice(facts.vocabulary), first + number) for number in range(AT_ONCE)]
        prepared = painter.prepare(stops, rendering)
        assert prepared.sketches is not None
        positions = [float(number) for number in range(AT_ONCE)]
        pictures = [each.picture for each in painter.paint(prepared, positions) if each.picture is not None]
        latents = torch.from_numpy(np.stack([painter.model.encode_picture(recolour(each)) for each in pictures]))
        seen = painter.model.with_sketches(latents, torch.from_numpy(prepared.sketches.at(positions)))
        texts = [torch.from_numpy(np.asarray(each)) for each in (prepared.prompts, prepared.negatives)]
        lessons.append((latents, seen[:, latents.shape[1] :], *texts))
        print(f"{first + AT_ONCE} pictures", flush=True)
    return lessons


def recolour(picture: Pictures) -> Pictures:
    """Return a picture in the colours of the ramp, by its brightness."""
    light = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    places = np.linspace(0, 255, len(RAMP))
    return np.stack([np.interp(light, places, RAMP[:, channel]) for channel in range(3)], -1).astype(np.uint8)


def train(lessons: Sequence[Lesson], steps: int, *, rate: float = 1e-3, unguided: float = 0.15) -> dict[str, Tensor]:
    """Train a LoRA of one rank and alpha for so many steps; return its matrices as peft names them."""
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    unet = UNet2DConditionModel.from_pretrained(HOUSE / "unet")
    alphas = DPMSolverMultistepScheduler.from_pretrained(HOUSE / "scheduler").alphas_cumprod
    unet.requires_grad_(False)
    inject_adapter_in_model(LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(LAYERS)), unet)
    optimizer = torch.optim.AdamW([each for each in unet.parameters() if each.requires_grad], weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for step in range(steps):
        clean, sketches, texts, none = rng.choice(lessons)
        states = torch.where(torch.rand(len(clean), 1, 1) < unguided, none, texts)
        times, noise = torch.randint(len(alphas), (len(clean),)), torch.randn_like(clean)
        of_picture, of_noise = (each.sqrt().view(-1, 1, 1, 1) for each in (alphas[times], 1 - alphas[times]))
        shown = torch.cat([of_picture * clean + of_noise * noise, sketches], 1)
        with torch.autocast("cpu", torch.bfloat16):
            predicted = unet(shown, times, encoder_hidden_states=states, return_dict=False)[0].float()
        loss = torch.nn.functional.mse_loss(predicted, of_picture * noise - of_noise * clean)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 20 == 0:
            print(f"{step + 1} steps, loss {loss.item():.4f}", flush=True)
    return {name: each.detach() for name, each in get_peft_model_state_dict(unet).items()}


def resized(matrices: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a LoRA in kohya's names with the least rank for each module, and alphas of its own, of the same effect.

    The rank is chosen as `resize_lora.py` of kohya's scripts does with the method ``sv_fro``.
    """
    found = {}
    for name in [each.removesuffix(".lora_A.weight") for each in matrices if each.endswith(".lora_A.weight")]:
        down, up = matrices[f"{name}.lora_A.weight"], matrices[f"{name}.lora_B.weight"]
        left, values, right = torch.linalg.svd(up.flatten(1) @ down.flatten(1), full_matrices=False)
        shares = values.square().cumsum(0) / values.square().sum()
        rank = min(RANK, int((shares < KEPT).sum()) + 1)
        alpha = OF_ATTENTION if ".attn" in name else OF_OTHERS
        own, factor = f"lora_unet_{name.replace('.', '_')}", ALPHA / RANK * rank / alpha
        found[f"{own}.lora_up.weight"] = (left[:, :rank] * values[:rank] * factor).reshape(len(up), rank, *up.shape[2:])
        found[f"{own}.lora_down.weight"] = right[:rank].reshape(rank, *down.shape[1:])
        found[f"{own}.alpha"] = torch.tensor(alpha)
    return {name: each.contiguous() for name, each in found.items()}


def merge(lora: Path, folder: Path) -> Path:
    """Write the built-in model with the LoRA's changes added to its weights; return its folder."""
    shutil.copytree(HOUSE, folder, dirs_exist_ok=True)
    unet = UNet2DConditionModel.from_pretrained(HOUSE / "unet")
    changes = expected(load_file(lora), unet, "lora_unet_")
    with torch.no_grad():
        for name, change in changes.items():
            weight = unet.get_submodule(name).weight
            weight.copy_(weight.double() + change)
    unet.save_pretrained(folder / "unet")
    return folder


def frames(
    process: Popen[str], folder: Path, model: Path, walk: Mapping[str, Any], lora: Path | None = None
) -> Pictures:
    """Return the walk's frames as a checkout's process paints them (frames, height, width, 3)."""
    digest = hashlib.sha256(lora.read_bytes()).hexdigest()[:16] if lora else ""
    file = folder / "frames.npy"
    request = {
        **walk, "model": str(model), "seed": SEED, "positions": POSITIONS, "file": str(file),
        "lora": [digest, str(lora)] if lora else None,
    }  # fmt: skip
    beside.ask(process, json.dumps(request))
    found: Pictures = np.load(file)
    return found


def distances(one: Pictures, two: Pictures) -> str:
    """Return the root mean square and the largest difference of two rows, in levels of 255."""
    difference = one.astype(np.float64) - two
    return f"rms {np.sqrt(np.square(difference).mean()):.2f}, at most {np.abs(difference).max():.0f}"


def sheet(rows: Sequence[Pictures]) -> Image.Image:
    """Return the rows beneath each other."""
    width, height = (len(each) * (SIDE + GAP) - GAP for each in (rows[0], rows))
    paper = Image.new("RGB", (width, height), "white")
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            paper.paste(small, (column * (SIDE + GAP), row * (SIDE + GAP)))
    return paper


if __name__ == "__main__":
    main()
