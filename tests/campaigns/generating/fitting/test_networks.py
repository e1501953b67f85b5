"""The networks of a model: which are in memory in which precision, and where they lie."""

import gc
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch

from tests.support import cards
from worker.diffusion.fitting import choosing, placement
from worker.diffusion.model import Model, ModelError

pytestmark = pytest.mark.slow


@pytest.fixture
def on_card(tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Model:
    """Load a model for a GPU that is not there."""
    cards.pretend(monkeypatch)
    return Model.load(str(tiny_models["sd1"]), device=cards.NAME)


def places(model: Model) -> dict[str, str]:
    """Return where the UNet of each precision in memory is."""
    return {name: unet.place for name, unet in model._networks._unets.items()}


def test_gpu_holds_the_unet_in_one_precision_alone(on_card: Model) -> None:
    assert places(on_card) == {}
    for precision in ("bfloat16", "float32", "float16") * 2:
        unet, _ = on_card.networks(precision, "contiguous")
        assert places(on_card) == {precision: "card"}
        assert unet.dtype is getattr(torch, precision)


def test_gpu_lets_go_of_the_unet_before_another_is_loaded(on_card: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    before = weakref.ref(on_card.networks("float16", "contiguous")[0])
    load, held = on_card._source.network, []

    def loading(dtype: torch.dtype) -> Any:
        gc.collect()
        held.append(before())
        return load(dtype)

    monkeypatch.setattr(on_card._source, "network", loading)
    on_card.networks("float32", "contiguous")
    assert held == [None]


def test_text_encoders_of_a_gpu_are_in_half_precision_and_of_a_cpu_in_float32(
    on_card: Model, models: dict[str, Model]
) -> None:
    assert on_card._pipe.text_encoder.dtype is torch.bfloat16
    assert models["sd1"]._pipe.text_encoder.dtype is torch.float32


def test_photo_and_preview_load_no_unet(on_card: Model) -> None:
    on_card.keep_precision("float16")
    [unet] = on_card._networks._unets.values()
    assert on_card.vae().dtype is torch.float32
    assert [*on_card._networks._unets.values()] == [unet]
    assert unet.dtype is torch.float16


def test_float32_after_half_precision_is_that_of_the_folder(on_card: Model, tiny_models: dict[str, Path]) -> None:
    on_card.networks("float16", "contiguous")
    again, _ = on_card.networks("float32", "contiguous")
    expected = diffusers.UNet2DConditionModel.from_pretrained(tiny_models["sd1"] / "unet")
    for ours, theirs in zip(again.parameters(), expected.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_small_model_on_a_cpu_keeps_float32_to_copy_from(tiny_models: dict[str, Path]) -> None:
    model = Model.load(str(tiny_models["sd1"]), device="cpu")
    model.networks("bfloat16", "contiguous")
    assert set(model._networks._unets) == {"float32", "bfloat16"}


def lengthen(config: Path) -> None:
    config.write_text(config.read_text() + "\n")


@pytest.mark.parametrize("alter", [lengthen, lambda config: shutil.rmtree(config.parent)], ids=["changes", "is lost"])
def test_folder_of_which_a_part_changes_or_is_lost_while_it_is_loaded_is_refused(
    tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alter: Callable[[Path], None]
) -> None:
    copy = shutil.copytree(tiny_models["sd1"], tmp_path / "copy")
    cards.pretend(monkeypatch)
    model = Model.load(str(copy), device=cards.NAME)
    alter(copy / "unet" / "config.json")
    with pytest.raises(ModelError, match=f"The model folder {copy} changed while it was loaded"):
        model.networks("float16", "contiguous")


def test_encoders_without_room_on_the_gpu_lead_to_the_next_plan(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.pretend(monkeypatch)
    model = Model.load(str(tiny_models["sd1"]), device=cards.NAME)
    encode, tried = model._pipe.encode_prompt, list[placement.Plan]()

    def failing(**how: Any) -> Any:
        tried.append(model._networks.plan)
        if len(tried) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return encode(**how)

    monkeypatch.setattr(model._pipe, "encode_prompt", failing)
    choosing.choose(model, None)
    assert tried[:2] == list(placement.PLANS[:2])


def test_parts_follow_the_plan(on_card: Model) -> None:
    on_card.encode("the sun", "")
    assert on_card._pipe.text_encoder.place == "card"
    on_card.follow(placement.Plan(encoders_leave=True))
    assert on_card._pipe.text_encoder.place == "host"
    seen: list[str] = []
    encode = on_card._pipe.encode_prompt
    on_card._pipe.encode_prompt = lambda **how: (seen.append(on_card._pipe.text_encoder.place), encode(**how))[1]
    on_card.encode("a bear", "")
    assert (seen, on_card._pipe.text_encoder.place) == (["card"], "host")


def test_offloaded_parts_take_turns_on_the_gpu(on_card: Model) -> None:
    on_card.follow(placement.Plan(True, "model", tiles=True))
    unet, vae = on_card.networks("bfloat16", "contiguous")
    latents, states = torch.zeros(1, 4, 16, 16), torch.zeros(1, 77, 32)
    with torch.inference_mode():
        on_card.predict(unet, latents, 500, states)
        assert (unet.unet.place, vae.place) == ("card", "host")
        picture = on_card.decode(vae, latents)
        assert (unet.unet.place, vae.place) == ("host", "card")
    assert picture.shape == (1, 32, 32, 3)


def test_layers_that_are_offloaded_predict_the_same(on_card: Model, models: dict[str, Model]) -> None:
    on_card.follow(placement.Plan(True, "sequential", tiles=True))
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    states = torch.zeros(1, 77, 32)
    with torch.inference_mode():
        found = [
            model.predict(model.networks("float32", "contiguous")[0], latents, 500, states)
            for model in (on_card, models["sd1"])
        ]
    assert torch.allclose(*found, atol=1e-5)


def test_tiles_decode_nearly_the_same_picture(on_card: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "TILE", 64)
    latents = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        whole = on_card.decode(on_card.vae(), latents)
        on_card.follow(placement.Plan(encoders_leave=True, tiles=True))
        tiled = on_card.decode(on_card.vae(), latents)
    assert whole.shape == tiled.shape
    assert 0 < abs(whole - tiled).mean() < 0.05
