"""Networks that are stored in float8, on a GPU too small for half precision."""

from pathlib import Path

import pytest
import torch

from tests.support import cards, tiny_flow
from worker.diffusion.fitting.placement import FLOAT8, Plan
from worker.diffusion.model import Model

pytestmark = pytest.mark.slow


@pytest.fixture
def on_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """Load a tiny FLUX.1 for a GPU that is not there."""
    cards.pretend(monkeypatch)
    return Model.load(str(tiny_flow.save(tmp_path, "dev")["dev"]), device=cards.NAME)


def predicted(model: Model, precision: str) -> torch.Tensor:
    """Return what the network predicts for some noise and words."""
    text, _ = model.encode("a bear", "")
    network, _ = model.networks(precision, "contiguous", decoder="bfloat16")
    assert text.pooled is not None
    latents = torch.randn(1, *model.latent_shape, generator=torch.Generator().manual_seed(1))
    states, pooled = torch.from_numpy(text.states)[None], torch.from_numpy(text.pooled)[None]
    with torch.inference_mode():
        return model.predict(network, latents, 500.0, states, pooled, guidance=3.5)


def test_network_is_stored_in_a_byte_a_weight_and_predicts_about_the_same(on_card: Model) -> None:
    half = predicted(on_card, "bfloat16")
    plan = next(plan for plan in on_card.plans if plan.precisions == (FLOAT8,))
    on_card.follow(plan)

    found = predicted(on_card, FLOAT8)

    network, _ = on_card.networks(FLOAT8, "contiguous", decoder="bfloat16")
    stored = [
        weight for name, weight in network.unet.named_parameters() if "transformer_blocks" in name and weight.ndim > 1
    ]
    small = sum(weight.numel() for weight in stored if weight.dtype is torch.float8_e4m3fn)
    assert small > 0.5 * sum(weight.numel() for weight in stored)
    held = sum(weight.numel() * weight.element_size() for weight in network.unet.parameters())
    assert held == plan.network_bytes(on_card._source.sizes)
    assert network.dtype is torch.bfloat16
    error = float((found - half).norm() / half.norm())
    assert 0 < error < 0.2


def test_decoder_beside_a_network_in_float8_is_recorded_in_bfloat16(on_card: Model) -> None:
    assert on_card.decoder(FLOAT8) == "bfloat16"


def test_models_plan_for_float8_only_where_they_may_be_stored_so(tiny_models: dict[str, Path], on_card: Model) -> None:
    unet = Model.load(str(tiny_models["sd1"]), device=cards.NAME)
    assert not any(plan.precisions for plan in unet.plans)
    assert any(plan.precisions for plan in on_card.plans)
    assert Plan(True, "sequential", tiles=True) in unet.plans
