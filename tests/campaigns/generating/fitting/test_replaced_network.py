"""A network of one file in the place of a model's own: used where it is of the model's family, else refused by name."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.support import gguf_files
from worker.diffusion.model import Model, ModelError

pytestmark = pytest.mark.slow

NAMES = ("dev", "sd3", "z-image", "klein")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")


def changed(folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a model's network, each a little larger."""
    return {name: weight * 1.125 for name, weight in weights(folder).items()}


@pytest.mark.parametrize("name", NAMES)
def test_file_takes_the_place_of_the_network(flow_models: dict[str, Path], name: str, tmp_path: Path) -> None:
    file, expected = tmp_path / "other.safetensors", changed(flow_models[name])
    save_file(expected, file)
    model = Model.load(str(flow_models[name]), device="cpu", transformer=str(file))
    network, _ = model.networks("float32", "contiguous")
    found = network.unet.state_dict()
    assert all(torch.equal(found[key], weight) for key, weight in expected.items())
    assert model.revision != Model.load(str(flow_models[name]), device="cpu").revision


@pytest.mark.parametrize("name", NAMES)
def test_quantised_file_predicts_what_its_weights_do(flow_models: dict[str, Path], name: str, tmp_path: Path) -> None:
    tensors = {
        key: weight.half().float() if weight.ndim > 1 else weight for key, weight in changed(flow_models[name]).items()
    }
    plain = tmp_path / "plain.safetensors"
    save_file(tensors, plain)
    found = []
    for file in (plain, gguf_files.write(tmp_path / "other.gguf", tensors)):
        model = Model.load(str(flow_models[name]), device="cpu", transformer=str(file))
        text, _ = model.encode("a bear", "")
        network, _ = model.networks("float32", "contiguous")
        pooled = None if text.pooled is None else torch.from_numpy(text.pooled)[None]
        latents = torch.randn(1, *model.latent_shape, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            found.append(model.predict(network, latents, 500.0, torch.from_numpy(text.states)[None], pooled))
    assert float(found[0].std()) > 0.01
    assert torch.allclose(*found, atol=1e-4)


def test_file_of_another_family_is_refused_by_name(flow_models: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "flux2.safetensors"
    save_file({"single_stream_modulation.lin.weight": torch.zeros(2, 2)}, file)
    with pytest.raises(ModelError, match=r"is of the family FLUX\.2, the model of FLUX\.1"):
        Model.load(str(flow_models["dev"]), device="cpu", transformer=str(file))
    quantised = gguf_files.write(tmp_path / "flux2.gguf", {"single_stream_modulation.lin.weight": torch.zeros(2, 2)})
    with pytest.raises(ModelError, match=r"flux2\.gguf is of the family FLUX\.2, the model of Stable Diffusion 3"):
        Model.load(str(flow_models["sd3"]), device="cpu", transformer=str(quantised))


def test_lora_is_refused_as_one(flow_models: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    save_file({"transformer.x_embedder.lora_A.weight": torch.zeros(2, 2)}, file)
    with pytest.raises(ModelError, match="is a LoRA, which changes a model"):
        Model.load(str(flow_models["dev"]), device="cpu", transformer=str(file))


def test_unet_has_no_file_of_its_own(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not for this model: name the file itself as MOMA_MODEL"):
        Model.load(str(tiny_models["sd1"]), device="cpu", transformer=str(tmp_path / "any.safetensors"))


@pytest.mark.parametrize("name", ["missing.safetensors", "network.pt", "folder.gguf"])
def test_file_that_is_none_is_refused(flow_models: dict[str, Path], tmp_path: Path, name: str) -> None:
    (tmp_path / "network.pt").write_bytes(b"x")
    (tmp_path / "folder.gguf").mkdir()
    with pytest.raises(ModelError, match=r"must name a \.safetensors or a \.gguf file that is there"):
        Model.load(str(flow_models["dev"]), device="cpu", transformer=str(tmp_path / name))


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.gguf"])
def test_broken_file_is_refused(flow_models: dict[str, Path], tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"GGUF and nothing more")
    with pytest.raises(ModelError, match=f"file {tmp_path / name} is broken"):
        Model.load(str(flow_models["dev"]), device="cpu", transformer=str(tmp_path / name))


def test_incomplete_file_is_refused_when_it_is_loaded(flow_models: dict[str, Path], tmp_path: Path) -> None:
    file, tensors = tmp_path / "part.safetensors", weights(flow_models["dev"])
    tensors.pop(next(name for name in tensors if name.startswith("single_transformer_blocks.")))
    save_file(tensors, file)
    model = Model.load(str(flow_models["dev"]), device="cpu", transformer=str(file))
    with pytest.raises(ModelError, match=r"part\.safetensors"):
        model.networks("float32", "contiguous")


def test_gguf_without_its_extra_names_the_extra(
    flow_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = gguf_files.write(tmp_path / "other.gguf", weights(flow_models["dev"]))
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ModelError, match="install moma-lisa with the extra gguf"):
        Model.load(str(flow_models["dev"]), device="cpu", transformer=str(file))
