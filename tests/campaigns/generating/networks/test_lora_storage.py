"""LoRA files over transformers that are stored in float8, read from GGUF files, or offloaded layer by layer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.support import cards, flow_lora_files, gguf_files
from tests.support.lora_files import adapter_of
from worker.diffusion.model import Model
from worker.networks.adapters import AdapterFile

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::UserWarning")]

NAMES = ("dev", "sd3", "z-image", "klein")


def lora(folder: Path, path: Path) -> AdapterFile:
    flow_lora_files.save(folder, path, parts=("transformer",))
    return adapter_of(path)


def predicted(model: Model, precision: str, *files: AdapterFile) -> torch.Tensor:
    """Return what the network predicts for two rows, of which the second has half the weight."""
    text, _ = model.encode("a bear", "")
    network, _ = model.networks(precision, "contiguous", {file: [1.0, 0.5] for file in files}, decoder="float32")
    latents = torch.randn(2, *model.latent_shape, generator=torch.Generator().manual_seed(1)).to(model.device)
    states, pooled = (
        None if each is None else torch.from_numpy(np.stack([each] * 2)).to(model.device)
        for each in (text.states, text.pooled)
    )
    assert states is not None
    with torch.inference_mode():
        return model.predict(network, latents, 500.0, states, pooled, guidance=3.5)


def large(folder: Path, **how: str) -> Model:
    """Load a model that is treated as a large one, whose network is not kept in float32."""
    model = Model.load(str(folder), device="cpu", **how)
    model._networks._keeps_all = False
    return model


@pytest.mark.parametrize("name", NAMES)
def test_float8_network_predicts_as_its_weights_do_with_the_files_own_matrices(
    flow_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    file, model = lora(flow_models[name], tmp_path / "lora.safetensors"), large(flow_models[name])
    plain = predicted(model, "float8")
    stored: dict[str, Any] = dict(model.networks("float8", "contiguous", decoder="float32")[0].unet.state_dict())
    assert any(weight.dtype is torch.float8_e4m3fn for weight in stored.values())
    found = predicted(model, "float8", file)
    assert torch.equal(predicted(model, "float8"), plain)

    rounded = large(flow_models[name])
    network, _ = rounded.networks("bfloat16", "contiguous", decoder="float32")
    network.unet.load_state_dict({key: weight.to(torch.bfloat16) for key, weight in stored.items()})
    assert torch.equal(predicted(rounded, "bfloat16", file), found)
    assert float((found - plain).norm() / plain.norm()) > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_quantised_network_predicts_with_a_lora_as_its_weights_do(
    flow_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    tensors = load_file(flow_models[name] / "transformer" / "diffusion_pytorch_model.safetensors")
    halves = {key: weight.half().float() if weight.ndim > 1 else weight for key, weight in tensors.items()}
    plain = tmp_path / "plain.safetensors"
    save_file(halves, plain)
    file = lora(flow_models[name], tmp_path / "lora.safetensors")
    found = []
    for network in (plain, gguf_files.write(tmp_path / "other.gguf", halves)):
        model = Model.load(str(flow_models[name]), device="cpu", transformer=str(network))
        without = predicted(model, "float32")
        found.append(predicted(model, "float32", file))
        assert float((found[-1] - without).norm() / without.norm()) > 0.1
        assert torch.equal(predicted(model, "float32"), without)
    assert torch.allclose(*found, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("offload", ["model", "sequential"])
def test_lora_lies_over_a_network_that_is_offloaded_and_is_taken_off(
    flow_models: dict[str, Path], tmp_path: Path, name: str, offload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.pretend(monkeypatch)
    file = lora(flow_models[name], tmp_path / "lora.safetensors")
    placed, moved = (Model.load(str(flow_models[name]), device=cards.NAME, offload=how) for how in ("off", offload))
    assert moved._networks.plan.offload == offload
    for files in ((), (file,), ()):
        assert torch.equal(*(predicted(model, "float32", *files) for model in (placed, moved)))
