"""What a GPU does otherwise than by default: measured, remembered, recorded, and applied only there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support import cards
from tests.support.raising import raising
from worker.diffusion import tuning_cache
from worker.diffusion.fitting import choosing, gpu_options
from worker.diffusion.model import Model
from worker.diffusion.rendering import BENCHMARK, DEFAULT, TF32, GpuOptions, Rendering, StopInput
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline

CARD, CPU = torch.device(cards.NAME), torch.device("cpu")
PIXELS = 512 * 512
SETTING = Setting("bfloat16", "contiguous", 1, 8)


class Clock:
    """A GPU's time: what passes and pictures take under the switches that are set while they run."""

    def __init__(self, *, overhead_s: float = 0.0, fits: int = 64, **faster: float) -> None:
        self.seconds, self.overhead_s, self.fits = 0.0, overhead_s, fits
        self.faster = faster
        self.decoded: list[int] = []

    def __call__(self) -> float:
        return self.seconds

    def run(self, setting: Setting) -> None:
        """Make a pass of a batch."""
        self.seconds += setting.batch * 0.01 / self._speed()

    def decode(self, pictures: int, pixels: int) -> None:
        """Decode a batch: each call has its overhead."""
        count = max(1, pixels // PIXELS)
        self.decoded.append(count)
        if count > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.seconds += (self.overhead_s * -(-pictures // count) + pictures * 0.02) / self._speed()

    def _speed(self) -> float:
        speed = self.faster.get(BENCHMARK, 1.0) if torch.backends.cudnn.benchmark else 1.0
        return speed * (self.faster.get(TF32, 1.0) if torch.backends.cuda.matmul.allow_tf32 else 1.0)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> cards.Card:
    """A GPU that is not there."""
    return cards.pretend(monkeypatch)


def measured(clock: Clock, setting: Setting = SETTING, *, decoder: str = "bfloat16", **how: Any) -> GpuOptions:
    """Measure on the GPU that is not there."""
    return gpu_options.measure(
        clock.run, clock.decode, setting, CARD, pixels=PIXELS, decoder=decoder, clock=clock, **how
    )


def switches() -> tuple[bool, bool]:
    return torch.backends.cudnn.benchmark, torch.backends.cuda.matmul.allow_tf32


@pytest.mark.usefixtures("card")
def test_as_few_pictures_are_decoded_at_once_as_are_nearly_as_fast_as_most() -> None:
    assert measured(Clock(overhead_s=0.02)).decoded_pixels == 8 * PIXELS
    assert measured(Clock(overhead_s=0.002)).decoded_pixels == 2 * PIXELS
    assert measured(Clock(overhead_s=0.0)) == DEFAULT


@pytest.mark.usefixtures("card")
def test_not_more_pictures_are_decoded_at_once_than_a_batch_has() -> None:
    clock = Clock(overhead_s=0.02)
    assert measured(clock, Setting("bfloat16", "contiguous", 1, 4)).decoded_pixels == 4 * PIXELS
    assert max(clock.decoded) == 4


@pytest.mark.usefixtures("card")
def test_number_of_pictures_for_which_memory_does_not_suffice_is_not_chosen() -> None:
    assert measured(Clock(overhead_s=0.02, fits=2)).decoded_pixels == 2 * PIXELS


def test_number_of_pictures_that_would_fill_the_memory_is_not_tried(card: cards.Card) -> None:
    card.free = 3 * 2**30  # a picture in half precision takes 384 MiB
    clock = Clock(overhead_s=0.02)
    measured(clock)
    assert max(clock.decoded) == 2


@pytest.mark.usefixtures("card")
def test_decoder_that_works_in_tiles_decodes_one_picture_at_once() -> None:
    clock = Clock(overhead_s=0.02)
    assert measured(clock, tiles=True).decoded_pixels == 0 and set(clock.decoded) == {1}


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(("faster", "expected"), [(1.2, (BENCHMARK,)), (1.02, ()), (0.8, ())])
def test_algorithms_are_timed_where_that_makes_a_batch_faster(faster: float, expected: tuple[str, ...]) -> None:
    assert measured(Clock(**{BENCHMARK: faster})).switches == expected
    assert switches() == (False, False), "they are as they were"


@pytest.mark.usefixtures("card")
def test_tf32_is_tried_only_where_something_is_in_float32() -> None:
    assert measured(Clock(**{TF32: 2.0})).switches == ()
    assert measured(Clock(**{TF32: 2.0}), decoder="float32").switches == (TF32,)


@pytest.mark.usefixtures("card")
def test_lost_gpu_ends_the_measuring() -> None:
    clock = Clock()

    clock.decode = raising(RuntimeError("CUDA error: an illegal memory access was encountered"))  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="illegal"):
        measured(clock)


def test_cpu_and_macs_gpu_have_no_options() -> None:
    clock = Clock()
    for device in (CPU, torch.device("mps")):
        found = gpu_options.measure(
            clock.run, clock.decode, SETTING, device, pixels=PIXELS, decoder="float32", clock=clock
        )
        assert found == DEFAULT
    assert not clock.decoded


def test_switches_are_set_for_the_time_of_a_block_on_a_gpu_alone(card: cards.Card) -> None:
    both = GpuOptions(0, (BENCHMARK, TF32))
    with gpu_options.applied(both, CPU):
        assert switches() == (False, False)
    with pytest.raises(KeyError), gpu_options.applied(both, CARD):
        assert switches() == (True, True)
        raise KeyError
    assert switches() == (False, False)


def test_options_are_remembered_for_a_setting_and_beside_it(tmp_path: Path) -> None:
    file, options = tmp_path / "device.json", GpuOptions(4 * PIXELS, (BENCHMARK,))
    tuning_cache.save_setting(file, "card", SETTING)
    tuning_cache.write_gpu_options(file, "card", SETTING, options)
    tuning_cache.save_setting(file, "card", SETTING)
    assert tuning_cache.read_gpu_options(file, "card", SETTING) == options
    assert tuning_cache.load_setting(file, "card") == SETTING
    assert tuning_cache.read_gpu_options(file, "card", Setting("float32", "contiguous", 1, 8)) is None
    assert tuning_cache.read_gpu_options(file, "another", SETTING) is None


@pytest.mark.parametrize(
    "options", [{}, {"decoded_pixels": -1, "switches": []}, {"decoded_pixels": 1, "switches": ["warp"]}, None]
)
def test_options_that_cannot_be_understood_are_measured_again(tmp_path: Path, options: Any) -> None:
    file = tmp_path / "device.json"
    tuning_cache.write_gpu_options(file, "card", SETTING, DEFAULT)
    machines = tuning_cache._machines(file)
    machines["card"]["gpu"]["options"] = options
    tuning_cache._remember(file, "card", machines["card"])
    assert tuning_cache.read_gpu_options(file, "card", SETTING) is None


@pytest.mark.slow
def test_model_is_measured_once_for_a_gpu(
    card: cards.Card, tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, asked = Model.load(str(tiny_models["sd1"]), device=cards.NAME), []
    measure = gpu_options.measure

    def watch(*given: Any, **how: Any) -> GpuOptions:
        asked.append(how["pixels"])
        return measure(*given, **how)

    monkeypatch.setattr(gpu_options, "measure", watch)
    setting = Setting("bfloat16", "contiguous", 1, 4)
    first = choosing.choose_gpu_options(model, setting, tmp_path / "device.json")
    assert choosing.choose_gpu_options(model, setting, tmp_path / "device.json") == first
    assert asked == [model.size[0] * model.size[1]]
    choosing.choose_gpu_options(model, setting, None)
    assert len(asked) == 2


def test_gpu_without_memory_for_the_measuring_has_no_options_and_is_measured_later(
    card: cards.Card, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    model, file = Model.load(str(tiny_models["sd1"]), device=cards.NAME), tmp_path / "device.json"

    assert (
        choosing.choose_gpu_options(
            model, SETTING, file, rehearse=raising(torch.OutOfMemoryError("CUDA out of memory."))
        )
        == DEFAULT
    )
    assert not file.exists()


def test_gpu_decodes_as_many_pixels_at_once_as_the_walk_records(
    card: cards.Card, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model.load(str(tiny_models["sd1"]), device=cards.NAME)
    vae, pixels = model.vae(), model.size[0] * model.size[1]
    sizes, decode = [], vae.decode

    def watch(latents: torch.Tensor, **how: Any) -> Any:
        sizes.append(len(latents))
        return decode(latents, **how)

    monkeypatch.setattr(vae, "decode", watch)
    noise = torch.randn(4, *model.latent_shape, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        whole = model.decode(vae, noise, pixels=4 * pixels)
        parts = model.decode(vae, noise, pixels=2 * pixels)
    assert sizes == [4, 2, 2]
    np.testing.assert_allclose(whole, parts, atol=1e-4)


def test_walk_records_what_its_gpu_does_and_is_painted_so_again() -> None:
    sampling: dict[str, Any] = {"scheduler": "DDIMScheduler", "steps": 2, "guidance": 1.0}
    device = {"width": 8, "height": 8, "precision": "float32", "memory_format": "contiguous", "threads": 1, "batch": 1}
    own = GpuOptions(2 * PIXELS, (BENCHMARK,))
    assert Rendering.from_sampling(sampling, **device).gpu == DEFAULT and DEFAULT.to_json() is None
    assert Rendering.from_sampling(sampling, gpu=own, **device).gpu == own
    recorded = sampling | {"gpu": own.to_json()}
    assert Rendering.from_sampling(recorded, gpu=DEFAULT, **device).gpu == own


def test_painter_sets_the_switches_that_a_walk_records(
    card: cards.Card, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model.load(str(tiny_models["sd1"]), device=cards.NAME)
    painter, seen = WalkPipeline(model, Setting("float32", "contiguous", 1, 2)), []
    predict = model.predict

    def watch(*given: Any, **how: Any) -> torch.Tensor:
        seen.append(switches())
        return predict(*given, **how)

    monkeypatch.setattr(model, "predict", watch)
    for options in (DEFAULT, GpuOptions(0, (BENCHMARK, TF32))):
        sampling: dict[str, Any] = {"scheduler": "DDIMScheduler", "steps": 1, "guidance": 1.0}
        recorded = options.to_json()
        rendering = painter.rendering(sampling if recorded is None else sampling | {"gpu": recorded})
        stop = StopInput("a fox", "", 1)
        painter.paint(painter.prepare([stop, stop], rendering), [0.0])
    assert seen == [(False, False), (True, True)]
