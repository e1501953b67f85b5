"""A model's folder: whole and of a kind that is painted with, or the message names what is amiss; its fingerprint."""

import json
import shutil
from pathlib import Path

import pytest

from worker.diffusion.model import Model
from worker.diffusion.model_folder import ModelError, fingerprint, inspect


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "pipeline"),
    [
        ("sd2", "StableDiffusionPipeline"),
        ("bert", "StableDiffusionPipeline"),
        ("turbo", "StableDiffusionXLPipeline"),
        ("lcm", "LatentConsistencyModelPipeline"),
    ],
)
def test_folder_tells_its_kind(tiny_models: dict[str, Path], kind: str, pipeline: str) -> None:
    assert inspect(tiny_models[kind]) == pipeline


@pytest.mark.parametrize("pipeline", ["AmusedPipeline", "StableDiffusionXLImg2ImgPipeline", None])
def test_pipeline_of_another_kind_is_refused_by_name(tmp_path: Path, pipeline: str | None) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    with pytest.raises(
        ModelError, match=f"is of the kind {pipeline}; this program paints with StableDiffusionPipeline, "
    ):
        inspect(tmp_path)


@pytest.mark.parametrize(
    ("kind", "file", "values", "said"),
    [
        ("sd1", "unet/config.json", {"in_channels": 9}, "unet takes 9 channels, where latents have 4: .* inpainting"),
        ("sd1", "vae/config.json", {"latent_channels": 16}, "takes 4 channels, where latents have 16"),
        ("sd1", "unet/config.json", {"class_embed_type": "timestep"}, "an input that a prompt does not give: timestep"),
        ("sd1", "unet/config.json", {"addition_embed_type": "text_time"}, "does not give: text_time"),
        ("sdxl", "unet/config.json", {"addition_embed_type": "image"}, "does not give: image"),
        (
            "sd1",
            "unet/config.json",
            {"_class_name": "UNet3DConditionModel"},
            "unet is of the class UNet3DConditionModel",
        ),
        ("sd1", "vae/config.json", {"_class_name": "AutoencoderDC"}, "vae is of the class AutoencoderDC"),
        (
            "sd1",
            "scheduler/scheduler_config.json",
            {"prediction_type": "flow_prediction"},
            'predicts "flow_prediction"',
        ),
    ],
)
def test_network_that_wants_more_than_words_is_refused(
    tiny_models: dict[str, Path], tmp_path: Path, kind: str, file: str, values: dict[str, object], said: str
) -> None:
    copy = shutil.copytree(tiny_models[kind], tmp_path / "copy")
    (copy / file).write_text(json.dumps(json.loads((copy / file).read_text()) | values))
    with pytest.raises(ModelError, match=said):
        inspect(copy)


def test_second_tokenizer_without_words_is_named(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_models["sdxl"], tmp_path / "copy")
    (copy / "tokenizer_2" / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer_2/tokenizer\.json is missing"):
        inspect(copy)


@pytest.mark.slow
def test_revision_follows_pictures(models: dict[str, Model], tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_models["bert"], tmp_path / "copy")
    revision = fingerprint(copy)
    assert len(revision) == 12
    assert models["bert"].revision == revision
    (copy / "README.md").write_text("told differently")
    (copy / "house.json").write_text(json.dumps({"prefix": "artwork of: ", "title": "Renamed"}))
    assert fingerprint(copy) == revision
    (copy / "house.json").write_text(json.dumps({"prefix": "a drawing of "}))
    assert fingerprint(copy) != revision
    (copy / "house.json").write_text(json.dumps({"prefix": "artwork of: "}))
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert fingerprint(copy) != revision
    weights.write_bytes((tiny_models["bert"] / "unet" / weights.name).read_bytes())
    for name in ("chat_template.jinja", "spiece.model"):
        assert fingerprint(copy) == revision
        (copy / "tokenizer" / name).write_text("anything")
        assert fingerprint(copy) != revision
        (copy / "tokenizer" / name).unlink()


@pytest.mark.parametrize(
    "file",
    [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "tokenizer/tokenizer_config.json",
        "tokenizer/tokenizer.json",
        "scheduler/scheduler_config.json",
    ],
)
def test_missing_or_broken_file_is_named(tiny_models: dict[str, Path], tmp_path: Path, file: str) -> None:
    copy = shutil.copytree(tiny_models["bert"], tmp_path / "copy")
    (copy / file).write_bytes((copy / file).read_bytes()[:-3])
    with pytest.raises(ModelError, match=rf"{file} is broken: "):
        inspect(copy)
    (copy / file).unlink()
    with pytest.raises(ModelError, match=rf"{file.partition('/')[0]}.* is missing"):
        inspect(copy)
