"""Pictures that are not square are, to the pixel, those of diffusers' own calls, by every family."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.models import facts
from app.offer.generation import cost, presets
from tests.support import flow_calls
from tests.support.own_calls import difference, exact, shown, usual
from worker.diffusion import solvers
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # diffusers' own call
]

KINDS = ["sd1", "sd2", "bert", "sdxl", "lcm", "turbo"]
FLOW = ["schnell", "dev", "sd3", "sd3-no-t5", "z-image", "klein"]
GUIDANCE = {"dev": 3.5, "sd3": 4.0, "sd3-no-t5": 4.0, "klein": 1.0}
STOPS = [StopInput("a bear", "", 3), StopInput("the sun", "red", 3)]


def sampling(folder: Path, aspect: str) -> dict[str, object]:
    return presets.resolve("fast", facts.load_facts(str(folder)), aspect=aspect)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("aspect", ["3:2", "9:16"])
def test_stop_of_a_unet_is_what_the_pipeline_itself_paints(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], kind: str, aspect: str
) -> None:
    painter = painters[kind]
    framed = painter.rendering(sampling(tiny_models[kind], aspect))
    rendering = exact(painter, width=framed.width, height=framed.height)
    assert rendering.width != rendering.height
    [painted] = shown(painter, painter.prepare(STOPS, rendering), [0.0])
    assert painted.shape == (rendering.height, rendering.width, 3)
    expected = usual(tiny_models[kind], replace(STOPS[0], prompt=painter.prefix + STOPS[0].prompt), rendering)
    assert expected.std() > 5, "a flat picture proves nothing"
    assert difference(painted, expected) <= 1


@pytest.mark.parametrize("name", FLOW)
@pytest.mark.parametrize("aspect", ["16:9", "2:3"])
def test_stop_of_a_transformer_is_what_the_pipeline_itself_paints(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], name: str, aspect: str
) -> None:
    painter, guidance = flow_painters[name], GUIDANCE.get(name, 0.0)
    framed = sampling(flow_models[name], aspect)
    rendering = painter.rendering(
        {"scheduler": solvers.FLOW_SOLVER, "steps": 4, "guidance": guidance, "frame": framed["frame"]}
    )
    assert rendering.width % 16 == rendering.height % 16 == 0 and rendering.width != rendering.height
    walk = painter.prepare([StopInput("a bear", "", 3), StopInput("a leaf", "", 3)], rendering)
    [painted] = painter.paint(walk, [0.0])
    options = {"max_sequence_length": 256} if name == "schnell" else {}
    expected = flow_calls.own_call(
        flow_models[name], "a bear", seed=3, steps=4, guidance=guidance, size=(rendering.height, rendering.width),
        **options,
    )  # fmt: skip
    assert painted.picture.shape == expected.shape
    assert np.abs(painted.picture - (expected * 255).round()).max() <= 1


def test_wide_pictures_take_estimated_passes(painters: dict[str, WalkPipeline], tiny_models: dict[str, Path]) -> None:
    painter = painters["sd1"]
    settings = presets.resolve("fast", facts.load_facts(str(tiny_models["sd1"])), size=128, aspect="16:9")
    rendering = painter.rendering(settings)
    assert (rendering.width, rendering.height) == (128, 72)
    before = painter.evaluations
    shown(painter, painter.prepare(STOPS, rendering), [0.0])
    assert painter.evaluations - before == cost.area(settings) * cost.of_frame(settings, 0, rendering.steps) == 9 * 12
