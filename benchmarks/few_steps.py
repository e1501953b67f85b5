"""Measure walks of few-step models: UNet evaluations a frame against morph and distance to frames painted in full.

``python -m benchmarks.few_steps STUDENT --walks N`` paints walks with a model of `benchmarks.distilled` at the noise
levels and by the solvers of well-known few-step models, each with several ladders. A ladder is written as a walk's plan
records it: ``1:8 2:16`` has 8 intermediate samples on a leg after the first step and 16 after the second. Printed are
the means over the walks of evaluations a frame, the distance (root mean square, 0-255) to the same positions painted
in full, morph and its share of the full film's, evenness and the largest jump. ``--plot FILE`` draws the curve.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import torch
from numpy.typing import NDArray

from app.core.models import noise_levels
from app.core.models.facts import ModelFacts, load_facts
from app.core.models.kinds import FLOW_SOLVER
from app.offer.generation import presets
from benchmarks import measures
from tests.support.whole_walk import WholeWalk
from worker.diffusion import solvers
from worker.diffusion.model import Model
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import smoothness_measure

Ladder = list[list[int]]

COMPARED = 12
"""The number of a film's inner frames that are also painted in full."""

AT_ONCE = 8
NOISE_SCHEDULE = noise_levels.STABLE_DIFFUSION | {"prediction_type": "v_prediction", "timestep_spacing": "trailing"}


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A well-known model, whose solver and noise levels the student paints with; `ladders` are tried beside its own."""

    facts: ModelFacts
    ladders: tuple[Ladder, ...]

    @property
    def levels(self) -> list[float]:
        """Return the noise level before each of its usual steps."""
        sampling = presets.resolve(presets.DEFAULT, self.facts)
        return noise_levels.levels_of_steps(
            sampling["scheduler"], self.facts.schedule or {}, sampling["steps"], family=self.facts.family
        )


def _unet(scheduler: str, *ladders: Ladder) -> Surrogate:
    return Surrogate(ModelFacts(scheduler=scheduler, few_step=True, schedule=NOISE_SCHEDULE, size=512), ladders)


def _flow(family: str, steps: int, schedule: Mapping[str, Any], *ladders: Ladder) -> Surrogate:
    facts = ModelFacts(
        scheduler=FLOW_SOLVER, few_step=True, takes_guidance=False, family=family, usual_steps=steps,
        schedule=schedule, size=1024,
    )  # fmt: skip
    return Surrogate(facts, ladders)


FOUR_STEPS: tuple[Ladder, ...] = (
    [[1, 8]],
    [[2, 8]],
    [[3, 8]],
    [[3, 28]],
    [[1, 5], [2, 10]],
    [[1, 8], [2, 16]],
    [[1, 8], [3, 12]],
    [[2, 6], [3, 12]],
    [[2, 8], [3, 12]],
    [[2, 16], [3, 28]],
    [[1, 8], [2, 16], [3, 28]],
)
EIGHT_STEPS: tuple[Ladder, ...] = (
    [[4, 8]],
    [[6, 6]],
    [[6, 6], [7, 12]],
    [[4, 8], [6, 16]],
    [[3, 8], [7, 12]],
    [[4, 8], [7, 12]],
    [[5, 9], [7, 13]],
    [[6, 9], [7, 16]],
    [[4, 6], [6, 12], [7, 24]],
    [[2, 5], [4, 8], [6, 12], [7, 24]],
)
THREE_LEVELS: tuple[Ladder, ...] = ([[2, 8]], [[1, 8], [2, 12]])
"""For Stable Diffusion 3.5 Turbo, whose last step has hardly any noise to take away."""

SURROGATES = {
    "SDXL Turbo": _unet("EulerAncestralDiscreteScheduler", *FOUR_STEPS),
    "LCM": _unet("LCMScheduler", *FOUR_STEPS),
    "FLUX.1 schnell": _flow("flux1", 4, {"shift": 1.0}, *FOUR_STEPS),
    "Stable Diffusion 3.5 Turbo": _flow("sd3", 4, {"shift": 3.0}, *THREE_LEVELS),
    "Z-Image Turbo": _flow("z_image", 8, {"shift": 3.0}, *EIGHT_STEPS),
    "FLUX.2 klein": _flow("flux2", 4, {"shift": 3.0, "use_dynamic_shifting": True}, *FOUR_STEPS),
}


class AtLevels:
    """A model whose network is asked at the noise levels of another, by that one's solver.

    What is predicted is converted: pictures with noise differ between kinds of models by a factor alone.
    """

    def __init__(self, model: Model, surrogate: Surrogate) -> None:
        self._model = model
        self._surrogate = surrogate
        alphas = model.solver(solvers.SOLVER, 1).alphas_cumprod.double().numpy()
        self._known = np.sqrt((1 - alphas) / alphas)
        config = dict(NOISE_SCHEDULE) | {"_class_name": "DDIMScheduler"}
        self._kept = solvers.make("DDIMScheduler", config, 1, torch.device("cpu")).alphas_cumprod

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def solver(self, scheduler: str, steps: int, _size: object = None) -> Any:
        """Return a new solver at the other model's noise levels."""
        device = torch.device("cpu")
        if scheduler != FLOW_SOLVER:
            config = dict(NOISE_SCHEDULE) | {"_class_name": scheduler, "num_train_timesteps": noise_levels.COUNT}
            return solvers.make(scheduler, config, steps, device)
        sigmas = [1.0 if level == np.inf else level / (1 + level) for level in self._surrogate.levels]
        return solvers.make(scheduler, {"_class_name": scheduler, "shift": 1.0}, steps, device, sigmas=sigmas)

    def predict(self, unet: Any, latents: torch.Tensor, t: torch.Tensor, *texts: Any, **options: Any) -> torch.Tensor:
        """Return the prediction for latents at a time of the other model's solver."""
        share = float(t) / noise_levels.COUNT
        is_flow = self._surrogate.facts.scheduler == FLOW_SOLVER
        level = share / max(1 - share, 1e-6) if is_flow else self._level(t)
        time = float(np.interp(np.log(level), np.log(self._known), np.arange(len(self._known))))
        of_picture = (1 + level**2) ** -0.5
        of_noise = level * of_picture
        if is_flow:
            latents = latents / ((1 - share) ** 2 + share**2) ** 0.5
        velocity = self._model.predict(unet, latents, torch.tensor(time), *texts, **options)
        if not is_flow:
            return velocity
        picture, noise = of_picture * latents - of_noise * velocity, of_noise * latents + of_picture * velocity
        return noise - picture

    def _level(self, t: torch.Tensor) -> float:
        kept = float(self._kept[int(t)])
        return ((1 - kept) / kept) ** 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of a walk's film."""

    passes: float
    distance: float
    morph: float
    share: float
    evenness: float
    jump: float


def main() -> None:
    """Paint the walks and print the measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.few_steps", description=__doc__)
    parser.add_argument("student", type=Path, help="folder of a model of `benchmarks.distilled`")
    parser.add_argument("--only", choices=[*SURROGATES], action="append", help="a model to paint as; by default all")
    parser.add_argument("--walks", type=int, default=4, help="number of walks")
    parser.add_argument("--frames", type=int, default=60, help="number of frames of a walk")
    parser.add_argument("--seed", type=int, default=1, help="seed of names, styles and noise")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--precision", default="bfloat16", help="precision of the network")
    parser.add_argument("--plot", type=Path, help="file for the curves, as SVG")
    options = parser.parse_args()
    model = Model.load(str(options.student))
    setting = Setting(options.precision, "contiguous", options.threads, AT_ONCE)
    walks = list(draw_walks(load_facts(str(options.student)), options.walks, options.seed))
    points: dict[str, dict[str, Measured]] = {}
    print("| model | ladder | evaluations a frame | distance | morph | share of full's | evenness | jump, worst |")
    print("|---|---|--:|--:|--:|--:|--:|--:|", flush=True)
    for name in options.only or SURROGATES:
        painter = WalkPipeline(AtLevels(model, SURROGATES[name]), setting)  # type: ignore[arg-type]
        points[name] = {}
        for ladder in SURROGATES[name].ladders:
            sampling = presets.resolve(presets.DEFAULT, SURROGATES[name].facts) | {"ladder": ladder}
            sampling.pop("frame", None)
            found = [measure(painter, stops, sampling, options.frames) for stops in walks]
            label = " ".join(f"{depth}:{count}" for depth, count in ladder)
            points[name][label] = mean(found)
            print(row(name, label, points[name][label], max(each.jump for each in found)), flush=True)
    if options.plot:
        options.plot.write_text(drawing(points), "utf-8")


def draw_walks(facts: ModelFacts, count: int, seed: int) -> Iterator[list[StopInput]]:
    """Yield random walks between two names of the model's vocabulary, both in one of its styles."""
    rng = random.Random(f"few steps:{seed}")
    styles = [style["words"] for style in facts.hands] or [""]
    for number in range(count):
        style = rng.choice(styles)
        yield [StopInput(f"{name}, {style}", "", seed + number) for name in rng.sample(facts.vocabulary, 2)]


def measure(painter: WalkPipeline, stops: Sequence[StopInput], sampling: Mapping[str, Any], frames: int) -> Measured:
    """Paint a walk pass by pass, as workers do, and some of its frames in full, and return the measures."""
    prepared, before = painter.prepare(stops, painter.rendering(sampling)), painter.evaluations
    walk = WholeWalk(painter, prepared, sampling)
    walk.paint(frames=frames)
    film, passes = walk.pictures, painter.evaluations - before
    full = paint_in_full(painter, prepared, list(film))
    smooth = smoothness_measure.smoothness(film.values())
    compared = {position: film[position] for position in full}
    of_film, of_full = morph(compared), morph(full)
    inner = [position for position in full if not position.is_integer()]
    return Measured(
        passes / len(film), statistics.fmean(measures.rms(film[each], full[each]) for each in inner),
        morph(film), of_film / of_full, smooth.evenness, smooth.jump,
    )  # fmt: skip


def paint_in_full(
    painter: WalkPipeline, prepared: PreparedWalk, positions: Sequence[float]
) -> dict[float, NDArray[np.uint8]]:
    """Return some of a film's frames by position, its stops among them, painted in full from their noise."""
    places = sorted({round(place) for place in np.linspace(0, len(positions) - 1, COMPARED + 2)})
    chosen = [positions[place] for place in places]
    parts = [painter.paint(prepared, chosen[at : at + AT_ONCE]) for at in range(0, len(chosen), AT_ONCE)]
    return {one.position: np.asarray(one.picture) for part in parts for one in part}


def morph(pictures: Mapping[float, NDArray[np.uint8]]) -> float:
    """Return how far a film of two stops is from a cross-fade."""
    small = [smoothness_measure.box_averaged(each, smoothness_measure.MORPH_SIDE) for each in pictures.values()]
    return smoothness_measure.morph(small, list(pictures), stops=2) or 0.0


def mean(found: Sequence[Measured]) -> Measured:
    """Return the means of all measures."""
    return Measured(*(statistics.fmean(getattr(each, name) for each in found) for name in Measured.__slots__))


def row(name: str, label: str, found: Measured, jump: float) -> str:
    """Return a row of the table."""
    return (
        f"| {name} | {label} | {found.passes:.2f} | {found.distance:.2f} | {found.morph:.3f} | {found.share:.2f} "
        f"| {found.evenness:.3f} | {found.jump:.2f}, {jump:.2f} |"
    )


WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 50, 700, 30, 230
LINE, LETTER = 14, 6.5
"""The height of a label's line and the width of its letters, in units of the drawing."""


def drawing(points: Mapping[str, Mapping[str, Measured]]) -> str:
    """Return a plot for each model as SVG: evaluations a frame to the right, distance to the film in full upwards.

    The number at a point is the film's morph, as a share of the full film's.
    """
    plots = [_plot(name, of_model, number * HEIGHT) for number, (name, of_model) in enumerate(points.items())]
    style = 'style="background:#f7f5f0;color:#1b1a18" font-family="Libre Franklin, Arial, sans-serif" font-size="12"'
    size = f'viewBox="0 0 {WIDTH} {HEIGHT * len(plots)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{"".join(plots)}</svg>\n'


def _plot(name: str, found: Mapping[str, Measured], down: int) -> str:
    most_passes = max(each.passes for each in found.values()) + 1
    most = max(each.distance for each in found.values()) * 1.15
    parts = [
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="currentColor"/>',
        f'<text x="{LEFT}" y="{TOP - 10}">{escape(name)}: distance (rms, 0–255) by evaluations a frame</text>',
    ]
    for number in range(1, int(most_passes) + 1):
        parts.append(f'<text x="{_across(number, most_passes):.0f}" y="{BOTTOM + 16}">{number}</text>')
    for number in range(int(most) + 1):
        y = BOTTOM - number / most * (BOTTOM - TOP)
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{number}</text>')
    labels: list[tuple[float, float, float]] = []
    for label, each in sorted(found.items(), key=lambda point: -point[1].distance):
        x, y = _across(each.passes, most_passes), BOTTOM - each.distance / most * (BOTTOM - TOP)
        text = f"{label} ({each.share:.2f})"
        first, last, line = x + 8, x + 8 + len(text) * LETTER, y + 4
        while any(first < right and left < last and abs(line - at) < LINE for left, right, at in labels):
            line += 1
        labels.append((first, last, line))
        parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3"/>')
        parts.append(f'<path d="M{x:.0f} {y:.0f}L{first:.0f} {line - 4:.0f}" stroke="currentColor"/>')
        parts.append(f'<text x="{first:.0f}" y="{line:.0f}">{escape(text)}</text>')
    return f'<g transform="translate(0 {down})">{"".join(parts)}</g>\n'


def _across(passes: float, most: float) -> float:
    """Return where so many evaluations are; the axis begins at one."""
    return LEFT + (passes - 1) / (most - 1) * (RIGHT - LEFT)


if __name__ == "__main__":
    main()
