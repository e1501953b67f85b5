"""The models on offer: which they are, and what is known of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.config import DEFAULTS, ROOT
from app.core.models.facts import ModelFacts
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from app.requests.walk_requests.validation import validate
from tests.conftest import make_app
from tests.support import led
from tests.support import model_folders as folders
from tests.support.house import NAME

ZERO_SNR = {"rescale_betas_zero_snr": True}
INDEX = folders.INDEX | {"safety_checker": [None, None]}


def test_facts_are_read_from_the_model_folder(app: Flask) -> None:
    facts = offers.first().facts
    assert facts.name == NAME
    assert facts.vocabulary
    assert all(len(pair) == 2 for pair in facts.starters)


def test_model_without_facts_goes_by_its_folders_name(instance: Path, model: Path) -> None:
    with make_app(instance, MODEL=str(model)).app_context():
        known = ModelFacts(name="model", title="model", family="sd", reads_weights=True, clip_skip_max=11)
        assert offers.first().facts == known


@pytest.mark.parametrize(("channels", "sizes"), [(0, [256]), (16, [256, 512])])
def test_decoder_with_a_finer_stage_doubles_size(app: Flask, tmp_path: Path, channels: int, sizes: list[int]) -> None:
    folder = led.lay_out(tmp_path / "led", size=256)
    (folder / "decoder").mkdir()
    (folder / "decoder" / "config.json").write_text(json.dumps({"finer": channels}))
    facts = Offer.load(str(folder)).facts
    assert facts.sizes == tuple(sizes) and facts.finer == len(sizes)


@pytest.mark.parametrize(
    ("few_step", "scheduler"),
    [
        (True, {"_class_name": "LCMScheduler"}),
        (True, {"_class_name": "EulerAncestralDiscreteScheduler", "timestep_spacing": "trailing"}),
        (True, {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}),
        (False, {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "leading"}),
        (False, {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"} | ZERO_SNR),
        (False, {"_class_name": "DPMSolverMultistepScheduler", "timestep_spacing": "trailing"}),
        (False, {"_class_name": "PNDMScheduler"}),
    ],
)
def test_solver_tells_a_distilled_model(app: Flask, model: Path, few_step: bool, scheduler: dict[str, Any]) -> None:
    (model / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    facts = Offer.load(str(model)).facts
    assert (facts.few_step, facts.scheduler) == (few_step, scheduler["_class_name"])


@pytest.mark.parametrize(
    ("scheduler", "house_json", "most"),
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
    app: Flask, model: Path, scheduler: dict[str, Any], house_json: str, most: int | None
) -> None:
    (model / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (model / "house.json").write_text(house_json)
    assert Offer.load(str(model)).facts.steps_max == most


def test_what_the_folder_itself_says_wins(app: Flask, model: Path) -> None:
    (model / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "LCMScheduler"}')
    (model / "house.json").write_text('{"few_step": false, "name": "walker", "title": "Walker"}')
    facts = Offer.load(str(model)).facts
    assert (facts.few_step, facts.name, facts.title) == (False, "walker", "Walker")


@pytest.mark.parametrize(
    ("house_json", "sizes"),
    [("{}", [1024]), ('{"size": 256, "sizes": [512, 256, 300, "768", true]}', [256, 512]), ('{"sizes": 2048}', [1024])],
)
def test_sizes_are_its_own_and_the_folders_multiples(
    app: Flask, model: Path, house_json: str, sizes: list[int]
) -> None:
    (model / "unet" / "config.json").write_text('{"sample_size": 128}')
    (model / "vae" / "config.json").write_text('{"block_out_channels": [128, 256, 512, 512]}')
    (model / "house.json").write_text(house_json)
    assert Offer.load(str(model)).facts.sizes == tuple(sizes)


@pytest.mark.parametrize(("house_json", "size"), [("{}", 1024), ('{"size": 768}', 768)])
def test_size_follows_from_networks_unless_it_is_given(app: Flask, model: Path, house_json: str, size: int) -> None:
    (model / "unet" / "config.json").write_text('{"sample_size": 128}')
    (model / "vae" / "config.json").write_text('{"block_out_channels": [128, 256, 512, 512]}')
    (model / "house.json").write_text(house_json)
    assert Offer.load(str(model)).facts.size == size


def test_guidance_that_is_an_input_is_seen(app: Flask, model: Path) -> None:
    (model / "unet" / "config.json").write_text('{"time_cond_proj_dim": 256}')
    assert Offer.load(str(model)).facts.embeds_guidance


def test_first_model_is_offered_once_and_found_without_a_name(instance: Path, model: Path) -> None:
    house_folder = str(ROOT / DEFAULTS["MODEL"])
    with make_app(instance, MODELS=[str(model), house_folder]).app_context():
        known = offers.load()
        assert [(each.setting, each.name, each.title) for each in known] == [
            (house_folder, NAME, "House model"),
            (str(model), "model", "model"),
        ]
        first, second = known
        assert known.find(None) == known.first == first and known.find("model") == second != first
        assert known.find("someone/else") is None and known.get("someone/else") == known.get(None) == first
        assert offers.flaws() == ""


def test_model_that_is_not_offered_is_named_with_those_that_are(instance: Path, model: Path) -> None:
    with make_app(instance).app_context():
        assert offers.load().not_offered("x/y") == f"The model x/y is not offered here; this is: {NAME}."
    with make_app(instance, MODELS=[str(model), "a/b"]).app_context():
        these = f"{NAME}, model and a/b"
        assert offers.load().not_offered("x/y") == f"The model x/y is not offered here; these are: {these}."


def test_flaw_of_any_model_on_offer_is_found(instance: Path, model: Path) -> None:
    (model / "vae" / "config.json").unlink()
    with make_app(instance, MODELS=[str(model)]).app_context():
        assert offers.flaws() == f"The model file {model / 'vae' / 'config.json'} is missing."


def test_two_models_of_one_name_are_a_flaw(instance: Path, model: Path) -> None:
    (model / "house.json").write_text(json.dumps({"name": NAME}))
    with make_app(instance, MODELS=[str(model)]).app_context():
        assert offers.flaws().startswith(f"Two models are called {NAME}: ")


def test_downloaded_model_has_facts(app: Flask, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert Offer.load("tiny/walker").facts.title == "tiny/walker"
    snapshot = folders.hub_copy(model, tmp_path / "hub")
    (snapshot / "house.json").write_text('{"name": "other", "title": "Walker"}')
    facts = Offer.load("tiny/walker").facts
    assert (facts.name, facts.title) == ("tiny/walker", "Walker")


def test_models_are_loaded_once_a_request_and_each_time_outside(app: Flask) -> None:
    assert offers.current().first is not offers.current().first
    with app.test_request_context():
        assert offers.current() is offers.current() and offers.first() is offers.current().first


def test_request_carries_the_model_that_it_was_validated_for(instance: Path, model: Path) -> None:
    with make_app(instance, MODELS=[str(model)]).app_context():
        stops = [{"prompt": "a lemon"}, {"prompt": "the sun"}]
        first, named = validate({"stops": stops}), validate({"stops": stops, "model": "model"})
        assert (first.offer.name, named.offer.name) == (NAME, "model")
        assert named.model_copy().offer == named.offer and "offer" not in named.model_dump()


def test_files_of_a_model_are_read_before_it_is_passed_on(app: Flask) -> None:
    offer = offers.first().read_files()
    assert {"styles", "adapters", "loras", "embeddings"} <= set(vars(offer))
