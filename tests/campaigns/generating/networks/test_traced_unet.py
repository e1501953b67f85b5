"""The traced network: the same bits as the network itself, in any batch, and itself where it cannot be traced."""

from collections.abc import Callable

import pytest
import torch

from tests.support.raising import raising
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks import traced_unet
from worker.networks.packed_layers import PackedConv, PackedLinear
from worker.networks.traced_unet import Traced

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Give the untraced network one thread too, as every part of a batch has: their number changes last bits."""
    torch.set_num_threads(1)


def network(
    painters: dict[str, WalkPipeline], kind: str, precision: str = "float32", memory_format: str = "contiguous"
) -> Traced:
    unet, _ = painters[kind].model.networks(precision, memory_format)
    assert isinstance(unet, Traced)
    return unet


def given(painter: WalkPipeline, rows: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    positive, _ = painter.model.encode("a bear", "")
    words = torch.from_numpy(positive.states).to(dtype)
    return torch.randn(rows, *painter.model.latent_shape).to(dtype), words.repeat(rows, 1, 1)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", ["sd1", "bert"])
@torch.inference_mode()
def test_trace_gives_the_same_bits_in_any_batch(painters: dict[str, WalkPipeline], kind: str, precision: str) -> None:
    unet = network(painters, kind, precision)
    for rows, t in ((1, 500), (2, torch.tensor(7)), (5, torch.tensor(33.25)), (2, 999)):
        latents, words = given(painters[kind], rows, unet.dtype)
        [plain] = unet.unet(latents, t, words, return_dict=False)
        for _ in range(3):  # what runs a trace looks at its first runs, and then changes it
            assert torch.equal(unet(latents, t, words), plain)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (21, 32)])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@torch.inference_mode()
def test_trace_with_packed_weights_gives_the_same_bits(
    painters: dict[str, WalkPipeline], precision: str, height: int, width: int
) -> None:
    unet = network(painters, "bert", precision, "channels_last")
    for rows in (1, 2, 5, 8):
        _, words = given(painters["bert"], rows, unet.dtype)
        latents = torch.randn(rows, painters["bert"].model.latent_shape[0], height, width).to(unet.dtype)
        latents = latents.contiguous(memory_format=torch.channels_last)
        parts = zip(latents.chunk(2), words.chunk(2), strict=True) if rows > 5 else [(latents, words)]
        torch.set_num_threads(1)
        plain = torch.cat([unet.unet(part, 500, states, return_dict=False)[0] for part, states in parts])
        torch.set_num_threads(2)
        for _ in range(3):
            assert torch.equal(unet(latents, 500, words), plain)
    [packed] = unet._packed
    layers = [each for each in packed.modules() if isinstance(each, (PackedConv, PackedLinear)) and each.is_packed]
    assert layers
    assert all(layer.weight.is_mkldnn for layer in layers)


@pytest.mark.parametrize(("height", "width"), [(21, 32), (32, 9)])
@torch.inference_mode()
def test_trace_of_sides_that_cannot_be_halved_gives_the_same_bits(
    painters: dict[str, WalkPipeline], height: int, width: int
) -> None:
    unet = network(painters, "bert")
    _, words = given(painters["bert"], 4, unet.dtype)
    latents = torch.randn(4, painters["bert"].model.latent_shape[0], height, width)
    assert torch.equal(unet(latents, 500, words), unet.unet(latents, 500, words, return_dict=False)[0])


@torch.inference_mode()
@pytest.mark.parametrize(
    "trace",
    [raising(RuntimeError("no trace")), lambda *_, **__: lambda latents, *_: latents + 1],
    ids=["fails", "yields something else"],
)
def test_network_that_cannot_be_traced_runs_as_it_is(
    painters: dict[str, WalkPipeline], monkeypatch: pytest.MonkeyPatch, trace: Callable[..., object]
) -> None:
    unet = Traced(network(painters, "sd1").unet)
    monkeypatch.setattr(torch.jit, "trace", trace)
    latents, words = given(painters["sd1"], 2, torch.float32)
    assert torch.equal(unet(latents, 3, words), unet.unet(latents, 3, words, return_dict=False)[0])


@torch.inference_mode()
def test_large_network_is_not_traced(painters: dict[str, WalkPipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traced_unet, "SMALL", 10)
    monkeypatch.setattr(torch.jit, "trace", None)
    unet = Traced(network(painters, "sd1").unet)
    latents, words = given(painters["sd1"], 2, torch.float32)
    assert unet(latents, 3, words).shape == latents.shape


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@torch.inference_mode()
def test_batch_runs_in_the_same_parts_whenever_it_is_run(painters: dict[str, WalkPipeline], precision: str) -> None:
    unet = network(painters, "bert", precision)
    latents, words = given(painters["bert"], 9, unet.dtype)
    torch.set_num_threads(2)
    expected = torch.cat([unet(part, 500, words[: len(part)]) for part in (latents[:5], latents[5:])])
    for _ in range(3):
        assert torch.equal(unet(latents, 500, words), expected)
