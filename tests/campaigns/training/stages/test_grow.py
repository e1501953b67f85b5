"""Growing a model: what its base knew stays, its pictures are twice as large, what it left out has its own latents."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel

from studio.errors import StudioError
from studio.training import autoencoder, diffusion, growing
from studio.workspace.work_folder import Folder
from tests.support.studio_fixtures import Run, call

# NumPy's, about how diffusers' solvers make arrays.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def tiny(**changes: Any) -> AutoencoderTiny:
    torch.manual_seed(0)
    settings: dict[str, Any] = {
        "encoder_block_out_channels": (28, 28), "decoder_block_out_channels": (28, 28), "num_encoder_blocks": (1, 1),
        "num_decoder_blocks": (1, 1), "latent_channels": 3, "scaling_factor": 0.8,
    }  # fmt: skip
    return AutoencoderTiny(**settings | changes).eval()


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return (
        torch.rand(24, 3, 16, 16, generator=torch.Generator().manual_seed(1))
        .repeat_interleave(2, 2)
        .repeat_interleave(2, 3)
    )


@pytest.fixture(scope="module")
def pair(pictures: torch.Tensor) -> tuple[Any, Any]:
    base = tiny()
    return base, growing.autoencoder(base, pictures, latent=8).eval()


@torch.no_grad()
def test_first_latents_are_those_of_the_base_for_the_picture_halved(pair: Any, pictures: torch.Tensor) -> None:
    base, made = pair
    of_the_half = autoencoder.scaled_latents(base, pictures[:, :, ::2, ::2])
    assert torch.allclose(autoencoder.scaled_latents(made, pictures)[:, :3], of_the_half, atol=1e-5)


@torch.no_grad()
def test_new_latents_tell_what_the_first_do_not_and_the_most_telling_are_the_largest(
    pair: Any, pictures: torch.Tensor
) -> None:
    latents = autoencoder.scaled_latents(pair[1], pictures).transpose(0, 1).flatten(1)
    among = torch.corrcoef(latents)
    assert among[:3, 3:].abs().max() < 0.25
    sizes = latents[3:].std(1)
    assert sizes[0] == pytest.approx(growing.LARGEST, rel=0.02) and sizes.argmax() == 0
    assert sizes.min() > growing.LEAST * 0.95


@torch.no_grad()
def test_decoder_begins_with_what_the_base_paints(pair: Any, pictures: torch.Tensor) -> None:
    base, made = pair
    latents = autoencoder.scaled_latents(made, pictures)
    painted = autoencoder.decode_latents(made, latents)
    assert painted.shape == pictures.shape
    otherwise = torch.cat([latents[:, :3], torch.randn_like(latents[:, 3:])], 1)
    assert torch.equal(autoencoder.decode_latents(made, otherwise), painted)
    even = torch.zeros(1, 8, 4, 4)
    inner = autoencoder.decode_latents(made, even)[..., 12:20, 12:20].mean((2, 3))
    assert torch.allclose(inner, autoencoder.decode_latents(base, even[:, :3])[..., 6:10, 6:10].mean((2, 3)), atol=0.05)


@torch.no_grad()
def test_unet_begins_with_what_the_base_predicts(pictures: torch.Tensor) -> None:
    del pictures
    base = diffusion.unet((16, 32), latent=4, sample=8, width=16).eval()
    made = growing.unet(base, latent=6).eval()
    shown, words = torch.randn(2, 6, 8, 8), torch.randn(2, 5, 16)
    predicted = made(shown, 300, encoder_hidden_states=words).sample
    assert torch.allclose(predicted[:, :4], base(shown[:, :4], 300, encoder_hidden_states=words).sample, atol=1e-5)
    assert not predicted[:, 4:].any()


@pytest.mark.parametrize(
    ("base", "latent", "says"),
    [
        (
            autoencoder.make_autoencoder((8, 8), latent=4, size=16),
            8,
            "Only an AutoencoderTiny can be grown, not AutoencoderKL.",
        ),
        (tiny(), 2, "The base has 3 latent channels; 2 would be fewer."),
        (tiny(encoder_block_out_channels=(16, 16)), 8, "An encoder of 16 channels cannot be grown"),
    ],
    ids=["another class", "fewer latents", "thin"],
)
def test_what_cannot_be_grown_is_refused(base: Any, latent: int, says: str, pictures: torch.Tensor) -> None:
    with pytest.raises(StudioError, match=says.replace(".", r"\.")):
        growing.autoencoder(base, pictures, latent=latent)


@pytest.mark.slow
def test_stages_grow_encode_train_and_refine(drawn: Folder, base: Path, tmp_path: Path, run: Run) -> None:
    shutil.copytree(drawn.path, tmp_path / "work")
    shutil.copytree(base, tmp_path / "model")
    shutil.rmtree(tmp_path / "model/vae")
    tiny(latent_channels=4).save_pretrained(tmp_path / "model/vae")
    work = ("--folder", tmp_path / "work")
    call("compose", *work, "--number", 8, "--sheet", 0, "--hand", "neon")
    grow = ("grow", *work, "--base", tmp_path / "model", "--latent", 6, "--size", 32, "--shown", 6)
    report = run(*grow)
    assert (report["latents"], report["of_the_base"], report["grown_now"]) == (6, 4, True)
    encoded = ("encode", *work, "--base", tmp_path / "model", "--size", 32, "--shard", 4, "--batch", 2, "--captions", 1)
    assert run(*encoded, "--jobs", 2)["encoded_now"] == 2
    in_two = [path.read_bytes() for path in sorted((tmp_path / "work/latents").glob("shard-*"))]
    shutil.rmtree(tmp_path / "work/latents")
    run(*encoded)
    assert [path.read_bytes() for path in sorted((tmp_path / "work/latents").glob("shard-*"))] == in_two
    learn = ("train", *work, "--base", tmp_path / "model", "--tune", "full", "--steps", 2, "--batch", 2, "--warmup", 1,
             "--rate", 0.01)  # fmt: skip
    learned = tmp_path / "work/model/unet"
    run(*learn, "--latents", 4, "--validate-every", 2, "--painted-in", 1, "--run", "broad")
    broad = UNet2DConditionModel.from_pretrained(learned)
    assert broad.config.in_channels == 4
    mixed = ("--unet", learned, "--of-base", 0.25)
    run(*learn, *mixed, "--rate", 1e-6, "--run", "fine")
    fine = UNet2DConditionModel.from_pretrained(learned)
    assert fine.config.in_channels == 6
    first = UNet2DConditionModel.from_pretrained(tmp_path / "model/unet")
    began = 0.75 * broad.conv_in.weight + 0.25 * first.conv_in.weight
    assert torch.allclose(began, fine.conv_in.weight[:, :4], atol=1e-4)
    assert not torch.allclose(began, broad.conv_in.weight, atol=1e-4)
    assert "cannot be mixed" in call(*learn, *mixed, "--run", "again", ok=False)["error"]  # it has six now
    for wrong, says in (
        (("--unet", learned), "--tune full"),
        (("--tune", "full", "--of-base", 0.5), "--of-base requires --unet"),
    ):
        assert says in call("train", *work, "--base", tmp_path / "model", *wrong, ok=False)["error"]
    refine = ("autoencoder", *work, "--refine", "--size", 32, "--batch", 2, "--warmup", 1, "--measured", 2,
              "--painted", 4)  # fmt: skip
    said = run(*refine, "--piece", 16, "--steps", 6)
    assert said["taken_now"] == 6 and said["psnr"]["neon"] > 0
    refined = (tmp_path / "work/model/vae/diffusion_pytorch_model.safetensors").read_bytes()
    assert run(*grow)["grown_now"] is False
    assert (tmp_path / "work/model/vae/diffusion_pytorch_model.safetensors").read_bytes() == refined
    assert "must be fixed" in str(call("autoencoder", *work, "--painted", 4, "--steps", 1, ok=False)["error"])


def shown(network: Any, seed: int = 1) -> torch.Tensor:
    """Ask a UNet for its prediction of made-up latents, times and words."""
    chance = torch.Generator().manual_seed(seed)
    latents = torch.randn(2, network.config.in_channels, 8, 8, generator=chance)
    words = torch.randn(2, 5, 16, generator=chance)
    with torch.no_grad():
        answer: torch.Tensor = network(latents, torch.tensor([7.0, 600.0]), words, return_dict=False)[0]
    return answer


def learned(channels: tuple[int, ...] = (16, 32, 32), taken: int | None = None) -> Any:
    """Make a UNet whose every weight differs from what it began with, as after learning."""
    torch.manual_seed(3)
    network = diffusion.unet(channels, latent=4, inputs=taken, sample=8, width=16)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    return network.eval()


@pytest.mark.parametrize("layers", [(2, 1, 1), (3, 1, 1), (1, 1, 1)])
@pytest.mark.parametrize("taken", [None, 8])
def test_deeper_unet_predicts_what_its_base_does(layers: tuple[int, ...], taken: int | None) -> None:
    base = learned(taken=taken)
    made = growing.deeper(base, layers).eval()
    for seed in range(3):
        assert torch.allclose(shown(made, seed), shown(base, seed), atol=1e-5)
    more = sum(value.numel() for value in made.parameters()) - sum(value.numel() for value in base.parameters())
    assert (more > 0) == (layers[0] > 1) and made.config.in_channels == base.config.in_channels


def test_new_layers_of_a_deeper_unet_learn(tmp_path: Path) -> None:
    made = growing.deeper(learned(), (2, 1, 1))
    made.save_pretrained(tmp_path / "deeper")
    again = UNet2DConditionModel.from_pretrained(tmp_path / "deeper")
    assert torch.allclose(shown(again.eval()), shown(made.eval()))
    again.train()(torch.randn(1, 4, 8, 8), 5, torch.randn(1, 5, 16), return_dict=False)[0].square().mean().backward()
    for block in (again.down_blocks[0], again.up_blocks[-1]):
        assert float(block.resnets[1].conv2.weight.grad.abs().max()) > 0


@pytest.mark.parametrize(
    ("layers", "says"),
    [((2, 1), "cannot be extended to 2, 1"), ((2, 0, 1), "cannot be extended"), ((2, 1, 1, 1), "cannot be extended"),
     ((1, 2, 1), "without attention"), ((2, 1, 3), "without attention")],
)  # fmt: skip
def test_unet_cannot_be_made_shallower_or_deeper_where_it_attends(layers: tuple[int, ...], says: str) -> None:
    with pytest.raises(StudioError, match=says):
        growing.deeper(learned(), layers)


def test_deeper_unet_is_deep_enough() -> None:
    with pytest.raises(StudioError, match="layers per level cannot be extended"):
        growing.deeper(growing.deeper(learned(), (2, 1, 1)), (3, 1, 1))
