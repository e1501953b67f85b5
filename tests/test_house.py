"""The model folder: whole, or the message names the file."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import house
from app.config import DEFAULTS, ROOT
from tests.conftest import make_app

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "safety_checker": [None, None],
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
}


def safetensors(size: int = 16) -> bytes:
    header = json.dumps({"__metadata__": {}, "w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(size)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Lay out a model folder that is whole."""
    folder = tmp_path / "model"
    files: dict[str, Any] = {"model_index.json": INDEX, "scheduler/scheduler_config.json": {}}
    files |= {"tokenizer/tokenizer_config.json": {}, "tokenizer/tokenizer.json": {}}
    for part in ("text_encoder", "unet", "vae"):
        files[f"{part}/config.json"] = {}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    for part in ("text_encoder", "unet", "vae"):
        (folder / part / "model.safetensors").write_bytes(safetensors())
    return folder


def test_whole_folder_has_no_flaw(model: Path) -> None:
    assert house.flaw(str(model)) == ""


def test_our_own_model_is_whole() -> None:
    assert house.flaw(str(ROOT / DEFAULTS["MODEL"])) == ""


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./house", "no-such-folder", "a/b/c"])
def test_missing_folder_is_named(name: str) -> None:
    assert house.flaw(name) == f"The model folder {Path(name)} is missing."


def test_name_on_a_hub_is_left_to_the_worker() -> None:
    assert house.flaw("stabilityai/stable-diffusion-2-1") == ""


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
    flaw = house.flaw(str(model))
    assert flaw.startswith(f"The model file {model / name} is ")
    assert flaw.endswith(" is missing.") == (content is None)


def test_folder_in_place_of_a_file_is_named(model: Path) -> None:
    (model / "unet" / "config.json").unlink()
    (model / "unet" / "config.json").mkdir()
    assert str(model / "unet" / "config.json") in house.flaw(str(model))


def test_missing_part_is_named(model: Path) -> None:
    for file in (model / "vae").iterdir():
        file.unlink()
    (model / "vae").rmdir()
    assert str(model / "vae") in house.flaw(str(model))


def test_missing_weights_are_named(model: Path) -> None:
    (model / "unet" / "model.safetensors").unlink()
    assert house.flaw(str(model)) == f"The model file {model / 'unet'}/*.safetensors is missing."


def test_missing_vocabulary_is_named(model: Path) -> None:
    (model / "tokenizer" / "tokenizer.json").unlink()
    assert "tokenizer" in house.flaw(str(model))
    (model / "tokenizer" / "vocab.json").write_text("{}")
    (model / "tokenizer" / "merges.txt").write_text("")
    assert house.flaw(str(model)) == ""


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
    assert house.flaw(str(model)).startswith(f"The model file {path} is broken: ")


@pytest.mark.parametrize("value", [[], [None, None], None, "text", 7])
def test_part_that_is_not_there_by_intent_is_no_flaw(model: Path, value: Any) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"image_encoder": value, "unet": value}))
    assert house.flaw(str(model)) == ""


def test_facts_are_read_from_the_model_folder(app: Flask) -> None:
    facts = house.facts()
    assert facts["name"] == "house"
    assert facts["vocabulary"]
    assert all(len(pair) == 2 for pair in facts["starters"])


def test_model_without_facts_has_none(instance: Path, model: Path) -> None:
    with make_app(instance, MODEL=str(model)).app_context():
        assert house.facts() == {}
