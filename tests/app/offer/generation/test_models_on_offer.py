"""The models on offer: their folders whole, or the message names the file, and what is known of them."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.config import DEFAULTS, ROOT
from app.core.models.facts import ModelFacts
from app.offer.generation import models_on_offer
from tests.conftest import make_app
from tests.support import led
from tests.support import model_folders as folders
from tests.support.house import HOUSE, NAME
from tests.support.model_folders import safetensors

INDEX = folders.INDEX | {"safety_checker": [None, None]}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Lay out a model folder that is whole."""
    folder = tmp_path / "model"
    files: dict[str, Any] = {"model_index.json": INDEX, "scheduler/scheduler_config.json": {}}
    files |= {"tokenizer/tokenizer_config.json": {}, "tokenizer/tokenizer.json": {}}
    files |= {"text_encoder/config.json": {}, "vae/config.json": {"_class_name": "AutoencoderKL"}}
    files["unet/config.json"] = {"_class_name": "UNet2DConditionModel", "sample_size": 64}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    for part in ("text_encoder", "unet", "vae"):
        (folder / part / "model.safetensors").write_bytes(safetensors())
    return folder


def test_whole_folder_has_no_flaw(model: Path) -> None:
    assert models_on_offer.flaw(str(model)) == ""


def test_our_own_model_is_whole() -> None:
    assert models_on_offer.flaw(str(ROOT / DEFAULTS["MODEL"])) == ""


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./house", "no-such-folder", "a/b/c"])
def test_missing_folder_is_named(name: str) -> None:
    assert models_on_offer.flaw(name) == f"The model folder {Path(name)} is missing."


def test_address_is_no_name_on_a_hub() -> None:
    name = "https://huggingface.co/stabilityai/sdxl-turbo"
    assert models_on_offer.flaw(name).startswith(f"The model {name} is neither a folder nor a name on the Hugging Face")


def examined(name: str) -> tuple[str, str]:
    state = models_on_offer.examine(name)
    return state.flaw, state.sentence


def hub_copy(model: Path, cache: Path) -> Path:
    """Lay a model into a hub's cache as tiny/walker, and return its snapshot."""
    snapshot = cache / "models--tiny--walker" / "snapshots" / "0123456789abcdef"
    shutil.copytree(model, snapshot)
    (cache / "models--tiny--walker" / "refs").mkdir()
    (cache / "models--tiny--walker" / "refs" / "main").write_text("0123456789abcdef\n")
    return snapshot


def test_name_on_a_hub_is_not_downloaded_whole_or_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    later = "tiny/walker is not downloaded yet; a worker downloads it from the hub when it first loads it"
    assert examined("tiny/walker") == ("", later)
    snapshot = hub_copy(model, tmp_path / "hub")
    assert examined("tiny/walker") == ("", "tiny/walker is whole")
    assert examined("tiny/walker@0123456789abcdef") == ("", later.replace("walker", "walker@0123456789abcdef"))
    (snapshot / "unet" / "model.safetensors").unlink()
    assert examined("tiny/walker") == ("", later)
    (snapshot / "model_index.json").write_text(json.dumps(INDEX | {"_class_name": "AmusedPipeline"}))
    assert "is of the kind AmusedPipeline" in models_on_offer.flaw("tiny/walker")


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
    flaw = models_on_offer.flaw(str(model))
    assert flaw.startswith(f"The model file {model / name} is ")
    assert flaw.endswith(" is missing.") == (content is None)


def test_folder_in_place_of_a_file_is_named(model: Path) -> None:
    (model / "unet" / "config.json").unlink()
    (model / "unet" / "config.json").mkdir()
    assert str(model / "unet" / "config.json") in models_on_offer.flaw(str(model))


@pytest.mark.parametrize("kind", ["AmusedPipeline", "StableDiffusionXLImg2ImgPipeline", None])
def test_model_of_another_kind_is_a_flaw(model: Path, kind: str | None) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"_class_name": kind}))
    kinds = "StableDiffusionPipeline, StableDiffusionXLPipeline, LatentConsistencyModelPipeline"
    kinds += ", StableDiffusion3Pipeline, FluxPipeline, ZImagePipeline and Flux2KleinPipeline"
    sentence = f"The model {model} is of the kind {kind}; this program paints with {kinds}."
    assert models_on_offer.flaw(str(model)) == sentence


def test_missing_part_is_named(model: Path) -> None:
    for file in (model / "vae").iterdir():
        file.unlink()
    (model / "vae").rmdir()
    assert str(model / "vae") in models_on_offer.flaw(str(model))


def test_missing_weights_are_named(model: Path) -> None:
    (model / "unet" / "model.safetensors").unlink()
    assert models_on_offer.flaw(str(model)) == f"The model file {model / 'unet'}/*.safetensors is missing."


def test_missing_vocabulary_is_named(model: Path) -> None:
    (model / "tokenizer" / "tokenizer.json").unlink()
    assert "tokenizer" in models_on_offer.flaw(str(model))
    (model / "tokenizer" / "vocab.json").write_text("{}")
    (model / "tokenizer" / "merges.txt").write_text("")
    assert models_on_offer.flaw(str(model)) == ""


def test_vocabulary_whose_merges_are_cut_off_is_named(model: Path) -> None:
    (model / "tokenizer" / "tokenizer.json").unlink()
    clip = ROOT / "models" / "families" / "clip"
    shutil.copy(clip / "vocab.json", model / "tokenizer")
    merges = (clip / "merges.txt").read_text("utf-8")
    (model / "tokenizer" / "merges.txt").write_text(merges, "utf-8")
    assert models_on_offer.flaw(str(model)) == ""
    (model / "tokenizer" / "merges.txt").write_text(merges[: len(merges) // 2], "utf-8")
    path = model / "tokenizer" / "merges.txt"
    assert models_on_offer.flaw(str(model)) == (
        f"The model file {path} is cut off: it does not make the words of vocab.json."
    )
    path.write_bytes(b"\xff" * 100)
    assert models_on_offer.flaw(str(model)).startswith(f"The model file {path} is broken: ")


@pytest.mark.parametrize("name", ["house.json", "sketchbook.zip", "lexicon.npz", "decoder/decoder.safetensors"])
def test_damaged_file_that_only_this_program_knows_is_named(model: Path, name: str) -> None:
    whole = (HOUSE / name).read_bytes()
    path = model / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(whole)
    assert models_on_offer.flaw(str(model)) == ""
    path.write_bytes(whole[: len(whole) // 2])
    assert models_on_offer.flaw(str(model)).startswith(f"The model file {path} is broken: ")


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
    assert models_on_offer.flaw(str(model)).startswith(f"The model file {path} is broken: ")


@pytest.mark.parametrize("value", [[], [None, None], None, "text", 7])
def test_part_that_is_not_there_by_intent_is_no_flaw(model: Path, value: Any) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"image_encoder": value, "text_encoder": value}))
    assert models_on_offer.flaw(str(model)) == ""


def test_facts_are_read_from_the_model_folder(app: Flask) -> None:
    facts = models_on_offer.facts()
    assert facts.name == NAME
    assert facts.vocabulary
    assert all(len(pair) == 2 for pair in facts.starters)


def test_model_without_facts_goes_by_its_folders_name(instance: Path, model: Path) -> None:
    with make_app(instance, MODEL=str(model)).app_context():
        known = ModelFacts(name="model", title="model", family="sd", reads_weights=True, clip_skip_max=11)
        assert models_on_offer.facts() == known


@pytest.mark.parametrize(("channels", "sizes"), [(0, [256]), (16, [256, 512])])
def test_model_whose_decoder_has_a_finer_stage_paints_twice_its_size(
    app: Flask, tmp_path: Path, channels: int, sizes: list[int]
) -> None:
    folder = led.lay_out(tmp_path / "led", size=256)
    (folder / "decoder").mkdir()
    (folder / "decoder" / "config.json").write_text(json.dumps({"finer": channels}))
    facts = models_on_offer.facts(str(folder))
    assert facts.sizes == tuple(sizes) and facts.finer == len(sizes)


def test_missing_tokenizer_of_the_second_encoder_is_named(model: Path) -> None:
    (model / "model_index.json").write_text(json.dumps(INDEX | {"tokenizer_2": ["transformers", "CLIPTokenizer"]}))
    assert models_on_offer.flaw(str(model)) == f"The model file {model}/tokenizer_2/tokenizer_config.json is missing."
    shutil.copytree(model / "tokenizer", model / "tokenizer_2")
    assert models_on_offer.flaw(str(model)) == ""
    (model / "tokenizer_2" / "tokenizer.json").unlink()
    assert "tokenizer_2/tokenizer.json is missing" in models_on_offer.flaw(str(model))


@pytest.mark.parametrize(
    ("few_step", "scheduler"),
    [
        (True, {"_class_name": "LCMScheduler"}),
        (True, {"_class_name": "EulerAncestralDiscreteScheduler", "timestep_spacing": "trailing"}),
        (True, {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}),
        (False, {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "leading"}),
        (
            False,
            {
                "_class_name": "EulerDiscreteScheduler",
                "timestep_spacing": "trailing",
                "rescale_betas_zero_snr": True,
            },
        ),
        (False, {"_class_name": "DPMSolverMultistepScheduler", "timestep_spacing": "trailing"}),
        (False, {"_class_name": "PNDMScheduler"}),
    ],
)
def test_distilled_model_is_known_by_its_solver(
    app: Flask, model: Path, few_step: bool, scheduler: dict[str, Any]
) -> None:
    (model / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    facts = models_on_offer.facts(str(model))
    assert (facts.few_step, facts.scheduler) == (few_step, scheduler["_class_name"])


@pytest.mark.parametrize(
    ("scheduler", "told", "most"),
    [
        ({"_class_name": "LCMScheduler"}, "{}", 50),
        ({"_class_name": "LCMScheduler", "original_inference_steps": 100}, "{}", 100),
        ({"_class_name": "TCDScheduler", "original_inference_steps": None}, "{}", 50),
        ({"_class_name": "LCMScheduler"}, '{"few_step": false}', None),  # painted with the usual solver
        ({"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}, "{}", None),
        ({"_class_name": "PNDMScheduler"}, "{}", None),
    ],
)
def test_schedule_of_a_consistency_model_bounds_its_steps(
    app: Flask, model: Path, scheduler: dict[str, Any], told: str, most: int | None
) -> None:
    (model / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (model / "house.json").write_text(told)
    assert models_on_offer.facts(str(model)).steps_max == most


def test_what_the_folder_itself_says_wins(app: Flask, model: Path) -> None:
    (model / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "LCMScheduler"}')
    (model / "house.json").write_text('{"few_step": false, "name": "walker", "title": "Walker"}')
    facts = models_on_offer.facts(str(model))
    assert (facts.few_step, facts.name, facts.title) == (False, "walker", "Walker")


@pytest.mark.parametrize(
    ("told", "sizes"),
    [("{}", [1024]), ('{"size": 256, "sizes": [512, 256, 300, "768", true]}', [256, 512]), ('{"sizes": 2048}', [1024])],
)
def test_sizes_are_its_own_and_those_multiples_that_the_folder_names(
    app: Flask, model: Path, told: str, sizes: list[int]
) -> None:
    (model / "unet" / "config.json").write_text('{"sample_size": 128}')
    (model / "vae" / "config.json").write_text('{"block_out_channels": [128, 256, 512, 512]}')
    (model / "house.json").write_text(told)
    assert models_on_offer.facts(str(model)).sizes == tuple(sizes)


@pytest.mark.parametrize(("told", "size"), [("{}", 1024), ('{"size": 768}', 768)])
def test_size_follows_from_the_networks_unless_the_folder_says_it(
    app: Flask, model: Path, told: str, size: int
) -> None:
    (model / "unet" / "config.json").write_text('{"sample_size": 128}')
    (model / "vae" / "config.json").write_text('{"block_out_channels": [128, 256, 512, 512]}')
    (model / "house.json").write_text(told)
    assert models_on_offer.facts(str(model)).size == size


def test_guidance_that_is_an_input_is_seen(app: Flask, model: Path) -> None:
    (model / "unet" / "config.json").write_text('{"time_cond_proj_dim": 256}')
    assert models_on_offer.facts(str(model)).embeds_guidance


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
    assert models_on_offer.flaw(str(model)).startswith(sentence)


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
    assert models_on_offer.flaw(str(model)) == ""
    path.unlink()
    assert models_on_offer.flaw(str(model)) == f"The model file {path} is missing."


@pytest.mark.parametrize(("name", "flaw"), [("model.bin", False), ("model.non_ema.safetensors", True)])
def test_pickles_are_weights_and_another_variant_is_not(model: Path, name: str, flaw: bool) -> None:
    (model / "unet" / "model.safetensors").rename(model / "unet" / name)
    assert models_on_offer.flaw(str(model)) == flaw * f"The model file {model / 'unet'}/*.safetensors is missing."


def test_first_model_is_offered_once_and_found_without_a_name(instance: Path, model: Path) -> None:
    house_folder = str(ROOT / DEFAULTS["MODEL"])
    with make_app(instance, MODELS=[str(model), house_folder]).app_context():
        assert models_on_offer.offered() == [(house_folder, NAME, "House model"), (str(model), "model", "model")]
        assert models_on_offer.find(None) == models_on_offer.offered()[0]
        assert models_on_offer.find("model") == models_on_offer.offered()[1]
        assert models_on_offer.find("someone/else") is None
        assert models_on_offer.flaws() == ""
        assert models_on_offer.setting("model") == str(model)
        assert models_on_offer.setting("someone/else") == models_on_offer.setting(None) == house_folder


def test_model_that_is_not_offered_is_named_with_those_that_are(instance: Path, model: Path) -> None:
    with make_app(instance).app_context():
        assert models_on_offer.not_offered("x/y") == f"The model x/y is not offered here; this is: {NAME}."
    with make_app(instance, MODELS=[str(model), "a/b"]).app_context():
        these = f"{NAME}, model and a/b"
        assert models_on_offer.not_offered("x/y") == f"The model x/y is not offered here; these are: {these}."


def test_flaw_of_any_model_on_offer_is_found(instance: Path, model: Path) -> None:
    (model / "vae" / "config.json").unlink()
    with make_app(instance, MODELS=[str(model)]).app_context():
        assert models_on_offer.flaws() == f"The model file {model / 'vae' / 'config.json'} is missing."


def test_two_models_of_one_name_are_a_flaw(instance: Path, model: Path) -> None:
    (model / "house.json").write_text(json.dumps({"name": NAME}))
    with make_app(instance, MODELS=[str(model)]).app_context():
        assert models_on_offer.flaws().startswith(f"Two models are called {NAME}: ")


def test_model_from_a_hub_tells_its_facts_once_it_is_here(
    app: Flask, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert models_on_offer.facts("tiny/walker").title == "tiny/walker"
    snapshot = hub_copy(model, tmp_path / "hub")
    (snapshot / "house.json").write_text('{"name": "other", "title": "Walker"}')
    facts = models_on_offer.facts("tiny/walker")
    assert (facts.name, facts.title) == ("tiny/walker", "Walker")
