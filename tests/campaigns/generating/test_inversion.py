"""A photo at a stop of a model that words lead: what comes out is the photo, whatever the solver and the preset."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.core.models.facts import ModelFacts
from app.offer.generation import presets
from tests.support import tiny
from tests.support.own_calls import decibels
from tests.support.whole_walk import WholeWalk
from worker.diffusion.model import Model
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.solvers import SOLVERS
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

KINDS = ("sd1", "sd2", "sdxl", "lcm", "turbo", "bert")
SETTING = Setting("float32", "contiguous", threads=1, batch=4)
STOPS = [StopInput("a bear", "", 1), StopInput("a lemon", "red", 2), StopInput("the sun", "", 3)]


@pytest.fixture(scope="module")
def painters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WalkPipeline]:
    folders = tiny.save(tmp_path_factory.mktemp("tiny"), *KINDS)
    return {name: WalkPipeline(Model.load(str(folder), device="cpu"), SETTING) for name, folder in folders.items()}


def photo(painter: WalkPipeline) -> NDArray[np.uint8]:
    """Draw a picture of a disc on a slope, as large as the model's own."""
    width, height = painter.size
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    disc = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.09
    return np.where(disc[..., None], [220, 60, 40], np.dstack([x * 90, y * 160, 200 + 0 * x])).astype(np.uint8)


def prepared_with(painter: WalkPipeline, sampling: dict[str, Any], *photos: int, closed: bool = False) -> PreparedWalk:
    bare = painter.prepare(STOPS, painter.rendering(sampling), closed=closed)
    latents = painter.model.encode_picture(photo(painter))
    held = tuple(painter.invert(bare, stop, latents) if stop in photos else None for stop in range(len(STOPS)))
    return replace(bare, photos=held)


def decoded(painter: WalkPipeline) -> NDArray[np.float32]:
    """Return what the autoencoder alone makes of the photo."""
    latents = torch.from_numpy(painter.model.encode_picture(photo(painter)))[None]
    _, vae = painter.model.networks("float32", "contiguous")
    with torch.inference_mode():
        return painter.model.decode(vae, latents)[0] * 255


def sampling_of(preset: str, kind: str) -> dict[str, Any]:
    facts: dict[str, dict[str, Any]] = {
        "lcm": {"few_step": True, "embeds_guidance": True, "scheduler": "LCMScheduler"},
        "turbo": {"few_step": True, "scheduler": "EulerAncestralDiscreteScheduler"},
    }
    return presets.resolve(preset, ModelFacts(**facts.get(kind, {})))


@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_begins_and_ends_at_its_photos_in_every_preset(
    painters: dict[str, WalkPipeline], kind: str, preset: str
) -> None:
    painter, sampling = painters[kind], sampling_of(preset, kind)
    walk = WholeWalk(painter, prepared_with(painter, sampling, 0, 2), sampling)
    walk.paint(frames=7)
    original, pictures = photo(painter), walk.pictures
    own = decibels(decoded(painter), original)
    for position in (0.0, 2.0):
        assert decibels(pictures[position], original) > own - 0.1
        assert decibels(pictures[position], decoded(painter)) > 45
    assert decibels(pictures[1.0], decoded(painter)) < 30


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # NumPy's, about how diffusers' DEIS counts
@pytest.mark.parametrize("scheduler", sorted(SOLVERS))
def test_every_solver_ends_at_the_photo(sd1: WalkPipeline, scheduler: str) -> None:
    sampling = {"scheduler": scheduler, "steps": 5, "guidance": 3.0}
    prepared = prepared_with(sd1, sampling, 1)
    (painted,) = sd1.paint(prepared, [1.0])
    assert painted.picture is not None
    assert decibels(painted.picture, decoded(sd1)) > 45
