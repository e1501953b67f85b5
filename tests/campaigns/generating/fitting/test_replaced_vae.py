"""A VAE in the place of a model's own: used where it suits the model's latents, else refused by name."""

import shutil
from pathlib import Path

import diffusers
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.support.own_calls import change
from worker.diffusion.model import Model, ModelError

pytestmark = pytest.mark.slow


@pytest.fixture
def other(tiny_models: dict[str, Path], tmp_path: Path) -> Path:
    """Save a VAE like that of the tiny models, with other weights."""
    torch.manual_seed(99)
    config = diffusers.AutoencoderKL.load_config(tiny_models["sd1"] / "vae")
    diffusers.AutoencoderKL.from_config(config).save_pretrained(tmp_path / "other")
    return tmp_path / "other"


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path / "diffusion_pytorch_model.safetensors")


def test_folder_takes_the_place_of_the_models_own(tiny_models: dict[str, Path], other: Path) -> None:
    own = Model.load(str(tiny_models["sd1"]), device="cpu")
    model = Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(other))
    for name, expected in weights(other).items():
        assert torch.equal(model.vae().state_dict()[name], expected)
    assert model.revision != own.revision
    assert len(model.revision) == len(own.revision)


def test_whole_models_folder_lends_its_vae(tiny_models: dict[str, Path]) -> None:
    model = Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(tiny_models["sd2"]))
    for name, expected in weights(tiny_models["sd2"] / "vae").items():
        assert torch.equal(model.vae().state_dict()[name], expected)


def test_single_file_takes_its_place_too(tiny_models: dict[str, Path], other: Path, tmp_path: Path) -> None:
    file = tmp_path / "vae.safetensors"
    save_file(weights(other), file)
    model = Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(file))
    for name, expected in weights(other).items():
        assert torch.equal(model.vae().state_dict()[name], expected)
    assert model.vae().config.scaling_factor == 0.18215


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"latent_channels": 16}, "its latent channels are 16, the model's 4"),
        ({"scaling_factor": 0.13025}, "its scaling_factor are 0.13025, the model's 0.18215"),
        ({"block_out_channels": [16, 32, 32]}, "its pixels to a latent are 4, the model's 2"),
        ({"_class_name": "AutoencoderDC"}, "is of the class AutoencoderDC"),
    ],
)
def test_vae_for_other_latents_is_refused_by_name(
    tiny_models: dict[str, Path], other: Path, settings: dict[str, object], said: str
) -> None:
    change(other / "config.json", **settings)
    with pytest.raises(ModelError, match=f"The VAE {other} .*{said}"):
        Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(other))


def test_single_file_for_other_latents_is_refused_by_name(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "vae.safetensors"
    save_file({"first_stage_model.decoder.conv_in.weight": torch.zeros(32, 16, 3, 3)}, file)
    with pytest.raises(ModelError, match=f"The VAE {file} .*its latent channels are 16, the model's 4"):
        Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(file))


@pytest.mark.parametrize(
    ("name", "said"),
    [("gone", "is missing"), ("vae.ckpt", "must be a .safetensors file"), ("vae.safetensors", "is broken")],
)
def test_what_is_no_vae_is_refused_by_name(tiny_models: dict[str, Path], tmp_path: Path, name: str, said: str) -> None:
    if name != "gone":
        (tmp_path / name).write_bytes(b"no weights")
    with pytest.raises(ModelError, match=f"The VAE {tmp_path / name} .*{said}"):
        Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(tmp_path / name))


def test_vae_without_weights_is_refused(tiny_models: dict[str, Path], other: Path, tmp_path: Path) -> None:
    shutil.copytree(other, tmp_path / "empty", ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(ModelError, match="has no weights"):
        Model.load(str(tiny_models["sd1"]), device="cpu", vae=str(tmp_path / "empty"))
