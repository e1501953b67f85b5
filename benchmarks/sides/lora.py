"""Arrange scenes, or paint frames with a LoRA of the built-in network, as lines of JSON on standard input say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ours
from sketch.scene import read_scene
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks.adapters import AdapterFile

SETTING = Setting("float32", "contiguous", 1, 4)


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(_paint(**request) if "positions" in request else _arrange(**request)), flush=True)


def _arrange(model: str, prompts: list[str], seed: int) -> dict[str, Any]:
    """Return the stops of prompts, and the settings of the default preset, as JSON."""
    own = ours.Ours(WalkPipeline(Model.load(model), SETTING), Path(model))
    stops = [own._asking.stop(prompt, seed) for prompt in prompts]
    scenes = [[stop.prompt, stop.subject, stop.scene.as_json()] for stop in stops if stop.scene is not None]
    return {"stops": scenes, "sampling": own.sampling(ours.presets.DEFAULT)}


def _paint(
    model: str,
    stops: list[Any],
    sampling: dict[str, Any],
    seed: int,
    positions: list[float],
    file: str,
    lora: list[str] | None,
) -> dict[str, Any]:
    """Paint frames in full, each from its noise, and save them as one array."""
    painter = WalkPipeline(Model.load(model), SETTING)
    network = painter.model.networks(SETTING.precision, SETTING.memory_format)[0].unet
    network.register_to_config(layers_per_block=1)  # diffusers' set_adapters cannot read a list, and ignores the number
    weights = {AdapterFile(lora[0], Path(lora[1])): 1.0} if lora else {}
    walk = [
        StopInput(prompt, "", seed, subject, scene=read_scene(scene), adapters=weights)
        for prompt, subject, scene in stops
    ]
    prepared = painter.prepare(walk, painter.rendering(sampling))
    np.save(file, np.stack([each.picture for each in painter.paint(prepared, positions) if each.picture is not None]))
    return {"frames": len(positions)}


if __name__ == "__main__":
    main()
