"""Enlargements that are folded into convolutions: the same pictures, to the edge, from what is checked to fit."""

import copy
from typing import Any

import diffusers
import pytest
import torch
from diffusers.models.upsampling import Upsample2D
from torch import nn

from decoder import GUIDE, SceneDecoder, Shape
from worker.networks import upsampling
from worker.networks.upsampling import Tail, Upsampler


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(4)


def decoder(blocks: tuple[int, ...]) -> Any:
    """Make a tiny autoencoder's decoder, with these numbers of blocks in its stages."""
    channels = (8,) * len(blocks)
    tiny = diffusers.AutoencoderTiny(
        encoder_block_out_channels=channels, decoder_block_out_channels=channels,
        num_encoder_blocks=blocks, num_decoder_blocks=blocks,
    )  # fmt: skip
    return tiny.decoder.eval()


def kinds(network: nn.Module) -> list[type[nn.Module]]:
    return [type(each) for each in network.modules() if isinstance(each, (Tail, Upsampler, nn.Upsample))]


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(2, 4, 8, 8), (1, 4, 5, 9), (3, 4, 1, 1)])
@pytest.mark.parametrize(("blocks", "made"), [((1, 0), [Tail]), ((2, 1, 0), [Upsampler, Tail]), ((1, 1), [Upsampler])])
@torch.inference_mode()
def test_decoder_paints_the_same_picture_to_its_edges(
    blocks: tuple[int, ...], made: list[type[nn.Module]], shape: tuple[int, ...], memory_format: torch.memory_format
) -> None:
    usual = decoder(blocks)
    folded = copy.deepcopy(usual)
    upsampling.fold(folded)
    assert kinds(folded) == made
    latents = torch.randn(shape)
    before = usual(latents)
    after = folded.to(memory_format=memory_format)(latents.contiguous(memory_format=memory_format))
    assert after.shape == before.shape
    assert torch.allclose(after, before, atol=2e-6)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("times", "made"), [(4, [Upsampler, Upsampler, Tail]), (8, [Upsampler, Tail])])
@torch.inference_mode()
def test_decoder_of_folded_scenes_is_nearly_equal(
    times: int, made: list[type[nn.Module]], memory_format: torch.memory_format
) -> None:
    usual: Any = SceneDecoder(Shape((8, 8, 4), (1, 1, 1), finer=4 if times == 8 else 0)).eval()
    folded = copy.deepcopy(usual)
    upsampling.fold(folded)
    assert kinds(folded) == ([Upsampler, Upsampler, Tail, *made] if times == 8 else made)
    latents, guide = torch.randn(2, 4, 5, 9), torch.rand(2, GUIDE, 5 * times, 9 * times)
    before = usual(latents, guide)
    after = folded.to(memory_format=memory_format)(latents.contiguous(memory_format=memory_format), guide)
    assert after.shape == before.shape == (2, 3, 10 * times, 18 * times)
    assert torch.allclose(after, before, atol=2e-6)


@torch.inference_mode()
def test_edges_are_not_what_one_convolution_alone_would_make_of_them() -> None:
    folded = decoder((1, 0))
    upsampling.fold(folded)
    latents = torch.randn(1, 4, 6, 6)
    exact = folded(latents)
    for part in next(each for each in folded.modules() if isinstance(each, Tail)).edges:
        part.zero_()
    changed = (folded(latents) - exact).abs().amax((0, 1)) > 1e-4
    assert not changed[1:-1, 1:-1].any()
    assert changed[0].any() and changed[-1].any() and changed[:, 0].any() and changed[:, -1].any()


@torch.inference_mode()
def test_in_half_precision_it_is_no_further_from_the_exact_picture() -> None:
    usual = decoder((2, 1, 0))
    folded = copy.deepcopy(usual)
    upsampling.fold(folded)
    latents = torch.randn(4, 4, 16, 16).bfloat16()
    exact = usual(latents.float())
    off = [(network.bfloat16()(latents).float() - exact).square().mean() for network in (usual, folded)]
    assert 0 < off[1] <= 1.1 * off[0]


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Upsample(scale_factor=3), nn.Conv2d(4, 4, 3, padding=1)],
        [nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(4, 4, 3, padding=1)],
        [nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3)],
        [nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 5, padding=2)],
        [nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3, padding=1, stride=2)],
        [nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3, padding=1, groups=2)],
        [nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")],
        [nn.Upsample(scale_factor=2), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)],
    ],
)
def test_what_does_not_fit_stays_as_it_is(layers: list[nn.Module]) -> None:
    network: Any = nn.Sequential(nn.Sequential(*layers))
    upsampling.fold(network)
    assert [*network[0]] == layers


@torch.inference_mode()
def test_two_convolutions_with_something_between_or_a_bias_are_not_one() -> None:
    for between, bias in (([nn.ReLU()], False), ([], True)):
        layers = [nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3, padding=1, bias=bias), *between]
        usual = nn.Sequential(nn.Sequential(*layers, nn.Conv2d(4, 3, 3, padding=1)))
        folded = copy.deepcopy(usual)
        upsampling.fold(folded)
        assert kinds(folded) == [Upsampler]
        x = torch.randn(2, 4, 6, 6)
        assert torch.allclose(folded(x), usual(x), atol=2e-6)


@torch.inference_mode()
def test_upsampling_block_enlarges_by_two_and_by_any_other_measure() -> None:
    usual = nn.ModuleList([Upsample2D(8, use_conv=True)])
    folded = copy.deepcopy(usual)
    upsampling.fold(folded)
    assert kinds(folded) == [Upsampler]
    x = torch.randn(2, 8, 5, 5)
    for size in (None, (10, 10), (9, 9)):
        assert torch.allclose(folded[0](x, size), usual[0](x, size), atol=2e-6)


@pytest.mark.parametrize("settings", [{"use_conv_transpose": True}, {"use_conv": False}, {"norm_type": "ln_norm"}])
def test_other_upsampling_blocks_stay_as_they_are(settings: dict[str, object]) -> None:
    network = nn.ModuleList([Upsample2D(8, **({"use_conv": True} | settings))])
    upsampling.fold(network)
    assert type(network[0]) is Upsample2D
