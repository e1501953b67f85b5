"""Latents and a drawing become a picture of any sides; what is saved is loaded again, or it is said why not."""

import json
from pathlib import Path

import pytest
import torch

import decoder
from decoder import GUIDE, DecoderError, SceneDecoder, Shape

SMALL = Shape((8, 8, 4), (1, 1, 1))


@pytest.fixture
def network() -> SceneDecoder:
    torch.manual_seed(0)
    return SceneDecoder(SMALL).eval()


def given(height: int, width: int, times: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    dice = torch.Generator().manual_seed(1)
    latents = torch.randn(2, 4, height, width, generator=dice)
    colours = torch.rand(2, GUIDE - 1, times * height, times * width, generator=dice) * 2 - 1
    share = torch.rand(2, 1, times * height, times * width, generator=dice)
    return latents, torch.cat([colours * share, share], 1)


@pytest.mark.parametrize("sides", [(4, 4), (4, 6), (9, 16), (1, 3)])
def test_decoder_of_any_sides_returns_eight_times_these(network: SceneDecoder, sides: tuple[int, int]) -> None:
    assert network(*given(*sides)).shape == (2, 3, 8 * sides[0], 8 * sides[1])


def test_decoder_of_a_piece_paints_what_it_paints_of_the_whole(network: SceneDecoder) -> None:
    latents, guide = given(16, 16)
    whole = network(latents, guide)
    piece = network(latents[..., :12], guide[..., :48])
    assert torch.allclose(piece[..., :40], whole[..., :40], atol=1e-5)


@pytest.mark.parametrize("times", [4, 8])
def test_decoder_of_what_is_even_paints_no_grid(network: SceneDecoder, times: int) -> None:
    network.add_finer(4)
    latents = torch.randn(1, 4, 1, 1).expand(1, 4, 16, 16)
    guide = torch.rand(1, GUIDE, 1, 1).expand(1, GUIDE, 16 * times, 16 * times)
    picture = network(latents, guide)
    middle = picture[..., 14 * times : 18 * times, 14 * times : 18 * times]
    assert torch.allclose(middle, middle[..., :1, :1].expand_as(middle), atol=1e-6)


def test_decoder_heeds_latents_and_guide_at_both_scales(network: SceneDecoder) -> None:
    latents, guide = given(4, 4)
    before = network(latents, guide)
    assert not torch.equal(network(latents + 0.5, guide), before)
    assert not torch.equal(network(latents, guide.flip(-1)), before)
    share = guide.clone()
    share[:, -1] = 0
    assert not torch.equal(network(latents, share), before), (
        "where marks are drawn is shown, and not their colours alone"
    )
    network.four_times.led.weight.data.zero_()
    still = network(latents, guide)
    assert not torch.allclose(network(latents, guide.flip(-1)), still), "the averaged guide leads the level before"


@pytest.mark.parametrize("sides", [(16, 12), (8, 8), (32, 32)])
def test_decoder_with_a_guide_that_does_not_fit_says_so(network: SceneDecoder, sides: tuple[int, int]) -> None:
    latents, _ = given(4, 4)
    with pytest.raises(ValueError, match=f"guide of {sides[0]} x {sides[1]} does not fit latents of 4 x 4"):
        network(latents, torch.zeros(2, GUIDE, *sides))


def test_finer_stage_doubles_the_picture_and_leaves_the_other_as_it_was(network: SceneDecoder) -> None:
    latents, guide = given(4, 6)
    before = network(latents, guide)
    network.add_finer(4)
    assert network(*given(4, 6, 8)).shape == (2, 3, 64, 96)
    assert torch.equal(network(latents, guide), before)


@pytest.mark.parametrize("finer", [0, 4])
def test_saved_decoder_is_loaded_but_for_half_precision(network: SceneDecoder, tmp_path: Path, finer: int) -> None:
    if finer:
        network.add_finer(finer)
    decoder.save(network, tmp_path / "decoder")
    assert sorted(path.name for path in (tmp_path / "decoder").iterdir()) == [decoder.CONFIG, decoder.WEIGHTS]
    again = decoder.load(tmp_path / "decoder").eval()
    assert again.shape == network.shape and again.shape.finer == finer
    latents, guide = given(4, 4, 8 if finer else 4)
    assert torch.allclose(again(latents, guide), network(latents, guide), atol=1e-2)
    assert {value.dtype for value in again.state_dict().values()} == {torch.float32}


def test_folder_that_is_no_decoder_is_named(network: SceneDecoder, tmp_path: Path) -> None:
    with pytest.raises(DecoderError, match=r"no scene decoder: config\.json is missing"):
        decoder.load(tmp_path)
    decoder.save(network, tmp_path)
    (tmp_path / decoder.WEIGHTS).unlink()
    with pytest.raises(DecoderError, match=r"decoder\.safetensors is missing"):
        decoder.load(tmp_path)
    (tmp_path / decoder.WEIGHTS).write_bytes(b"none")
    with pytest.raises(DecoderError, match=r"decoder\.safetensors cannot be loaded"):
        decoder.load(tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"version": 9}, "of another version than 1"),
        ([], "of another version than 1"),
        ({"channels": [8, 8]}, "three levels"),
        ({"channels": [8, 0, 4]}, "three levels"),
        ({"channels": None}, "does not say how the decoder is built"),
        ({"channels": [8, 8, 16]}, "cannot be loaded"),
    ],
)
def test_config_of_another_decoder_is_refused(network: SceneDecoder, tmp_path: Path, given: object, said: str) -> None:
    decoder.save(network, tmp_path)
    own = json.loads((tmp_path / decoder.CONFIG).read_text())
    (tmp_path / decoder.CONFIG).write_text(json.dumps(own | given if isinstance(given, dict) else given))
    with pytest.raises(DecoderError, match=said):
        decoder.load(tmp_path)
    (tmp_path / decoder.CONFIG).write_text("{")
    with pytest.raises(DecoderError, match="cannot be read"):
        decoder.load(tmp_path)
