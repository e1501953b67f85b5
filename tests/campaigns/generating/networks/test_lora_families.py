"""LoRA files over FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2: pictures as their pipelines paint them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from tests.support import flow_calls, flow_lora_files, lora_files
from tests.support.lora_files import adapter_of
from tests.support.marks import SLOW_LORAS
from tests.support.own_calls import difference
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks.adapters import AdapterError, Weights

pytestmark = SLOW_LORAS

GUIDANCE = {"schnell": 1.0, "dev": 3.5, "sd3": 4.0, "z-image": 3.0, "klein": 1.0}
NAMES = tuple(GUIDANCE)
STEPS = 3
OPTIONS: dict[str, dict[str, Any]] = {"schnell": {"max_sequence_length": 256}}  # as its model card says
Picture = NDArray[np.int64]


def prepared(painter: WalkPipeline, *stops: tuple[str, Weights]) -> PreparedWalk:
    rendering = painter.rendering(steps=STEPS, guidance=GUIDANCE[painter.name])
    exactly: dict[str, Any] = {"precision": "float32", "memory_format": "contiguous", "threads": 1}
    exactly["scheduler"] = "FlowMatchEulerDiscreteScheduler"
    given = [StopInput(prompt, "", 3, adapters=weights) for prompt, weights in stops]
    return painter.prepare(given, replace(rendering, **exactly))


def shown(painter: WalkPipeline, positions: list[float], *stops: tuple[str, Weights]) -> list[Picture]:
    painted = painter.paint(prepared(painter, *stops), positions)
    return [np.asarray(one.picture, dtype=int) for one in painted]


def at_one_stop(painter: WalkPipeline, weights: Weights) -> Picture:
    return shown(painter, [0.0], ("a bear", weights), ("a bear", weights))[0]


def whole(picture: NDArray[np.float32]) -> Picture:
    return (picture * 255).round().astype(int)


def theirs(painter: WalkPipeline, folder: Path, path: Path, weight: float) -> Picture:
    """Paint a stop by the pipeline's own call, after `load_lora_weights`."""
    with lora_files.loaded(flow_calls.pipeline(folder), {path: weight}):
        how = {"steps": STEPS, "guidance": GUIDANCE[painter.name], **OPTIONS.get(painter.name, {})}
        return whole(flow_calls.own_call(folder, "a bear", seed=3, **how))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weight", [1.0, -0.7])
def test_stop_with_a_lora_is_what_the_pipeline_paints(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str, weight: float
) -> None:
    painter, path = flow_painters[name], flow_lora_files.save(flow_models[name], tmp_path / "lora.safetensors")
    ours = at_one_stop(painter, {adapter_of(path): weight})
    assert difference(ours, theirs(painter, flow_models[name], path, weight)) <= 1
    assert difference(ours, at_one_stop(painter, {})) > 20


def save_of_another_program(folder: Path, path: Path, name: str) -> Path:
    """Save a LoRA of a tiny model as `name` says."""
    kohya, dotted = ("lora_unet_", "_"), ("diffusion_model.", ".")
    matrices = (".lora_A.weight", ".lora_B.weight")
    if name == "kohya for FLUX.1":
        modules = flow_lora_files.double_blocks(folder, *kohya) | {
            f"lora_unet_single_blocks_1_{own}": [f"single_transformer_blocks.1.{ours}"]
            for own, ours in (("linear2", "proj_out"), ("modulation_lin", "norm.linear"))
        }
        return flow_lora_files.save_modules(folder, path, modules)
    if name == "XLabs for FLUX.1":
        block, ours = "double_blocks.0.processor.", "transformer_blocks.0.attn."
        modules = {
            f"{block}qkv_lora1": [f"{ours}to_{each}" for each in "qkv"],
            f"{block}qkv_lora2": [f"{ours}add_{each}_proj" for each in "qkv"],
            f"{block}proj_lora1": [f"{ours}to_out.0"],
            f"{block}proj_lora2": [f"{ours}to_add_out"],
        }
        ends = (".down.weight", ".up.weight")
        return flow_lora_files.save_modules(folder, path, modules, ends=ends, alpha=None)
    if name == "kohya for CLIP":
        layers = [f"self_attn.{each}_proj" for each in ("q", "k", "v", "out")] + ["mlp.fc1", "mlp.fc2"]
        of_clip = {
            f"lora_te1_text_model_encoder_layers_0_{each.replace('.', '_')}": [f"encoder.layers.0.{each}"]
            for each in layers
        }
        return flow_lora_files.save_modules(folder, path, of_clip, part="text_encoder", scale=1.0)
    if name == "kohya for FLUX.2":
        modules = flow_lora_files.double_blocks(folder, *kohya) | {
            "lora_unet_single_blocks_0_linear1": ["single_transformer_blocks.0.attn.to_qkv_mlp_proj"]
        }
        return flow_lora_files.save_modules(folder, path, modules)
    if name == "ai-toolkit for FLUX.2":
        modules = flow_lora_files.double_blocks(folder, *dotted)
        return flow_lora_files.save_modules(folder, path, modules, ends=matrices, alpha=None)
    layers = [
        f"layers.{i}.{each}" for i in (0, 1) for each in ("attention.to_q", "attention.to_out.0", "feed_forward.w1")
    ]
    if name == "kohya for Z-Image":
        modules = {f"lora_unet_{each.replace('.', '_')}": [each] for each in layers if "to_out" not in each}
        return flow_lora_files.save_modules(folder, path, modules)
    assert name == "ai-toolkit for Z-Image"
    modules = {
        f"diffusion_model.{each}": [each] for each in [*layers, "cap_embedder.1", "noise_refiner.0.attention.to_k"]
    }
    return flow_lora_files.save_modules(folder, path, modules, ends=matrices)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("dev", "kohya for FLUX.1"),
        ("dev", "XLabs for FLUX.1"),
        ("schnell", "kohya for CLIP"),
        ("klein", "kohya for FLUX.2"),
        ("klein", "ai-toolkit for FLUX.2"),
        ("z-image", "kohya for Z-Image"),
        ("z-image", "ai-toolkit for Z-Image"),
    ],
)
def test_file_of_another_program_is_what_the_pipeline_makes_of_it(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str, program: str
) -> None:
    path = save_of_another_program(flow_models[name], tmp_path / "lora.safetensors", program)
    ours = at_one_stop(flow_painters[name], {adapter_of(path): 0.8})
    assert difference(ours, theirs(flow_painters[name], flow_models[name], path, 0.8)) <= 1
    assert difference(ours, at_one_stop(flow_painters[name], {})) > 5


@pytest.mark.parametrize("name", NAMES)
def test_peft_names_without_a_network_are_the_same_lora(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    path = flow_lora_files.save(flow_models[name], tmp_path / "lora.safetensors", parts=("transformer",))
    tensors = {key.removeprefix("transformer."): each for key, each in load_file(path).items()}
    plain, bare, peft = (tmp_path / f"{each}.safetensors" for each in ("plain", "bare", "peft"))
    save_file({f"transformer.{key}": each for key, each in tensors.items()}, plain)
    save_file(tensors, bare)
    save_file({f"base_model.model.{key}": each for key, each in tensors.items()}, peft)
    expected = theirs(flow_painters[name], flow_models[name], plain, 0.5)
    for file in (plain, bare, peft):
        assert difference(at_one_stop(flow_painters[name], {adapter_of(file): 0.5}), expected) <= 1, file


@pytest.mark.parametrize("name", ["schnell", "dev", "sd3"])
def test_pictures_between_two_stops_have_the_weight_and_texts_between(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    painter, folder = flow_painters[name], flow_models[name]
    path = flow_lora_files.save(folder, tmp_path / "lora.safetensors", parts=("transformer",))
    file, share = adapter_of(path), 0.25
    stops = ("a bear", {file: 1.0}), ("the sun over a lemon", {file: -0.5})
    between = shown(painter, [0.0, share, 1.0], *stops)[1]

    walk = prepared(painter, *stops)
    states = {"prompt_embeds": walk.prompts, "pooled_prompt_embeds": walk.pooled[0] if walk.pooled else None}
    if walk.negatives is not None:
        assert walk.pooled is not None
        states |= {"negative_prompt_embeds": walk.negatives, "negative_pooled_prompt_embeds": walk.pooled[1]}
    mixed = {
        key: torch.lerp(*(torch.from_numpy(each)[None] for each in both), share)
        for key, both in states.items()
        if both is not None
    }
    with lora_files.loaded(flow_calls.pipeline(folder), {path: (1 - share) * 1.0 + share * -0.5}):
        expected = flow_calls.own_call_from(
            folder, mixed, latents=flow_calls.noise(folder, 3), steps=STEPS, guidance=GUIDANCE[name]
        )
    assert difference(between, whole(expected)) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_a_batch_are_each_what_they_are_alone(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    painter = flow_painters[name]
    first, last = (
        adapter_of(flow_lora_files.save(flow_models[name], tmp_path / f"{seed}.safetensors", seed=seed))
        for seed in (1, 2)
    )
    words = "the sun over a red lemon, and around it all the animals of the wood in their best clothes"
    stops = ("a bear", {first: 1.0}), (words, {last: 0.6, first: 0.2}), ("a bear", {})
    positions = [0.0, 0.3, 1.0, 1.5, 2.0]
    together = shown(painter, positions, *stops)
    alone = [shown(painter, [position], *stops)[0] for position in positions]
    assert [difference(*pair) <= 1 for pair in zip(together, alone, strict=True)] == [True] * len(positions)
    assert difference(alone[-1], at_one_stop(painter, {})) <= 1
    assert difference(alone[0], alone[2]) > 20


@pytest.mark.parametrize("name", NAMES)
def test_network_and_encoders_have_their_own_bits_back_once_a_lora_is_off(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str
) -> None:
    painter, path = flow_painters[name], flow_lora_files.save(flow_models[name], tmp_path / "lora.safetensors")
    before = at_one_stop(painter, {})
    network = painter.model.networks("float32", "contiguous")[0].unet
    parts = [network, *(getattr(painter.model._pipe, part) for part in flow_lora_files.encoders(flow_models[name]))]
    weights = [{key: value.clone() for key, value in part.state_dict().items()} for part in parts]
    assert not np.array_equal(at_one_stop(painter, {adapter_of(path): 1.0}), before)
    painter.model._texts.clear()
    assert np.array_equal(at_one_stop(painter, {}), before)
    for part, kept in zip(parts, weights, strict=True):
        found = part.state_dict()
        assert list(found) == list(kept)
        assert all(torch.equal(value, kept[key]) for key, value in found.items())


def refused(painter: WalkPipeline, path: Path, message: str) -> None:
    """Check that a file is refused, by a stop and by the check of new files, and leaves no trace."""
    before = at_one_stop(painter, {})
    for lay in (at_one_stop, lambda painter, weights: painter.model.check_adapter(next(iter(weights)), "float32")):
        with pytest.raises(AdapterError, match=message):
            lay(painter, {adapter_of(path): 1.0})
    assert np.array_equal(at_one_stop(painter, {}), before)


@pytest.mark.parametrize("name", ["dev", "sd3", "z-image", "klein"])
@pytest.mark.parametrize("other", ["dev", "sd3", "z-image", "klein"])
def test_file_of_another_family_is_refused_by_name(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, name: str, other: str
) -> None:
    if name == other:
        path = flow_lora_files.save(flow_models[name], tmp_path / "lora.safetensors")
        flow_painters[name].model.check_adapter(adapter_of(path), "float32")
        return
    path = flow_lora_files.save(flow_models[other], tmp_path / "lora.safetensors", parts=("transformer",))
    families = {"dev": "FLUX.1", "sd3": "Stable Diffusion 3", "z-image": "Z-Image", "klein": "FLUX.2"}
    refused(flow_painters[name], path, rf"^the adapter lora is made for {families[other]}, not for {families[name]}\.$")


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("transformer.transformer_blocks.9.attn.to_q.lora_A.weight", "of its .* tensors have a place in Flux|does not"),
        ("transformer.transformer_blocks.0.attn.to_q.dora_scale", "is a DoRA, which is not supported"),
        ("transformer.transformer_blocks.0.attn.to_q.lokr_w1", "is a LoKr, which is not supported"),
        ("transformer.transformer_blocks.0.attn.norm_q.weight", "holds the tensor .*norm_q.weight, which no LoRA has"),
        (
            "text_encoder_2.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight",
            "has no place for the tensor text_enc",
        ),
    ],
)
def test_tensor_without_a_place_is_refused_by_name(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path, added: str, message: str
) -> None:
    tensors = load_file(flow_lora_files.save(flow_models["dev"], tmp_path / "lora.safetensors", parts=("transformer",)))
    tensors = {key: each for key, each in tensors.items() if "attn" in key} | {added: torch.ones(4, 32)}
    if ".lora_A." in added:
        tensors[added.replace(".lora_A.", ".lora_B.")] = torch.ones(32, 4)
    path = tmp_path / "more.safetensors"
    save_file(tensors, path)
    refused(flow_painters["dev"], path, message)


def test_tensor_that_diffusers_leaves_out_of_a_kohya_file_is_refused_by_name(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], tmp_path: Path
) -> None:
    path = save_of_another_program(flow_models["dev"], tmp_path / "lora.safetensors", "kohya for FLUX.1")
    tensors = load_file(path)
    for module, message in (
        ("lora_te2_encoder_block_0_layer_0_SelfAttention_q", "for which diffusers has no place in FLUX.1"),
        ("lora_unet_img_in", "has no place for the tensor x_embedder"),
    ):
        more = {f"{module}.lora_down.weight": torch.ones(4, 64), f"{module}.lora_up.weight": torch.ones(32, 4)}
        save_file(tensors | more, path)
        refused(flow_painters["dev"], path, message)
