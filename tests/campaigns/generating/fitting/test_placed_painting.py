"""Where the parts of a model lie changes no picture of any kind of model; tiny ones are smaller than a tile."""

import shutil
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import decoder
from decoder import SceneDecoder, Shape
from tests.support import cards
from tests.support.own_calls import exact, is_same, shown
from worker.diffusion import tuning
from worker.diffusion.fitting import placement
from worker.diffusion.fitting.placement import Plan
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

STOPS = [StopInput("a bear", "", 3), StopInput("the sun", "red", 4)]
MOVING = [plan for plan in placement.PLANS if plan != placement.KEEP]


@pytest.fixture
def painter(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> WalkPipeline:
    cards.pretend(monkeypatch)
    return WalkPipeline(Model.load(str(tiny_models[request.param]), device=cards.NAME), tuning.fallback())


def pictures(painter: WalkPipeline) -> list[NDArray[np.uint8]]:
    prepared = painter.prepare(STOPS, exact(painter))
    return shown(painter, prepared, [0.0, 0.5, 1.0])


@pytest.mark.parametrize("painter", ["sd1", "sd2", "sdxl", "lcm", "turbo", "bert", "led"], indirect=True)
def test_every_plan_paints_the_same_pictures_as_a_model_that_stays_on_the_gpu(painter: WalkPipeline) -> None:
    expected = pictures(painter)
    assert np.std(expected) > 5
    for plan in MOVING:
        painter.model.follow(plan)
        same = is_same if plan.tiles else np.array_equal
        assert same(pictures(painter), expected), plan.name


@pytest.mark.parametrize("painter", ["sd1"], indirect=True)
def test_photos_and_previews_are_the_same_under_every_plan(painter: WalkPipeline) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (*painter.size[::-1], 3), np.uint8)
    expected, weights = painter.model.encode_picture(photo), painter.latent_preview.weights
    for plan in MOVING:
        painter.model.follow(plan)
        painter.__dict__.pop("latent_preview")
        assert np.array_equal(painter.model.encode_picture(photo), expected), plan.name
        assert np.allclose(painter.latent_preview.weights, weights, atol=1e-5), plan.name


def test_decoder_that_is_shown_scenes_is_on_the_gpu_when_it_works(
    tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(tiny_models["led"], tmp_path / "model")
    sides: dict[str, Any] = {f"{part}_block_out_channels": (8,) * 4 for part in ("encoder", "decoder")}
    blocks: dict[str, Any] = {f"num_{part}_blocks": (1,) * 4 for part in ("encoder", "decoder")}
    diffusers.AutoencoderTiny(**sides, **blocks, scaling_factor=0.9).save_pretrained(folder / "vae")
    decoder.save(SceneDecoder(Shape((8, 8, 4), (1, 1, 1))), folder / "decoder")
    cards.pretend(monkeypatch)
    model = Model.load(str(folder), device=cards.NAME)
    model.follow(Plan(True, "model", tiles=True))
    unet, vae = model.networks("float32", "contiguous")
    places: list[str] = []
    vae.scene_decoder.register_forward_hook(lambda *_: places.append(vae.place))
    latents = torch.zeros(1, *model.latent_shape)
    with torch.inference_mode():
        model.predict(unet, model.with_sketches(latents, None), 500, torch.zeros(1, 77, 32))
        assert (unet.unet.place, vae.place) == ("card", "host")
        model.decode(vae, latents)
    assert places == ["card"]
    assert unet.unet.place == "host"
