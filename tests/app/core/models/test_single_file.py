"""Single files: their family and settings are read from the header, and what is no model is refused by name."""

import json
import struct
from pathlib import Path

import pytest

from app.core.models import facts, families, single_file, states
from app.core.models.errors import ModelError
from app.core.models.folder import SCHEDULERS
from app.core.models.single_file import SPREAD
from tests.support import headers

XL, LICENCE = "sdxl", {"modelspec.license": "CreativeML Open RAIL++-M", "modelspec.title": "My model"}


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as refused:
        single_file.inspect(path)
    sentence = str(refused.value)
    assert str(path) in sentence and "\n" not in sentence
    assert states.examine(str(path)).flaw == sentence
    assert facts.load_facts(str(path)).name == path.stem
    return sentence


@pytest.mark.parametrize(
    ("family", "title", "kind", "size", "solver"),
    [
        ("sd1", "Stable Diffusion 1.x", "StableDiffusionPipeline", 512, "PNDMScheduler"),
        ("sd2", "Stable Diffusion 2.x", "StableDiffusionPipeline", 512, "DDIMScheduler"),
        ("sdxl", "Stable Diffusion XL", "StableDiffusionXLPipeline", 1024, "EulerDiscreteScheduler"),
    ],
)
def test_header_tells_family_size_and_solver(
    tmp_path: Path, family: str, title: str, kind: str, size: int, solver: str
) -> None:
    path = headers.write(tmp_path / "my-model.safetensors", headers.of(family))
    found = single_file.inspect(path)
    assert (found.family.title, found.kind) == (title, kind)
    model_facts = facts.load_facts(str(path))
    assert (model_facts.name, model_facts.title, model_facts.size, model_facts.sizes) == (
        "my-model",
        "my-model",
        size,
        (size,),
    )
    assert (model_facts.scheduler, model_facts.few_step, model_facts.embeds_guidance) == (solver, False, False)
    assert facts.kind_title(path) == title
    state = states.examine(str(path))
    assert (state.flaw, state.sentence, state.size) == ("", f"{path} is whole", path.stat().st_size)


def test_shipped_schedulers_are_ones_that_are_painted_with() -> None:
    assert [each.folder.name for each in families.every()] == ["sd1", "sd2", "sdxl"]
    for each in families.every():
        config = json.loads((each.folder / "scheduler" / "scheduler_config.json").read_text())
        assert config["_class_name"] in SCHEDULERS


@pytest.mark.parametrize(
    ("marks", "metadata", "prediction"),
    [
        ([], {}, "epsilon"),
        (["v_pred"], {}, "v_prediction"),
        ([], {"modelspec.prediction_type": "v"}, "v_prediction"),
        (["v_pred"], {"modelspec.prediction_type": "epsilon"}, "epsilon"),
    ],
)
def test_prediction_is_read_from_metadata(
    tmp_path: Path, marks: list[str], metadata: dict[str, str], prediction: str
) -> None:
    shapes = headers.of(XL) | dict.fromkeys(marks, (0,))
    found = single_file.inspect(headers.write(tmp_path / "a.safetensors", shapes, metadata))
    assert found.scheduler["prediction_type"] == prediction
    assert not found.scheduler.get("rescale_betas_zero_snr")


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_zero_terminal_snr_is_read_from_its_mark(tmp_path: Path, family: str) -> None:
    shapes = headers.of(family) | {"v_pred": (0,), "ztsnr": (0,)}
    found = single_file.inspect(headers.write(tmp_path / "a.safetensors", shapes)).scheduler
    assert (found["rescale_betas_zero_snr"], found["timestep_spacing"]) == (True, "trailing")
    assert found["_class_name"] != "PNDMScheduler"


@pytest.mark.parametrize(("spread", "prediction", "size"), [(0.2, "v_prediction", 768), (0.02, "epsilon", 512)])
@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_weights_tell_prediction_of_sd2(tmp_path: Path, spread: float, prediction: str, size: int, dtype: str) -> None:
    shapes = headers.of("sd2")
    shapes[f"{families.UNET}all"] = (shapes[f"{families.UNET}all"][0] - 4,)
    numbers = [spread, -spread, spread, -spread]
    content = struct.pack(f"<4{'e' if dtype == 'F16' else 'f'}", *numbers)
    if dtype == "BF16":
        content = b"".join(content[place + 2 : place + 4] for place in range(0, 16, 4))
    path = headers.write(tmp_path / "a.safetensors", shapes | {SPREAD: (4,)}, dtype=dtype, contents={SPREAD: content})
    found = single_file.inspect(path)
    assert (found.scheduler["prediction_type"], facts.load_facts(str(path)).size) == (prediction, size)


@pytest.mark.parametrize(("text", "size"), [("768x768", 768), ("1024x1024", 1024), ("832x1216", 512), ("wide", 512)])
def test_size_is_read_from_metadata_where_it_is_square(tmp_path: Path, text: str, size: int) -> None:
    path = headers.write(tmp_path / "a.safetensors", headers.of("sd1"), {"modelspec.resolution": text})
    assert facts.load_facts(str(path)).size == size


@pytest.mark.parametrize(
    ("name", "solver", "few_step"),
    [
        ("sd_xl_turbo_1.0_fp16", "EulerAncestralDiscreteScheduler", True),
        ("dreamshaperXL_v21TurboDPMSDE", "EulerAncestralDiscreteScheduler", True),
        ("juggernautXL_lightning", "EulerDiscreteScheduler", True),
        ("my-lcm", "LCMScheduler", True),
        ("realXL-DMD2", "LCMScheduler", True),
        ("Hyper-SDXL-8steps", "TCDScheduler", True),
        ("hyperRealism_v3", "EulerDiscreteScheduler", False),
        ("turbomachinery", "EulerDiscreteScheduler", False),
    ],
)
def test_distilled_model_is_known_by_its_name(tmp_path: Path, name: str, solver: str, few_step: bool) -> None:
    model_facts = facts.load_facts(str(headers.write(tmp_path / f"{name}.safetensors", headers.of(XL))))
    assert (model_facts.scheduler, model_facts.few_step) == (solver, few_step)


def test_file_beside_a_model_tells_what_its_name_does_not(tmp_path: Path) -> None:
    path = headers.write(tmp_path / "a-turbo.safetensors", headers.of(XL), LICENCE)
    assert facts.load_facts(str(path)).licence == "CreativeML Open RAIL++-M"
    assert facts.load_facts(str(path)).title == "My model"
    (tmp_path / "a-turbo.house.json").write_text('{"few_step": false, "name": "mine", "licence": "ours"}')
    model_facts = facts.load_facts(str(path))
    assert (model_facts.few_step, model_facts.name, model_facts.licence) == (False, "mine", "ours")
    assert single_file.inspect(path).scheduler["_class_name"] == "EulerDiscreteScheduler"
    (tmp_path / "a-turbo.house.json").write_text('{"scheduler": {"_class_name": "EDMEulerScheduler"}}')
    assert "EDMEulerScheduler" in refusal(path)


@pytest.mark.parametrize("name", ["a.ckpt", "a.bin", "a.pt"])
def test_pickle_is_refused_with_the_way_to_convert_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    sentence = refusal(tmp_path / name)
    assert "is a pickle" in sentence and "save_file(" in sentence and "weights_only=True" in sentence


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html><title>Log in</title>", "it is a web page, not a model"),
        (b"\n <html>", "it is a web page, not a model"),
        (b"GGUF\x03\0\0\0" + bytes(64), "it is a GGUF file under another name"),
        (b"PK\x03\x04" + bytes(64), "it is a pickle under another name"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "run: git lfs pull"),
    ],
)
def test_file_of_another_format_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    assert reason in refusal(tmp_path / "a.safetensors")


def test_file_of_another_ending_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    assert "must end in .safetensors" in refusal(tmp_path / "a.gguf")


def test_truncated_file_is_refused_with_its_sizes(tmp_path: Path) -> None:
    path = headers.write(tmp_path / "a.safetensors", headers.of("sd1"))
    whole = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(whole - 1000)
    assert f"it has {whole - 1000} bytes and should have {whole}" in refusal(path)


FOREIGN = {
    "lora_unet_down_blocks_0.lora_down.weight": "is a LoRA, which changes a model and is none itself",
    "unet.down_blocks.0.attn1.to_q.lora_A.weight": "is a LoRA",
    "lora_te_text_model.hada_w1_a": "is a LoRA",
    "control_model.time_embed.0.weight": "is a ControlNet",
    "down_blocks.0.motion_modules.0.temporal_transformer.norm.bias": "is a motion module",
    "image_proj.latents": "is an IP-Adapter",
    "emb_params": "is an embedding (textual inversion)",
    "model.diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale": "is a network of FLUX.1, without",
    "double_blocks.0.img_attn.norm.key_norm.scale": "is a network of FLUX.1, without",
    "single_stream_modulation.lin.weight": "is a network of FLUX.2, without",
    "model.diffusion_model.joint_blocks.0.x_block.adaLN_modulation.1.bias": "a network of Stable Diffusion 3, without",
    "layers.0.adaLN_modulation.0.weight": "is a network of Z-Image, without",
    "edm_mean": "is of the family EDM (Playground v2.5, CosXL);",
    "decoder.conv_in.weight": "is a VAE alone; MOMA_VAE takes it",
    "first_stage_model.decoder.conv_in.weight": "is a VAE alone",
    "down_blocks.0.resnets.0.conv1.weight": "is a UNet alone, in diffusers' keys",
    "text_model.embeddings.token_embedding.weight": "is a text encoder alone",
    "something.else": "has no UNet in the keys of the original Stable Diffusion",
}


@pytest.mark.parametrize(("key", "reason"), FOREIGN.items())
def test_file_that_is_no_model_of_ours_is_refused_by_what_it_is(tmp_path: Path, key: str, reason: str) -> None:
    assert reason in refusal(headers.write(tmp_path / "a.safetensors", {key: (2, 2)}))


@pytest.mark.parametrize(
    ("channels", "task"), [(9, "inpainting"), (8, "InstructPix2Pix"), (5, "depth"), (7, "enlarging")]
)
def test_checkpoint_of_another_task_is_refused_by_it(tmp_path: Path, channels: int, task: str) -> None:
    shapes = headers.of(XL) | {families.FIRST: (320, channels, 3, 3)}
    assert task in refusal(headers.write(tmp_path / "a.safetensors", shapes))


def test_refiner_is_refused_by_name(tmp_path: Path) -> None:
    shapes = {families.FIRST: (384, 4, 3, 3), "conditioner.embedders.0.model.token_embedding.weight": (4, 4)}
    assert "is a refiner" in refusal(headers.write(tmp_path / "a.safetensors", shapes))


def test_missing_part_and_changed_network_are_named(tmp_path: Path) -> None:
    shapes = headers.of(XL)
    without = {name: shape for name, shape in shapes.items() if not name.startswith("first_stage_model.")}
    assert "has no VAE, which Stable Diffusion XL needs" in refusal(headers.write(tmp_path / "a.safetensors", without))
    smaller = shapes | {f"{families.UNET}all": (1_300_000_000,)}
    sentence = refusal(headers.write(tmp_path / "b.safetensors", smaller))
    assert "its UNet has 1,300,011,520 parameters and should have 2,567,463,684" in sentence
    unet = {name: shape for name, shape in shapes.items() if name.startswith(families.UNET)}
    assert "has no text encoder" in refusal(headers.write(tmp_path / "c.safetensors", unet))


def test_folder_around_a_single_file_is_refused_with_the_name_of_the_file(tmp_path: Path) -> None:
    path = headers.write(tmp_path / "a.safetensors", headers.of("sd1"))
    assert states.examine(str(tmp_path)).flaw == (
        f"The model file {tmp_path}/model_index.json is missing. To paint with the single file in that folder, name the"
        f" file: {path}"
    )
