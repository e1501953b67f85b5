"""The precision of the decoder: what is recorded in new walks, and what walks of release 1.0.0 get without a record."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support.own_calls import change, exact, shown
from worker.diffusion.model import Model
from worker.diffusion.rendering import Rendering, StopInput
from worker.diffusion.tuning import Setting, fallback
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

STOPS = [StopInput("a bear", "", 3), StopInput("the sun", "red", 3)]
HALF = Setting("float16", "contiguous", 1, 1)


class Overflowing:
    """A painter whose decoder yields no numbers in half precision."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.painter = WalkPipeline(Model.load(str(folder), device="cpu"), fallback())
        self.precisions: list[torch.dtype] = []
        self._decode = self.painter.model.decode
        _ = self.painter.latent_preview
        monkeypatch.setattr(self.painter.model, "decode", self.decode)

    def decode(self, vae: Any, latents: torch.Tensor, *guides: Any, **how: Any) -> NDArray[np.float32]:
        """Decode, and note in which precision."""
        self.precisions.append(next(vae.parameters()).dtype)
        pictures = self._decode(vae, latents, *guides, **how)
        return pictures if self.precisions[-1] is torch.float32 else pictures * np.float32(np.nan)

    def paint(self, **settings: Any) -> tuple[NDArray[np.uint8], int]:
        """Paint a picture in four steps; return it, and how many steps were taken."""
        steps: list[int] = []
        prepared = self.painter.prepare(STOPS, exact(self.painter, **settings))
        [picture] = shown(self.painter, prepared, [0.0], on_step=lambda: steps.append(1))
        return picture, len(steps)


@pytest.fixture
def overflowing(tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Overflowing:
    return Overflowing(tiny_models["sd1"], monkeypatch)


def test_walk_that_records_its_decoder_is_painted_once_and_decoded_again(overflowing: Overflowing) -> None:
    _, steps = overflowing.paint(precision="bfloat16", decoder="bfloat16")
    assert (steps, overflowing.precisions) == (4, [torch.bfloat16, torch.float32])


def test_walk_whose_recorded_decoder_is_float32_is_decoded_once(overflowing: Overflowing) -> None:
    _, steps = overflowing.paint(precision="bfloat16", decoder="float32")
    assert (steps, overflowing.precisions) == (4, [torch.float32])


def test_walk_of_1_0_0_whose_decoder_overflows_is_painted_in_float32_as_it_was(overflowing: Overflowing) -> None:
    again, steps = overflowing.paint(precision="bfloat16", decoder=None)
    whole, _ = overflowing.paint(precision="float32")
    assert steps == 8
    assert np.array_equal(again, whole)
    _, steps = overflowing.paint(precision="bfloat16", decoder=None)
    assert steps == 8, "what was seen of the decoder changes no walk that is painted already"


def test_decoder_that_overflowed_once_is_in_float32_in_new_walks(overflowing: Overflowing) -> None:
    assert overflowing.painter.rendering().decoder is None
    overflowing.paint(precision="bfloat16")
    assert overflowing.painter.rendering().decoder == "float32"


@pytest.mark.parametrize(
    ("kind", "force_upcast", "decoder"),
    [
        ("sd1", True, "float32"), ("sd1", False, "float16"), ("sd1", None, "float16"),
        ("sdxl", True, "float32"), ("sdxl", False, "float16"), ("sdxl", None, "float32"),
    ],
)  # fmt: skip
def test_new_walk_in_float16_records_the_decoder_as_the_folder_says(
    tiny_models: dict[str, Path], tmp_path: Path, kind: str, force_upcast: bool | None, decoder: str
) -> None:
    copy = shutil.copytree(tiny_models[kind], tmp_path / "copy")
    config = copy / "vae" / "config.json"
    if force_upcast is None:
        config.write_text(json.dumps({k: v for k, v in json.loads(config.read_text()).items() if k != "force_upcast"}))
    else:
        change(config, force_upcast=force_upcast)
    painter = WalkPipeline(Model.load(str(copy), device="cpu"), HALF)
    assert painter.rendering().decoder == decoder
    _, vae = painter.model.networks("float16", "contiguous", decoder=decoder)
    assert vae.dtype is getattr(torch, decoder)
    assert painter.model.decoder("bfloat16") is None
    assert painter.model.decoder("float32") is None


def test_recorded_decoder_goes_before_that_of_the_device() -> None:
    device: dict[str, Any] = {
        "width": 8, "height": 8, "precision": "float16", "memory_format": "contiguous", "threads": 1, "batch": 1,
    }  # fmt: skip
    sampling = {"scheduler": "DDIMScheduler", "steps": 4, "guidance": 3.0}
    assert Rendering.from_sampling(sampling, **device).decoder is None
    assert Rendering.from_sampling(sampling, decoder="float32", **device).decoder == "float32"
    assert Rendering.from_sampling(sampling | {"decoder": "float16"}, decoder="float32", **device).decoder == "float16"


def test_decoded_numbers_that_are_infinite_do_not_pass_for_white(painters: dict[str, WalkPipeline]) -> None:
    model = painters["sd1"].model
    vae = model.vae()
    with torch.inference_mode():
        assert np.isfinite(model.decode(vae, torch.zeros(1, 4, 16, 16))).all()
        watched = vae.decoder.register_forward_hook(lambda *_: torch.full((1, 3, 32, 32), torch.inf))
        found = model.decode(vae, torch.zeros(1, 4, 16, 16))
        watched.remove()
    assert np.isnan(found).all()
