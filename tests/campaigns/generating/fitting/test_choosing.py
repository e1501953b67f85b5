"""What is chosen on GPUs of several sizes: the fastest plan that fits, or a refusal that says what is missing."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import real_models
from tests.support import cards
from tests.support.simulated_gpu import SimulatedGpu, SimulatedModel, choose
from worker.diffusion.fitting import choosing, placement
from worker.diffusion.fitting.placement import GB
from worker.diffusion.fitting.sizes import Sizes
from worker.diffusion.model import Model, ModelError

MEMORY = (4, 6, 8, 12, 16, 24)
PIXELS = {"SD 1.5": 512**2, "SDXL": 1024**2}
SIZES = {
    "SD 1.5": Sizes(859_520_964, 83_653_863, 123_060_480, 29_491_200),
    "SDXL": Sizes(2_567_463_684, 83_653_863, 817_720_320, 29_491_200),
}


def model(kind: str, gpu: SimulatedGpu, offload: str = "auto") -> SimulatedModel:
    return SimulatedModel(kind, SIZES[kind], PIXELS[kind], gpu, offload, forces_upcast=kind == "SDXL")


def sizes(kind: str) -> Sizes:
    """Count a real model's parameters on the meta device."""
    with torch.device("meta"):
        parts = {name: make() for name, make in real_models.parts(kind).items()}
    counts = {name: sum(each.numel() for each in part.parameters()) for name, part in parts.items()}
    encoders = sum(count for name, count in counts.items() if name.startswith("text"))
    layer = max(each.numel() for each in parts["unet"].parameters())
    return Sizes(counts["unet"], counts["vae"], encoders, layer)


@pytest.mark.slow
def test_sizes_are_those_of_the_real_configurations() -> None:
    assert {kind: sizes(kind) for kind in real_models.KINDS} == SIZES


@pytest.mark.parametrize("halves", [("bfloat16", "float16"), ("float16",)])
@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("kind", real_models.KINDS)
def test_every_gpu_starts_with_the_best_plan_that_fits(kind: str, memory: int, halves: tuple[str, ...]) -> None:
    gpu = SimulatedGpu(memory * GB, halves=halves)
    chosen = model(kind, gpu)
    plan, setting = choose(chosen)
    assert setting.precision == halves[0]
    assert gpu.peak <= gpu.free
    possible = placement.allowed("auto")
    better = possible[: possible.index(plan)]
    upcast = chosen.starts_upcast
    assert all(placement.gpu_bytes(each, replace(chosen.needs, upcast=upcast)) > gpu.free for each in better)


@pytest.mark.parametrize(("kind", "memory"), [("SD 1.5", 8), ("SDXL", 24)])
def test_precision_that_overflows_is_not_painted_with(kind: str, memory: int) -> None:
    gpu = SimulatedGpu(memory * GB, halves=("float16",), overflows=frozenset({"float16"}))
    assert choose(model(kind, gpu))[1].precision == "float32"


def test_slow_gpu_does_not_settle_on_float32() -> None:
    for pass_s in (0.9, 1.1, 20.0):
        gpu = SimulatedGpu(16 * GB, halves=("float16",), pass_s=pass_s)
        assert choose(model("SDXL", gpu))[1].precision == "float16"


@pytest.mark.parametrize("fails", [1, 3])
def test_allocation_that_fails_all_the_same_leads_to_the_next_plan(fails: int) -> None:
    gpu = SimulatedGpu(24 * GB, fails=fails)
    assert choose(model("SDXL", gpu))[0] == placement.PLANS[fails]


def test_last_plan_is_tried_twice_and_then_refused_with_what_can_be_done() -> None:
    assert choose(model("SDXL", SimulatedGpu(4 * GB, fails=1)))[0] == placement.PLANS[-1]
    with pytest.raises(ModelError, match=r"ran out of memory all the same\.$"):
        choose(model("SDXL", SimulatedGpu(4 * GB, fails=99)))
    with pytest.raises(ModelError, match=r"ran out of memory all the same\. Set MOMA_OFFLOAD=sequential\.$"):
        choose(model("SDXL", SimulatedGpu(24 * GB, fails=99), "model"))


def test_gpu_that_another_program_has_nearly_all_of_takes_the_plan_that_fits_or_is_refused_by_what_is_missing() -> None:
    plan, _ = choose(model("SDXL", SimulatedGpu(24 * GB, taken=21 * GB)))
    assert plan.offload == "sequential"
    with pytest.raises(ModelError, match=r"of its 24\.0 GB are free, .* GB are needed: .* GB are missing"):
        choose(model("SDXL", SimulatedGpu(24 * GB, taken=23 * GB)))


@pytest.mark.parametrize(("offload", "expected"), [("model", "model"), ("sequential", "sequential"), ("off", "")])
def test_setting_decides_what_leaves_the_gpu(offload: str, expected: str) -> None:
    assert choose(model("SDXL", SimulatedGpu(24 * GB), offload))[0].offload == expected


def test_what_does_not_fit_as_set_is_refused_with_what_is_missing() -> None:
    with pytest.raises(ModelError, match=r"does not fit on the GPU: .* GB are missing"):
        choose(model("SDXL", SimulatedGpu(4 * GB), "off"))


def test_choice_is_remembered_with_the_plan(tmp_path: Path) -> None:
    gpu = SimulatedGpu(8 * GB)
    first = choose(model("SDXL", gpu), tmp_path / "device.json")
    again = model("SDXL", gpu)
    assert choose(again, tmp_path / "device.json") == first
    assert again.tried == []


@pytest.mark.slow
def test_real_model_is_measured_and_its_parts_lie_as_chosen(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.pretend(monkeypatch)
    loaded = Model.load(str(tiny_models["sd1"]), device=cards.NAME)
    setting = choosing.choose(loaded, None)
    assert setting.precision == "bfloat16"
    assert loaded.networks(setting.precision, setting.memory_format)[0].dtype is torch.bfloat16
    assert loaded._networks.plan == placement.KEEP


@pytest.mark.slow
def test_offload_on_a_cpu_is_ignored_with_a_line_in_the_log(
    tiny_models: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    loaded = Model.load(str(tiny_models["sd1"]), device="cpu", offload="sequential")
    assert loaded.plans == (placement.KEEP,)
    assert "OFFLOAD=sequential is ignored: the model runs on the CPU" in caplog.text


@pytest.mark.slow
def test_model_that_fits_by_no_plan_is_refused_before_its_unet_is_loaded(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.pretend(monkeypatch, cards.Card(total=8 * GB, free=10**8))
    with pytest.raises(ModelError, match=r"The model sd1 does not fit on the GPU: 0\.1 of its 8\.0 GB are free"):
        Model.load(str(tiny_models["sd1"]), device=cards.NAME)
