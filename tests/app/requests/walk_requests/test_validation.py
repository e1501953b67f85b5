"""What a walk may be asked for with, what is refused and with which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.collection.styles import model_choice
from app.core.errors import InvalidInput
from app.core.field_errors import ERRORS_MAX
from app.offer.generation import offers, presets, sampler_settings
from app.offer.generation.limits import SEED_MAX
from app.requests.walk_requests.validation import validate
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.walk_models import ENDINGS
from tests.conftest import make_app
from tests.support.house import NAME


def asked(*prompts: str, **fields: Any) -> dict[str, Any]:
    return {"stops": [{"prompt": prompt} for prompt in prompts or ("a fox", "a kite")], **fields}


def refusal(data: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        validate(data)
    return {error.field: error.message for error in refused.value.errors}


# What is accepted


def test_two_prompts_are_enough(app: Flask) -> None:
    wanted = validate(asked("a lemon", "the sun"))
    assert [stop.prompt for stop in wanted.stops] == ["a lemon", "the sun"]
    assert (wanted.seed, wanted.frames, wanted.unlisted) == (None, None, False)


def test_limits_themselves_are_accepted(app: Flask) -> None:
    longest = asked("a" * 300, *"bcdefgh", seed=SEED_MAX, frames=240)
    wanted = validate(longest)
    assert (len(wanted.stops), wanted.seed, wanted.frames) == (8, 2**32 - 1, 240)
    assert validate(asked(*"abcdefgh", seed=0, frames=8)).frames == 8
    assert validate(asked(steps=1)).steps == 1


@pytest.mark.parametrize(
    "prompt", ["狐狸", "лиса", "ثعلب", "🦊", "लोमड़ी", "quote ' \" ; -- <b>", "%s {} \\n", "a" + "\u0301" * 40]
)
def test_prompts_in_any_script_are_accepted(app: Flask, prompt: str) -> None:
    assert validate(asked(prompt, "a kite")).stops[0].prompt


def test_white_space_is_tidied_and_accents_composed(app: Flask) -> None:
    wanted = validate(asked("  a \n\t red\u00a0fox ", "cafe\u0301"))
    assert [stop.prompt for stop in wanted.stops] == ["a red fox", "caf\u00e9"]


def test_length_is_counted_after_tidying(app: Flask) -> None:
    assert validate(asked("a" + " " * 400 + "b", "c")).stops[0].prompt == "a b"


def test_limits_are_settings(instance: Path) -> None:
    with make_app(instance, STOPS_MAX=2, PROMPT_MAX=5, FRAMES_MAX=30).app_context():
        assert refusal(asked("a", "b", "c")) == {"stops": "A walk has 2 to 2 stops; this one has 3."}
        assert "at most 5" in refusal(asked("a rocket", "b"))["stops.0.prompt"]
        assert "to 30." in refusal(asked("a", "b", frames=31))["frames"]


# What is refused


@pytest.mark.parametrize(
    "prompt",
    ["", " ", "\n\t", "\u200b", "\u2060\ufeff", "\u00a0", "\ufe0f", "\u034f", "\u3164", "\u115f \uffa0", "\u2800"],
)
def test_prompt_without_anything_to_see_is_refused(app: Flask, prompt: str) -> None:
    assert refusal(asked("a fox", prompt)) == {
        "stops.1.prompt": "The prompt of stop 2 is empty. Write at least one word."
    }


@pytest.mark.parametrize("prompt", ["!", "…", "\U0001f98a", "\u2764\ufe0f", "\u30c4", "\u2801"])
def test_prompt_of_a_single_sign_is_taken(app: Flask, prompt: str) -> None:
    assert validate(asked("a fox", prompt)).stops[1].prompt == prompt


def test_overlong_prompt_is_refused_with_its_length(app: Flask) -> None:
    assert refusal(asked("a" * 301, "b")) == {
        "stops.0.prompt": "The prompt of stop 1 is 301 characters long; at most 300 are read."
    }


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b"])
def test_control_characters_are_refused(app: Flask, character: str) -> None:
    assert "control characters" in refusal(asked(f"a{character}fox", "b"))["stops.0.prompt"]


@pytest.mark.parametrize("character", ["\ud800", "\udfff", "\ufffd"])
def test_unreadable_characters_are_refused(app: Flask, character: str) -> None:
    assert "could not be read" in refusal(asked(f"a{character}fox", "b"))["stops.0.prompt"]


def test_what_to_leave_out_obeys_the_same_rules_but_may_be_empty(app: Flask) -> None:
    stops = [{"prompt": "a fox", "negative_prompt": ""}, {"prompt": "a kite", "negative_prompt": "x" * 301}]
    message = "The negative prompt of stop 2 is 301 characters long; at most 300 are read."
    assert refusal({"stops": stops}) == {"stops.1.negative_prompt": message}


@pytest.mark.parametrize("number", [0, 1, 9, 100])
def test_too_few_and_too_many_stops_are_refused(app: Flask, number: int) -> None:
    stops = [{"prompt": f"stop {index}"} for index in range(number)]
    assert refusal({"stops": stops}) == {"stops": f"A walk has 2 to 8 stops; this one has {number}."}


@pytest.mark.parametrize("seed", [True, 2.5, 2.0, float("nan"), float("inf"), "7", -1, 2**32, 10**400, [], {}])
def test_seed_that_is_no_whole_number_in_range_is_refused(app: Flask, seed: Any) -> None:
    assert refusal(asked(seed=seed)) == {"seed": "The seed must be a whole number from 0 to 4294967295."}
    stops = [{"prompt": "a fox", "seed": seed}, {"prompt": "a kite"}]
    assert list(refusal({"stops": stops})) == ["stops.0.seed"]


def test_fewer_frames_than_stops_are_refused(app: Flask) -> None:
    assert refusal(asked("a", "b", "c", frames=2)) == {
        "frames": "Frames must be a whole number from 3 (one for each stop) to 240."
    }


@pytest.mark.parametrize("stops", [None, "a fox", 7, {}, {"prompt": "a fox"}, True])
def test_stops_must_be_a_list(app: Flask, stops: Any) -> None:
    assert refusal({"stops": stops}) == {"stops": "stops must be a list of 2 to 8 stops."}


@pytest.mark.parametrize("stop", [None, "a fox", 7, ["a fox"]])
def test_stop_must_be_an_object(app: Flask, stop: Any) -> None:
    assert refusal({"stops": [{"prompt": "a"}, stop]}) == {
        "stops.1": 'Stop 2 must be an object such as {"prompt": "a lemon"}.'
    }


@pytest.mark.parametrize("data", [None, [], "a fox", 7, True])
def test_walk_must_be_an_object(app: Flask, data: Any) -> None:
    assert refusal(data) == {"": 'A walk must be an object such as {"stops": […]}.'}


def test_missing_stops_and_missing_prompts_are_refused(app: Flask) -> None:
    assert list(refusal({})) == ["stops"]
    assert list(refusal({"stops": [{}, {"prompt": "b"}]})) == ["stops.0.prompt"]


def test_unknown_fields_are_refused_at_both_levels(app: Flask) -> None:
    stops = [{"prompt": "a", "promt": "b"}, {"prompt": "c"}]
    assert refusal({"stops": stops, "sede": 7, "": 1}) == {
        "stops.0.promt": "promt is not a field of a walk.",
        "": " is not a field of a walk.",
        "sede": "sede is not a field of a walk.",
    }


def test_same_stop_twice_in_a_row_is_refused(app: Flask) -> None:
    assert list(refusal(asked("a fox", "a  fox"))) == ["stops.1.prompt"]


def test_same_prompt_with_another_seed_or_further_on_is_a_walk(app: Flask) -> None:
    stops = [{"prompt": "a fox", "seed": 1}, {"prompt": "a fox", "seed": 2}]
    assert len(validate({"stops": stops}).stops) == 2
    assert len(validate(asked("a fox", "a kite", "a fox")).stops) == 3


def test_stops_that_differ_only_in_where_their_seed_is_written_are_the_same(app: Flask) -> None:
    stops = [{"prompt": "a fox"}, {"prompt": "a fox", "seed": 7}]
    assert list(refusal({"stops": stops, "seed": 7})) == ["stops.1.prompt"]
    assert len(validate({"stops": stops, "seed": 8}).stops) == 2
    assert len(validate({"stops": stops}).stops) == 2  # the walk's own is drawn


@pytest.mark.parametrize("field", ["negative_prompt", "hand"])
def test_same_prompt_in_another_hand_or_without_something_else_is_another_stop(app: Flask, field: str) -> None:
    other = {"prompt": "a fox", field: "linocut"}
    assert len(validate({"stops": [{"prompt": "a fox"}, other]}).stops) == 2


def test_round_must_not_come_back_to_its_first_stop_by_itself(app: Flask) -> None:
    there_and_back = asked("a fox", "a kite", "a fox", ending="round")
    assert refusal(there_and_back) == {
        "stops.2.prompt": "Stop 3 is the same as stop 1, to which a round leads by itself. Leave it out."
    }
    assert validate(there_and_back | {"ending": "back"}).ending == "back"
    assert validate(asked("a fox", "a kite", ending="round")).ending == "round"


@pytest.mark.parametrize("ending", ["stop", "back", "round"])
def test_one_prompt_with_several_seeds_is_a_walk(app: Flask, ending: str) -> None:
    stops = [{"prompt": "the sea", "seed": seed} for seed in range(4)]
    assert [stop.seed for stop in validate({"stops": stops, "ending": ending}).stops] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("preset", ("slow", "Fast", 1, True, [], ""), "preset must be one of fast, balanced and exact."),
        ("ending", ("loop", None, 1, ["back"], ""), "ending must be one of stop, back and round."),
        (
            "fps",
            (0, 0.5, 51, -1, True, "12", float("nan"), float("inf"), []),
            "Frames a second must be a number from 1 to 50.",
        ),
        (
            "frames",
            (True, 2.5, float("nan"), float("inf"), "24", -24, 0, 1, 241, 10**400, [], {}),
            "Frames must be a whole number from 2 (one for each stop) to 240.",
        ),
        (
            "size",
            (0, 255, 1024, -256, 2**40, "256", 256.5, True, [256]),
            "The size must be one of 256 and 512, in pixels of a side.",
        ),
        ("steps", (0, -1, 101, 1.5, True, float("nan")), "Steps must be a whole number from 1 to 100."),
        ("easing", ("true", 1, None, "on"), "easing must be true or false."),
        ("unlisted", ("true", 1, 0, None, "on"), "unlisted must be true or false."),
        ("model", (1, True, [], {}), "model must be the name of one on offer."),
        ("continues", (1, True, [], {}), "continues must be the id of a walk."),
    ],
)
def test_further_fields_are_refused_with_what_they_may_be(
    app: Flask, field: str, values: tuple[Any, ...], message: str
) -> None:
    for value in values:
        assert refusal(asked(**{field: value})) == {field: message}


def test_presets_and_endings_are_those_that_there_are(app: Flask) -> None:
    schema = WalkRequest.model_json_schema()["properties"]
    assert tuple(schema["preset"]["anyOf"][0]["enum"]) == presets.NAMES
    assert tuple(schema["ending"]["enum"]) == ENDINGS


@pytest.mark.parametrize("name", ["another", "", "models/house", "x" * 500, "../house"])
def test_model_that_is_not_on_offer_is_named_with_those_that_are(app: Flask, name: str) -> None:
    assert refusal(asked(model=name)) == {"model": f"The model {name[:60]} is not offered here; this is: {NAME}."}


def test_hands_are_those_of_the_model_asked_for(app: Flask, tmp_path: Path) -> None:
    for name, words in (("one", "neon"), ("two", "charcoal")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "house.json").write_text(json.dumps({"hands": [{"words": words}]}))
    app.config["MODEL"], app.config["MODELS"] = str(tmp_path / "one"), [str(tmp_path / "two")]
    stops = [{"prompt": "a fox", "hand": "charcoal"}, {"prompt": "a kite"}]
    assert validate({"stops": stops, "model": "two"}).stops[0].requested_style == "charcoal"
    for first in ({}, {"model": "one"}):
        assert refusal({"stops": stops, **first}) == {
            "stops.0.hand": "The hand of stop 1 cannot be “charcoal”. The model knows neon."
        }


@pytest.fixture
def lcm(app: Flask, tmp_path: Path) -> str:
    """Offer a consistency model beside the site's first."""
    (tmp_path / "lcm" / "scheduler").mkdir(parents=True)
    (tmp_path / "lcm" / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "LCMScheduler"}')
    app.config["MODELS"] = [str(tmp_path / "lcm")]
    return "lcm"


def test_steps_beyond_the_models_schedule_are_refused_with_its_limit(lcm: str) -> None:
    assert refusal(asked(model=lcm, steps=51)) == {"steps": "Steps must be a whole number from 1 to 50."}
    assert validate(asked(model=lcm, steps=50)).steps == 50
    assert validate(asked(steps=51)).steps == 51


def test_sites_own_steps_are_no_more_than_the_model_takes(app: Flask, lcm: str) -> None:
    app.config["STEPS"] = 80
    assert [
        sampler_settings.resolve_settings(offers.load().get(name), "balanced")["steps"] for name in (None, lcm)
    ] == [80, 50]
    app.config["STEPS"] = 0
    assert sampler_settings.resolve_settings(offers.load().get(lcm), "balanced")["steps"] == 4


@pytest.mark.parametrize("text", ["", "x", "k7mz3vq9xw2hd8c", "k7mz3vq9xw2hd8cf-a-slug", "K7MZ3VQ9XW2HD8CF", "\ud800"])
def test_what_is_no_id_cannot_be_gone_on_from(app: Flask, text: str) -> None:
    assert refusal(asked(continues=text)).keys() == {"continues"}


def test_every_wrong_field_is_named_at_once(app: Flask) -> None:
    wrong = {"seed": -1, "frames": "x", "steps": 999, "guidance": 99.0, "fps": 999.0}
    refused = refusal({"stops": [{"prompt": ""}, {"prompt": 7}], **wrong})
    assert set(refused) == {"stops.0.prompt", "stops.1.prompt", *wrong}


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [{f"field{i}": 1 for i in range(5000)}, {"stops": [{f"field{i}": 1 for i in range(5000)}] * 8}],
)
def test_hostile_request_is_answered_in_few_words(app: Flask, data: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(data)
    assert len(refused.value.errors) == ERRORS_MAX
    assert len(str(refused.value)) < 10_000


def test_stops_are_counted_before_they_are_looked_at(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_choice, "follow", lambda _data: pytest.fail("they were looked at"))
    with pytest.raises(InvalidInput, match="A walk has 2 to 8 stops; this one has 45000") as refused:
        validate({"stops": [{"prompt": "a"}] * 45_000})
    assert [error.field for error in refused.value.errors] == ["stops"]


TEXT = st.text(st.characters(codec=None), max_size=20)  # lone surrogates as well
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
STOP = st.dictionaries(st.sampled_from(["prompt", "negative_prompt", "seed", "hand"]), JSON, max_size=4) | JSON
WALK = st.fixed_dictionaries(
    {"stops": st.lists(STOP, max_size=10) | JSON},
    optional=dict.fromkeys(
        ("seed", "frames", "fps", "unlisted", "preset", "ending", "easing", "model", "continues", "x"), JSON
    ),
)


@pytest.mark.slow
@given(data=WALK | JSON)
def test_validation_raises_nothing_but_invalid_input(app: Flask, data: Any) -> None:
    try:
        wanted = validate(data)
    except InvalidInput as refused:
        assert all(error.message for error in refused.errors)
        assert str(refused).encode() + "".join(error.pointer for error in refused.errors).encode()
        return
    assert 2 <= len(wanted.stops) <= 8


@given(prompt=st.text(st.characters(codec=None), min_size=1, max_size=320))
def test_accepted_prompt_can_be_kept_and_is_accepted_again(app: Flask, prompt: str) -> None:
    try:
        kept = validate(asked(prompt, "a kite that flies")).stops[0].prompt
    except InvalidInput:
        return
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert len(kept) <= 300
    assert "\0" not in kept
    assert validate(asked(kept, "a kite that flies")).stops[0].prompt == kept


def test_request_is_equal_to_itself_after_a_round_trip(app: Flask) -> None:
    wanted = validate(asked("a fox", "a kite", seed=4, frames=12))
    assert WalkRequest.model_validate_json(wanted.model_dump_json()) == wanted
