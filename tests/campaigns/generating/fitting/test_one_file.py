"""Models as single files, in half precision alone and in shards: each paints what the whole folder paints."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.core.models import facts, families, single_file
from app.core.models.folder import read_json
from tests.support import single_files, tiny
from tests.support.halves import halved
from worker.diffusion import tuning
from worker.diffusion.model import Model, ModelError
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

STOP = StopInput("a red bear", "", 7)
V_AT_32 = {"modelspec_prediction_type": "v", "modelspec_resolution": "32x32"}
METADATA: dict[str, dict[str, str]] = {"sd1": {}, "sd2": V_AT_32, "sdxl": {}}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = tiny.save(tmp_path_factory.mktemp("whole"), *single_files.KINDS.values())
    return {family: found[name] for family, name in single_files.KINDS.items()}


@pytest.fixture
def files(folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Write each as a single file, and put families of their configurations in place of the real ones."""
    named = {single_files.KINDS[family]: folder for family, folder in folders.items()}
    written = {
        family: single_files.save(folder, family, tmp_path / f"my-{family}.safetensors", **METADATA[family])
        for family, folder in folders.items()
    }
    monkeypatch.setattr(families, "FOLDER", single_files.lay_out(named, tmp_path / "families"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return written


def painted(path: Path, precision: str = "float32") -> Any:
    painter = WalkPipeline(Model.load(str(path), device="cpu"), tuning.Setting("float32", "contiguous", 1, 2))
    rendering = replace(painter.rendering(steps=3, guidance=2.0), precision=precision, decoder=None)
    prepared = painter.prepare([STOP, replace(STOP, prompt="a lemon")], rendering)
    return [one.picture for one in painter.paint(prepared, [0.0, 0.5])]


@pytest.mark.parametrize("family", single_files.KINDS)
def test_single_file_paints_what_its_folder_paints(
    files: dict[str, Path], folders: dict[str, Path], family: str
) -> None:
    for one, other in zip(painted(files[family]), painted(folders[family]), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("family", single_files.KINDS)
def test_weights_of_a_single_file_are_those_of_the_folder(
    files: dict[str, Path], folders: dict[str, Path], family: str
) -> None:
    one, other = (Model.load(str(path), device="cpu") for path in (files[family], folders[family]))
    pairs = [(one.networks("float32", "contiguous")[0].unet, other.networks("float32", "contiguous")[0].unet)]
    pairs += [(one.vae(), other.vae()), *zip(one._encoders.parts, other._encoders.parts, strict=True)]
    for mine, theirs in pairs:
        ours, expected = mine.state_dict(), theirs.state_dict()
        assert ours.keys() == expected.keys()
        assert all(torch.equal(ours[name], expected[name]) for name in ours)
    assert one._source.sizes == other._source.sizes
    assert one.size == other.size and one.name == f"my-{family}"


@pytest.mark.parametrize("name", ["my-turbo", "my-lightning", "my-lcm", "hyper-sd15", "my-v"])
@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_distilled_and_velocity_files_paint_with_their_own_solver(
    files: dict[str, Path], tmp_path: Path, family: str, name: str
) -> None:
    tensors = load_file(files[family])
    marks = {mark: torch.zeros(0) for mark in ("v_pred", "ztsnr")} if name == "my-v" else {}
    save_file(tensors | marks, tmp_path / f"{name}.safetensors")
    known = facts.load_facts(str(tmp_path / f"{name}.safetensors"))
    assert known.few_step == (not marks)
    painter = WalkPipeline(Model.load(str(tmp_path / f"{name}.safetensors"), device="cpu"), tuning.fallback())
    own = painter.model._pipe.scheduler.config
    assert own._class_name == known.scheduler
    assert (own.prediction_type, bool(own.get("rescale_betas_zero_snr"))) == (
        ("v_prediction", True) if marks else ("epsilon", False)
    )
    rendering = replace(painter.rendering(steps=3, guidance=1.0), scheduler=known.scheduler, precision="float32")
    prepared = painter.prepare([STOP, replace(STOP, prompt="a lemon")], rendering)
    pictures = [one.picture for one in painter.paint(prepared, [0.0, 0.5])]
    assert all(picture is not None and np.ptp(picture) > 0 for picture in pictures)


def test_revision_of_a_single_file_follows_its_bytes_and_settings(files: dict[str, Path], tmp_path: Path) -> None:
    first = Model.load(str(files["sd1"]), device="cpu").revision
    renamed = shutil.copy(files["sd1"], tmp_path / "other.safetensors")
    assert Model.load(str(renamed), device="cpu").revision == first
    turbo = shutil.copy(files["sd1"], tmp_path / "other-turbo.safetensors")
    assert Model.load(str(turbo), device="cpu").revision != first
    tensors = load_file(files["sd1"])
    tensors["model.diffusion_model.out.2.bias"] += 1
    save_file(tensors, tmp_path / "changed.safetensors")
    assert Model.load(str(tmp_path / "changed.safetensors"), device="cpu").revision != first


def test_single_file_in_half_precision_is_loaded_in_full(files: dict[str, Path], tmp_path: Path) -> None:
    tensors = {name: tensor.half() for name, tensor in load_file(files["sdxl"]).items()}
    save_file(tensors, tmp_path / "half.safetensors")
    model = Model.load(str(tmp_path / "half.safetensors"), device="cpu")
    unet, vae = model.networks("bfloat16", "contiguous")
    assert (unet.dtype, next(vae.parameters()).dtype) == (torch.bfloat16, torch.bfloat16)
    assert all(np.isfinite(picture).all() for picture in painted(tmp_path / "half.safetensors"))


OF_TEXTS = "cond_stage_model.transformer.text_model"


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("model.diffusion_model.out.2.bias", r"the tensor conv_out\.bias"),
        (f"{OF_TEXTS}.final_layer_norm.bias", r".*final_layer_norm\.bias"),
    ],
)
def test_file_with_a_weight_under_a_name_that_nothing_reads_is_refused(
    files: dict[str, Path], tmp_path: Path, name: str, lacks: str
) -> None:
    tensors = load_file(files["sd1"])
    tensors[f"{name}.stray"] = tensors.pop(name)  # as many numbers
    save_file(tensors, tmp_path / "stray.safetensors")
    with pytest.raises(ModelError, match=rf"stray\.safetensors is incomplete: it lacks {lacks}"):
        model = Model.load(str(tmp_path / "stray.safetensors"), device="cpu")
        assert not name.startswith(OF_TEXTS), "text encoders are loaded at once"
        model.networks("float32", "contiguous")


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("sd1", "cond_stage_model.transformer.text_model.final_layer_norm.more"),
        ("sd2", "cond_stage_model.model.transformer.resblocks.0.more"),
        ("sdxl", "first_stage_model.quant_conv.more"),
        ("sdxl", "model.diffusion_model.out.2.more"),
    ],
)
def test_file_with_a_tensor_without_a_place_is_refused_by_its_name(
    files: dict[str, Path], tmp_path: Path, family: str, name: str
) -> None:
    path = tmp_path / "more.safetensors"
    save_file(load_file(files[family]) | {name: torch.ones(4)}, path)
    end = name.split(".", 2)[2] if "stage_model." in name else name
    with pytest.raises(ModelError, match=rf"{end}\S* of the file {path} has no place"):
        Model.load(str(path), device="cpu").networks("float32", "contiguous")


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("sd1", ["cond_stage_model.transformer.text_model.embeddings.position_ids", "model_ema.decay", "betas"]),
        ("sd1", ["first_stage_model.loss.logvar", "first_stage_model.model_ema.decay"]),
        ("sd2", ["cond_stage_model.model.text_projection", "cond_stage_model.model.logit_scale"]),
        ("sd2", ["cond_stage_model.model.transformer.resblocks.23.ln_1.bias"]),
        ("sdxl", ["conditioner.embedders.0.transformer.text_model.embeddings.position_ids", "denoiser.sigmas"]),
        ("sdxl", ["conditioner.embedders.1.model.logit_scale"]),
    ],
)
def test_surplus_that_published_files_have_is_noted(
    files: dict[str, Path], tmp_path: Path, family: str, names: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    path = tmp_path / "published.safetensors"
    width = read_json(families.FOLDER / family / "text_encoder" / "config.json")["hidden_size"]
    sides = {name: (width, width) if name.endswith("text_projection") else (4,) for name in names}
    save_file(load_file(files[family]) | {name: torch.ones(sides[name]) for name in names}, path)
    model = Model.load(str(path), device="cpu")
    model.networks("float32", "contiguous")
    noted = [record.getMessage() for record in caplog.records if f"{path} holds" in record.getMessage()]
    assert noted or all(name.endswith("position_ids") for name in names)


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("sd1", "cond_stage_model.transformer.text_model.final_layer_norm.bias"),
        ("sd2", "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight"),
        ("sdxl", "conditioner.embedders.1.model.text_projection"),
    ],
)
def test_file_with_a_tensor_of_another_shape_is_refused_by_its_name(
    files: dict[str, Path], tmp_path: Path, family: str, name: str
) -> None:
    tensors = load_file(files[family])
    save_file(tensors | {name: torch.cat([tensors[name], tensors[name]])}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=rf"The tensor {name} of the file \S+other\.safetensors has another shape"):
        Model.load(str(tmp_path / "other.safetensors"), device="cpu")


@pytest.mark.parametrize("name", ["model.diffusion_model.out.2.bias", "first_stage_model.encoder.conv_in.bias"])
def test_part_of_another_size_is_refused_by_a_tensor(files: dict[str, Path], tmp_path: Path, name: str) -> None:
    tensors = load_file(files["sd1"])
    del tensors[name]
    save_file(tensors, tmp_path / "less.safetensors")
    with pytest.raises(ModelError, match=r"less\.safetensors is incomplete: it lacks the tensor .*conv_\w+\.bias"):
        Model.load(str(tmp_path / "less.safetensors"), device="cpu")


def test_file_that_changes_while_it_is_loaded_is_refused(files: dict[str, Path]) -> None:
    model = Model.load(str(files["sd1"]), device="cpu")
    files["sd1"].touch()
    with pytest.raises(ModelError, match=r"The model file .+my-sd1.safetensors changed while it was loaded"):
        model.networks("bfloat16", "contiguous")


def test_another_vae_takes_the_place_of_that_in_a_file(files: dict[str, Path], folders: dict[str, Path]) -> None:
    own = Model.load(str(files["sd1"]), device="cpu")
    model = Model.load(str(files["sd1"]), device="cpu", vae=str(folders["sdxl"] / "vae"))
    assert model.revision != own.revision
    assert not torch.equal(model.vae().decoder.conv_in.weight, own.vae().decoder.conv_in.weight)


def test_command_that_the_refusal_of_a_pickle_names_converts_it(files: dict[str, Path], tmp_path: Path) -> None:
    pickle = tmp_path / "old.ckpt"
    torch.save({"state_dict": load_file(files["sd1"]), "global_step": 7}, pickle)
    with pytest.raises(ModelError, match="is a pickle") as refused:
        Model.load(str(pickle), device="cpu")
    code = str(refused.value).partition('python -c "')[2].rpartition('"')[0]
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert Model.load(str(tmp_path / "old.safetensors"), device="cpu").name == "old"


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("family", single_files.KINDS)
def test_folder_in_half_precision_alone_paints(
    folders: dict[str, Path], tmp_path: Path, family: str, shards: int
) -> None:
    copy = halved(folders[family], tmp_path / "half", shards=shards)
    for one, other in zip(painted(copy), painted(folders[family]), strict=True):
        assert abs(one.astype(int) - other.astype(int)).mean() < 3


def test_shipped_configurations_have_the_parameters_that_they_name() -> None:
    import diffusers
    import transformers

    for family in families.every():
        for part, about in family.parts.items():
            config = family.config(part)
            with torch.device("meta"):
                if part.startswith("text"):
                    made = getattr(transformers, config["architectures"][0])(transformers.CLIPTextConfig(**config))
                else:
                    made = getattr(diffusers, config["_class_name"]).from_config(config)
            assert sum(each.numel() for each in made.parameters()) == about.parameters, (family.title, part)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),
        ("Ölgemälde eines Bären!!", [7255, 75, 14261, 10896, 75, 654, 68, 2137, 65, 10896, 2596, 748]),
    ],
)
def test_shipped_vocabulary_reads_as_that_of_clip(text: str, tokens: list[int]) -> None:
    import transformers

    tokenizer = transformers.CLIPTokenizer.from_pretrained(str(families.FOLDER / "clip"))
    assert tokenizer(text).input_ids == [49406, *tokens, 49407]


def test_tokenizers_pad_as_their_family_does(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from worker.diffusion.fitting import one_file

    own = single_file.inspect(files["sdxl"])
    monkeypatch.undo()
    real = replace(own, family=next(each for each in families.every() if each.folder.name == "sdxl"))
    pads = {name: tokenizer.pad_token for name, tokenizer in one_file.tokenizers(real).items()}
    assert pads == {"tokenizer": "<|endoftext|>", "tokenizer_2": "!"}
