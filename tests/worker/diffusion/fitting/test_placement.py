"""Where the parts of large models lie: on GPUs of several sizes, on machines of little memory, on a CPU."""

from dataclasses import replace

import pytest

from worker.diffusion.fitting import placement
from worker.diffusion.fitting.placement import FLOAT8, GB, KEEP, Needs, Plan
from worker.diffusion.fitting.sizes import Sizes

FLUX = Sizes(11_901_408_320, 83_819_683, 4_885_371_648, 113_246_208, 3_250_000_000)
"""About those of FLUX.1, whose network and text encoders come to 34 GB in half precision."""

PIXELS = 1024 * 1024
HOST = 64 * GB


def first(needs: Needs, memory: int, *, offload: str = "auto", host: int = HOST) -> Plan:
    """Return the plan that is tried first on a GPU of so many GB, all of which are free."""
    return placement.plans(offload, needs, memory * GB, memory * GB, host=host)[0]


def test_network_is_stored_in_float8_where_half_precision_does_not_fit() -> None:
    needs = Needs(FLUX, PIXELS, stores_float8=True)
    assert first(needs, 48) == KEEP
    assert first(needs, 24).offload == "model"
    assert not first(needs, 24).precisions
    assert first(needs, 20).precisions == (FLOAT8,)
    assert first(needs, 12).offload == "sequential"
    assert first(Needs(FLUX, PIXELS), 20).offload == "sequential"


def test_text_encoders_are_loaded_for_each_walk_where_the_machine_has_little_memory() -> None:
    needs = Needs(FLUX, PIXELS, stores_float8=True)
    assert not first(needs, 24).encoders_dropped
    short = first(needs, 24, host=28 * GB)
    assert short.encoders_dropped
    assert "encoders loaded for each walk" in short.name
    assert placement.host_bytes(short, needs) <= 28 * GB


def test_machine_without_memory_for_any_plan_learns_what_is_missing() -> None:
    needs = Needs(FLUX, PIXELS, stores_float8=True)
    with pytest.raises(
        placement.NotEnoughMemory, match=r"GB of the machine's memory are needed, 4\.0 GB are free: \d+\.\d"
    ):
        first(needs, 24, host=4 * GB)


def test_named_offload_tries_float8_last_and_off_never() -> None:
    needs = Needs(FLUX, PIXELS, stores_float8=True)
    named = placement.plans("model", needs, 0, 0, host=HOST)
    assert [plan.precisions for plan in named] == [(), (), (FLOAT8,)]
    assert all(not plan.precisions for plan in placement.plans("off", needs, 0, 0, host=HOST))


def test_float8_plan_leaves_room_for_the_layer_that_computes() -> None:
    plan = Plan(True, "model", tiles=True, precisions=(FLOAT8,))
    needs = Needs(FLUX, PIXELS, stores_float8=True)
    without = placement.gpu_bytes(plan, Needs(replace(FLUX, encoders=0, layer=0), PIXELS, stores_float8=True))
    assert placement.gpu_bytes(plan, needs) == without + placement.HALF_BYTES * FLUX.layer


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (128, KEEP),
        (48, Plan(precisions=("bfloat16",))),
        (30, Plan(encoders_leave=True, encoders_dropped=True, precisions=("bfloat16",))),
    ],
)
def test_cpu_holds_a_large_model_as_its_memory_allows(host: int, expected: Plan) -> None:
    needs = Needs(FLUX, 512 * 512, encoder_bytes=2)
    assert placement.cpu_plans(needs, host * GB) == (expected,)


def test_cpu_with_too_little_memory_refuses() -> None:
    with pytest.raises(placement.NotEnoughMemory, match=r"16\.0 GB are free: \d+\.\d GB are missing"):
        placement.cpu_plans(Needs(FLUX, 512 * 512, encoder_bytes=2), 16 * GB)
