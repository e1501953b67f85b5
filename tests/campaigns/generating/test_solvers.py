"""Solvers: each paints what diffusers' own call paints, of every kind of model, or is refused by name."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch

from app.core.models.folder import SCHEDULERS
from app.offer.generation import model_folders
from tests.support import tiny
from tests.support.own_calls import change, difference, exact, shown, usual
from worker.diffusion import solvers
from worker.diffusion.model import Model, ModelError
from worker.diffusion.model_folder import inspect
from worker.diffusion.rendering import StopInput
from worker.diffusion.solvers import FLOWING, SOLVER, SOLVERS, WITHOUT_SAMPLE, WITHOUT_ZERO_SNR
from worker.diffusion.tuning import fallback
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array(_wrap)?__:DeprecationWarning"),  # diffusers' own solvers
]

STOP = StopInput("a bear", "red", 3)
ZERO_SNR = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "timestep_spacing": "trailing"}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "noise": ("sd1", {}),
    "velocity": ("sd2", {}),
    "picture": ("sd1", {"prediction_type": "sample"}),
    "zero SNR": ("sd2", ZERO_SNR),
    "flow": ("bert", FLOW),
    "two encoders": ("sdxl", {}),
    "turbo": ("turbo", {}),
    "guidance as input": ("lcm", {}),
}
"""The tiny model that each is made from, and what of its scheduler's settings is other."""

TAKEN = dict.fromkeys(MODELS, SOLVERS) | {
    "picture": SOLVERS - WITHOUT_SAMPLE,
    "zero SNR": SOLVERS - WITHOUT_ZERO_SNR,
    "flow": FLOWING,
    "guidance as input": {"LCMScheduler"},  # the pipeline's own call takes no other
}
"""The solvers that each is painted with."""

OTHERS = sorted({name for name in dir(diffusers.schedulers) if name.endswith("Scheduler")} - set(SCHEDULERS))
"""The schedulers of diffusers whose settings no solver can be given."""


@pytest.fixture(scope="module")
def folders(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make the models of `MODELS`, each in a folder."""
    root, made = tmp_path_factory.mktemp("kinds"), {}
    for number, (name, (kind, settings)) in enumerate(MODELS.items()):
        made[name] = shutil.copytree(tiny_models[kind], root / f"{number}-{kind}")
        change(made[name] / "scheduler" / "scheduler_config.json", **settings)
    return made


@pytest.fixture(scope="module")
def painter_of(folders: dict[str, Path]) -> Callable[[str], WalkPipeline]:
    """Load each model once, when it is first asked for."""
    loaded: dict[str, WalkPipeline] = {}

    def of(name: str) -> WalkPipeline:
        if name not in loaded:
            loaded[name] = WalkPipeline(Model.load(str(folders[name])), fallback())
        return loaded[name]

    return of


@pytest.mark.parametrize(("name", "solver"), [(name, solver) for name in MODELS for solver in sorted(TAKEN[name])])
def test_stop_of_each_solver_is_what_the_pipeline_itself_paints(
    folders: dict[str, Path], painter_of: Callable[[str], WalkPipeline], name: str, solver: str
) -> None:
    """Four steps, the fewest of PNDM; the house model's kind puts a prefix before the prompt."""
    painter = painter_of(name)
    rendering = exact(painter, scheduler=solver, guidance=1.0 if name == "turbo" else 3.0)
    [painted] = shown(painter, painter.prepare([STOP, STOP], rendering), [0.0])
    expected = usual(folders[name], replace(STOP, prompt=painter.prefix + STOP.prompt), rendering)
    assert expected.std() > 5, "a flat picture proves nothing"
    assert difference(painted, expected) <= 1


@pytest.mark.parametrize(
    ("name", "solver"),
    [(name, solver) for name in ("picture", "zero SNR", "flow") for solver in sorted(SOLVERS - TAKEN[name])],
)
def test_solver_that_takes_a_network_for_something_else_is_refused(
    painter_of: Callable[[str], WalkPipeline], name: str, solver: str
) -> None:
    with pytest.raises(ModelError, match=f"the {solver} .*; with this model paint .*{SOLVER}"):
        painter_of(name).model.solver(solver, 3)


def with_scheduler(folder: Path, to: Path, name: str, **settings: Any) -> Path:
    """Copy a model and name another scheduler in it, with these settings alone."""
    shutil.copytree(folder, to)
    change(to / "model_index.json", scheduler=["diffusers", name])
    (to / "scheduler" / "scheduler_config.json").write_text(json.dumps({"_class_name": name, **settings}))
    return to


@pytest.mark.parametrize("name", SCHEDULERS)
def test_model_of_each_scheduler_is_painted_on_its_noise_levels(
    tiny_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    made = getattr(diffusers, solvers.STAND_INS.get(name, name))(**tiny.BETAS)
    settings = {key: value for key, value in json.loads(made.to_json_string()).items() if key != "_class_name"}
    folder = with_scheduler(tiny_models["sd1"], tmp_path / "model", name, **settings)
    painter = WalkPipeline(Model.load(str(folder)), fallback())
    shared = {"timestep_spacing": settings.get("timestep_spacing", "linspace"), "steps_offset": 1}
    rendering = exact(painter, steps=3)
    assert rendering.scheduler == SOLVER
    [painted] = shown(painter, painter.prepare([STOP, STOP], rendering), [0.0])
    scheduler = diffusers.DPMSolverMultistepScheduler(**tiny.BETAS, **shared)
    assert difference(painted, usual(tiny_models["sd1"], STOP, rendering, scheduler)) <= 1


@pytest.mark.parametrize("name", SCHEDULERS)
def test_betas_that_a_folder_leaves_to_its_scheduler_are_carried_over(name: str) -> None:
    own = getattr(diffusers, solvers.STAND_INS.get(name, name)).from_config({})
    solver = solvers.make(SOLVER, own.config, 3, torch.device("cpu"))
    assert torch.equal(solver.alphas_cumprod, own.alphas_cumprod)


def lay_out_scheduler(folder: Path, named: str, **settings: Any) -> None:
    """Write what is read of a model until its scheduler is known."""
    (folder / "scheduler").mkdir()
    index = {"_class_name": "StableDiffusionXLPipeline", "scheduler": ["diffusers", named]}
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(settings))


def test_schedulers_of_other_noise_are_among_those_refused() -> None:
    assert {"EDMEulerScheduler", "FlowMatchEulerDiscreteScheduler", "IPNDMScheduler"} < set(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
def test_scheduler_that_no_solver_stands_in_for_is_refused(tmp_path: Path, name: str) -> None:
    for number, (named, written) in enumerate([(name, "EulerDiscreteScheduler"), ("EulerDiscreteScheduler", name)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        lay_out_scheduler(folder, named, _class_name=written)
        with pytest.raises(ModelError, match=f"is of the class {name}; this program paints with .*EulerD") as refused:
            inspect(folder)
        assert model_folders.flaw(str(folder)) == str(refused.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sigma_data": 0.5}, "sets sigma_data to 0.5; this program knows null"),
        ({"preconditioned": True}, "sets preconditioned to true"),
        ({"timestep_type": "continuous"}, "sets timestep_type to \"continuous\"; this program knows \"discrete\""),
        ({"use_dynamic_shifting": True}, "sets use_dynamic_shifting to true"),
        ({"shift_terminal": 0.1}, "sets shift_terminal to 0.1"),
        ({"variance_type": "learned_range"}, "sets variance_type to \"learned_range\""),
        ({"beta_schedule": "sigmoid"}, "sets beta_schedule to \"sigmoid\"; this program knows \"linear\", "),
        ({"use_flow_sigmas": True}, "sets use_flow_sigmas, which only DPMSolverMultistepScheduler, "),
        ({"prediction_type": "original_sample"}, "predicts \"original_sample\"; this program knows epsilon, "),
    ],
)  # fmt: skip
def test_settings_that_mean_other_numbers_are_refused(tmp_path: Path, settings: dict[str, Any], sentence: str) -> None:
    lay_out_scheduler(tmp_path, "EulerDiscreteScheduler", **settings)
    with pytest.raises(ModelError, match=rf"scheduler_config.json {sentence}") as refused:
        inspect(tmp_path)
    assert model_folders.flaw(str(tmp_path)) == str(refused.value)
