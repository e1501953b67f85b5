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
from worker import film, ruler
from worker import walk as schedule
from worker.job import SMALL_BATCH, STAGES
from worker.painter import Painter, Stop

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
    """Seconds of one walk: the usual loop's, ours from submit to finished, ours until the ends could be seen.

    ``batched`` is P0b, every frame in full with our solver, precision and batch; ``in_process`` is what the site's
    worker does for a walk, batches and films, without a site around it.
    """

    usual: float
    ours: float
    ends: float
    batched: float
    in_process: float


def measure(site: RunningSite) -> dict[str, Any]:
    """Time each pair both ways, in turn and in changing order; return medians of the ratios."""
    pipe = _usual_pipeline()
    _paint_walk(site, ("a cup", "a hat"))
    _usual(pipe, PAIRS[0], frames=1)
    painter = Painter.load(str(ROOT / "models" / "house"))
    _in_process(painter, PAIRS[0])
    timings = [_both(site, pipe, painter, pair, usual_first=bool(index % 2)) for index, pair in enumerate(PAIRS)]
    return {
        "frames": FRAMES,
        "usual_seconds": statistics.median(timing.usual for timing in timings),
        "site_seconds": statistics.median(timing.ours for timing in timings),
        "site_to_usual": [round(timing.ours / timing.usual, 4) for timing in timings],
        "site_to_usual_median": statistics.median(timing.ours / timing.usual for timing in timings),
        "batched_seconds": statistics.median(timing.batched for timing in timings),
        "site_to_batched_median": statistics.median(timing.ours / timing.batched for timing in timings),
        "queue_overhead": [round(timing.ours / timing.in_process - 1, 4) for timing in timings],
        "queue_overhead_median": statistics.median(timing.ours / timing.in_process - 1 for timing in timings),
        "ends_to_walk": [round(timing.ends / timing.ours, 4) for timing in timings],
        "ends_to_walk_median": statistics.median(timing.ends / timing.ours for timing in timings),
    }


def _both(site: RunningSite, pipe: Any, painter: Painter, pair: tuple[str, str], *, usual_first: bool) -> Timing:
    if usual_first:
        usual = _usual(pipe, pair)
        ours, ends = _paint_walk(site, pair)
        batched, in_process = _in_process(painter, pair)
    else:
        batched, in_process = _in_process(painter, pair)
        ours, ends = _paint_walk(site, pair)
        usual = _usual(pipe, pair)
    return Timing(usual, ours, ends, batched, in_process)


def _in_process(painter: Painter, pair: tuple[str, str]) -> tuple[float, float]:
    """Return the seconds of painting a walk in the largest batch, and in the site's batches with all its films."""
    positions = schedule.positions(len(pair), FRAMES)
    stops = [Stop(prompt, "", SEED) for prompt in pair]
    best = painter.rendering(steps=int(DEFAULTS["STEPS"]), guidance=GUIDANCE)
    began = time.monotonic()
    prepared = painter.prepare(stops, best)
    for start in range(0, FRAMES, best.batch):
        painter.paint(prepared, positions[start : start + best.batch])
    batched, began = time.monotonic() - began, time.monotonic()
    size = min(best.batch, max(SMALL_BATCH, FRAMES // STAGES))
    prepared, painted = painter.prepare(stops, best), {}
    for indices in schedule.batches(positions, len(stops), size):
        painted |= dict(zip(indices, painter.paint(prepared, [positions[i] for i in indices]), strict=True))
    frames = [painted[index] for index in sorted(painted)]
    for frame in frames:
        film.still(frame)
    gif = film.gif(frames, 80, comment="benchmark")
    film.mp4(frames, DEFAULTS["FPS"], metadata={"title": "benchmark"})
    ruler.smoothness(ruler.read_frames(gif))
    return batched, time.monotonic() - began


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
