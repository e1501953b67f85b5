"""A walk through the whole site against the usual loop: each frame alone, 50 guided steps, float32 (P0)."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

from app.config import DEFAULTS
from benchmarks.site import ROOT, RunningSite

PAIRS = (
    ("a fox", "a sunflower"),
    ("an owl", "a castle"),
    ("a red apple", "a rocket"),
    ("a penguin", "a mushroom"),
)
FRAMES = 24
P0_FRAMES = 6
P0_STEPS = 50
GUIDANCE = float(DEFAULTS["GUIDANCE"])
SEED = 11


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one walk: the usual loop's, ours from submit to finished, ours until the ends could be seen."""

    usual: float
    ours: float
    ends: float


def measure(site: RunningSite) -> dict[str, Any]:
    """Time each pair both ways, in turn and in changing order; return medians of the ratios."""
    pipe = _usual_pipeline()
    _paint_walk(site, ("a cup", "a hat"))
    _usual(pipe, PAIRS[0], frames=1)
    timings = [_both(site, pipe, pair, usual_first=bool(index % 2)) for index, pair in enumerate(PAIRS)]
    return {
        "frames": FRAMES,
        "usual_seconds": statistics.median(timing.usual for timing in timings),
        "site_seconds": statistics.median(timing.ours for timing in timings),
        "site_to_usual": [round(timing.ours / timing.usual, 4) for timing in timings],
        "site_to_usual_median": statistics.median(timing.ours / timing.usual for timing in timings),
        "ends_to_walk": [round(timing.ends / timing.ours, 4) for timing in timings],
        "ends_to_walk_median": statistics.median(timing.ends / timing.ours for timing in timings),
    }


def _both(site: RunningSite, pipe: Any, pair: tuple[str, str], *, usual_first: bool) -> Timing:
    if usual_first:
        usual = _usual(pipe, pair)
        ours, ends = _paint_walk(site, pair)
    else:
        ours, ends = _paint_walk(site, pair)
        usual = _usual(pipe, pair)
    return Timing(usual, ours, ends)


def _paint_walk(site: RunningSite, pair: tuple[str, str]) -> tuple[float, float]:
    """Commission a walk; return seconds until it is finished and until its ends are published."""
    began = time.monotonic()
    stops = [{"prompt": prompt} for prompt in pair]
    walk = site.post("/api/v1/walks", {"stops": stops, "seed": SEED, "frames": FRAMES})
    ends = None
    while walk["state"] in ("queued", "painting"):
        time.sleep(0.02)
        walk = site.get(f"/api/v1/walks/{walk['id']}")
        if ends is None and walk["frames_painted"] >= 2:
            ends = time.monotonic() - began
    if walk["state"] != "finished" or ends is None:
        raise RuntimeError(f"the walk ended as {walk['state']}: {walk['error']}")
    return time.monotonic() - began, ends


def _usual_pipeline() -> Any:
    pipe = StableDiffusionPipeline.from_pretrained(
        ROOT / "models" / "house", safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32
    )
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _usual(pipe: Any, pair: tuple[str, str], frames: int = P0_FRAMES) -> float:
    """Return the seconds that the usual loop needs for a whole walk, from some of its frames, evenly placed."""
    a, b = (pipe.encode_prompt(prompt, "cpu", 1, True, "") for prompt in pair)
    began = time.monotonic()
    for index in range(frames):
        t = index / max(frames - 1, 1)
        pipe(
            prompt_embeds=torch.lerp(a[0], b[0], t),
            negative_prompt_embeds=torch.lerp(a[1], b[1], t),
            num_inference_steps=P0_STEPS,
            guidance_scale=GUIDANCE,
            generator=torch.Generator("cpu").manual_seed(SEED),
        )
    return (time.monotonic() - began) * FRAMES / frames
