"""Adapters laid over a model: whole at their stops, shared on the way between, in one batch; and taken off again."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save

from app.core.models.facts import ModelFacts
from app.offer.generation import presets
from tests.support import cards
from tests.support.own_calls import is_same
from tests.support.whole_walk import WholeWalk
from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.prepared_walk import adapter_shares
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import smoothness_measure
from worker.networks.adapters import AdapterError, AdapterFile

KINDS = ("sd1", "sd2", "sdxl", "lcm", "turbo", "bert")
Make = Callable[..., AdapterFile]


@pytest.fixture(scope="module")
def adapter(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Write an adapter of a tiny model, with weights by a seed, as the studio writes them."""
    path = tmp_path_factory.mktemp("adapters")

    def make(kind: str, seed: int = 1, scale: float = 0.5) -> AdapterFile:
        unet = UNet2DConditionModel.from_pretrained(tiny_models[kind] / "unet")
        unet.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
        dice = torch.Generator().manual_seed(seed)
        held = {name: torch.randn(value.shape, generator=dice) * scale
                for name, value in get_peft_model_state_dict(unet).items()}  # fmt: skip
        data = save(held)
        file = path / f"{kind}-{seed}-{scale}.safetensors"
        file.write_bytes(data)
        return AdapterFile(hashlib.sha256(data).hexdigest()[:32], file)

    return make


def stops(*of_stops: AdapterFile | None) -> list[StopInput]:
    return [StopInput(f"a {word}", "", seed, adapters={laid: 1.0} if laid else {})
            for seed, (word, laid) in enumerate(zip(("bear", "sun", "lemon"), of_stops, strict=False), 1)]  # fmt: skip


def shown(
    painter: WalkPipeline, laid: list[StopInput], positions: list[float], **changes: Any
) -> list[NDArray[np.uint8]]:
    rendering = replace(painter.rendering(steps=3), precision="float32", memory_format="contiguous", threads=1)
    prepared = painter.prepare(laid, replace(rendering, **changes))
    return [np.asarray(one.picture) for one in painter.paint(prepared, positions)]


def away(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_each_stop_has_its_own_adapter_whole_and_the_way_between_has_both() -> None:
    a, b = AdapterFile("aa", Path("a")), AdapterFile("bb", Path("b"))
    only_a, only_b, none = {a: 1.0}, {b: 1.0}, {}
    assert adapter_shares([only_a, only_b], [0.0, 0.25, 1.0], closed=False) == {
        a: [1.0, 0.75, 0.0],
        b: [0.0, 0.25, 1.0],
    }
    assert adapter_shares([only_a, only_a], [0.0, 0.3, 1.0], closed=False) == {a: [1.0, 1.0, 1.0]}
    stops = [only_a, none, only_b]
    assert adapter_shares(stops, [0.5, 1.0, 1.75], closed=False) == {a: [0.5, 0.0, 0.0], b: [0.0, 0.0, 0.75]}
    assert adapter_shares([none, only_b], [1.5], closed=True) == {b: [0.5]}
    assert (
        adapter_shares([none, only_b], [0.0], closed=False) == adapter_shares([none, none], [0.5], closed=False) == {}
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_batch_of_several_styles_paints_each_picture_as_one_of_its_style_alone(
    painters: dict[str, WalkPipeline], adapter: Make, kind: str
) -> None:
    painter, a, b = painters[kind], adapter(kind, 1), adapter(kind, 2)
    plain, first, last = (shown(painter, stops(laid, laid), [0.0, 1.0]) for laid in (None, a, b))
    mixed = shown(painter, stops(a, b), [0.0, 1.0])
    assert away(mixed[0], first[0]) < 0.1 and away(mixed[1], last[1]) < 0.1
    assert away(first[0], plain[0]) > 1 and away(last[1], plain[1]) > 1 and away(first[1], last[1]) > 1
    half = shown(painter, stops(a, None), [0.0, 1.0])
    assert away(half[0], first[0]) < 0.1 and away(half[1], plain[1]) < 0.1


@pytest.mark.slow
def test_network_under_an_adapter_predicts_as_diffusers_own_loader_has_it(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], adapter: Make
) -> None:
    file = adapter("sd1")
    theirs = UNet2DConditionModel.from_pretrained(tiny_models["sd1"] / "unet")
    theirs.load_lora_adapter(str(file.path.parent), prefix=None, weight_name=file.path.name)
    ours, _ = painters["sd1"].model.networks("float32", "contiguous", {file: [1.0, 0.0]})
    dice = torch.Generator().manual_seed(0)
    latents, states = torch.randn(2, 4, 16, 16, generator=dice), torch.randn(2, 77, 32, generator=dice)
    with torch.inference_mode():
        predicted = ours(latents, 300, states)
        assert torch.allclose(predicted[:1], theirs(latents[:1], 300, states[:1]).sample, atol=1e-3)
        theirs.disable_adapters()
        assert torch.allclose(predicted[1:], theirs(latents[1:], 300, states[1:]).sample, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_model_is_as_it_was_once_its_adapters_are_taken_off(
    painters: dict[str, WalkPipeline], adapter: Make, kind: str
) -> None:
    painter = painters[kind]
    unet = painter.model.networks("float32", "contiguous")[0].unet
    weights, names = {name: value.clone() for name, value in unet.state_dict().items()}, list(unet.state_dict())
    before = shown(painter, stops(None, None), [0.0, 0.5, 1.0])
    learned = shown(painter, stops(adapter(kind), adapter(kind, 2)), [0.0, 0.5, 1.0])
    after = shown(painter, stops(None, None), [0.0, 0.5, 1.0])
    assert np.array_equal(before, after) and not np.array_equal(before, learned)
    assert list(unet.state_dict()) == names
    assert all(torch.equal(value, weights[name]) for name, value in unet.state_dict().items())
    again = shown(painter, stops(adapter(kind), adapter(kind, 2)), [0.0, 0.5, 1.0])
    assert np.array_equal(learned, again)


@pytest.mark.slow
def test_adapters_are_laid_over_half_precision_too(painters: dict[str, WalkPipeline], adapter: Make) -> None:
    file = adapter("sd1", scale=0.2)
    exact = shown(painters["sd1"], stops(file, file), [0.0])
    half = shown(painters["sd1"], stops(file, file), [0.0], precision="bfloat16")
    assert 0 < away(half[0], exact[0]) < 8


@pytest.mark.slow
@pytest.mark.parametrize("offload", ["model", "sequential"])
def test_adapters_lie_over_a_network_that_is_offloaded_and_are_taken_off(
    tiny_models: dict[str, Path], adapter: Make, offload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.pretend(monkeypatch)
    placed, moved = (
        WalkPipeline(Model.load(str(tiny_models["sd1"]), device=cards.NAME, offload=how), tuning.fallback())
        for how in ("off", offload)
    )
    assert moved.model._networks.plan.offload == offload
    a, b, positions = adapter("sd1", 1), adapter("sd1", 2), [0.0, 0.5, 1.0]
    for laid in ((None, None), (a, b), (b, None), (None, None)):
        expected, found = (shown(painter, stops(*laid), positions) for painter in (placed, moved))
        same = is_same if moved.model._networks.plan.tiles else np.array_equal
        assert same(found, expected)


@pytest.mark.slow
def test_walk_from_style_to_style_is_paced_as_any(painters: dict[str, WalkPipeline], adapter: Make) -> None:
    painter, sampling = painters["sd1"], presets.resolve("balanced", ModelFacts(), steps=5)
    rendering = replace(painter.rendering(sampling), precision="float32", memory_format="contiguous", threads=1)
    found = []
    for laid in ((None, None), (adapter("sd1", 1, 0.2), adapter("sd1", 2, 0.2))):
        whole = WholeWalk(painter, painter.prepare(stops(*laid), rendering), sampling)
        whole.paint(frames=12)
        found.append(smoothness_measure.smoothness(list(whole.pictures.values())))
    plain, styled = found
    assert all(step > 0 for step in styled.steps)
    assert styled.evenness > plain.evenness - 0.1


@pytest.mark.slow
def test_adapter_that_is_missing_another_or_does_not_fit_is_named(
    painters: dict[str, WalkPipeline], adapter: Make, tmp_path: Path
) -> None:
    painter, file = painters["sd1"], adapter("sd1")
    before = shown(painter, stops(None, None), [0.0])
    for flawed, message in (
        (AdapterFile(file.digest, tmp_path / "none.safetensors"), "is missing"),
        (AdapterFile("0" * 32, file.path), "another than was asked for"),
        (adapter("sdxl"), "does not fit the model"),
    ):
        with pytest.raises(AdapterError, match=message):
            shown(painter, stops(flawed, None), [0.0])
        assert np.array_equal(shown(painter, stops(None, None), [0.0]), before)


@pytest.mark.slow
def test_models_own_copy_in_another_precision_is_made_without_adapters(
    tiny_models: dict[str, Path], adapter: Make
) -> None:
    model = Model.load(str(tiny_models["sd1"]), device="cpu")
    model.networks("float32", "contiguous", {adapter("sd1"): [1.0]})
    copy, _ = model.networks("bfloat16", "contiguous")
    assert not any("lora" in name for name in copy.unet.state_dict())
