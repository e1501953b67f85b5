"""Text encoders that come when something is encoded, and go."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from worker.diffusion.fitting import encoders, placement
from worker.diffusion.model import Model

pytestmark = pytest.mark.slow


@pytest.fixture
def model(tiny_models: dict[str, Path]) -> Model:
    """Load a model of two text encoders on the CPU."""
    return Model.load(str(tiny_models["sdxl"]), device="cpu")


def test_dropped_encoders_are_loaded_again_and_say_the_same(model: Model) -> None:
    kept = model.encode("a bear", "red")
    model.follow(replace(placement.KEEP, encoders_leave=True, encoders_dropped=True))
    model._texts.clear()

    again = model.encode("a bear", "red")

    assert model._encoders.parts == []
    for one, other in zip(kept, again, strict=True):
        assert one is not None and other is not None
        assert np.array_equal(one.states, other.states)
    assert model.encode("a bear", "red") is again  # which needs no encoder


def test_kept_encoders_stay(model: Model) -> None:
    before = model._encoders.parts
    model.encode("a bear", "red")
    assert [*map(id, model._encoders.parts)] == [*map(id, before)]


def test_large_encoders_are_in_bfloat16_on_a_cpu_too(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Model.load(str(tiny_models["sd1"]), device="cpu")._pipe.text_encoder.dtype is torch.float32
    monkeypatch.setattr(encoders, "LARGE", 100)
    assert Model.load(str(tiny_models["sd1"]), device="cpu")._pipe.text_encoder.dtype is torch.bfloat16
