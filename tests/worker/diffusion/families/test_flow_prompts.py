"""What flow families make of weights and clip skip: Stable Diffusion 3 knows clip skip, the others nothing of it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support import flow_calls
from worker.diffusion.families import TextOptions
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

READ = TextOptions(syntax=1)
SKIPPED = TextOptions(syntax=1, clip_skip=1)
KNOW_NONE = ["dev", "klein", "z-image"]


def test_clip_skip_of_sd3_is_as_diffusers(flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path]) -> None:
    model = flow_painters["sd3"].model
    found, negative = model.encode("a bear", "rain", options=SKIPPED)
    own = flow_calls.encode(flow_models["sd3"], "a bear", negative_prompt="rain", clip_skip=1)
    texts = [each[0].float().numpy() for each in own.values() if isinstance(each, torch.Tensor)]
    assert any(np.array_equal(found.states, text) for text in texts if text.shape == found.states.shape)
    assert not np.array_equal(found.states, model.encode("a bear", "rain", options=READ)[0].states)
    assert negative is not None
    assert model.note("a (bear:1.2)", "a (bear:1.2)", options=SKIPPED) == "weights ignored"


@pytest.mark.parametrize("kind", KNOW_NONE)
def test_others_read_the_text_alone_and_say_what_was_ignored(flow_painters: dict[str, WalkPipeline], kind: str) -> None:
    model = flow_painters[kind].model
    assert not model.reads_syntax
    weighted, plain = model.encode("a (bear:1.2)", "", options=SKIPPED)[0], model.encode("a bear", "")[0]
    assert np.array_equal(weighted.states, plain.states)
    assert model.note("a (bear:1.2)", "a (bear:1.2)", options=SKIPPED) == "weights ignored; clip skip ignored"
    assert model.note("a bear (red)", "a bear (red)", options=READ) == ""
