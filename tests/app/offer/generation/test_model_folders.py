"""The models' folders: whole, or the message names the file."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from app.core.config import DEFAULTS, ROOT
from app.offer.generation import model_folders
from tests.support import model_folders as folders
from tests.support.house import HOUSE
from tests.support.model_folders import safetensors

INDEX = folders.INDEX | {"safety_checker": [None, None]}


def test_whole_folder_has_no_flaw(model: Path) -> None:
    assert model_folders.flaw(str(model)) == ""


def test_our_own_model_is_whole() -> None:
    assert model_folders.flaw(str(ROOT / DEFAULTS["MODEL"])) == ""


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./house", "no-such-folder", "a/b/c"])
def test_missing_folder_is_named(name: str) -> None:
    assert model_folders.flaw(name) == f"The model folder {Path(name)} is missing."


def test_address_is_no_name_on_a_hub() -> None:
    name = "https://huggingface.co/stabilityai/sdxl-turbo"
    assert model_folders.flaw(name).startswith(f"The model {name} is neither a folder nor a name on the Hugging Face")


def examined(name: str) -> tuple[str, str]:
    state = model_folders.examine(name)
    return state.flaw, state.sentence


def test_name_on_a_hub_is_downloaded_or_refused(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    later = "tiny/walker is not downloaded yet; a worker downloads it from the hub when it first loads it"
    assert examined("tiny/walker") == ("", later)
    snapshot = folders.hub_copy(model, tmp_path / "hub")
    assert examined("tiny/walker") == ("", "tiny/walker is whole")
    assert examined("tiny/walker@0123456789abcdef") == ("", later.replace("walker", "walker@0123456789abcdef"))
    (snapshot / "unet" / "model.safetensors").unlink()
    assert examined("tiny/walker") == ("", later)
    (snapshot / "model_index.json").write_text(json.dumps(INDEX | {"_class_name": "AmusedPipeline"}))
    assert "is of the kind AmusedPipeline" in model_folders.flaw("tiny/walker")


@pytest.mark.parametrize(
    "name",
    ["model_index.json", "scheduler/scheduler_config.json", "tokenizer/tokenizer_config.json", "unet/config.json"],
)
@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"version https://git-lfs.github.com/spec/v1"],
)
def test_missing_or_broken_configuration_is_named(model: Path, name: str, content: bytes | None) -> None:
    (model / name).unlink()
    if content is not None:
        (model / name).write_bytes(content)
    flaw = model_folders.flaw(str(model))
    assert flaw.startswith(f"The model file {model / name} is ")
    assert flaw.endswith(" is missing.") == (content is None)


def test_folder_in_place_of_a_file_is_named(model: Path) -> None:
    (model / "unet" / "config.json").unlink()
    (model / "unet" / "config.json").mkdir()
    assert str(model / "unet" / "config.json") in model_folders.flaw(str(model))


@pytest.mark.parametrize("kind", ["AmusedPipeline", "StableDiffusionXLImg2ImgPipeline", None])
def test_model_of_another_kind_is_a_flaw(model: Path, kind: str | None) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"_class_name": kind}))
    kinds = "StableDiffusionPipeline, StableDiffusionXLPipeline, LatentConsistencyModelPipeline"
    kinds += ", StableDiffusion3Pipeline, FluxPipeline, ZImagePipeline and Flux2KleinPipeline"
    sentence = f"The model {model} is of the kind {kind}; this program paints with {kinds}."
    assert model_folders.flaw(str(model)) == sentence


def test_missing_part_is_named(model: Path) -> None:
    for file in (model / "vae").iterdir():
        file.unlink()
    (model / "vae").rmdir()
    assert str(model / "vae") in model_folders.flaw(str(model))


def test_missing_weights_are_named(model: Path) -> None:
    (model / "unet" / "model.safetensors").unlink()
    assert model_folders.flaw(str(model)) == f"The model file {model / 'unet'}/*.safetensors is missing."


def test_missing_vocabulary_is_named(model: Path) -> None:
    (model / "tokenizer" / "tokenizer.json").unlink()
    assert "tokenizer" in model_folders.flaw(str(model))
    (model / "tokenizer" / "vocab.json").write_text("{}")
    (model / "tokenizer" / "merges.txt").write_text("")
    assert model_folders.flaw(str(model)) == ""


def test_vocabulary_whose_merges_are_cut_off_is_named(model: Path) -> None:
    (model / "tokenizer" / "tokenizer.json").unlink()
    clip = ROOT / "models" / "families" / "clip"
    shutil.copy(clip / "vocab.json", model / "tokenizer")
    merges = (clip / "merges.txt").read_text("utf-8")
    (model / "tokenizer" / "merges.txt").write_text(merges, "utf-8")
    assert model_folders.flaw(str(model)) == ""
    (model / "tokenizer" / "merges.txt").write_text(merges[: len(merges) // 2], "utf-8")
    path = model / "tokenizer" / "merges.txt"
    assert model_folders.flaw(str(model)) == (
        f"The model file {path} is cut off: it does not make the words of vocab.json."
    )
    path.write_bytes(b"\xff" * 100)
    assert model_folders.flaw(str(model)).startswith(f"The model file {path} is broken: ")


@pytest.mark.parametrize("name", ["house.json", "sketchbook.zip", "lexicon.npz", "decoder/decoder.safetensors"])
def test_damaged_file_that_only_this_program_knows_is_named(model: Path, name: str) -> None:
    whole = (HOUSE / name).read_bytes()
    path = model / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(whole)
    assert model_folders.flaw(str(model)) == ""
    path.write_bytes(whole[: len(whole) // 2])
    assert model_folders.flaw(str(model)).startswith(f"The model file {path} is broken: ")


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 24027568\n"


def header(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "content",
    [
        b"", b"1234567", LFS, safetensors()[:-1], safetensors() + b"x", safetensors()[:20],
        header(b"[]"), header(b"null"), header(b"{}"), header(b"\xff"), header(b'{"w": {}}'), header(b'{"w": 7}'),
        header(b'{"w": {"data_offsets": []}}'), header(b'{"w": {"data_offsets": [0, "x"]}}'), header(b"[" * 100_000),
        struct.pack("<Q", 2**63) + b"{}",
    ],
)  # fmt: skip
def test_broken_weights_are_named(model: Path, content: bytes) -> None:
    path = model / "unet" / "model.safetensors"
    path.write_bytes(content)
    assert model_folders.flaw(str(model)).startswith(f"The model file {path} is broken: ")


@pytest.mark.parametrize("value", [[], [None, None], None, "text", 7])
def test_part_that_is_not_there_by_intent_is_no_flaw(model: Path, value: Any) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"image_encoder": value, "text_encoder": value}))
    assert model_folders.flaw(str(model)) == ""


def test_missing_tokenizer_of_the_second_encoder_is_named(model: Path) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"tokenizer_2": ["transformers", "CLIPTokenizer"]}))
    assert model_folders.flaw(str(model)) == f"The model file {model}/tokenizer_2/tokenizer_config.json is missing."
    shutil.copytree(model / "tokenizer", model / "tokenizer_2")
    assert model_folders.flaw(str(model)) == ""
    (model / "tokenizer_2" / "tokenizer.json").unlink()
    assert "tokenizer_2/tokenizer.json is missing" in model_folders.flaw(str(model))


@pytest.mark.parametrize(
    ("index", "config"),
    [
        ("EDMEulerScheduler", {}),
        ("FlowMatchEulerDiscreteScheduler", {}),
        ("EulerDiscreteScheduler", {"_class_name": "EDMEulerScheduler"}),
        (None, {"_class_name": "EDMEulerScheduler"}),
    ],
)
def test_scheduler_that_is_not_painted_with_is_named(model: Path, index: str | None, config: dict[str, str]) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"scheduler": ["diffusers" if index else None, index]}))
    (model / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    name = config.get("_class_name", index)
    sentence = f"{model / 'scheduler'} is of the class {name}; this program paints with DDIMParallelScheduler, "
    assert model_folders.flaw(str(model)).startswith(sentence)


@pytest.mark.parametrize("part", ["feature_extractor", "image_encoder", "safety_checker"])
def test_part_that_does_not_paint_may_be_missing(model: Path, part: str) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {part: ["transformers", "CLIPModel"]}))
    assert examined(str(model)) == ("", f"{model} is whole")


def test_half_precision_in_shards_is_whole_only_with_each_shard(model: Path) -> None:
    unet = model / "unet"
    (unet / "model.safetensors").unlink()
    for number in (1, 2):
        path = unet / f"diffusion_pytorch_model.fp16-0000{number}-of-00002.safetensors"
        path.write_bytes(safetensors())
    (unet / "diffusion_pytorch_model.safetensors.index.fp16.json").write_text("{}")
    assert model_folders.flaw(str(model)) == ""
    path.unlink()
    assert model_folders.flaw(str(model)) == f"The model file {path} is missing."


@pytest.mark.parametrize(("name", "flaw"), [("model.bin", False), ("model.non_ema.safetensors", True)])
def test_pickles_are_weights_and_another_variant_is_not(model: Path, name: str, flaw: bool) -> None:
    (model / "unet" / "model.safetensors").rename(model / "unet" / name)
    assert model_folders.flaw(str(model)) == flaw * f"The model file {model / 'unet'}/*.safetensors is missing."
