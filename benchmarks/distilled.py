"""Distil a model that words condition into one of few steps, since no published one may be at hand.

``python -m benchmarks.distilled TEACHER STUDENT`` trains a copy of the teacher's UNet to predict, from any
noise level, the picture that the teacher's guided solver ends at (consistency distillation in its plainest form: Song
et al., arXiv 2303.01469). Half of the texts lie between two prompts, as those of a walk's frames do, and half of the
trajectories start from a finished picture with new noise, as those of solvers that add noise do. The student suits any
schedule; `benchmarks.few_steps` paints with those of well-known models.
"""

from __future__ import annotations

import argparse
import copy
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from app.core.models.facts import load_facts
from worker.diffusion import solver_state
from worker.diffusion.model import Model
from worker.diffusion.solvers import SOLVER

STEPS, SPACING, GUIDED, GUIDANCE = 10, (-5.0, 3.0), (1, 7), 3.8
"""The teacher's settings: those of the preset `balanced`."""

AT_ONCE = 32
PROMPTS = 400


@dataclass(frozen=True, slots=True)
class Lessons:
    """Noisy latents, their times and their share of the picture; text states and clean latents, by trajectory."""

    noisy: Tensor
    times: Tensor
    shares: Tensor
    trajectories: Tensor
    states: Tensor
    clean: Tensor


def main() -> None:
    """Collect the teacher's trajectories, train the student on them, and write it as a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distilled", description=__doc__)
    parser.add_argument("teacher", type=Path, help="folder of a model without sketch conditioning, with a vocabulary")
    parser.add_argument("student", type=Path, help="folder to write")
    parser.add_argument("--trajectories", type=int, default=320, help="number of the teacher's pictures")
    parser.add_argument("--steps", type=int, default=240, help="number of training steps")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--seed", type=int, default=1, help="seed of prompts, noise and batches")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    model = Model.load(str(options.teacher))
    unet = UNet2DConditionModel.from_pretrained(options.teacher / "unet")  # without the worker's own layers
    texts = encode_prompts(model, load_facts(str(options.teacher)), random.Random(options.seed))
    solver = model.solver(SOLVER, STEPS)
    if solver.config.prediction_type != "v_prediction":
        parser.error(f"{options.teacher} must predict the velocity")
    solver_state.space(solver, *SPACING)
    lessons = collect(model, copy.deepcopy(unet).bfloat16(), solver, texts, options.trajectories)
    student = train(unet, lessons, options.steps)
    shutil.copytree(options.teacher, options.student, dirs_exist_ok=True)
    student.save_pretrained(options.student / "unet")


def encode_prompts(model: Model, facts: Any, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Return the states of random prompts (prompts x tokens x width) and those of the empty prompt."""
    styles = [style["words"] for style in facts.hands] or [""]
    prompts = [f"{rng.choice(facts.vocabulary)}, {rng.choice(styles)}" for _ in range(PROMPTS)]
    encoded = [model.encode(prompt, "") for prompt in prompts]
    empty = encoded[0][1]
    assert empty is not None
    return torch.stack([torch.from_numpy(text.states) for text, _ in encoded]), torch.from_numpy(empty.states)[None]


@torch.no_grad()
def collect(model: Model, unet: Any, solver: Any, texts: tuple[Tensor, Tensor], count: int) -> Lessons:
    """Return a lesson for each step of so many of the teacher's trajectories."""
    parts: list[tuple[Tensor, ...]] = []
    ends: list[tuple[Tensor, Tensor]] = []
    for number in range(count // AT_ONCE):
        if number % 2 == 0:
            states, first = _between(texts[0]), 0
            latents = torch.randn(AT_ONCE, *model.latent_shape)
        else:
            (states, clean), first = ends[-1], random.randrange(1, STEPS)
            of_picture, of_noise = solver_state.level(solver, first)
            latents = of_picture * clean + of_noise * torch.randn_like(clean)
        rows = torch.arange(AT_ONCE) + number * AT_ONCE
        for step, t, noisy in _trajectory(unet, solver, states, texts[1], latents, first):
            if step < STEPS:
                share = torch.tensor(solver_state.level(solver, step)[0])
                parts.append((noisy, t.expand(AT_ONCE), share.expand(AT_ONCE), rows))
            else:
                ends.append((states, noisy))
        print(f"{(number + 1) * AT_ONCE} trajectories", flush=True)
    return Lessons(*map(torch.cat, zip(*parts, strict=True)), *map(torch.cat, zip(*ends, strict=True)))


def _between(states: Tensor) -> Tensor:
    """Return random texts, half of them between two prompts."""
    first, last = (states[torch.randint(len(states), (AT_ONCE,))] for _ in range(2))
    share = torch.rand(AT_ONCE) * (torch.rand(AT_ONCE) < 0.5)
    return torch.lerp(first, last, share[:, None, None])


def _trajectory(
    unet: Any, solver: Any, states: Tensor, empty: Tensor, latents: Tensor, first: int
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield number, time and latents before each of the teacher's steps, and at the end those without noise."""
    solver = copy.deepcopy(solver)
    solver.set_begin_index(first)
    both = torch.cat([empty.expand(len(states), -1, -1), states]).bfloat16()
    for step, t in enumerate(solver.timesteps[first:], first):
        yield step, t, latents
        is_guided = GUIDED[0] <= step < GUIDED[1]
        rows = 2 if is_guided else 1
        shown = latents.repeat(rows, 1, 1, 1).bfloat16()
        predicted = unet(shown, t, encoder_hidden_states=both[-len(shown) :], return_dict=False)[0].float()
        if is_guided:
            unguided, conditioned = predicted.chunk(2)
            predicted = unguided + GUIDANCE * (conditioned - unguided)
        latents = solver.step(predicted, t, latents, return_dict=False)[0]
    yield STEPS, torch.tensor(0.0), latents


def train(unet: Any, lessons: Lessons, steps: int, *, rate: float = 3e-4, decay: float = 0.98) -> Any:
    """Train a UNet that predicts the velocity for so many steps; return the moving average of its weights."""
    unet.requires_grad_(True).train()
    averaged = copy.deepcopy(unet)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=rate, weight_decay=0.0)
    losses: list[float] = []
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 20, 3 * (1 - step / steps))
        rows = torch.randint(len(lessons.times), (AT_ONCE,))
        noisy, picture, trajectories = lessons.noisy[rows], lessons.shares[rows], lessons.trajectories[rows]
        states, picture = lessons.states[trajectories], picture.view(-1, 1, 1, 1)
        with torch.autocast("cpu", torch.bfloat16):
            velocity = unet(noisy, lessons.times[rows], encoder_hidden_states=states, return_dict=False)[0].float()
        wrong = picture * noisy - (1 - picture**2).sqrt() * velocity - lessons.clean[trajectories]
        loss = (wrong.square().mean((1, 2, 3)) + 1e-4).sqrt().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), unet.parameters(), strict=True):
                mean.lerp_(weight, 1 - min(decay, step / (step + 10)))
        losses.append(loss.item())
        if (step + 1) % 20 == 0:
            print(f"{step + 1} steps, loss {sum(losses[-20:]) / 20:.4f}", flush=True)
    return averaged


if __name__ == "__main__":
    main()
