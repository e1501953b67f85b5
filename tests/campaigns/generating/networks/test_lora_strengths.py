"""Strengths of LoRA files by their format's arithmetic, module by module: compared with plain products of matrices."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from tests.support import flow_lora_files, lora_arithmetic, lora_files, tiny_flow
from tests.support.lora_files import adapter_of
from worker.diffusion.fitting.loading import Source
from worker.networks import encoder_adapters
from worker.networks.adapters import AdapterError, AdapterLayers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

CPU = torch.device("cpu")
MAGNITUDES = "lora_magnitude_vector"
KOHYA = {"unet": "lora_unet_", "text_encoder": "lora_te_text_model_", "text_encoder_2": "lora_te2_"}


def applied(folder: Path, path: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Return what a file adds to each module of each part of a model."""
    source, file = Source(folder, CPU), adapter_of(path)
    family = source.make_family(source.vae().config, {})
    network, pipe = source.network(torch.float32), source.pipeline(torch.float32)
    AdapterLayers(family.lora_format).apply(network, frozenset({file}), CPU)
    found = {family.part: lora_arithmetic.actual(network, file.name)}
    with encoder_adapters.applied(pipe, {file: 1.0}, family.lora_format):
        for part in family.lora_encoders:
            if encoder := getattr(pipe, part, None):
                found[part] = lora_arithmetic.actual(encoder, file.name)
    return {part: changes for part, changes in found.items() if changes}


def networks(folder: Path, parts: Iterable[str]) -> dict[str, Any]:
    """Load parts of a model as they are stored: some layers are rewritten for a CPU otherwise."""
    source = Source(folder, CPU)
    pipe, part = source.pipeline(torch.float32), source.family.part
    stored = source.family.network_class.from_pretrained(folder / part)
    return {each: stored if each == part else getattr(pipe, each) for each in parts}


def varied(lora: lora_files.Lora, path: Path, *, alphas: bool = True) -> Path:
    """Save a LoRA as kohya's scripts do, with another rank and alpha in each module, and none in every fifth."""
    tensors = load_file(lora_files.as_kohya(lora, path))
    rng = torch.Generator().manual_seed(7)
    modules = sorted(name.removesuffix(".alpha") for name in tensors if name.endswith(".alpha"))
    for number, module in enumerate(modules):
        rank = 1 + number % 4
        for end, side in (("lora_down", 0), ("lora_up", 1)):
            name = f"{module}.{end}.weight"
            shape = [rank if at == side else size for at, size in enumerate(tensors[name].shape)]
            tensors[name] = torch.randn(shape, generator=rng) * 0.15
        tensors[f"{module}.alpha"] = torch.tensor(float(2 ** (number % 3)) * 0.5)
        if not alphas or number % 5 == 0:
            del tensors[f"{module}.alpha"]
    save_file(tensors, path)
    return path


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
@pytest.mark.parametrize("alphas", [True, False])
def test_module_of_a_kohya_file_has_its_own_rank_and_alpha(
    tiny_models: dict[str, Path], tmp_path: Path, kind: str, alphas: bool
) -> None:
    folder = tiny_models[kind]
    path = varied(lora_files.make(folder), tmp_path / "lora.safetensors", alphas=alphas)
    tensors, found = load_file(path), applied(folder, path)
    prefixes = KOHYA | ({"text_encoder": "lora_te1_text_model_"} if kind == "sdxl" else {})
    assert len(found) == (3 if kind == "sdxl" else 2)
    for part, network in networks(folder, found).items():
        assert len(found[part]) > 4
        assert lora_arithmetic.is_close(found[part], lora_arithmetic.expected(tensors, network, prefixes[part]))


def save_configured(lora: lora_files.Lora, path: Path, **settings: Any) -> tuple[Path, dict[str, Any]]:
    """Save a LoRA as diffusers does, with these settings in the configurations of its networks."""
    lora_files.as_diffusers(lora, path)
    config = {"r": lora_files.RANK, "lora_alpha": 6.0, "rank_pattern": {}, "alpha_pattern": {}} | settings
    stored = {f"{part}.{name}": value for part in lora.parts for name, value in config.items()}
    save_file(load_file(path), path, {"format": "pt", "lora_adapter_metadata": json.dumps(stored)})
    return path, config


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha_pattern": {"mid_block.attentions.0.transformer_blocks.0.attn1.to_q": 1.5}},
        {"use_rslora": True},
        {"target_modules": ["text_model.encoder.layers.0.self_attn.q_proj"]},
        {"init_lora_weights": "gaussian"},
    ],
)
def test_module_of_a_diffusers_file_has_the_alpha_of_its_configuration(
    tiny_models: dict[str, Path], tmp_path: Path, settings: dict[str, Any]
) -> None:
    folder = tiny_models["sd1"]
    path, config = save_configured(lora_files.make(folder), tmp_path / "lora.safetensors", **settings)
    tensors, found = load_file(path), applied(folder, path)
    assert set(found) == {"unet", "text_encoder"}
    for part, network in networks(folder, found).items():
        assert lora_arithmetic.is_close(found[part], lora_arithmetic.expected(tensors, network, f"{part}.", config))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"init_lora_weights": "pissa_niter_16"}, "was trained from pissa_niter_16, which also changes"),
        ({"init_lora_weights": "olora"}, "was trained from olora, which also changes"),
        ({"use_dora": True}, "is a DoRA, which is not supported"),
        ({"r": 3}, r"lora_A\.weight has the rank 3, and it has 4"),
        ({"lora_alpha": "six"}, "its configuration cannot be read"),
    ],
)
def test_file_of_another_arithmetic_is_refused_by_name(
    tiny_models: dict[str, Path], tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    folder = tiny_models["sd1"]
    path, _ = save_configured(lora_files.make(folder, parts=("unet",)), tmp_path / "lora.safetensors", **settings)
    with pytest.raises(AdapterError, match=f"the adapter lora .*{sentence}"):
        applied(folder, path)


@pytest.mark.parametrize("layout", ["peft", "diffusers", "kohya"])
def test_dora_is_refused_by_the_tensor_of_its_magnitudes(
    tiny_models: dict[str, Path], tmp_path: Path, layout: str
) -> None:
    """DoRA divides by the norm of the changed matrix, which differs for each strength in a batch."""
    folder, module = tiny_models["sd1"], "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
    network = networks(folder, ["unet"])["unet"]
    model: Any = get_peft_model(network, LoraConfig(target_modules=[module], use_dora=True))
    tensors = {name.removeprefix("base_model.model."): each for name, each in get_peft_model_state_dict(model).items()}
    assert sorted(tensors) == [f"{module}.lora_{end}" for end in ("A.weight", "B.weight", "magnitude_vector")]
    if layout == "kohya":
        ends = {"lora_A.weight": "lora_down.weight", "lora_B.weight": "lora_up.weight", MAGNITUDES: "dora_scale"}
        prefix = f"lora_unet_{module.replace('.', '_')}."
        named = {prefix + ends[name.removeprefix(f"{module}.")]: each for name, each in tensors.items()}
    else:
        prefix = "base_model.model." if layout == "peft" else "unet."
        named = {prefix + name: each for name, each in tensors.items()}
    path = tmp_path / "lora.safetensors"
    save_file(named, path)
    magnitudes = re.escape(next(name for name in named if name.endswith((MAGNITUDES, "dora_scale"))))
    with pytest.raises(AdapterError, match=rf"the adapter lora is a DoRA, which is not .* the tensor {magnitudes}\."):
        applied(folder, path)


def test_biases_of_a_file_are_added(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder, path = tiny_models["sd1"], tmp_path / "lora.safetensors"
    lora_files.as_diffusers(lora_files.make(folder, targets=lora_files.ATTENTION), path)
    tensors = load_file(path)
    ups = [name for name in tensors if name.endswith("lora_B.weight")]
    tensors |= {name.replace(".weight", ".bias"): torch.full((len(tensors[name]),), 0.25) for name in ups}
    save_file(tensors, path)
    source, file = Source(folder, CPU), adapter_of(path)
    network = source.network(torch.float32)
    AdapterLayers(source.make_family(source.vae().config, {}).lora_format).apply(network, frozenset({file}), CPU)
    layer = network.mid_block.attentions[0].transformer_blocks[0].attn1.to_q
    zeros = torch.zeros(1, 1, layer.in_features)
    with torch.no_grad():
        assert torch.allclose(layer(zeros) - layer.base_layer(zeros), torch.full((1, 1, layer.out_features), 0.25))


@pytest.mark.parametrize("name", ["schnell", "sd3", "z-image", "klein"])
def test_module_of_a_flow_model_has_its_own_alpha(tmp_path: Path, name: str) -> None:
    folder = tiny_flow.save(tmp_path, name)[name]
    path = flow_lora_files.save(folder, tmp_path / "lora.safetensors", parts=("transformer",))
    tensors = load_file(path)
    downs = sorted(each.removesuffix(".lora_A.weight") for each in tensors if each.endswith("lora_A.weight"))
    named = {each.replace("transformer.", "diffusion_model.", 1): tensor for each, tensor in tensors.items()}
    if name == "z-image":  # the family whose files have these names and alphas
        named |= {
            f"{each.replace('transformer.', 'diffusion_model.', 1)}.alpha": torch.tensor(float(1 + number % 3))
            for number, each in enumerate(downs)
        }
        save_file(named, path)
        expected = lora_arithmetic.expected(named, networks(folder, ["transformer"])["transformer"], "diffusion_model.")
    else:
        config = {"lora_alpha": flow_lora_files.ALPHA}
        expected = lora_arithmetic.expected(
            tensors, networks(folder, ["transformer"])["transformer"], "transformer.", config
        )
    assert lora_arithmetic.is_close(applied(folder, path)["transformer"], expected)


@pytest.mark.parametrize("alteration", ["remove down", "rename alpha", "two alphas", "integers", "zero alpha"])
def test_altered_kohya_file_is_refused_by_the_tensor_name(
    tiny_models: dict[str, Path], tmp_path: Path, alteration: str
) -> None:
    folder, path = tiny_models["sd1"], tmp_path / "lora.safetensors"
    tensors = load_file(lora_files.as_kohya(lora_files.make(folder, parts=("unet",)), path))
    module = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"
    down, alpha = f"{module}.lora_down.weight", f"{module}.alpha"
    named = down
    if alteration == "remove down":
        del tensors[down]
        named = f"{module}.lora_up.weight"
    elif alteration == "rename alpha":
        named = f"{module}x.alpha"
        tensors[named] = tensors.pop(alpha)
    elif alteration == "two alphas":
        tensors[alpha], named = torch.ones(2), alpha
    elif alteration == "integers":
        tensors[down] = tensors[down].to(torch.int32)
    else:
        tensors[alpha], named = torch.tensor(0.0), alpha
    save_file(tensors, path)
    with pytest.raises(AdapterError, match=f"the adapter lora .*{named}"):
        applied(folder, path)
