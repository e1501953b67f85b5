"""The benchmark of few-step models: noise levels of known models, what the student learns, and measures of films."""

import copy
import math
from dataclasses import replace

import pytest
import torch

from app.core.models import noise_levels
from app.offer.generation import presets
from benchmarks import distilled, few_steps
from benchmarks.few_steps import SURROGATES, AtLevels, Surrogate
from worker.diffusion import solver_state, solvers
from worker.diffusion.rendering import StopInput
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

STOPS = [StopInput("a fox", "", 1), StopInput("a kite", "", 1)]


class Knowing:
    """A model whose network knows the picture and the noise in any latents that it is shown."""

    def __init__(self, painter: WalkPipeline, picture: torch.Tensor, noise: torch.Tensor) -> None:
        self.solver = painter.model.solver
        self.picture, self.noise = picture, noise

    def predict(self, _unet: object, latents: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Return the velocity, after checking that the latents have the noise of their time."""
        alphas = self.solver(solvers.SOLVER, 1).alphas_cumprod.double()
        level = math.exp(_between([math.log(math.sqrt((1 - a) / a)) for a in alphas.tolist()], float(t)))
        of_picture = (1 + level**2) ** -0.5
        of_noise = level * of_picture
        assert torch.allclose(latents, of_picture * self.picture + of_noise * self.noise, atol=1e-3)
        return of_picture * self.noise - of_noise * self.picture


def _between(values: list[float], at: float) -> float:
    left = min(int(at), len(values) - 2)
    return values[left] + (at - left) * (values[left + 1] - values[left])


def test_surrogates_have_the_noise_levels_of_their_models() -> None:
    levels = {name: [round(level, 2) for level in surrogate.levels] for name, surrogate in SURROGATES.items()}
    assert levels["SDXL Turbo"] == [14.61, 4.08, 1.61, 0.69]
    assert levels["FLUX.1 schnell"] == [math.inf, 3.0, 1.0, 0.33]
    assert levels["Z-Image Turbo"] == [math.inf, 21.0, 9.0, 5.0, 3.0, 1.8, 1.0, 0.43]


@pytest.mark.parametrize("name", ["SDXL Turbo", "FLUX.1 schnell"])
def test_network_is_shown_latents_as_it_knows_them(painters: dict[str, WalkPipeline], name: str) -> None:
    picture, noise = torch.randn(2, 1, 4, 8, 8)
    surrogate = SURROGATES[name]
    model = AtLevels(Knowing(painters["sd1"], picture, noise), surrogate)  # type: ignore[arg-type]
    sampling = presets.resolve("balanced", surrogate.facts)
    solver = model.solver(sampling["scheduler"], sampling["steps"])
    for step in range(1, sampling["steps"]):
        of_picture, of_noise = solver_state.level(solver, step)
        latents, t = of_picture * picture + of_noise * noise, solver.timesteps[step]
        solver_state.resume(solver, step, ())
        shown = solver.scale_model_input(latents, t)
        prediction = model.predict(None, shown, t)
        solvers.step(solver, prediction, t, latents, torch.zeros_like(latents))
        assert torch.allclose(solver_state.clean(solver, prediction, t, latents), picture, atol=2e-3)


def test_film_painted_in_full_has_no_distance_and_all_the_morph(painters: dict[str, WalkPipeline]) -> None:
    surrogate = SURROGATES["LCM"]
    model = AtLevels(painters["sd1"].model, surrogate)
    painter = WalkPipeline(model, Setting("float32", "contiguous", 1, 4))  # type: ignore[arg-type]
    sampling = presets.resolve("balanced", surrogate.facts)
    full = few_steps.measure(painter, STOPS, sampling | {"branches": False}, 6)
    branched = few_steps.measure(painter, STOPS, sampling | {"ladder": [[2, 2]]}, 6)
    assert (full.distance, full.share) == (pytest.approx(0, abs=0.2), pytest.approx(1, abs=0.02))
    assert branched.distance > full.distance
    assert branched.passes == pytest.approx((2 * 4 + 2 * 2 + 4 * 2) / 6)


def test_lessons_lead_to_the_pictures_of_the_teacher_and_are_learned(painters: dict[str, WalkPipeline]) -> None:
    model = painters["sd1"].model
    unet = copy.deepcopy(model.networks("float32", "contiguous")[0].unet)
    solver = model.solver(solvers.SOLVER, distilled.STEPS)
    solver_state.space(solver, *distilled.SPACING)
    texts = [model.encode(prompt, "") for prompt in ("a fox", "a kite", "a pear")]
    states = torch.stack([torch.from_numpy(text.states) for text, _ in texts])
    empty = torch.from_numpy(texts[0][1].states)[None]  # type: ignore[union-attr]
    torch.manual_seed(1)
    lessons = distilled.collect(model, copy.deepcopy(unet).bfloat16(), solver, (states, empty), 2 * distilled.AT_ONCE)
    assert len(lessons.clean) == 2 * distilled.AT_ONCE
    assert len(lessons.noisy) == len(lessons.times) == len(lessons.trajectories) > distilled.STEPS * distilled.AT_ONCE
    last = lessons.noisy[(distilled.STEPS - 1) * distilled.AT_ONCE : distilled.STEPS * distilled.AT_ONCE]
    first = lessons.noisy[: distilled.AT_ONCE]
    clean = lessons.clean[: distilled.AT_ONCE]
    assert (last - clean).square().mean() < (first - clean).square().mean()
    assert not torch.equal(
        distilled.train(unet, lessons, 2).conv_in.weight, model.networks("float32", "contiguous")[0].unet.conv_in.weight
    )


def test_curve_has_a_point_for_each_ladder() -> None:
    measured = few_steps.Measured(2.0, 1.5, 0.5, 0.97, 0.95, 1.2)
    drawn = few_steps.drawing({"A & B": {"2:8": measured, "3:8": replace(measured, passes=1.5)}})
    assert drawn.count("<circle") == 2
    assert "A &amp; B" in drawn
    assert "2:8 (0.97)" in drawn


def test_means_are_over_the_walks() -> None:
    few, many = (few_steps.Measured(*[value] * 6) for value in (1.0, 3.0))
    assert few_steps.mean([few, many]) == few_steps.Measured(*[2.0] * 6)
    assert few_steps.row("a model", "2:8", few, 3.0).endswith("| 1.000 | 1.00, 3.00 |")


def test_surrogate_takes_its_levels_from_its_schedule() -> None:
    surrogate = Surrogate(SURROGATES["FLUX.1 schnell"].facts, ())
    assert surrogate.levels == noise_levels.levels_of_steps(solvers.FLOW_SOLVER, {"shift": 1.0}, 4, family="flux1")
