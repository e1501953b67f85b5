"""A loaded model: what it makes of prompts, its networks and solvers, and where it comes from."""

import gc
import json
import shutil
import weakref
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from app.offer.generation import model_folders
from tests.support.house import HOUSE
from tests.support.own_calls import change
from worker.diffusion.families import DEFAULT_OPTIONS
from worker.diffusion.model import Model, ModelError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("prompt", "note"),
    [
        ("a bear", ""),
        ("a red lemon", ""),
        ("", ""),
        ("медведь", "unknown words"),
        ("an \N{BEAR FACE}", "unknown words"),
        ("xyz", "unknown words"),
        ("the red bear xyz", ""),
        ("a bear " * 10, "cut"),
    ],
)
def test_prompts_that_the_tokenizer_does_not_take_are_noted(models: dict[str, Model], prompt: str, note: str) -> None:
    assert models["bert"].note(prompt, prompt) == note


def test_byte_level_tokenizer_knows_every_word_but_cuts(models: dict[str, Model]) -> None:
    assert models["sd1"].note("медведь \N{BEAR FACE}", "медведь \N{BEAR FACE}") == ""
    assert models["sd1"].note("x" * 80, "x") == "cut"


def test_words_of_a_hand_do_not_hide_that_a_prompt_is_unknown(models: dict[str, Model]) -> None:
    assert models["bert"].note("qwzx, red sun", "qwzx") == "unknown words"
    assert models["bert"].note("a bear, qwzx", "a bear") == ""


def test_name_title_and_prefix_come_from_house_json(models: dict[str, Model]) -> None:
    model = models["bert"]
    assert (model.name, model.title, model.prefix) == ("tiny", "Tiny model", "artwork of: ")
    assert (models["sd1"].name, models["sd1"].title, models["sd1"].prefix) == ("sd1", "sd1", "")


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere is missing"):
        Model.load(str(tmp_path / "nowhere"))


def test_no_words_are_nothing_to_a_model_that_was_trained_so(models: dict[str, Model]) -> None:
    _, nothing = models["sdxl"].encode("a bear", "")
    assert not nothing.states.any()
    assert not nothing.pooled.any()
    _, words = models["sdxl"].encode("a bear", "red")
    assert words.states.any()
    _, empty = models["turbo"].encode("a bear", "")
    assert empty.states.any()


def test_two_encoders_stand_side_by_side_and_the_second_pools(models: dict[str, Model]) -> None:
    text, _ = models["sdxl"].encode("a bear", "")
    assert text.states.shape == (77, 64)
    assert text.pooled.shape == (24,)
    assert models["sd1"].encode("a bear", "")[0].pooled is None


@pytest.mark.parametrize(("kind", "decoder"), [("sdxl", torch.float32), ("sd1", torch.float16)])
def test_decoder_that_overflows_stays_in_float32(models: dict[str, Model], kind: str, decoder: torch.dtype) -> None:
    unet, vae = models[kind].networks("float16", "contiguous")
    assert (unet.dtype, vae.dtype) == (torch.float16, decoder)
    assert models[kind].networks("bfloat16", "contiguous")[1].dtype == torch.bfloat16


def test_copies_that_were_only_measured_are_let_go(tiny_models: dict[str, Path]) -> None:
    model = Model.load(str(tiny_models["sd1"]), device="cpu")
    full, kept, measured = (
        weakref.ref(model.networks(name, "contiguous")[0]) for name in ("float32", "bfloat16", "float16")
    )
    model.keep_precision("bfloat16")
    gc.collect()
    assert full() is model.networks("float32", "contiguous")[0]
    assert kept() is model.networks("bfloat16", "contiguous")[0]
    assert measured() is None


def test_network_lies_in_memory_as_it_was_asked_for_last(tiny_models: dict[str, Path]) -> None:
    model = Model.load(str(tiny_models["sd1"]), device="cpu")
    for memory_format in ("channels_last", "contiguous", "contiguous", "channels_last"):
        unet, _ = model.networks("float32", memory_format)
        weight = next(each for each in unet.parameters() if each.dim() == 4 and min(each.shape) > 1)
        assert weight.is_contiguous() is (memory_format == "contiguous")


def test_folder_in_half_precision_alone_is_loaded(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_models["sdxl"], tmp_path / "copy")
    for path in copy.glob("*/*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    prompt, _ = Model.load(str(copy), device="cpu").encode("a bear", "")
    expected, _ = Model.load(str(tiny_models["sdxl"]), device="cpu").encode("a bear", "")
    assert np.array_equal(prompt.states, expected.states)


@pytest.mark.parametrize("layout", ["pickles", "shards", "half shards", "half decoder"])
@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_weights_of_any_layout_are_loaded(tiny_models: dict[str, Path], tmp_path: Path, kind: str, layout: str) -> None:
    copy = shutil.copytree(tiny_models[kind], tmp_path / "copy")
    if layout == "pickles":
        for path in copy.glob("*/*.safetensors"):
            name = "pytorch_model.bin" if path.stem == "model" else f"{path.stem}.bin"
            torch.save(load_file(path), path.with_name(name))
            path.unlink()
    elif layout == "half decoder":
        [path] = copy.glob("vae/*.safetensors")
        path.rename(path.with_suffix(".fp16.safetensors"))
    else:
        shutil.rmtree(copy)
        variant = "fp16" if layout == "half shards" else None
        diffusers.DiffusionPipeline.from_pretrained(tiny_models[kind]).save_pretrained(
            copy, variant=variant, max_shard_size="90KB"
        )
        assert len(list(copy.glob("unet/*-of-*"))) > 1
    assert model_folders.flaw(str(copy)) == ""
    model = Model.load(str(copy), device="cpu")
    whole = Model.load(str(tiny_models[kind]), device="cpu")
    for ours, theirs in zip(
        model.networks("float32", "contiguous"), whole.networks("float32", "contiguous"), strict=True
    ):
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(one, other)
    assert np.array_equal(model.encode("a bear", "")[0].states, whole.encode("a bear", "")[0].states)


def test_shard_that_is_not_there_is_named(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    diffusers.DiffusionPipeline.from_pretrained(tiny_models["sd1"]).save_pretrained(tmp_path, max_shard_size="90KB")
    shards = sorted(tmp_path.glob("unet/*-of-*"))
    shards[1].unlink()
    with pytest.raises(ModelError, match=f"{shards[1]} is missing"):
        Model.load(str(tmp_path))
    shutil.copy(shards[0], shards[1])
    (tmp_path / "unet" / "diffusion_pytorch_model.safetensors.index.json").unlink()
    with pytest.raises(ModelError, match=r"unet/\*.safetensors.index.json is missing"):
        Model.load(str(tmp_path))


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_parts_that_do_not_paint_may_be_missing(tiny_models: dict[str, Path], tmp_path: Path, kind: str) -> None:
    copy = shutil.copytree(tiny_models[kind], tmp_path / "copy")
    change(
        copy / "model_index.json",
        feature_extractor=["transformers", "CLIPImageProcessor"],
        image_encoder=["transformers", "CLIPVisionModelWithProjection"],
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
    )
    assert model_folders.flaw(str(copy)) == ""
    assert Model.load(str(copy), device="cpu").encode("a bear", "")[0].states.shape[0] == 77


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_prompt_is_cut_where_the_encoder_ends_if_the_tokenizer_names_no_length(
    tiny_models: dict[str, Path], models: dict[str, Model], tmp_path: Path, kind: str
) -> None:
    copy = shutil.copytree(tiny_models[kind], tmp_path / "copy")
    for path in copy.glob("tokenizer*/tokenizer_config.json"):
        config = json.loads(path.read_text())
        del config["model_max_length"]
        path.write_text(json.dumps(config))
    model = Model.load(str(copy), device="cpu")
    for prompt in ("a bear", "x" * 80):
        assert np.array_equal(model.encode(prompt, "")[0].states, models[kind].encode(prompt, "")[0].states)
        assert model.note(prompt, prompt) == models[kind].note(prompt, prompt)


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_scheduler_without_its_package_is_replaced(tiny_models: dict[str, Path], tmp_path: Path, kind: str) -> None:
    copy = shutil.copytree(tiny_models[kind], tmp_path / "copy")
    change(copy / "model_index.json", scheduler=["diffusers", "DPMSolverSDEScheduler"])
    settings = {"_class_name": "DPMSolverSDEScheduler", "beta_start": 0.001, "use_karras_sigmas": True}
    (copy / "scheduler" / "scheduler_config.json").write_text(json.dumps(settings))
    solver = Model.load(str(copy), device="cpu").solver("DPMSolverMultistepScheduler", 4)
    config = solver.config
    assert (config.beta_start, config.beta_end, config.use_karras_sigmas) == (0.001, 0.012, True)


@pytest.mark.parametrize("name", ["model.safetensors", "model.ckpt"])
def test_single_file_is_refused_as_the_site_refuses_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError, match=r"it is empty|is a pickle, which may run programs") as refused:
        Model.load(str(tmp_path / name))
    assert str(refused.value) == model_folders.flaw(str(tmp_path / name))


def test_more_steps_than_a_distilled_model_knows_are_refused(models: dict[str, Model]) -> None:
    with pytest.raises(ModelError, match="takes no 60 steps"):
        models["lcm"].solver("LCMScheduler", 60)


def test_stochastic_solver_is_run_without_its_noise(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_models["sd1"], tmp_path / "copy")
    config = copy / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"algorithm_type": "sde-dpmsolver++"}))
    solver = Model.load(str(copy)).solver("DPMSolverMultistepScheduler", 4)
    assert solver.config.algorithm_type == "dpmsolver++"


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take the network away and put an empty cache in place of this machine's."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_hub_name_is_found_in_the_cache_with_its_commit(tiny_models: dict[str, Path], hub_cache: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = hub_cache / "models--tiny--walker"
    shutil.copytree(tiny_models["sd1"], repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    model = Model.load("tiny/walker")
    assert (model.name, model.revision) == ("tiny/walker", "0123456789ab")


def test_hub_name_that_cannot_be_had_is_named(hub_cache: Path) -> None:
    with pytest.raises(ModelError, match="The model nobody/nothing is not in"):
        Model.load("nobody/nothing")


@pytest.mark.server
def test_house_model_knows_its_vocabulary_and_starters() -> None:
    model = Model.load(str(HOUSE), device="cpu")
    facts = json.loads((HOUSE / "house.json").read_text())
    prompts = [*facts["vocabulary"], *(prompt for pair in facts["starters"] for prompt in pair)]
    assert {model.note(prompt, prompt) for prompt in prompts} == {""}


@pytest.mark.parametrize("kind", ["sd1", "sdxl", "turbo", "bert"])
@pytest.mark.parametrize("left_out", ["", "red"])
def test_texts_come_to_the_same_whatever_was_encoded_before(models: dict[str, Model], kind: str, left_out: str) -> None:
    model = models[kind]
    model._texts.clear()
    expected = model.encode("a bear", left_out)
    model._texts.clear()
    model.encode("a kite", left_out)
    for _ in range(2):
        for text, one in zip(model.encode("a bear", left_out), expected, strict=True):
            assert np.array_equal(text.states, one.states)
            assert (text.pooled is None) is (one.pooled is None)
            assert text.pooled is None or np.array_equal(text.pooled, one.pooled)


def test_only_the_last_texts_are_remembered(models: dict[str, Model], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.diffusion.model.TEXTS", 2)
    model = models["bert"]
    for prompt in ("a bear", "a kite", "a bear", "a fox"):
        model.encode(prompt, "")
    assert list(model._texts) == [(prompt, "", frozenset(), DEFAULT_OPTIONS) for prompt in ("a bear", "a fox")]


def test_each_solver_is_fresh(models: dict[str, Model]) -> None:
    first, second = (models["sd1"].solver("DPMSolverMultistepScheduler", 4) for _ in range(2))
    latents = torch.zeros(1, 4, 8, 8)
    first.step(latents, first.timesteps[0], latents)
    assert (first.step_index, second.step_index) == (1, None)
    assert all(output is None for output in second.model_outputs)
